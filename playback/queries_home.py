"""The rows of a user's home page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from library.filters import EVERYTHING, FilterError, Group, encode_filter, parse_filter
from library.models import SavedSearch, Tag, User, Video
from library.queries import find_videos, list_video_ids, listed_videos
from library.services.saved_searches import split_words
from library.sorting import NEWEST, Sort, sort_of
from people.models import Creator, Studio
from playback.cards import EVERYTHING as EVERY_PART
from playback.cards import Card
from playback.homepage import TYPES, Section
from playback.models import Playlist, PlaylistItem
from playback.models.playlist import Visibility
from playback.queries import Tile, tiles_of
from playback.queries_watching import continued_ids
from processing.queries.pictures import pictures_of

_MOST_VIEWED = sort_of("most-viewed")


@dataclass(frozen=True, slots=True)
class PlaylistTile:
    """A playlist with the picture of its first video (an address, "" without one) and how many it has."""

    playlist: Playlist
    picture: str
    count: int
    is_own: bool

    @property
    def address(self) -> str:
        return f"/playlists/{self.playlist.public_id}/"


@dataclass(slots=True)
class Row:
    """One section as it is shown. `problem` says in words why it can't be: what it is about is gone."""

    section: Section
    title: str
    address: str = ""
    tiles: Sequence[Tile] = ()
    playlists: Sequence[PlaylistTile] = ()
    problem: str = ""
    video_ids: list[int] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.tiles and not self.playlists


@dataclass(slots=True)
class _About:
    """What sections are about, by type and id; read in one query for each type that occurs."""

    rows: dict[tuple[str, str], Any]

    def of(self, section: Section) -> Any:
        return self.rows.get((section.type, str(section.about)))


def home_rows(
    user: User, sections: Sequence[Section], *, card: Card = EVERY_PART, sees_public: bool = True
) -> list[Row]:
    """The rows with their videos, in order. `sees_public` is whether other users' public playlists are theirs to see.

    At most two queries for each row, four for what rows are about, and eight for all tiles together, however many
    videos there are.
    """
    about = _about(user, sections)
    rows = [_row(user, section, about, sees_public) for section in sections]
    wanted = dict.fromkeys(video_id for row in rows for video_id in row.video_ids)
    files = find_videos(list(wanted)) if wanted else []
    tiles = {tile.video.pk: tile for tile in tiles_of(files, user=user, card=card)}
    for row in rows:
        row.tiles = [tiles[video_id] for video_id in row.video_ids if video_id in tiles]
    return rows


def section_title(section: Section, named: Any = None) -> str:
    """What a row is called: its own title, the name of what it is about, or its kind."""
    return section.title or (str(named.name) if named is not None else TYPES[section.type])


def titles_of(user: User, sections: Sequence[Section]) -> dict[str, str]:
    """What the editor calls each section, by its id; "" for what it is about where that is gone."""
    about = _about(user, sections)
    return {
        one.id: str(about.of(one).name) if about.of(one) is not None else "" for one in sections if one.type in _MODELS
    }


def _about(user: User, sections: Sequence[Section]) -> _About:
    rows: dict[tuple[str, str], Any] = {}
    for kind, read in _MODELS.items():
        ids = [one.about for one in sections if one.type == kind]
        if ids:
            rows |= {(kind, key): row for key, row in read(user, ids).items()}
    return _About(rows)


def _creators(user: User, ids: Sequence[str]) -> Mapping[str, Any]:
    return {str(row.public_id): row for row in Creator.objects.in_use().filter(public_id__in=ids)}


def _studios(user: User, ids: Sequence[str]) -> Mapping[str, Any]:
    return {str(row.public_id): row for row in Studio.objects.in_use().filter(public_id__in=ids)}


def _tags(user: User, ids: Sequence[int]) -> Mapping[str, Any]:
    return {str(row.pk): row for row in Tag.objects.in_use().filter(pk__in=ids)}


def _searches(user: User, ids: Sequence[str]) -> Mapping[str, Any]:
    rows = SavedSearch.objects.filter(Q(user=user) | Q(is_shared=True), public_id__in=ids)
    return {str(row.public_id): row for row in rows}


_MODELS: dict[str, Callable[[User, Any], Mapping[str, Any]]] = {
    "creator": _creators,
    "studio": _studios,
    "tag": _tags,
    "saved_search": _searches,
}
_GONE = {
    "creator": "The person of this row is gone.",
    "studio": "The studio of this row is gone.",
    "tag": "The tag of this row is gone.",
    "saved_search": "The search of this row is gone, or not shared any more.",
}


def _row(user: User, section: Section, about: _About, sees_public: bool) -> Row:
    row = Row(section, section_title(section, about.of(section)))
    if section.type in _MODELS and about.of(section) is None:
        row.problem = _GONE[section.type]
        return row
    if section.type == "playlist":
        row.playlists = _playlists(user, section, sees_public)
        row.address = "/playlists/" if row.playlists else ""
        return row
    if section.type == "saved_search":
        _fill_from_search(row, user, about.of(section))
        return row
    row.video_ids, row.address = _READERS[section.type](user, section, about.of(section))
    return row


_Read = tuple[list[int], str]


def _continued(user: User, section: Section, named: Any) -> _Read:
    return continued_ids(user, limit=section.limit), reverse("history")


def _latest(user: User, section: Section, named: Any) -> _Read:
    return _listed(user, section), f"{reverse('library')}?sort=newest"


def _most_viewed(user: User, section: Section, named: Any) -> _Read:
    rows = listed_videos().filter(view_count__gt=0).order_by("-view_count", "-pk")
    return list(rows.values_list("pk", flat=True)[: section.limit]), f"{reverse('library')}?sort=most-viewed"


def _liked(user: User, section: Section, named: Any) -> _Read:
    rows = listed_videos().filter(favorites__user=user).order_by("-favorites__added_at", "-pk")
    code = encode_filter(parse_filter({"facet": "favorite", "op": "is", "value": True}))
    return list(rows.values_list("pk", flat=True)[: section.limit]), f"{reverse('library')}?f={code}"


def _of_named(user: User, section: Section, named: Any) -> _Read:
    value = section.about if section.type == "tag" else str(section.about)
    chosen = parse_filter({"facet": section.type, "op": "any", "value": [value]})
    return _listed(user, section, filter=chosen), named.get_absolute_url()


_READERS: dict[str, Callable[[User, Section, Any], _Read]] = {
    "continue_watching": _continued,
    "latest": _latest,
    "most_viewed": _most_viewed,
    "liked": _liked,
    "creator": _of_named,
    "studio": _of_named,
    "tag": _of_named,
}


def _listed(
    user: User, section: Section, *, sort: Sort = NEWEST, text: str = "", filter: Group = EVERYTHING
) -> list[int]:
    return list_video_ids(sort=sort, text=text, filter=filter, user=user, limit=section.limit)


def _fill_from_search(row: Row, user: User, search: SavedSearch) -> None:
    row.address = reverse("saved_search", args=(search.public_id,))
    try:
        text, chosen = split_words(parse_filter(search.filter))
    except FilterError as error:
        row.problem = str(error)
        return
    row.video_ids = _listed(user, row.section, sort=sort_of(search.sort), text=text, filter=chosen)


def _playlists(user: User, section: Section, sees_public: bool) -> list[PlaylistTile]:
    """Playlists with videos, by name; three queries."""
    own = Q(user=user)
    public = Q(visibility=Visibility.PUBLIC) if sees_public else Q(pk__in=[])
    wanted = {"own": own, "public": public & ~own, "all": own | public}[section.about]
    lists = list(Playlist.objects.filter(wanted).select_related("user").order_by("name_key", "pk")[: section.limit])
    items = PlaylistItem.objects.filter(playlist__in=[one.pk for one in lists], video__trashed_at=None)
    counts = dict(items.order_by().values_list("playlist").annotate(number=Count("pk")))
    first = dict(items.order_by("playlist", "position", "pk").distinct("playlist").values_list("playlist", "video"))
    pictures = video_pictures(list(first.values()))
    return [
        PlaylistTile(one, pictures.get(first.get(one.pk, 0), ""), counts.get(one.pk, 0), one.user_id == user.pk)
        for one in lists
    ]


def video_pictures(video_ids: Sequence[int]) -> dict[int, str]:
    """The address of the small picture of each video, cover first; those without are left out."""
    files = find_videos(list(video_ids)) if video_ids else []
    made = pictures_of(file.pk for file in files)
    found: dict[int, str] = {}
    for file in files:
        video, picture = file.video, made.get(file.pk)
        if isinstance(video, Video) and video.cover:
            found[video.pk] = video.cover.url
        elif video is not None and picture is not None and picture.thumbnail:
            found[video.pk] = picture.thumbnail.small.url
    return found


def shown_rows(rows: "Sequence[Row]") -> "list[Row]":
    """Those that have something to show."""
    return [row for row in rows if not row.is_empty]
