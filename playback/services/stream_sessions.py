"""The rows of FFmpeg programs that make streams: written by the streamer, read and stopped in the admin."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from playback.models import StreamRendition, StreamSession
from playback.models.streams import SessionState
from processing.media.stream.runs import RunInfo

_KEPT = timedelta(days=1)
RESTARTED = "The streamer was started again."


def write_sessions(runs: Sequence[RunInfo]) -> set[str]:
    """Writes how runs are; returns the ids of those that somebody wants to be stopped. Four queries.

    What the database calls running, but isn't among them, has ended.
    """
    keys = {run.key for run in runs}
    renditions = dict(StreamRendition.objects.filter(key__in=keys).values_list("key", "pk")) if keys else {}
    rows = [
        StreamSession(
            run_id=run.id,
            rendition_id=renditions[run.key],
            state=run.state.value,
            encoder=run.encoder,
            viewers=run.viewers,
            position_seconds=max(run.position_seconds, 0.0),
            speed=run.speed,
            error=run.error,
            started_at=_moment(run.started_at),
            last_asked_at=_moment(run.asked_at),
            ended_at=None if run.state.value == SessionState.RUNNING else timezone.now(),
        )
        for run in runs
        if run.key in renditions
    ]
    StreamSession.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["run_id"],
        update_fields=[
            "state",
            "encoder",
            "viewers",
            "position_seconds",
            "speed",
            "error",
            "last_asked_at",
            "ended_at",
        ],
    )
    lost = StreamSession.objects.filter(state=SessionState.RUNNING).exclude(run_id__in=[run.id for run in runs])
    lost.update(state=SessionState.ENDED, ended_at=timezone.now())
    wanted = StreamSession.objects.filter(state=SessionState.RUNNING).exclude(stop_requested_at=None)
    return {str(run_id) for run_id in wanted.values_list("run_id", flat=True)}


def end_leftovers() -> int:
    """What an earlier streamer left as running has ended with it; returns how many."""
    return StreamSession.objects.filter(state=SessionState.RUNNING).update(
        state=SessionState.ENDED, ended_at=timezone.now(), error=RESTARTED
    )


def forget_old_sessions() -> int:
    """Removes sessions that ended more than a day ago; returns how many."""
    old = StreamSession.objects.exclude(state=SessionState.RUNNING).filter(started_at__lt=timezone.now() - _KEPT)
    return old.delete()[0]


def stop_sessions(session_ids: Iterable[int]) -> int:
    """Asks for running sessions to be ended, which happens within a second or two; returns how many were asked."""
    running = StreamSession.objects.filter(pk__in=list(session_ids), state=SessionState.RUNNING, stop_requested_at=None)
    return running.update(stop_requested_at=timezone.now())


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
