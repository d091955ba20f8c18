"""What the pages of people and studios ask. Everything is bounded."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from library.counting import count_videos
from library.folding import fold
from library.queries import BoundedCount
from people.models import (
    Creator,
    CreatorAlias,
    CreatorPicture,
    CreatorProfile,
    CreatorStudio,
    Credit,
    SocialLink,
    Studio,
    StudioAlias,
    VideoStudio,
)

PAGE_SIZE = 60
COUNTED_AT_MOST = 10_000
_MOST_COSTARS = 12
# Who is seen with whom is read from that many videos at most: somebody may be in 15,000, and 2,000 took 70 ms.
LOOKED_AT = 600
_LONGEST_TEXT = 200
_MOST_LINKS, _MOST_BELOW = 50, 60

Order = Literal["name", "most", "newest"]
ORDERS: dict[Order, str] = {"name": "Name, A to Z", "most": "Most videos", "newest": "Newest first"}


class PlaceError(ValueError):
    """A place in a list that this page did not write."""


@dataclass(frozen=True, slots=True)
class Card:
    """A person or a studio in a grid. `picture` is an address, empty without one; the count leaves out the trash."""

    row: Any
    video_count: int
    picture: str

    @property
    def initials(self) -> str:
        """What stands in the place of a picture: the first letters of the first and the last word."""
        words = [word for word in self.row.name.split() if word[0].isalpha()] or [self.row.name]
        return str(words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@dataclass(frozen=True, slots=True)
class CardPage:
    """`next_place` is None on the last page."""

    cards: Sequence[Card]
    next_place: str | None


@dataclass(frozen=True, slots=True)
class _Listed:
    """What tells the list of people from that of studios."""

    model: type[Any]
    aliases: type[Any]
    links: type[Any]
    owner: str
    reverse: str


_PEOPLE = _Listed(Creator, CreatorAlias, Credit, "creator", "credits")
_STUDIOS = _Listed(Studio, StudioAlias, VideoStudio, "studio", "video_studios")


def list_creators(*, order: Order = "name", text: str = "", after: str = "", limit: int = PAGE_SIZE) -> CardPage:
    """The next people after a place. Five queries at most. Raises PlaceError."""
    return _page(_PEOPLE, order, text, after, limit)


def list_studios(*, order: Order = "name", text: str = "", after: str = "", limit: int = PAGE_SIZE) -> CardPage:
    """The next studios after a place. Four queries at most. Raises PlaceError."""
    return _page(_STUDIOS, order, text, after, limit)


def count_creators(*, text: str = "") -> BoundedCount:
    """How many people match, up to a bound."""
    return _count(_matching(_PEOPLE, text))


def count_studios(*, text: str = "") -> BoundedCount:
    """How many studios match, up to a bound."""
    return _count(_matching(_STUDIOS, text))


def creator_cards(creators: Sequence[Creator], counts: Mapping[int, int] | None = None) -> list[Card]:
    """People with their pictures, in their order; `counts` in place of how many videos each has."""
    pictures = _pictures(creators)
    counts = count_videos(Credit, "creator", [one.pk for one in creators]) if counts is None else counts
    return [Card(one, counts.get(one.pk, 0), pictures.get(one.pk, "")) for one in creators]


def creator_card(creator: Creator, pictures: Sequence[CreatorPicture]) -> Card:
    """One of whom the pictures, the primary one first, are there already."""
    counts = count_videos(Credit, "creator", [creator.pk])
    return Card(creator, counts.get(creator.pk, 0), pictures[0].image.url if pictures else "")


def studio_cards(studios: Sequence[Studio]) -> list[Card]:
    """Studios with their logos, in their order."""
    counts = count_videos(VideoStudio, "studio", [one.pk for one in studios])
    return [Card(one, counts.get(one.pk, 0), one.logo.url if one.logo else "") for one in studios]


def profiled_creators() -> "QuerySet[Creator]":
    """People in use with what their page shows beside: `other_names` as text, `profiles_shown` as dicts of platform,
    username and url, `links_shown` as dicts of name and url. At most 50 of each; all in the one query."""
    profiles = CreatorProfile.objects.filter(creator=OuterRef("pk")).order_by("-is_primary", "platform__name", "pk")
    profile = JSONObject(platform=F("platform__name"), username=F("username"), url=F("profile_url"))
    return Creator.objects.in_use().annotate(
        other_names=_other_names(CreatorAlias, "creator"),
        profiles_shown=ArraySubquery(profiles.values(shown=profile)[:_MOST_LINKS]),
        links_shown=_links_of("creator"),
    )


def profiled_studios() -> "QuerySet[Studio]":
    """Studios in use, likewise, with what they are part of; they have no profiles."""
    rows = Studio.objects.in_use().select_related("parent", "network")
    return rows.annotate(other_names=_other_names(StudioAlias, "studio"), links_shown=_links_of("studio"))


def _other_names(model: type[Any], owner: str) -> ArraySubquery:
    names = model._default_manager.filter(**{owner: OuterRef("pk")}).order_by("name").values_list("name")
    return ArraySubquery(names[:_MOST_LINKS])


def _links_of(owner: str) -> ArraySubquery:
    links = SocialLink.objects.filter(**{owner: OuterRef("pk")}).order_by("platform_name", "pk")
    return ArraySubquery(links.values(shown=JSONObject(name=F("platform_name"), url=F("url")))[:_MOST_LINKS])


def below(studio: Studio) -> tuple[list[Card], list[Card]]:
    """The studios that are part of this one, and those of its network that are not. At most 60 of each, two queries."""
    rows = Studio.objects.in_use().filter(Q(parent=studio) | Q(network=studio))
    cards = studio_cards(list(rows[: 2 * _MOST_BELOW]))
    parts = [card for card in cards if card.row.parent_id == studio.pk]
    members = [card for card in cards if card.row.parent_id != studio.pk]
    return parts[:_MOST_BELOW], members[:_MOST_BELOW]


def costars(creator: Creator) -> list[Card]:
    """Who is in videos together with them, most often first; the count is of videos together. Three queries."""
    shared = _most_seen(Credit.objects.filter(creator=creator), but=creator)
    rows = Creator.objects.in_use().in_bulk(list(shared))
    return creator_cards([rows[one] for one in shared if one in rows][:_MOST_COSTARS], shared)


def _most_seen(links: "QuerySet[Any]", *, but: Creator | None = None) -> dict[int, int]:
    """Who is in most of the videos of the links, with how many; some more than are shown, since some may lie in the
    trash. Of more links than LOOKED_AT only the latest count."""
    credits = Credit.objects.filter(video__in=_latest(links)).order_by()
    if but is not None:
        credits = credits.exclude(creator=but)
    counted = credits.values_list("creator").annotate(shared=Count("*")).order_by("-shared", "creator")
    return dict(counted[: 2 * _MOST_COSTARS])


def studios_of(creator: Creator) -> list[Card]:
    """The studios that they work with: those named so, and those of their videos. Two queries."""
    named = CreatorStudio.objects.filter(creator=creator).order_by().values("studio")
    of_videos = (
        VideoStudio.objects.filter(video__in=_latest(Credit.objects.filter(creator=creator)))
        .order_by()
        .values("studio")
    )
    rows = Studio.objects.in_use().filter(Q(pk__in=named) | Q(pk__in=of_videos)).order_by("name", "pk")
    return studio_cards(list(rows[:_MOST_COSTARS]))


def _latest(links: "QuerySet[Any]") -> "QuerySet[Any]":
    """The videos of the latest links."""
    return links.order_by("-pk").values("video")[:LOOKED_AT]


def people_of(studio: Studio) -> list[Card]:
    """The people who work with a studio, those in most of its videos first. Three queries."""
    shared = _most_seen(VideoStudio.objects.filter(studio=studio))
    named = CreatorStudio.objects.filter(studio=studio).order_by("creator").values("creator")
    rows = Creator.objects.in_use().filter(Q(pk__in=list(shared)) | Q(pk__in=named[: 4 * _MOST_COSTARS]))
    found = sorted(rows[: 4 * _MOST_COSTARS], key=lambda row: (-shared.get(row.pk, 0), row.name_key))
    return creator_cards(found[:_MOST_COSTARS], shared)


def _matching(listed: _Listed, text: str) -> "QuerySet[Any]":
    """Those in use that have the text in their name or in another name of theirs."""
    rows: QuerySet[Any] = listed.model._default_manager.filter(trashed_at=None)
    words = fold(text[:_LONGEST_TEXT].replace("\0", " "))
    if not words:
        return rows
    others = listed.aliases._default_manager.filter(name_folded__contains=words).order_by().values(listed.owner)
    return rows.filter(Q(name_folded__contains=words) | Q(pk__in=others))


def _page(listed: _Listed, order: Order, text: str, after: str, limit: int) -> CardPage:
    rows = _matching(listed, text)
    place = _decoded(after, order) if after else None
    if order == "most":
        found = _most(listed, rows, text, place, limit + 1)
    elif order == "newest":
        if place:
            at = _moment(place[0])
            rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=place[1]))
        found = list(rows.order_by("-created_at", "-pk").values_list("pk", "created_at")[: limit + 1])
    else:
        if place:
            rows = rows.filter(Q(name_key__gt=place[0]) | Q(name_key=place[0], pk__gt=place[1]))
        found = list(rows.order_by("name_key", "pk").values_list("pk", "name_key")[: limit + 1])
    ids = [row_id for row_id, _ in found[:limit]]
    loaded = listed.model._default_manager.in_bulk(ids)
    shown = [loaded[one] for one in ids if one in loaded]
    cards = creator_cards(shown) if listed is _PEOPLE else studio_cards(shown)
    return CardPage(cards, _encoded(order, *found[limit - 1]) if len(found) > limit else None)


def _most(
    listed: _Listed, rows: "QuerySet[Any]", text: str, place: tuple[Any, int] | None, limit: int
) -> list[tuple[int, int]]:
    """Ids and numbers of videos, the most first; those without any come last. Counted in the index of links alone."""
    found: list[tuple[int, int]] = []
    if place is None or place[0] > 0:
        links = listed.links._default_manager.order_by().values_list(listed.owner).annotate(number=Count("*"))
        if text:
            links = links.filter(**{f"{listed.owner}__in": rows.order_by().values("pk")})
        else:
            trashed = listed.model._default_manager.filter(trashed_at__isnull=False).order_by().values("pk")
            links = links.exclude(**{f"{listed.owner}__in": trashed})
        if place is not None:
            links = links.filter(Q(number__lt=place[0]) | Q(number=place[0], **{f"{listed.owner}__gt": place[1]}))
        found = list(links.order_by("-number", listed.owner)[:limit])
    if len(found) < limit:
        unseen = rows.filter(**{f"{listed.reverse}__isnull": True})
        if place is not None and place[0] == 0:
            unseen = unseen.filter(pk__gt=place[1])
        ids = unseen.order_by("pk").values_list("pk", flat=True)[: limit - len(found)]
        found += [(row_id, 0) for row_id in ids]
    return found


def _pictures(creators: Iterable[Creator]) -> dict[int, str]:
    """The address of each one's primary picture, else of the first; those without are left out."""
    ids = [one.pk for one in creators]
    if not ids:
        return {}
    rows = CreatorPicture.objects.filter(creator__in=ids).order_by("creator_id", "-is_primary", "pk")
    return {row.creator_id: row.image.url for row in rows.distinct("creator_id")}


def _count(rows: "QuerySet[Any]") -> BoundedCount:
    number = rows.order_by().values_list("pk")[: COUNTED_AT_MOST + 1].count()
    return BoundedCount(min(number, COUNTED_AT_MOST), number <= COUNTED_AT_MOST)


def _encoded(order: Order, row_id: int, value: Any) -> str:
    """A place for an address: letters, digits, - and _ only."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    raw = json.dumps([order, plain, row_id], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str, order: Order) -> tuple[Any, int]:
    """Raises PlaceError on anything that `_encoded` did not write for this order."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        of, value, row_id = json.loads(raw)
    except (ValueError, TypeError, binascii.Error) as error:
        raise PlaceError(text) from error
    kinds = int if order == "most" else str
    if of != order or type(value) is not kinds or type(row_id) is not int or not 0 <= row_id < 2**63:
        raise PlaceError(text)
    if isinstance(value, int) and abs(value) >= 2**63:
        raise PlaceError(text)
    if isinstance(value, str) and ("\0" in value or value.encode(errors="replace").decode() != value):
        raise PlaceError(text)
    return value, row_id


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise PlaceError(text) from error
    if at.tzinfo is None:
        raise PlaceError(text)
    return at
