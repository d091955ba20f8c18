"""Who watches right now. What somebody watched before is theirs alone and stands in no list of the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from library.admin.base import ReadOnlyAdmin, counted, say
from library.admin.columns import NOTHING, badge, duration, progress, two_lines, when
from playback.admin.base import address_of
from playback.models import PlaybackSession
from playback.models.session import PlayState
from playback.queries_watching import active_sessions
from playback.services.sessions import ask_to_stop

# A player speaks every ten seconds while it plays.
_SILENT_SECONDS = 60


@admin.register(PlaybackSession)
class PlaybackSessionAdmin(ReadOnlyAdmin):
    list_display = ["about", "who", "how", "place", "how_far", "state_badge", "heard"]
    list_display_links = None
    ordering = ["-last_activity_at", "-pk"]
    sortable_by: Any = []
    actions = ["stop"]
    list_per_page = 100
    list_fullwidth = True
    show_full_result_count = False
    empty_sentence = "Whoever watches now is listed here, with the device, the place and how it is sent."
    fields = [
        "user", "video", "state_badge", "device", "browser", "system", "device_kind", "address", "method", "rendition",
        "place", "watched_for", "started_at", "heard",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlaybackSession]:
        return active_sessions()

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("playback.stop_playbacksession"))

    @admin.display(description="Video")
    def about(self, row: PlaybackSession) -> SafeString:
        return two_lines(row.video.title, row.user.username, address_of(row.video))

    @admin.display(description="Device")
    def who(self, row: PlaybackSession) -> SafeString:
        return two_lines(row.device, row.address or "")

    @admin.display(description="Sent")
    def how(self, row: PlaybackSession) -> str:
        return row.get_method_display() if row.method else NOTHING

    @admin.display(description="At")
    def place(self, row: PlaybackSession) -> str:
        if row.duration_seconds is None:
            return duration(row.position_seconds)
        return f"{duration(row.position_seconds)} of {duration(row.duration_seconds)}"

    @admin.display(description="How far")
    def how_far(self, row: PlaybackSession) -> SafeString | str:
        return progress(int(row.position_seconds), int(row.duration_seconds or 0))

    @admin.display(description="Watched for")
    def watched_for(self, row: PlaybackSession) -> str:
        return duration(row.watched_seconds)

    @admin.display(description="State")
    def state_badge(self, row: PlaybackSession) -> SafeString:
        if row.stop_asked_at is not None:
            return badge("Asked to stop", "warn")
        silent = (timezone.now() - row.last_activity_at).total_seconds()
        if row.state == PlayState.PLAYING and silent > _SILENT_SECONDS:
            return badge("Silent", "warn")
        return badge(row.get_state_display(), "now" if row.state == PlayState.PLAYING else "calm")

    @admin.display(description="Heard")
    def heard(self, row: PlaybackSession) -> SafeString | str:
        return when(row.last_activity_at)

    @admin.action(description="Stop", permissions=["stop"])
    def stop(self, request: HttpRequest, rows: QuerySet[PlaybackSession]) -> None:
        """The players are told with the answer to their next message, within ten seconds."""
        count = sum(ask_to_stop(public_id=public_id) for public_id in rows.values_list("public_id", flat=True)[:1000])
        said = f"{counted(count, 'player is', 'players are')} told to stop within ten seconds."
        say(request, said if count else "Nobody of them plays any more.", is_done=bool(count))
