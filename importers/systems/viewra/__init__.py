"""Reading data of Viewra."""


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
