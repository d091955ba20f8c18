"""Reading data of MediaOS."""


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
