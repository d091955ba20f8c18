"""Scans in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, may
from library.admin.columns import badge, duration, exactly, sentence, two_lines, when
from library.admin.scans import SCAN_TONES
from library.models import ScanLog
from library.models.scan_log import ScanStatus
from library.paths import display_path

COUNTS = [
    "new", "changed", "moved", "returned", "unchanged", "busy", "unreadable", "missing", "held", "ignored",
]  # fmt: skip


@admin.register(ScanLog)
class ScanLogAdmin(ReadOnlyAdmin):
    change_form_outer_before_template = "admin/library/scanlog/held.html"

    list_display = ["begun", "status_badge", "seen", "found", "took", "error_sentence"]
    list_display_links = ["begun"]
    list_filter = ["status", "trigger", "folder"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-started_at", "-pk"]
    sortable_by = ["begun"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    empty_sentence = "Each scan of a folder is listed here with what it found."
    fieldsets = [
        ("Scan", {"fields": ["folder", "part", "trigger", "status_badge", "error", "begun_at", "ended_at", "took"]}),
        ("Files", {"fields": ["files_seen", *(f"files_{name}" for name in COUNTS)]}),
    ]
    readonly_fields = ["part", "status_badge", "begun_at", "ended_at", "took"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScanLog]:
        return super().get_queryset(request).select_related("folder")  # type: ignore[no-any-return]

    @admin.display(description="Scan", ordering="started_at")
    def begun(self, scan: ScanLog) -> SafeString:
        name = " / ".join(filter(None, [scan.folder.name, display_path(scan.subpath)]))
        return two_lines(name, f"{exactly(scan.started_at)} · {scan.get_trigger_display().lower()}")

    @admin.display(description="Part")
    def part(self, scan: ScanLog) -> str:
        return display_path(scan.subpath) or "The whole folder"

    @admin.display(description="State")
    def status_badge(self, scan: ScanLog) -> SafeString:
        return badge(scan.get_status_display(), SCAN_TONES[ScanStatus(scan.status)])

    @admin.display(description="Files seen")
    def seen(self, scan: ScanLog) -> str:
        return f"{scan.files_seen:,}"

    @admin.display(description="Found")
    def found(self, scan: ScanLog) -> str:
        counts = ((name, getattr(scan, f"files_{name}")) for name in COUNTS if name != "unchanged")
        return ", ".join(f"{count:,} {name}" for name, count in counts if count) or "nothing new"

    @admin.display(description="Took")
    def took(self, scan: ScanLog) -> str:
        return duration((scan.finished_at - scan.started_at).total_seconds() if scan.finished_at else None)

    @admin.display(description="Message")
    def error_sentence(self, scan: ScanLog) -> SafeString | str:
        return sentence(scan.error)

    @admin.display(description="Begun")
    def begun_at(self, scan: ScanLog) -> SafeString | str:
        return when(scan.started_at)

    @admin.display(description="Ended")
    def ended_at(self, scan: ScanLog) -> SafeString | str:
        return when(scan.finished_at, never="Still running")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        scan = self.get_object(request, object_id)
        is_held = scan is not None and scan.status == ScanStatus.HELD
        context = {"held": scan if is_held else None, "may_scan": may(request, "library", "change", "folder")}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]
