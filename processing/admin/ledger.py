"""The ledger in the admin: how each stage last ended on each target."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, chosen_ids, counted, may, say
from library.admin.columns import badge, duration, sentence, two_lines, when
from library.models import Folder, Video, VideoFile
from processing.admin.jobs import STATUS_TONES, StageFilter, address_of, stage_label
from processing.models import JobStatus, StageRecord
from processing.models.job import TargetKind
from processing.services import rerun_files


@admin.register(StageRecord)
class StageRecordAdmin(ReadOnlyAdmin):
    list_display = ["what", "target", "state", "tries", "took", "error_sentence", "finished"]
    list_display_links = None
    sortable_by: list[str] = []
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_disable_select_all = True
    empty_sentence = "Nothing has been processed yet. Every stage of every file is listed here once it has ended."
    list_filter = ["status", StageFilter]
    show_facets = admin.ShowFacets.NEVER
    fields = [
        "what", "target", "variant", "state", "tries", "took", "error_class", "error", "worker", "finished",
        "input_key", "completed_key",
    ]  # fmt: skip
    readonly_fields = ["what", "target", "state", "tries", "took", "finished"]
    actions = ["run_again"]

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whether the user may run stages again: processing.change_job."""
        return may(request, "processing", "change", "job")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StageRecord]:
        files = VideoFile.objects.filter(pk=OuterRef("target_id")).values("relative_path")[:1]
        videos = Video.objects.filter(pk=OuterRef("target_id")).values("title")[:1]
        folders = Folder.objects.filter(pk=OuterRef("target_id")).values("name")[:1]
        named = {TargetKind.FILE: files, TargetKind.VIDEO: videos, TargetKind.FOLDER: folders}
        name = Case(
            *(When(target_kind=kind, then=Subquery(rows)) for kind, rows in named.items()),
            default=Value(""),
            output_field=TextField(),
        )
        return super().get_queryset(request).annotate(target_name=name)  # type: ignore[no-any-return]

    # ---- columns and fields -----------------------------------------------------------------------------------------
    @admin.display(description="Stage")
    def what(self, record: StageRecord) -> SafeString:
        return two_lines(stage_label(record.stage), record.variant or record.stage)

    @admin.display(description="Of")
    def target(self, record: StageRecord) -> SafeString | str:
        name: str = getattr(record, "target_name", "") or ""
        return address_of(record.target_kind, record.target_id, name, record.get_target_kind_display())

    @admin.display(description="State")
    def state(self, record: StageRecord) -> SafeString:
        return badge(record.get_status_display(), STATUS_TONES[JobStatus(record.status)])

    @admin.display(description="Attempts")
    def tries(self, record: StageRecord) -> str:
        return f"{record.attempts:,}"

    @admin.display(description="Took")
    def took(self, record: StageRecord) -> str:
        return duration(record.duration_seconds)

    @admin.display(description="Message")
    def error_sentence(self, record: StageRecord) -> SafeString | str:
        return sentence(record.error)

    @admin.display(description="Ended")
    def finished(self, record: StageRecord) -> SafeString | str:
        return when(record.finished_at)

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Run again, with what follows", permissions=["control"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[StageRecord]) -> None:
        chosen = StageRecord.objects.filter(pk__in=chosen_ids(request, queryset))
        by_stage: dict[str, list[int]] = {}
        for stage, file_id in chosen.filter(target_kind=TargetKind.FILE, variant="").values_list("stage", "target_id"):
            by_stage.setdefault(stage, []).append(file_id)
        user = _user(request)
        made = sum(rerun_files(file_ids=ids, stage=stage, requested_by=user) for stage, ids in by_stage.items())
        say(request, f"{counted(made, 'job waits', 'jobs wait')} for its turn.", is_done=bool(made))


def _user(request: HttpRequest) -> Any:
    return request.user
