"""Filters and orders by what the one who asks thinks of a video and has watched of it."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from library.filters.columns import choices, of_user
from library.filters.registry import Ask, Facet, Kind, register_facet
from library.sorting import Sort, register_sort
from playback.models import Favorite, PlayCount, Rating, Tally, WatchProgress

_MINE = "Mine"
_PROGRESS = (("unwatched", "Not begun"), ("begun", "Begun"), ("watched", "Watched"))


def _favorite(ask: Ask) -> Q:
    q = ask.exists(Favorite.objects.filter(user=ask.user)) if ask.user else Q(pk__in=[])
    return q if ask.value else ~q


def _counted(rows: Callable[[], Any], column: str) -> Callable[[Ask], Q]:
    """A count of one's own where no row is 0."""
    exact = of_user(rows, column)

    def to_q(ask: Ask) -> Q:
        least = ask.value[0] if ask.operator == "between" else ask.value
        if ask.operator == "gte" and least <= 0:
            return Q()
        q = exact(ask)
        includes_zero = ask.operator == "lte" or (ask.operator != "gte" and least == 0)
        own = rows().filter(user=ask.user) if ask.user else rows().none()
        return q | ~ask.exists(own) if includes_zero else q

    return to_q


def _progress(ask: Ask) -> Q:
    own = WatchProgress.objects.filter(user=ask.user) if ask.user else WatchProgress.objects.none()
    states = {
        "unwatched": ~ask.exists(own),
        "begun": ask.exists(own.filter(is_completed=False)),
        "watched": ask.exists(own.filter(is_completed=True)),
    }
    q = Q(pk__in=[])
    for value in ask.value:
        q |= states[value]
    return q


register_facet(
    Facet(
        "rating", "My stars", _MINE, Kind.NUMBER, of_user(Rating.objects.all, "stars"), words={"empty": "not given"}
    ),
    Facet("favorite", "My favourite", _MINE, Kind.FLAG, _favorite),
    Facet(
        "tally", "My tally", _MINE, Kind.NUMBER, _counted(Tally.objects.all, "count"), ("gte", "lte", "between", "eq")
    ),
    Facet(
        "plays", "My plays", _MINE, Kind.NUMBER, _counted(PlayCount.objects.all, "play_count"),
        ("gte", "lte", "between", "eq"),
    ),
    Facet("watched", "Watched", _MINE, Kind.CHOICE, _progress, choices=choices(_PROGRESS)),
    Facet(
        "watched_at", "Last watched", _MINE, Kind.DATE, of_user(WatchProgress.objects.all, "watched_at"),
        words={"empty": "never"},
    ),
)  # fmt: skip
register_sort(
    Sort("rating", "My stars, best first", "stars", True, relation="ratings"),
    Sort("liked", "My favourites, latest first", "added_at", True, "moment", relation="favorites"),
    Sort("watched", "Watched last", "watched_at", True, "moment", relation="watch_progress"),
)
