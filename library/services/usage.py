"""The port through which the library and the engine learn how much videos are watched; playback fills it in."""

from collections.abc import Callable
from typing import Any

from django.db.models import DateTimeField, FloatField, IntegerField, QuerySet, Value

# Adds `plays`, `watched_seconds` and `last_played_at` (of all users together) to a query of videos.
WithUsage = Callable[[QuerySet[Any]], QuerySet[Any]]
_provided: list[WithUsage] = []


def provide_usage(with_usage: WithUsage) -> None:
    """Makes it what `with_usage` does; a second one takes the first one's place."""
    _provided[:] = [with_usage]


def with_usage(videos: QuerySet[Any]) -> QuerySet[Any]:
    """The query with `plays` (0 for none), `watched_seconds` (0) and `last_played_at` (None) of each video.

    Costs a look-up per row, so choose the rows first. Where nothing counts plays, nothing was ever played.
    """
    if _provided:
        return _provided[0](videos)
    annotated: QuerySet[Any] = videos.annotate(
        plays=Value(0, IntegerField()),
        watched_seconds=Value(0.0, FloatField()),
        last_played_at=Value(None, DateTimeField(null=True)),
    )
    return annotated
