"""django-rq's pages about Redis, for owners only."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django_rq.admin import QueueAdmin
from django_rq.models import Dashboard
from django_rq.urls import get_admin_urlpatterns, get_api_urlpatterns


@admin.register(Dashboard)
class QueueDashboardAdmin(QueueAdmin):
    """The queues as Redis has them. The truth about work is the job list: a message only says that a queue has some.

    django-rq lets everyone who is staff stop and delete messages; here only superusers see these pages, its JSON and
    Prometheus addresses included.
    """

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_owner(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_owner(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_owner(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not _is_owner(request):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        def wrap(view: Any) -> Any:
            def owners_only(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                if not _is_owner(request):
                    raise PermissionDenied
                request.current_app = self.admin_site.name
                return view(request, *args, **kwargs)  # type: ignore[no-any-return]

            return self.admin_site.admin_view(owners_only)

        api = get_api_urlpatterns(name_prefix="django_rq_")
        return [
            *(re_path(str(address.pattern), wrap(address.callback), name=address.name or "") for address in api),
            *get_admin_urlpatterns(name_prefix="django_rq_", view_wrapper=wrap),
            *super(QueueAdmin, self).get_urls(),
        ]


def _is_owner(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
