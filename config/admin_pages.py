"""The admin's site: what Unfold puts around every page, without asking for it anew each time.

Unfold reads its settings some thirty times a page and looks each text up as the name of a function; Django makes a
list of all models that only pages without our sidebar show. Both cost more than many a page itself.
"""

from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

from config.admin_site import navigation

# What differs between requests; everything else comes from the settings.
_OF_REQUEST = ("has_permission", "available_apps", "log_entries", "account_links", "sidebar_navigation")


class Site(UnfoldAdminSite):  # type: ignore[misc] # Unfold has no types
    """Unfold's, with the part of its context that comes from the settings made once in a process."""

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        if not _FRAME:
            frame = super().each_context(request)
            _FRAME.update((name, value) for name, value in frame.items() if name not in _OF_REQUEST)
        may_enter = self.has_permission(request)
        return _FRAME | {
            "has_permission": may_enter,
            "available_apps": SimpleLazyObject(lambda: self.get_app_list(request)),
            "log_entries": SimpleLazyObject(lambda: self.get_log_entries(request)),
            "account_links": [],
            "sidebar_navigation": navigation(request) if may_enter else [],
        }


_FRAME: dict[str, Any] = {}


@receiver(setting_changed)
def _forget(**about: Any) -> None:
    """Tests have several storages of static files, with other addresses."""
    _FRAME.clear()
