"""What somebody has done in a queue day by day, kept with their place in it."""

from datetime import timedelta

from django.utils import timezone

from library.models import TriageAnswer, TriageProgress

KEPT_DAYS = 60
# The pace is that of the last videos; days before it was reached don't count.
_PACE_OF = 50


def add_to_pace(progress: TriageProgress, *, videos: int, keys: int, seconds: float) -> None:
    """Counts an answer for today, in the user's time zone; the caller saves the progress."""
    today = timezone.localdate()
    day = _day(progress, today.isoformat())
    day["videos"] += videos
    day["keys"] += keys
    day["seconds"] = round(day["seconds"] + seconds, 3)
    oldest = (today - timedelta(days=KEPT_DAYS)).isoformat()
    progress.pace = {at: known for at, known in progress.pace.items() if at > oldest}


def take_from_pace(progress: TriageProgress, answer: TriageAnswer, *, videos: int) -> None:
    """An answer that is taken back counts no more, on the day on which it was given. The time that it took is spent
    all the same."""
    at = timezone.localtime(answer.created_at).date().isoformat()
    if at in progress.pace:
        day = _day(progress, at)
        day["videos"] = max(0, day["videos"] - videos)


def seconds_each(progress: TriageProgress) -> float | None:
    """How long a video takes the user lately in the queue; None where nobody knows. No query."""
    videos, seconds = 0, 0.0
    for at in sorted(progress.pace, reverse=True):
        videos += progress.pace[at]["videos"]
        seconds += progress.pace[at]["seconds"]
        if videos >= _PACE_OF:
            break
    return seconds / videos if videos and seconds else None


def _day(progress: TriageProgress, at: str) -> dict[str, float]:
    day: dict[str, float] = progress.pace.setdefault(at, {"videos": 0, "keys": 0, "seconds": 0.0})
    return day
