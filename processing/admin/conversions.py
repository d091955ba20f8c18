"""Conversions in the admin: the list with what runs now and what was saved, and each one's page."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.paginator import InfinitePaginator

from library import words
from library.admin.base import ReadOnlyAdmin, back, chosen_ids, counted, say
from library.admin.columns import (
    NOTHING,
    badge,
    duration,
    file_size,
    link_to,
    progress,
    sentence,
    table,
    two_lines,
    when,
)
from library.announce import announce
from library.exceptions import LibraryError
from processing.admin.conversion_pages import batch_view, suggestions_view
from processing.models import Conversion, JobStatus
from processing.queries.conversions import conversion_totals, saved_by_week
from processing.services.conversions import cancel_conversions, delete_outputs, retry_conversions

TONES = {
    JobStatus.PENDING: "calm",
    JobStatus.RUNNING: "now",
    JobStatus.COMPLETED: "ok",
    JobStatus.FAILED: "bad",
    JobStatus.CANCELLED: "warn",
    JobStatus.TIMED_OUT: "bad",
}
ENDED_BADLY = (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.TIMED_OUT)
RUNNING_SHOWN = 8


@admin.register(Conversion)
class ConversionAdmin(ReadOnlyAdmin):
    list_before_template = "admin/processing/conversion/overview.html"
    change_form_outer_before_template = "admin/processing/conversion/panel.html"

    list_display = ["work", "state", "how_far", "sizes", "made"]
    list_display_links = None
    sortable_by: list[str] = []
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_disable_select_all = True
    search_fields = ["title"]
    search_help_text = "Part of a title"
    empty_sentence = (
        "Choose videos in the list of videos and take the action “Convert …”, or look at what is worth converting."
    )
    list_filter = ["status", "preset_name"]
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        ("Wish", {"fields": ["video_link", "preset_name", "source", "wish", "asked_by", "made"]}),
        ("State", {"fields": ["state", "how_far", "begun", "ended", "took"]}),
        ("Result", {"fields": ["output", "sizes", "picture", "encoded_by", "lost", "remarks"]}),
        ("FFmpeg", {"fields": ["tries", "command_line", "said"], "classes": ["collapse"]}),
    ]
    readonly_fields = [
        "video_link", "source", "wish", "asked_by", "made", "state", "how_far", "begun", "ended", "took",
        "output", "sizes", "picture", "encoded_by", "lost", "remarks", "tries", "command_line", "said",
    ]  # fmt: skip
    actions = ["retry", "cancel", "throw_away"]

    class Media:
        css = {"all": ["videothek/css/conversions.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversion]:
        rows = super().get_queryset(request).select_related("video", "output_file", "requested_by", "change")
        return rows.defer("command", "ffmpeg_output") if _is_list(request) else rows  # type: ignore[no-any-return]

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whether the user may ask for conversions, cancel and retry them: processing.convert_video."""
        user: Any = request.user
        return bool(user.has_perm("processing.convert_video"))

    # ---- columns and fields -----------------------------------------------------------------------------------------
    @admin.display(description="Video")
    def work(self, row: Conversion) -> SafeString:
        goal = f"{row.preset_name}{', replaces the original' if row.is_replacing else ''}"
        return two_lines(row.title, goal, _change(row))

    @admin.display(description="State")
    def state(self, row: Conversion) -> SafeString:
        return badge(row.get_status_display(), TONES[JobStatus(row.status)])

    @admin.display(description="Progress")
    def how_far(self, row: Conversion) -> SafeString | str:
        if row.status == JobStatus.RUNNING:
            return format_html('{} <small class="v-muted">{}</small>', progress(row.percent, 100), pace(row))
        if row.status == JobStatus.COMPLETED:
            return two_lines(duration(row.encode_seconds), row.rung or NOTHING)
        return sentence(row.error)

    @admin.display(description="Size")
    def sizes(self, row: Conversion) -> SafeString | str:
        if row.output_bytes is None:
            return file_size(row.source_bytes)
        change = f"{file_size(row.source_bytes)} → {file_size(row.output_bytes)}"
        return two_lines(change, saved_in_words(row.source_bytes, row.output_bytes))

    @admin.display(description="Asked for")
    def made(self, row: Conversion) -> SafeString | str:
        return when(row.created_at)

    @admin.display(description="Video")
    def video_link(self, row: Conversion) -> SafeString | str:
        if row.video_id is None:
            return f"{row.title} (not in the library any more)"
        return link_to(reverse("admin:library_video_change", args=(row.video_id,)), row.title)

    @admin.display(description="Source")
    def source(self, row: Conversion) -> str:
        return row.shown_source

    @admin.display(description="Output")
    def output(self, row: Conversion) -> str:
        if row.output_file is not None and row.output_file.trashed_at is not None:
            return f"{row.shown_output} (in the trash)"
        return row.shown_output or NOTHING

    @admin.display(description="The output")
    def wish(self, row: Conversion) -> str:
        if row.has_replaced:
            return "Has replaced the original, which went into the trash"
        return "Is to replace the original" if row.is_replacing else "Is added to the video's files"

    @admin.display(description="Asked for by")
    def asked_by(self, row: Conversion) -> str:
        return row.requested_by.username if row.requested_by else "Videothek itself"

    @admin.display(description="Started")
    def begun(self, row: Conversion) -> SafeString | str:
        return when(row.started_at, never="Not yet")

    @admin.display(description="Finished")
    def ended(self, row: Conversion) -> SafeString | str:
        return when(row.finished_at, never="Not yet")

    @admin.display(description="Encoding took")
    def took(self, row: Conversion) -> str:
        return duration(row.encode_seconds)

    @admin.display(description="Picture")
    def picture(self, row: Conversion) -> str:
        return row.target_resolution or NOTHING

    @admin.display(description="Encoded by")
    def encoded_by(self, row: Conversion) -> str:
        return row.rung or NOTHING

    @admin.display(description="Lost")
    def lost(self, row: Conversion) -> str:
        return " ".join(row.losses) or "Nothing"

    @admin.display(description="Remarks")
    def remarks(self, row: Conversion) -> str:
        return " ".join(row.notes) or NOTHING

    @admin.display(description="Ways tried")
    def tries(self, row: Conversion) -> SafeString | str:
        rows = [(one["rung"], f"{one['seconds']} s", one["error"] or "worked") for one in row.attempts]
        return table(["Who encoded", "Took", "What came of it"], rows) if rows else NOTHING

    @admin.display(description="Command")
    def command_line(self, row: Conversion) -> SafeString | str:
        return format_html('<pre class="v-json">{}</pre>', row.command) if row.command else NOTHING

    @admin.display(description="What FFmpeg said")
    def said(self, row: Conversion) -> SafeString | str:
        return format_html('<pre class="v-json">{}</pre>', row.ffmpeg_output) if row.ffmpeg_output else NOTHING

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Try again", permissions=["control"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> None:
        retry_and_tell(request, chosen_ids(request, queryset))

    @admin.action(description="Cancel", permissions=["control"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> None:
        cancel_and_tell(request, chosen_ids(request, queryset))

    @admin.action(description="Move the new files to the trash", permissions=["control"])
    def throw_away(self, request: HttpRequest, queryset: QuerySet[Conversion]) -> None:
        throw_away_and_tell(request, chosen_ids(request, queryset))

    # ---- pages ------------------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("running/", wrap(self.running_view), name="processing_conversion_running"),
            path("suggestions/", wrap(self.suggestions), name="processing_conversion_suggestions"),
            path("batch/<int:batch_id>/", wrap(self.batch), name="processing_conversion_batch"),
            path(
                "<int:object_id>/do/<slug:what>/",
                wrap(require_POST(self.control_view)),
                name="processing_conversion_control",
            ),
        ]
        return [*own, *super().get_urls()]

    def running_view(self, request: HttpRequest) -> HttpResponse:
        """GET: the card about what runs now; the page asks for it every two seconds while something does."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "admin/processing/conversion/running.html", self._running(request))

    def suggestions(self, request: HttpRequest) -> HttpResponse:
        """What is worth converting."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        return suggestions_view(self, request)

    def batch(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Videos to convert together."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        return batch_view(self, request, batch_id)

    def control_view(self, request: HttpRequest, object_id: int, what: str) -> HttpResponse:
        """POST: cancels or retries one conversion, or throws its output away."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        verbs = {"retry": retry_and_tell, "cancel": cancel_and_tell, "discard": throw_away_and_tell}
        if what not in verbs or not Conversion.objects.filter(pk=object_id).exists():
            raise Http404
        verbs[what](request, [object_id])
        return back(request, reverse("admin:processing_conversion_change", args=(object_id,)))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context: dict[str, Any] = {"title": "Conversions"}
        if request.method == "GET":
            weeks = saved_by_week()
            most = max((abs(week.saved_bytes) for week in weeks), default=0) or 1
            context |= {
                **self._running(request),
                "totals": conversion_totals(),
                "weeks": [(week, round(100 * abs(week.saved_bytes) / most)) for week in weeks],
            }
        return super().changelist_view(request, {**context, **(extra_context or {})})  # type: ignore[no-any-return]

    def _running(self, request: HttpRequest) -> dict[str, Any]:
        rows = list(Conversion.objects.filter(status=JobStatus.RUNNING).order_by("started_at", "pk")[:RUNNING_SHOWN])
        waiting = Conversion.objects.filter(status=JobStatus.PENDING).count()
        return {
            "running": [(row, pace(row)) for row in rows],
            "waiting": waiting,
            "may_control": self.has_control_permission(request),
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"may_control": self.has_control_permission(request)}
        rows = Conversion.objects.select_related("output_file", "change")
        if object_id.isdecimal() and (row := rows.filter(pk=object_id).first()):
            output = row.output_file
            context |= {
                "conversion": row,
                "is_retriable": row.status in ENDED_BADLY and row.source_file_id is not None,
                "has_output": output is not None and output.trashed_at is None and not row.has_replaced,
                "undo": row.change_id if row.change is not None and row.change.undone_at is None else None,
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


def pace(row: Conversion) -> str:
    """ "1.4×, 12 min left"."""
    speed = f"{row.speed:.1f}×" if row.speed else ""
    return ", ".join(filter(None, [speed, words.time_left(row.left_seconds)]))


def saved_in_words(before: int, after: int) -> str:
    """ "saved 812 MB, 57 %", "larger by 12 MB"."""
    if after > before:
        return f"larger by {words.size(after - before)}"
    return f"saved {words.size(before - after)}, {round(100 * (before - after) / before) if before else 0} %"


def _change(row: Conversion) -> str:
    return reverse("admin:processing_conversion_change", args=(row.pk,))


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name == "processing_conversion_changelist"


def retry_and_tell(request: HttpRequest, ids: list[int]) -> None:
    """Submits again what ended badly, and says how many."""
    user: Any = request.user
    count = retry_conversions(conversion_ids=ids, user=user)
    if count:
        say(request, f"{counted(count, 'conversion waits', 'conversions wait')} for another attempt.", is_done=True)
    if left := len(ids) - count:
        text = f"{counted(left, 'one was', 'were')} left alone: not failed, without a file, or the same waits already."
        say(request, text, is_done=False)


def cancel_and_tell(request: HttpRequest, ids: list[int]) -> None:
    """Cancels what waits or runs, and says how many."""
    user: Any = request.user
    count = cancel_conversions(conversion_ids=ids, user=user)
    if count:
        say(request, f"{counted(count, 'conversion was', 'conversions were')} cancelled.", is_done=True)
    else:
        say(request, "Nothing was cancelled: none of them waits or runs.", is_done=False)


def throw_away_and_tell(request: HttpRequest, ids: list[int]) -> None:
    """Puts outputs into the trash, with an undo."""
    try:
        done = delete_outputs(conversion_ids=ids, user=request.user)
    except LibraryError as error:
        say(request, str(error), is_done=False)
        return
    if done.count:
        announce(request, f"{counted(done.count, 'new file lies', 'new files lie')} in the trash.", done.batch)
    else:
        say(request, "There was no new file to put into the trash.", is_done=False)
