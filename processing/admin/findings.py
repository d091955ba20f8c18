"""Problems with files: what looking after them found."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, chosen_ids
from library.admin.columns import two_lines, when
from library.admin.file_health import severity_badge
from library.admin.files import rerun
from processing.models import IntegrityFinding
from processing.models.integrity import PROBLEMS, FindingCode, Severity


class SeverityFilter(admin.SimpleListFilter):
    """Notes are left out unless they are asked for."""

    title = "severity"
    parameter_name = "severity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Severity.choices, ("all", "All, notes too")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[IntegrityFinding]) -> QuerySet[IntegrityFinding]:
        if self.value() == "all":
            return queryset
        if self.value() in Severity.values:
            return queryset.filter(severity=self.value())
        return queryset.filter(severity__in=PROBLEMS)


@admin.register(IntegrityFinding)
class IntegrityFindingAdmin(ReadOnlyAdmin):
    list_before_template = "admin/processing/integrityfinding/counts.html"

    list_display = ["what", "told", "of_file", "found"]
    list_display_links = None
    sortable_by: list[str] = []
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_disable_select_all = True
    search_fields = ["file__relative_path"]
    search_help_text = "Part of a path or name"
    empty_sentence = (
        "No problem is known. Files are looked at when they are found; choose files or videos and “Look for damage” or "
        "“Compare with their checksums” for more."
    )
    list_filter = [SeverityFilter, "code", "kind", "file__folder"]
    show_facets = admin.ShowFacets.NEVER
    fields = ["what", "told", "of_file", "kind", "found"]
    readonly_fields = ["what", "told", "of_file", "found"]
    actions = ["verify", "look_for_damage"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[IntegrityFinding]:
        return super().get_queryset(request).select_related("file__folder")  # type: ignore[no-any-return]

    def has_rerun_permission(self, request: HttpRequest) -> bool:
        """Whether the user may have files read again: library.change_videofile."""
        return bool(request.user.has_perm("library.change_videofile"))

    @admin.display(description="Problem")
    def what(self, finding: IntegrityFinding) -> SafeString:
        return format_html("{} {}", severity_badge(finding.severity), finding.get_code_display())

    @admin.display(description="Told")
    def told(self, finding: IntegrityFinding) -> SafeString:
        return format_html('<span class="v-told" title="{}">{}</span>', finding.sentence, finding.sentence)

    @admin.display(description="File")
    def of_file(self, finding: IntegrityFinding) -> SafeString:
        file = finding.file
        address = reverse("admin:library_videofile_change", args=(file.pk,))
        return two_lines(file.shown_name, f"{file.folder.name} / {file.shown_path}", address)

    @admin.display(description="First found")
    def found(self, finding: IntegrityFinding) -> SafeString | str:
        return when(finding.found_at)

    @admin.action(description="Compare their files with the checksums", permissions=["rerun"])
    def verify(self, request: HttpRequest, queryset: QuerySet[IntegrityFinding]) -> None:
        rerun(request, _files(request, queryset), "verify")

    @admin.action(description="Look for damage in their files", permissions=["rerun"])
    def look_for_damage(self, request: HttpRequest, queryset: QuerySet[IntegrityFinding]) -> None:
        rerun(request, _files(request, queryset), "check")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"title": "Problems with files", "counts": problem_counts()}
        return super().changelist_view(request, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


def problem_counts() -> list[dict[str, Any]]:
    """How many files have each kind of problem, the worst first; one query over the index of codes."""
    rows = IntegrityFinding.objects.filter(severity__in=PROBLEMS).order_by()
    counted = rows.values_list("severity", "code").annotate(n=Count("file", distinct=True))
    order = Severity.values
    address = reverse("admin:processing_integrityfinding_changelist")
    return [
        {
            "severity": severity_badge(severity),
            "label": FindingCode(code).label,
            "count": count,
            "address": f"{address}?code__exact={code}&severity={severity}",
        }
        for severity, code, count in sorted(counted, key=lambda row: (-order.index(row[0]), -row[2], row[1]))
    ]


def _files(request: HttpRequest, queryset: QuerySet[IntegrityFinding]) -> list[int]:
    ids = chosen_ids(request, queryset)
    return list(IntegrityFinding.objects.filter(pk__in=ids).order_by("file").values_list("file", flat=True).distinct())
