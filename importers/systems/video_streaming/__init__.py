"""Reading data of the "video streaming" backend."""


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
