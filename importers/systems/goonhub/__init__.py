"""Reading data of GoonHub."""


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
