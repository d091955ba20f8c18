"""What the pages ask about likes, stars and tallies."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

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
    """What the user thinks of it. Two queries, three for a video."""
    column = {str(target._meta.model_name): target}
    rating = Rating.objects.filter(user=user, **column).first()
    tally = 0
    if isinstance(target, Video):
        tally = Tally.objects.filter(user=user, video=target).values_list("count", flat=True).first() or 0
    return Opinion(
        Favorite.objects.filter(user=user, **column).exists(),
        rating.stars if rating else None,
        rating.comment if rating else "",
        tally,
    )


def opinions_of_videos(user: User, video_ids: Iterable[int]) -> dict[int, Opinion]:
    """Likes and stars for the tiles of a list, by video id; those without either are left out. Two queries, none for
    no videos."""
    ids = list(video_ids)
    if not ids:
        return {}
    liked = set(Favorite.objects.filter(user=user, video__in=ids).values_list("video_id", flat=True))
    stars = dict(Rating.objects.filter(user=user, video__in=ids).values_list("video_id", "stars"))
    return {one: Opinion(one in liked, stars.get(one)) for one in liked | stars.keys()}


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
