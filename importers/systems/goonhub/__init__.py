"""Reading data of GoonHub: a PostgreSQL database, from before or after its scenes were called so."""

from importers.registry import register_system
from importers.systems.goonhub.system import GoonHub


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
    register_system(GoonHub())
