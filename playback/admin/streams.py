"""Streams that are made right now, and those of the last day, in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, chosen_ids, counted, say
from library.admin.columns import badge, duration, sentence, two_lines, when
from playback.models import StreamSession
from playback.models.streams import SessionState
from playback.services.stream_sessions import stop_sessions

_TONES = {
    SessionState.RUNNING: "info",
    SessionState.ENDED: "calm",
    SessionState.STOPPED: "warn",
    SessionState.FAILED: "bad",
}
_COPIED = "Taken over as it is"


@admin.register(StreamSession)
class StreamSessionAdmin(ReadOnlyAdmin):
    list_display = ["film", "how", "made_by", "how_far", "watched_by", "begun"]
    list_filter = ["state"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-started_at", "-pk"]
    sortable_by: Any = []
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    empty_sentence = (
        "Nothing is being made for viewers: either nobody watches, or their browsers play the files as they are."
    )
    fields = ["film", "how", "made_by", "how_far", "watched_by", "begun", "asked", "ended", "said"]
    readonly_fields = fields
    actions = ["stop"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StreamSession]:
        rows: QuerySet[StreamSession] = super().get_queryset(request)
        return rows.select_related("rendition__file__video")

    @admin.display(description="Video")
    def film(self, row: StreamSession) -> SafeString | str:
        file = row.rendition.file
        if file.video is None:
            return file.shown_name
        address = reverse("admin:library_video_change", args=(file.video.pk,))
        return two_lines(file.video.title, file.shown_name, address)

    @admin.display(description="State")
    def how(self, row: StreamSession) -> SafeString:
        if row.state == SessionState.RUNNING and row.stop_requested_at is not None:
            return badge("Being stopped", "warn")
        return badge(row.get_state_display(), _TONES[SessionState(row.state)])

    @admin.display(description="Picture")
    def made_by(self, row: StreamSession) -> str:
        return _COPIED if row.encoder == "copy" else row.encoder

    @admin.display(description="Made up to")
    def how_far(self, row: StreamSession) -> SafeString:
        return two_lines(duration(row.position_seconds), f"{row.speed:.1f} times as fast as it is watched")

    @admin.display(description="Viewers")
    def watched_by(self, row: StreamSession) -> str:
        return f"{row.viewers:,}" if row.state == SessionState.RUNNING else ""

    @admin.display(description="Begun")
    def begun(self, row: StreamSession) -> SafeString | str:
        return when(row.started_at)

    @admin.display(description="Last asked for")
    def asked(self, row: StreamSession) -> SafeString | str:
        return when(row.last_asked_at)

    @admin.display(description="Ended")
    def ended(self, row: StreamSession) -> SafeString | str:
        return when(row.ended_at, never="Not yet")

    @admin.display(description="What FFmpeg said")
    def said(self, row: StreamSession) -> SafeString | str:
        return sentence(row.error)

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Whether the user may stop streams: playback.change_streamsession."""
        user: Any = request.user
        return bool(user.has_perm("playback.change_streamsession"))

    @admin.action(description="Stop", permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[StreamSession]) -> None:
        count = stop_sessions(chosen_ids(request, StreamSession.objects.filter(pk__in=queryset.values("pk"))))
        text = f"{counted(count, 'stream is', 'streams are')} being stopped." if count else "None of them was running."
        say(request, text, is_done=bool(count))
