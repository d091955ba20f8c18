"""Reading data of Viewra."""

from importers.registry import register_system
from importers.systems.viewra.source import Viewra


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
    register_system(Viewra())
