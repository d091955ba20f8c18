"""The list of imports, and the addresses of their pages."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.admin import ModelAdmin

from importers.admin.beginning import prepare_view, source_view, systems_view
from importers.admin.names import names_view
from importers.admin.one import cancel_view, forget_view, order_view, report_view, rows_view, run_view
from importers.admin.shared import RIGHT, render
from importers.admin.taking_back import take_back_view
from importers.models import ImportRun
from importers.queries.runs import states_of
from library.access import may
from library.admin.base import ReadOnlyAdmin
from library.admin.own_pages import OwnPages

_PER_PAGE = 30


@admin.register(ImportRun)
class ImportRunAdmin(OwnPages, ReadOnlyAdmin, ModelAdmin):
    """Only for those who may move data in; every page of it asks for that one right."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, RIGHT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[Any, str]] = {
            "begin/": (systems_view, "begin"),
            "begin/<slug:system>/": (source_view, "source"),
            "<int:run_id>/prepare/": (prepare_view, "prepare"),
            "<int:run_id>/change/": (run_view, "change"),
            "<int:run_id>/rows/": (rows_view, "rows"),
            "<int:run_id>/report.json": (report_view, "report"),
            "<int:run_id>/names/": (names_view, "names"),
            "<int:run_id>/do/<slug:what>/": (order_view, "order"),
            "<int:run_id>/cancel/": (cancel_view, "cancel"),
            "<int:run_id>/forget/": (forget_view, "forget"),
            "<int:run_id>/take-back/": (take_back_view, "take_back"),
        }
        return [*self.own_pages(pages), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All runs, dry ones too, the newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = ImportRun.objects.select_related("owner").defer("progress", "options")
        page: Any = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
        return render(self, request, "list", title="Moving in", page=page, runs=states_of(list(page)))
