"""Reading data of MediaOS."""

from importers.registry import register_system
from importers.systems.mediaos.source import Mediaos


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
    register_system(Mediaos())
