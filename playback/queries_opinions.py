"""What the pages ask about likes, stars and tallies."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast

from library.filters import Group, parse_filter
from library.models import User, Video
from people.models import Creator, Studio
from people.queries import Card, creator_cards, studio_cards
from playback.models import Favorite, Rating, Tally

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one user thinks of one thing. `stars` is None where they gave none; `tally` is 0 for people and studios."""

    is_favorite: bool = False
    stars: Decimal | None = None
    comment: str = ""
    tally: int = 0


NO_OPINION = Opinion()


def opinion_of(user: User, target: Video | Creator | Studio) -> Opinion:
    """What the user thinks of it. One query."""
    name = str(target._meta.model_name)
    is_liked, stars, comment, tally = False, None, "", 0
    for _, given, words in _liked_and_rated(user, name, with_tally=name == "video", **{name: target}):
        if words is None:
            is_liked = True
        elif given is None:
            tally = int(words)
        else:
            stars, comment = given, words
    return Opinion(is_liked, stars, comment, tally)


def opinions_of_videos(user: User, video_ids: Iterable[int]) -> dict[int, Opinion]:
    """Likes and stars for the tiles of a list, by video id; those without either are left out. One query, none for
    no videos."""
    ids = list(video_ids)
    if not ids:
        return {}
    liked: set[int] = set()
    stars: dict[int, Decimal] = {}
    for video_id, given, words in _liked_and_rated(user, "video", video__in=ids):
        if words is None:
            liked.add(video_id)
        else:
            stars[video_id] = given
    return {one: Opinion(one in liked, stars.get(one)) for one in liked | stars.keys()}


def _liked_and_rated(
    user: User, column: str, *, with_tally: bool = False, **about: Any
) -> "QuerySet[Any, tuple[Any, Any, Any]]":
    """Likes as (id, None, None), ratings as (id, stars, comment), tallies as (id, None, number).

    One query: lists ask it again and again.
    """
    nothing, no_words = Value(None, Rating._meta.get_field("stars")), Value(None, TextField())
    liked = Favorite.objects.filter(user=user, **about).order_by()
    rated = Rating.objects.filter(user=user, **about).order_by()
    pairs = liked.values_list(f"{column}_id", nothing, no_words)
    others: list[Any] = [rated.values_list(f"{column}_id", "stars", Cast("comment", TextField()))]
    if with_tally:
        counted = Tally.objects.filter(user=user, **about).order_by()
        others.append(counted.values_list(f"{column}_id", nothing, Cast("count", TextField())))
    return pairs.union(*others, all=True)


def favorite_people(user: User, *, before_id: int | None = None, limit: int = _SHOWN) -> tuple[list[Card], int | None]:
    """The people that a user likes, the latest first, without those in the trash; and the place to go on from."""
    rows, more = _page(Favorite.objects.filter(user=user, creator__trashed_at=None), "creator", before_id, limit)
    return creator_cards([row.creator for row in rows if row.creator]), more


def favorite_studios(user: User, *, before_id: int | None = None, limit: int = _SHOWN) -> tuple[list[Card], int | None]:
    """Likewise the studios."""
    rows, more = _page(Favorite.objects.filter(user=user, studio__trashed_at=None), "studio", before_id, limit)
    return studio_cards([row.studio for row in rows if row.studio]), more


def _page(
    rows: "QuerySet[Favorite]", kind: str, before_id: int | None, limit: int
) -> tuple[list[Favorite], int | None]:
    rows = rows.filter(**{f"{kind}__isnull": False}).select_related(kind).order_by("-added_at", "-pk")
    if before_id is not None and (place := rows.model.objects.filter(pk=before_id).first()) is not None:
        rows = rows.filter(added_at__lte=place.added_at).exclude(added_at=place.added_at, pk__gte=place.pk)
    found = list(rows[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def favorites_filter() -> Group:
    """The library's filter for what the one who asks likes."""
    return parse_filter({"facet": "favorite", "op": "is", "value": True})
