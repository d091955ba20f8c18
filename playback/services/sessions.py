"""What players tell while somebody watches, and what is counted from it.

A message says how many seconds this player has really played in all, so one that comes twice or never comes harms
nothing: the next one says it again. Each counts at most what the clock allows since the last one.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from library.devices import Device
from library.models import User
from playback.exceptions import PositionError, SessionError, VideoGoneError
from playback.models import PlaybackSession, PlaybackSettings
from playback.models.session import PlayMethod, PlayState
from playback.services import counting
from processing.services.demand import hold_demand, release_demand

# A player that is silent for longer is no longer watching.
IDLE = timedelta(minutes=30)
# Films are watched at twice the speed; the slack is for messages that were held up on their way.
_FASTEST = 2.0
_SLACK_SECONDS = 5.0
# What the first message of a session can count, if those before it were lost.
_FIRST_SECONDS = 30.0
# A jump is farther than a player's own rounding.
_MOVED_SECONDS = 0.5
_LONGEST_SECONDS = 10.0**7

# The video of the session, or of its first message: after a merge that is the one that stayed. Locked against merging
# before anything else is, as a merge locks it before what hangs on it.
_VIDEO = """
SELECT video.id, video.duration_seconds, file.id FROM library_video AS video
  LEFT JOIN library_videofile AS file ON file.id = %(file)s AND file.video_id = video.id
 WHERE video.id = COALESCE((SELECT video_id FROM playback_playbacksession WHERE public_id = %(session)s), %(video)s)
   AND video.trashed_at IS NULL
   FOR KEY SHARE OF video
"""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A player's message. `watched_seconds` is of the whole session; `sequence` numbers its messages from 1, where the
    player does."""

    video_id: int
    state: str
    position_seconds: float
    watched_seconds: float
    duration_seconds: float | None = None
    file_id: int | None = None
    method: str = ""
    rendition: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a message: whether the video is watched to its end now, whether this message made it count as
    played and as viewed, and whether the player is to stop."""

    is_completed: bool
    play_counted: bool = False
    view_counted: bool = False
    stop: bool = False


def record_heartbeat(
    *,
    user: User,
    public_id: UUID,
    heartbeat: Heartbeat,
    device: Device,
    address: str | None = None,
    at: datetime | None = None,
) -> Heard:
    """Writes down what a player tells: one transaction of eight statements (two more for the first message of a
    session, four where nothing was played), and one for the lease that makes heavy work wait.

    Raises PositionError for what are no seconds, SessionError for another user's session or another video's,
    VideoGoneError when there is no such video (any more).
    """
    told = _checked(heartbeat)
    now = at or timezone.now()
    with transaction.atomic():
        heard, state = _hear(user, public_id, told, device, address, now)
    holder = f"session {public_id}"
    if state == PlayState.PLAYING:
        hold_demand(holder=holder)
    else:
        release_demand(holder=holder)
    return heard


def ask_to_stop(*, public_id: UUID) -> bool:
    """Has a player told to stop by the answer to its next message; whether there was one that goes on."""
    rows = PlaybackSession.objects.filter(public_id=public_id, ended_at=None)
    return rows.update(stop_asked_at=timezone.now()) == 1


def stop_idle_sessions() -> int:
    """Ends the sessions of players that fell silent; returns how many. The scheduler calls it every minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE playback_playbacksession SET state = 'stopped', ended_at = last_activity_at"
            " WHERE ended_at IS NULL AND last_activity_at < %s",
            [timezone.now() - IDLE],
        )
        return int(cursor.rowcount)


def forget_old_sessions(*, batch: int = 5000) -> int:
    """Removes sessions older than the settings keep them; returns how many. The scheduler calls it every hour."""
    days = PlaybackSettings.load().session_retention_days
    if not days:
        return 0
    old = PlaybackSession.objects.filter(started_at__lt=timezone.now() - timedelta(days=days), ended_at__isnull=False)
    count = 0
    while ids := list(old.order_by("started_at").values_list("pk", flat=True)[:batch]):
        count += PlaybackSession.objects.filter(pk__in=ids).delete()[0]
    return count


def _checked(told: Heartbeat) -> Heartbeat:
    numbers = (told.position_seconds, told.watched_seconds)
    if not all(math.isfinite(number) and 0 <= number <= _LONGEST_SECONDS for number in numbers):
        raise PositionError("Positions and watched times are seconds, 0 or more.")
    length = told.duration_seconds
    has_length = length is not None and math.isfinite(length) and 0 < length <= _LONGEST_SECONDS
    method = told.method if told.method in PlayMethod.values else PlayMethod.UNKNOWN
    if told.state not in PlayState.values:
        raise SessionError("A player is playing, paused or stopped.")
    return replace(
        told,
        duration_seconds=length if has_length else None,
        method=method,
        rendition=told.rendition[:100],
    )


def _hear(
    user: User, public_id: UUID, told: Heartbeat, device: Device, address: str | None, now: datetime
) -> tuple[Heard, str]:
    video_id, length, file_id = _lock_video(public_id, told)
    length = length or told.duration_seconds
    position = min(told.position_seconds, length) if length else told.position_seconds
    session, is_new = _lock_session(user, public_id, video_id, device, address, now)
    if session.user_id != user.pk:
        raise SessionError("That session belongs to somebody else.")
    rules = PlaybackSettings.load()
    is_completed = length is not None and position >= length * rules.completed_percent / 100
    if not is_new and _is_late(session, told):
        return Heard(is_completed, stop=_is_to_stop(session, session.state)), session.state

    credit = _credit(session, told, now, is_new=is_new)
    before = session.watched_seconds
    has_moved = is_new or abs(position - session.position_seconds) > _MOVED_SECONDS
    place = counting.Place(user.pk, video_id, position, length, is_completed, now)
    played = viewed = False
    if credit > 0:
        played = counting.add_play(place, credit=credit, rules=rules)
        if before + credit >= counting.COUNTS_FROM_SECONDS:
            amount = credit if before >= counting.COUNTS_FROM_SECONDS else before + credit
            counting.add_history(place, watched_seconds=amount)
            viewed = counting.add_view(place)
    if credit > 0 or has_moved:
        may_take = is_new and told.state == PlayState.PLAYING
        is_completed |= counting.keep_place(
            place, session=public_id, heard_at=None if is_new else session.last_activity_at, may_take=may_take
        )
    stop = _is_to_stop(session, told.state)
    _write(session, told, file_id=file_id, position=position, credit=credit, now=now)
    return Heard(is_completed, played, viewed, stop), told.state


def _lock_video(public_id: UUID, told: Heartbeat) -> tuple[int, float | None, int | None]:
    """Id, length and the id of the file, if it is one of the video."""
    with connection.cursor() as cursor:
        cursor.execute(_VIDEO, {"session": public_id, "video": told.video_id, "file": told.file_id})
        row: tuple[int, float | None, int | None] | None = cursor.fetchone()
    if row is None:
        raise VideoGoneError("This video is gone.")
    return row


def _lock_session(
    user: User, public_id: UUID, video_id: int, device: Device, address: str | None, now: datetime
) -> tuple[PlaybackSession, bool]:
    """The session's row, locked, and whether it was made just now."""
    rows = PlaybackSession.objects.select_for_update().filter(public_id=public_id)
    if (session := rows.first()) is not None:
        return session, False
    made = PlaybackSession(
        public_id=public_id,
        user=user,
        video_id=video_id,
        device=str(device)[:100],
        device_kind=device.kind,
        browser=device.browser,
        system=device.system,
        address=address,
        started_at=now,
        last_activity_at=now,
    )
    PlaybackSession.objects.bulk_create([made], ignore_conflicts=True)
    session = rows.get()
    # Another message of the same player may have made it meanwhile.
    return session, session.reported_seconds == 0 and session.sequence == 0 and session.started_at == now


def _is_late(session: PlaybackSession, told: Heartbeat) -> bool:
    """Whether a later message of the same player was heard already, or this very one."""
    if told.sequence is not None and session.sequence:
        return told.sequence <= session.sequence
    return told.watched_seconds < session.reported_seconds


def _credit(session: PlaybackSession, told: Heartbeat, now: datetime, *, is_new: bool) -> float:
    """How many of the seconds that are new in this message count."""
    claimed = told.watched_seconds - session.reported_seconds
    passed = max((now - session.last_activity_at).total_seconds(), 0)
    most = _FIRST_SECONDS if is_new else _FASTEST * passed + _SLACK_SECONDS
    return max(min(claimed, most), 0)


def _is_to_stop(session: PlaybackSession, state: str) -> bool:
    return session.stop_asked_at is not None and state == PlayState.PLAYING


def _write(
    session: PlaybackSession, told: Heartbeat, *, file_id: int | None, position: float, credit: float, now: datetime
) -> None:
    session.state = told.state
    session.file_id = file_id or session.file_id
    session.method = told.method or session.method
    session.rendition = told.rendition
    session.position_seconds = position
    session.duration_seconds = told.duration_seconds or session.duration_seconds
    session.reported_seconds = max(told.watched_seconds, session.reported_seconds)
    session.watched_seconds += credit
    session.sequence = max(told.sequence or 0, session.sequence)
    session.last_activity_at = max(now, session.last_activity_at)
    session.ended_at = session.last_activity_at if told.state == PlayState.STOPPED else None
    if told.state != PlayState.PLAYING:
        # It stopped, as it was asked to: whoever presses play again may.
        session.stop_asked_at = None
    session.save(
        update_fields=[
            "state", "file", "method", "rendition", "position_seconds", "duration_seconds", "reported_seconds",
            "watched_seconds", "sequence", "last_activity_at", "ended_at", "stop_asked_at",
        ]
    )  # fmt: skip
