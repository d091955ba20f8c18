"""Pages of an admin that are no forms of rows."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path


class OwnPages:
    """Mixin of a ModelAdmin: `own_pages` opens views to whoever may view its rows."""

    admin_site: Any
    opts: Any
    has_view_permission: Any

    def own_pages(self, pages: Mapping[str, tuple[Any, str]]) -> list[URLPattern]:
        """Addresses for {route: (view, name)}. A view takes the admin and the request; its page is called
        "app_model_name"."""
        return [
            path(
                route,
                self.admin_site.admin_view(self._page(view)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            )
            for route, (view, name) in pages.items()
        ]

    def _page(self, view: Any) -> Any:
        def page(request: HttpRequest, **values: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            response: HttpResponse = view(self, request, **values)
            return response

        return page
