"""Tells the library how much videos are watched. Loaded when Django starts."""

from typing import Any

from django.db.models import FloatField, IntegerField, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from library.services.usage import provide_usage
from playback.models import PlayCount


def with_usage(videos: QuerySet[Any]) -> QuerySet[Any]:
    """Sums and the latest play over all users; three look-ups by index for each video."""
    counts = PlayCount.objects.filter(video=OuterRef("pk")).order_by().values("video")
    annotated: QuerySet[Any] = videos.annotate(
        plays=Coalesce(Subquery(counts.values(n=Sum("play_count")), IntegerField()), 0),
        watched_seconds=Coalesce(Subquery(counts.values(n=Sum("total_watch_seconds")), FloatField()), 0.0),
        last_played_at=Subquery(counts.values(n=Max("last_played_at"))),
    )
    return annotated


provide_usage(with_usage)
