"""People, studios and platforms in the admin."""

from people.admin.creators import CreatorAdmin
from people.admin.platforms import PlatformAdmin
from people.admin.studios import StudioAdmin

__all__ = ["CreatorAdmin", "PlatformAdmin", "StudioAdmin"]
