"""Jobs in the admin."""

import json
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, back, chosen_ids, counted, may, say
from library.admin.columns import NOTHING, badge, duration, link_to, progress, sentence, two_lines, when
from library.paths import display_path
from processing.exceptions import ProcessingError
from processing.models import Job, JobStatus, Priority
from processing.models.job import ACTIVE, TargetKind
from processing.services import cancel_jobs, reprioritise_jobs, retry_jobs
from processing.stages import all_stages

STATUS_TONES = {
    JobStatus.PENDING: "calm",
    JobStatus.RUNNING: "now",
    JobStatus.COMPLETED: "ok",
    JobStatus.FAILED: "bad",
    JobStatus.CANCELLED: "warn",
    JobStatus.TIMED_OUT: "bad",
}
RETRIABLE = (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.TIMED_OUT)
FORTH, BACK = "first", "last"
_HURRY = {FORTH: Priority.LOOKING, BACK: Priority.IDLE, "normal": Priority.AUTOMATIC}


class StageFilter(admin.SimpleListFilter):
    """The stages that exist, rather than those that the table happens to hold."""

    title = "stage"
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(stage.name, stage.label) for stage in all_stages()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(stage=self.value()) if self.value() else queryset


class QueueFilter(admin.SimpleListFilter):
    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in settings.QUEUES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(queue=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    change_form_outer_before_template = "admin/processing/job/panel.html"

    list_display = ["work", "status_badge", "how_far", "took_and_tries", "error_sentence", "made"]
    list_display_links = None
    sortable_by: list[str] = []
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 30
    list_fullwidth = True
    list_disable_select_all = True
    search_fields = ["label"]
    search_help_text = "Part of a file's or folder's name"
    empty_sentence = "Scans, and the reading of files, are listed here while they happen and for some days."
    list_filter = ["status", StageFilter, QueueFilter]
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        ("Work", {"fields": ["stage_name", "target", "variant", "queue", "priority_name", "asked_by", "parameters"]}),
        ("State", {"fields": ["status_badge", "how_far", "tries", "error", "error_class", "outcome"]}),
        ("Time", {"fields": ["made", "due", "started", "finished", "took", "worker", "lease"]}),
    ]
    readonly_fields = [
        "stage_name", "target", "priority_name", "asked_by", "parameters", "status_badge", "how_far", "tries",
        "outcome", "made", "due", "started", "finished", "took", "lease",
    ]  # fmt: skip
    actions = ["retry", "cancel", "first", "last"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("folder", "requested_by")  # type: ignore[no-any-return]

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whether the user may retry and cancel: processing.change_job."""
        return may(request, "processing", "change", "job")

    # ---- columns and fields -----------------------------------------------------------------------------------------
    @admin.display(description="Job")
    def work(self, job: Job) -> SafeString:
        address = reverse("admin:processing_job_change", args=(job.pk,))
        return two_lines(short_label(job), f"{stage_label(job.stage)} · {job.queue}", address)

    @admin.display(description="State")
    def status_badge(self, job: Job) -> SafeString:
        return badge(job.get_status_display(), STATUS_TONES[JobStatus(job.status)])

    @admin.display(description="Progress")
    def how_far(self, job: Job) -> SafeString | str:
        return progress(job.progress_done, job.progress_total)

    @admin.display(description="Attempts")
    def tries(self, job: Job) -> str:
        return f"{job.attempts} of {job.max_attempts}"

    @admin.display(description="Took")
    def took(self, job: Job) -> str:
        return duration(seconds_taken(job))

    @admin.display(description="Took")
    def took_and_tries(self, job: Job) -> SafeString:
        attempt = f"attempt {job.attempts} of {job.max_attempts}" if job.attempts else "not begun"
        return two_lines(duration(seconds_taken(job)), attempt)

    @admin.display(description="Message")
    def error_sentence(self, job: Job) -> SafeString | str:
        return sentence(job.error)

    @admin.display(description="Submitted")
    def made(self, job: Job) -> SafeString | str:
        return when(job.created_at)

    @admin.display(description="Stage")
    def stage_name(self, job: Job) -> str:
        return f"{stage_label(job.stage)} ({job.stage})"

    @admin.display(description="Of")
    def target(self, job: Job) -> SafeString | str:
        return address_of(job.target_kind, job.target_id, job.label, job.get_target_kind_display())

    @admin.display(description="Priority")
    def priority_name(self, job: Job) -> str:
        return job.get_priority_display()

    @admin.display(description="Asked for by")
    def asked_by(self, job: Job) -> str:
        return job.requested_by.username if job.requested_by else "Videothek itself"

    @admin.display(description="Parameters")
    def parameters(self, job: Job) -> SafeString | str:
        return shown_json(job.params)

    @admin.display(description="Result")
    def outcome(self, job: Job) -> SafeString | str:
        return shown_json(job.result)

    @admin.display(description="Due")
    def due(self, job: Job) -> SafeString | str:
        return when(job.due_at)

    @admin.display(description="Started")
    def started(self, job: Job) -> SafeString | str:
        return when(job.started_at, never="Not yet")

    @admin.display(description="Finished")
    def finished(self, job: Job) -> SafeString | str:
        return when(job.finished_at, never="Not yet")

    @admin.display(description="Held until")
    def lease(self, job: Job) -> SafeString | str:
        return when(job.lease_expires_at)

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Retry", permissions=["control"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        retry_and_tell(request, chosen_ids(request, queryset))

    @admin.action(description="Cancel", permissions=["control"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        cancel_and_tell(request, chosen_ids(request, queryset))

    @admin.action(description="Do it first", permissions=["control"])
    def first(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        hurry_and_tell(request, chosen_ids(request, queryset), FORTH)

    @admin.action(description="Do it when nothing else waits", permissions=["control"])
    def last(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        hurry_and_tell(request, chosen_ids(request, queryset), BACK)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.control_view))
        return [path("<int:object_id>/do/<slug:what>/", view, name="processing_job_control"), *super().get_urls()]

    def control_view(self, request: HttpRequest, object_id: int, what: str) -> HttpResponse:
        """POST: retries, cancels, hurries or puts off one job."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        verbs = {"retry": retry_and_tell, "cancel": cancel_and_tell}
        verbs |= {where: partial(hurry_and_tell, where=where) for where in _HURRY}
        if what not in verbs or not Job.objects.filter(pk=object_id).exists():
            raise Http404
        verbs[what](request, [object_id])
        return back(request, reverse("admin:processing_job_change", args=(object_id,)))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"may_control": self.has_control_permission(request)}
        if object_id.isdecimal() and (job := Job.objects.filter(pk=object_id).first()):
            context |= {"job": job, "is_active": job.status in ACTIVE, "is_retriable": job.status in RETRIABLE}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


def stage_label(name: str) -> str:
    """What a stage does, in words; its name when no app knows it any more."""
    return next((stage.label for stage in all_stages() if stage.name == name), name)


# Where the targets of a kind have a page in the admin, if they have one.
_PAGES = {
    TargetKind.FOLDER: "library_folder",
    TargetKind.FILE: "library_videofile",
    TargetKind.VIDEO: "library_video",
    TargetKind.MARKER: "playback_marker",
    TargetKind.CONVERSION: "processing_conversion",
}


def numbered(kind: str, target_id: int, kind_label: str) -> str:
    """What a target without a name is called. There is but one library: it has no number."""
    return kind_label if kind == TargetKind.LIBRARY else f"{kind_label} {target_id}"


def address_of(kind: str, target_id: int, label: str, kind_label: str) -> SafeString | str:
    """The target's name, as a link where the admin has a page for such things."""
    name = display_path(label) or numbered(kind, target_id, kind_label)
    try:
        return link_to(reverse(f"admin:{_PAGES[TargetKind(kind)]}_change", args=(target_id,)), name)
    except (KeyError, NoReverseMatch):
        return name


def short_label(job: Job) -> str:
    """The name of the file or folder, without the folders above it."""
    name = display_path(job.label).rpartition("/")[2]
    return name or numbered(job.target_kind, job.target_id, job.get_target_kind_display())


def seconds_taken(job: Job) -> float | None:
    """How long the last attempt took, or has taken while it runs; None before the first."""
    if job.duration_seconds is not None:
        return job.duration_seconds
    if job.started_at is None or job.status == JobStatus.PENDING:
        return None
    return max(0.0, ((job.finished_at or timezone.now()) - job.started_at).total_seconds())


def shown_json(value: Any) -> SafeString | str:
    """A small JSON value, indented."""
    if not value:
        return NOTHING
    return format_html('<pre class="v-json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def retry_and_tell(request: HttpRequest, job_ids: list[int]) -> None:
    """Submits again what failed, and says how many."""
    try:
        count = retry_jobs(job_ids=job_ids, requested_by=_user(request))
    except ProcessingError as error:
        say(request, str(error), is_done=False)
        return
    if count:
        say(request, f"{counted(count, 'job waits', 'jobs wait')} for another attempt.", is_done=True)
    if left_out := len(job_ids) - count:
        left = counted(left_out, "job was", "jobs were")
        say(request, f"{left} left alone: not failed or cancelled, or the same work waits already.", is_done=False)


def cancel_and_tell(request: HttpRequest, job_ids: list[int]) -> None:
    """Cancels what waits or runs, and says how many."""
    count = cancel_jobs(job_ids=job_ids, requested_by=_user(request))
    if count:
        say(request, f"{counted(count, 'job was', 'jobs were')} cancelled.", is_done=True)
    if left_out := len(job_ids) - count:
        left = counted(left_out, "job was", "jobs were")
        say(request, f"{left} left alone: neither waiting nor running.", is_done=False)


def hurry_and_tell(request: HttpRequest, job_ids: list[int], where: str) -> None:
    """Puts what waits or runs at the beginning or end of its queue, or back in between, and says how many."""
    count = reprioritise_jobs(job_ids=job_ids, priority=_HURRY[where])
    words = {FORTH: "next in turn", BACK: "done when nothing else waits", "normal": "in the usual turn"}[where]
    if count:
        say(request, f"{counted(count, 'job is', 'jobs are')} {words}.", is_done=True)
    if left_out := len(job_ids) - count:
        left = counted(left_out, "job was", "jobs were")
        say(request, f"{left} left alone: neither waiting nor running, or so already.", is_done=False)


def _user(request: HttpRequest) -> Any:
    return request.user
