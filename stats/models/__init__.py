"""Snapshots of the library over time."""

from stats.models.content import ContentSnapshot
from stats.models.library import LibrarySnapshot
from stats.models.settings import StatsSettings
from stats.models.storage import StorageSnapshot
from stats.models.usage import UsageSnapshot

__all__ = ["ContentSnapshot", "LibrarySnapshot", "StatsSettings", "StorageSnapshot", "UsageSnapshot"]
