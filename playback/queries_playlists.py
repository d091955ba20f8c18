"""What the pages ask about playlists: who sees which, what is in them, and what follows a video in one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Count, F, Func, Q, QuerySet, Sum, Value

from library import queries
from library.filters import FilterError, Group, parse_filter
from library.models import Tag, User, Video, VideoFile
from library.queries import BoundedCount, Cursor, CursorError
from library.services.saved_searches import split_words
from library.sorting import Sort, placed, sort_of
from playback.models import Playlist, PlaylistItem, PlaylistLike, PlaylistProgress, PlaylistTag
from playback.models.playlist import Visibility
from processing.queries.pictures import NONE, pictures_of

SEE_PUBLIC = "playback.view_public_playlist"
PAGE_SIZE = 48
ITEMS_AT_ONCE = 200
MOST_OFFERED = 100
_COVERS = 4
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class PlaylistCard:
    """A playlist in a list of them. Count, length and covers leave out what can't be shown; a smart one, whose videos
    are only known once it is opened, has no count and no length."""

    playlist: Playlist
    is_own: bool
    is_liked: bool = False
    like_count: int = 0
    video_count: int | None = None
    seconds: float = 0.0
    covers: list[str] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entries:
    """A part of a playlist: primary files with `video` and `folder`, in order. `next_place` goes on from its end, None
    there. `problem` says why a smart playlist shows nothing."""

    files: Sequence[VideoFile]
    next_place: str | None = None
    problem: str = ""


def visible_playlists(user: User) -> "QuerySet[Playlist]":
    """The user's own, and with the permission for it everybody's public ones."""
    mine = Q(user=user)
    return Playlist.objects.filter(mine | Q(visibility=Visibility.PUBLIC) if user.has_perm(SEE_PUBLIC) else mine)


def seed_of(text: str) -> int | None:
    """The shuffle that an address names; None for none, or for what is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


def find_playlist(user: User, public_id: Any) -> Playlist | None:
    """The playlist of that id, if the user may see it; with its owner and search."""
    rows = visible_playlists(user).select_related("user", "saved_search", "saved_search__user")
    return rows.filter(public_id=public_id).first()


def list_playlists(
    user: User, *, which: str = "own", text: str = "", tag_id: int | None = None, after: int = 0, limit: int = PAGE_SIZE
) -> tuple[list[PlaylistCard], bool]:
    """Playlists by name from the `after`th on, and whether more follow: "own", others' "public" ones, or "liked".

    A dozen queries, whatever their number.
    """
    rows = visible_playlists(user).select_related("user", "saved_search")
    if which == "liked":
        rows = rows.filter(pk__in=PlaylistLike.objects.filter(user=user).values("playlist"))
    else:
        rows = rows.filter(user=user) if which == "own" else rows.exclude(user=user)
    for word in text[:_LONGEST_TEXT].replace("\0", " ").split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    if tag_id is not None:
        rows = rows.filter(pk__in=PlaylistTag.objects.filter(tag=tag_id).values("playlist"))
    found = list(rows.order_by("name_key", "pk")[after : after + limit + 1])
    return playlist_cards(found[:limit], user), len(found) > limit


def playlist_cards(playlists: Sequence[Playlist], user: User) -> list[PlaylistCard]:
    """Their cards, in their order."""
    ids = [one.pk for one in playlists]
    if not ids:
        return []
    items = PlaylistItem.objects.filter(playlist__in=ids, video__in=queries.listed_videos().values("pk"))
    totals = {
        row["playlist"]: row
        for row in items.order_by()
        .values("playlist")
        .annotate(number=Count("*"), seconds=Sum("video__duration_seconds"))
    }
    likes = PlaylistLike.objects.filter(playlist__in=ids).order_by().values_list("playlist")
    counts = {
        pk: (number, mine) for pk, number, mine in likes.annotate(n=Count("*"), m=Count("pk", filter=Q(user=user)))
    }
    covers = _covers(playlists)
    tags: dict[int, list[Tag]] = {}
    links = PlaylistTag.objects.filter(playlist__in=ids, tag__trashed_at=None).select_related("tag")
    for link in links.order_by("tag__name"):
        tags.setdefault(link.playlist_id, []).append(link.tag)
    return [
        PlaylistCard(
            one,
            one.user_id == user.pk,
            bool(counts.get(one.pk, (0, 0))[1]),
            counts.get(one.pk, (0, 0))[0],
            None if one.is_smart else totals.get(one.pk, {}).get("number", 0),
            totals.get(one.pk, {}).get("seconds") or 0.0,
            covers.get(one.pk, []),
            tags.get(one.pk, []),
        )
        for one in playlists
    ]


def playlists_with(user: User, video_id: int) -> list[tuple[Playlist, bool]]:
    """The user's own playlists that take videos by hand, by name, each with whether the video is in it; MOST_OFFERED
    at most, those that have it first. Two queries."""
    inside = set(PlaylistItem.objects.filter(playlist__user=user, video=video_id).values_list("playlist", flat=True))
    rows = Playlist.objects.filter(user=user, is_smart=False)
    first = list(rows.filter(pk__in=inside).order_by("name_key")[:MOST_OFFERED])
    rest = list(rows.exclude(pk__in=inside).order_by("name_key")[: MOST_OFFERED - len(first)])
    return [(one, one.pk in inside) for one in sorted([*first, *rest], key=lambda row: row.name_key)]


def own_lists(user: User) -> list[tuple[str, str]]:
    """(id, name) of the user's own playlists that take videos by hand, for a form; MOST_OFFERED at most."""
    rows = Playlist.objects.filter(user=user, is_smart=False).order_by("name_key")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MOST_OFFERED]]


def entries_of(playlist: Playlist, *, place: str = "", limit: int = ITEMS_AT_ONCE, seed: int | None = None) -> Entries:
    """The next videos of a playlist after a place, in its order; with a `seed` shuffled, always the same way.

    Two queries, three for a smart one. Raises CursorError on a place that no page wrote.
    """
    if playlist.is_smart:
        return _found_by_search(playlist, Cursor.decoded(place) if place else None, limit, seed)
    rows, order = _ordered(playlist, seed)
    if place:
        try:
            rows = rows.filter(place__gt=int(place))
        except ValueError:
            raise CursorError(place) from None
    found = list(rows.order_by(order).values_list("video_id", "place")[: limit + 1])
    files = _files([video_id for video_id, _ in found[:limit]])
    return Entries(files, str(found[limit - 1][1]) if len(found) > limit else None)


def video_before(playlist: Playlist, place: str) -> int | None:
    """The video that a part which begins after the place comes after; None for a smart playlist."""
    if playlist.is_smart:
        return None
    rows = PlaylistItem.objects.filter(playlist=playlist, position__lte=int(place)).order_by("-position")
    return rows.values_list("video_id", flat=True).first()


def following_in(
    playlist: Playlist, video_id: int, user: User, limit: int, *, seed: int | None = None
) -> list[VideoFile]:
    """What comes after a video in a playlist that the user may see: primary files with `video` and `folder`.

    A video that isn't in it is followed by the beginning. `seed` is that of "shuffle". Three queries.
    """
    if playlist.is_smart:
        wish = _wish_of(playlist, seed)
        file = queries.find_video(video_id)
        if wish is None or file is None:
            return []
        place = queries.cursor_at(file, wish.sort, text=wish.text, user=playlist.user)
        try:
            return list(_found_by_search(playlist, place, limit, seed).files)
        except CursorError:
            # Without a value in this order it has no place there.
            return []
    rows, order = _ordered(playlist, seed)
    at = rows.filter(video=video_id).values_list("place", flat=True).first()
    if at is not None:
        rows = rows.filter(place__gt=at)
    return _files(list(rows.order_by(order).values_list("video_id", flat=True)[:limit]))


def totals_of(playlist: Playlist) -> tuple[BoundedCount, float]:
    """How many videos of it can be shown and how many seconds they last; of a smart one the first 1,000 at most."""
    if playlist.is_smart:
        wish = _wish_of(playlist, None)
        if wish is None:
            return BoundedCount(0, True), 0.0
        most = queries.SELECTED_AT_MOST
        rows = queries.matching_videos(text=wish.text, filter=wish.filter, user=playlist.user).order_by()
        durations = list(rows.values_list("duration_seconds", flat=True)[: most + 1])
        return BoundedCount(min(len(durations), most), len(durations) <= most), sum(filter(None, durations[:most]))
    items = PlaylistItem.objects.filter(playlist=playlist, video__in=queries.listed_videos().values("pk"))
    total = items.aggregate(number=Count("*"), seconds=Sum("video__duration_seconds"))
    return BoundedCount(total["number"], True), total["seconds"] or 0.0


def progress_in(user: User, playlist: Playlist) -> PlaylistProgress | None:
    """Where the user is in it, with the video; None before they began, and when that video can't be shown any more."""
    row = PlaylistProgress.objects.filter(user=user, playlist=playlist).select_related("video").first()
    return row if row is not None and row.video is not None and row.video.trashed_at is None else None


def card_of(playlist: Playlist, user: User) -> PlaylistCard:
    """The card of one."""
    return playlist_cards([playlist], user)[0]


@dataclass(frozen=True, slots=True)
class _Wish:
    text: str
    filter: Group
    sort: Sort


def _wish_of(playlist: Playlist, seed: int | None) -> _Wish | None:
    """What the search of a smart playlist asks for; None where it was deleted, unshared or can't be read."""
    search = playlist.saved_search
    if search is None or not (search.is_shared or search.user_id == playlist.user_id):
        return None
    try:
        text, chosen = split_words(parse_filter(search.filter))
    except FilterError:
        return None
    sort = sort_of(f"random-{seed}") if seed is not None else sort_of(search.sort)
    # A shuffle of its own, but the same each time: places in it must hold.
    return _Wish(
        text, chosen, sort_of(f"random-{playlist.pk % 1_000_000}") if sort.key == "random" and seed is None else sort
    )


def _found_by_search(playlist: Playlist, after: Cursor | None, limit: int, seed: int | None) -> Entries:
    """Stars, likes and plays in the search are those of the playlist's owner, whoever looks."""
    wish = _wish_of(playlist, seed)
    if wish is None:
        gone = playlist.saved_search is None
        return Entries(
            [], problem="Its search was deleted. Choose another one." if gone else "Its search can't be used any more."
        )
    page = queries.list_videos(
        sort=wish.sort, text=wish.text, filter=wish.filter, user=playlist.user, after=after, limit=limit
    )
    return Entries(page.files, page.next_cursor)


def _ordered(playlist: Playlist, seed: int | None) -> tuple["QuerySet[Any]", str]:
    """The items that can be shown, with their `place`."""
    items: QuerySet[Any] = PlaylistItem.objects.filter(
        playlist=playlist, video__in=queries.listed_videos().order_by().values("pk")
    )
    if seed is None:
        return items.annotate(place=F("position")), "place"
    mixed = Func(F("video_id"), Value(seed), function="hashint8extended", output_field=BigIntegerField())
    return items.annotate(place=mixed), "place"


def _files(video_ids: Sequence[int]) -> list[VideoFile]:
    by_video = {file.video_id: file for file in queries.find_videos(video_ids)}
    return [by_video[one] for one in video_ids if one in by_video]


def _covers(playlists: Sequence[Playlist]) -> dict[int, list[str]]:
    """Addresses of the pictures of each one's first videos, by playlist id. Four queries, whatever their number."""
    firsts: dict[int, list[int]] = {}
    by_hand = [one.pk for one in playlists if not one.is_smart]
    if by_hand:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT list.id, first.video_id FROM unnest(%s::bigint[]) AS list(id),
                       LATERAL (SELECT item.video_id FROM playback_playlistitem AS item
                                  JOIN library_video AS video ON video.id = item.video_id AND video.trashed_at IS NULL
                                 WHERE item.playlist_id = list.id ORDER BY item.position LIMIT %s) AS first
                """,
                [by_hand, _COVERS],
            )
            for playlist_id, video_id in cursor.fetchall():
                firsts.setdefault(playlist_id, []).append(video_id)
    for playlist_id, video_id in _firsts_of_smart([one for one in playlists if one.is_smart]):
        firsts.setdefault(playlist_id, []).append(video_id)
    wanted = {one for ids in firsts.values() for one in ids}
    addresses = cover_addresses(wanted)
    return {pk: [addresses[one] for one in ids if one in addresses] for pk, ids in firsts.items()}


def _firsts_of_smart(playlists: Sequence[Playlist]) -> list[tuple[int, int]]:
    """(playlist id, video id) of the first videos of each: one statement that unites their searches."""
    parts = []
    for playlist in playlists:
        wish = _wish_of(playlist, None)
        if wish is None:
            continue
        rows = queries.matching_videos(text=wish.text, filter=wish.filter, user=playlist.user)
        sort = wish.sort if wish.sort.kind != "rank" or wish.text else queries.NEWEST
        rows, column = placed(rows, sort, text=wish.text, user=playlist.user)
        order = F(column).desc(nulls_last=True) if sort.is_descending else F(column).asc(nulls_last=True)
        ids = rows.order_by(order, "-pk").annotate(list_id=Value(playlist.pk, BigIntegerField()))
        parts.append(ids.values_list("list_id", "pk")[:_COVERS])
    if not parts:
        return []
    first, *others = parts
    return list(first.union(*others, all=True) if others else first)


def cover_addresses(video_ids: Iterable[int]) -> dict[int, str]:
    """The address of each video's picture for a small place, by video id; those without one are left out."""
    ids = list(video_ids)
    if not ids:
        return {}
    files = {
        file.video_id: file.pk for file in VideoFile.objects.filter(video__in=ids, is_primary=True).only("video_id")
    }
    pictures = pictures_of(files.values())
    found = {}
    for video in Video.objects.filter(pk__in=ids).only("cover"):
        thumbnail = pictures.get(files.get(video.pk, 0), NONE).thumbnail
        if video.cover:
            found[video.pk] = video.cover.url
        elif thumbnail is not None:
            found[video.pk] = thumbnail.small.url
    return found
