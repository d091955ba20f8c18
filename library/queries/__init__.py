"""What the pages ask of the library. Everything is bounded: no list is counted to its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q

from library.conditions import is_any_of
from library.facets import has_words, with_words
from library.filters import EVERYTHING, Ask, Group, apply_filter
from library.filters.words import text_query
from library.models import Folder, User, Video, VideoFile
from library.models.file import FileState, VideoFileQuerySet
from library.models.video import VideoQuerySet
from library.sorting import NEWEST, RANKED_AT_MOST, Cursor, CursorError, Sort, all_sorts, placed, sort_of

__all__ = ["NEWEST", "Cursor", "CursorError", "Sort", "all_sorts", "sort_of"]

PAGE_SIZE = 36
# "Show more" keeps what is there and Back shows it again, up to this many tiles at once.
MOST_AT_ONCE = 480
COUNTED_AT_MOST = 10_000
# Of a selection, which may have to look at every video.
SELECTED_AT_MOST = 1_000
_BOUND_KEPT_SECONDS = 60
# Large columns that only the watch page reads.
_HEAVY = ("streams", "chapters", "notes", "error", "content_hash", "embedded_title")


@dataclass(frozen=True, slots=True)
class VideoPage:
    """Primary files with their `video` and `folder` loaded, in order; `next_cursor` is None on the last page."""

    files: Sequence[VideoFile]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class BoundedCount:
    """A number that stopped counting at its bound when `is_exact` is False."""

    number: int
    is_exact: bool

    def __str__(self) -> str:
        return f"{self.number:,}" if self.is_exact else f"{self.number:,}+"


@dataclass(frozen=True, slots=True)
class Selection:
    """What words and a filter let through. `rows` are those videos for `list_videos`, named by their ids where they are
    few: no order has to look for them again.
    """

    rows: VideoQuerySet
    count: BoundedCount


def shown_videos() -> VideoFileQuerySet:
    """Primary files of the videos that pages show: not in the trash, in folders that are active."""
    return VideoFile.objects.filter(
        is_primary=True, video__isnull=False, video__trashed_at=None, folder__is_active=True
    )


def listed_videos() -> VideoQuerySet:
    """The same as videos: what lists, filters and counts start from."""
    files = VideoFile.objects.filter(video=OuterRef("pk"), is_primary=True, folder__is_active=True)
    return Video.objects.in_library().filter(Exists(files))


def matching_videos(
    *, text: str = "", filter: Group = EVERYTHING, user: User | None = None, sort: Sort = NEWEST
) -> VideoQuerySet:
    """Videos of the lists that match the words and the filter; `user` is whose ratings and plays count.

    By title all that have the words are looked up first: words stand in titles, so those that have them may all come
    last, and each of the others would be asked for its words before.
    """
    rows = listed_videos()
    if text_query(text):
        ask = Ask("has", text, user)
        rows = rows.filter(with_words(ask) if sort.field == "title_key" and not filter else has_words(ask))
    return cast(VideoQuerySet, apply_filter(rows, filter, user))


def list_videos(
    *,
    sort: Sort = NEWEST,
    text: str = "",
    filter: Group = EVERYTHING,
    user: User | None = None,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    matching: VideoQuerySet | None = None,
) -> VideoPage:
    """The next `limit` videos after a place in an order. Two queries; three where the sorted value may be missing.

    Best match without words is newest first. `matching` is what `matching_videos` gave for the same words and filter,
    where the caller has it: facets may ask the database. Raises CursorError on a place of another order.
    """
    found = _found(sort, text, filter, user, after, limit + 1, matching)
    ids = [video_id for video_id, _ in found[:limit]]
    by_video = {file.video_id: file for file in _with_video(ids)}
    # One that went between the two queries is left out.
    files = [by_video[video_id] for video_id in ids if video_id in by_video]
    return VideoPage(files, Cursor.at(found[limit - 1][1], ids[-1]).encoded() if len(found) > limit else None)


def list_video_ids(
    *, sort: Sort = NEWEST, text: str = "", filter: Group = EVERYTHING, user: User | None = None, limit: int = PAGE_SIZE
) -> list[int]:
    """The ids of the first page of `list_videos`: for pages of several lists, which load all their videos at once."""
    return [video_id for video_id, _ in _found(sort, text, filter, user, None, limit)]


def cursor_at(file: VideoFile, sort: Sort, *, text: str = "", user: User | None = None) -> Cursor:
    """The place of a video in an order. Reads `file.video`; asks the database where the order is not a column of it."""
    assert file.video is not None
    if sort.kind == "rank" and not text_query(text):
        sort = NEWEST
    if sort.kind == "column" and not sort.relation:
        return Cursor.at(getattr(file.video, sort.field), file.video.pk)
    rows, field = placed(Video.objects.filter(pk=file.video.pk), sort, text=text, user=user)
    return Cursor.at(rows.values_list(field, flat=True).first(), file.video.pk)


def count_videos(
    *,
    text: str = "",
    filter: Group = EVERYTHING,
    user: User | None = None,
    at_most: int | None = None,
    matching: VideoQuerySet | None = None,
) -> BoundedCount:
    """How many videos match, counted up to a bound. `matching` as in `list_videos`."""
    is_selection = bool(text_query(text) or filter)
    if at_most is None:
        at_most = SELECTED_AT_MOST if is_selection else COUNTED_AT_MOST
    if matching is None and not is_selection:
        return _count_all(at_most)
    return _count(matching_videos(text=text, filter=filter, user=user) if matching is None else matching, at_most)


def select_videos(
    *, sort: Sort = NEWEST, text: str = "", filter: Group = EVERYTHING, user: User | None = None
) -> Selection:
    """Looks through the library once, for both the number of videos that match and the page of them in that order."""
    is_ranked = sort.kind == "rank" and bool(text_query(text))
    matching = matching_videos(text=text, filter=filter, user=user)
    # Ranking takes the newest of many.
    rows, at_most = (matching.order_by("-pk"), RANKED_AT_MOST) if is_ranked else (matching.order_by(), SELECTED_AT_MOST)
    ids = list(rows.values_list("pk", flat=True)[: at_most + (not is_ranked)])
    count = BoundedCount(min(len(ids), SELECTED_AT_MOST), len(ids) <= SELECTED_AT_MOST)
    if is_ranked or count.is_exact:
        return Selection(Video.objects.filter(is_any_of(ids)), count)
    return Selection(matching if filter else matching_videos(text=text, user=user, sort=sort), count)


def count_newer(*, than: Cursor, at_most: int = 999) -> BoundedCount:
    """How many videos came after a place in the newest-first order. Raises CursorError on a place in another order."""
    return _count(listed_videos().filter(_beyond("created_at", than, NEWEST, is_after=True)), at_most)


def newest_cursor() -> Cursor | None:
    """The place of the newest video, None while there is none."""
    newest = listed_videos().order_by("-created_at", "-pk").values_list("created_at", "pk").first()
    return Cursor.at(*newest) if newest else None


def find_video(video_id: int) -> VideoFile | None:
    """The primary file of a shown video with `video` and `folder` loaded."""
    return shown_videos().select_related("video", "folder").filter(video_id=video_id).first()


def find_videos(video_ids: Sequence[int]) -> list[VideoFile]:
    """Like `list_videos`, for known ids, by id."""
    return sorted(_with_video(video_ids), key=lambda file: file.video_id or 0)


def _with_video(video_ids: Sequence[int]) -> VideoFileQuerySet:
    return shown_videos().filter(video_id__in=video_ids).select_related("video", "folder").defer(*_HEAVY)


def errors_of(file_ids: Sequence[int]) -> dict[int, str]:
    """Why files failed, by file id; no query when none is asked for."""
    return dict(VideoFile.objects.filter(pk__in=file_ids).values_list("pk", "error")) if file_ids else {}


def unreadable_files() -> VideoFileQuerySet:
    """Files of active folders that failed, whatever the reason."""
    return VideoFile.objects.filter(state=FileState.FAILED, folder__is_active=True)


def list_unreadable(*, before_id: int | None = None, limit: int = PAGE_SIZE) -> list[VideoFile]:
    """Failed files, the latest first, with their folder; one more than `limit` where there are more."""
    rows = unreadable_files().select_related("folder", "video").order_by("-pk")
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return list(rows[: limit + 1])


def count_unreadable(*, at_most: int = 999) -> BoundedCount:
    """How many files failed, up to a bound."""
    return _count(unreadable_files(), at_most)


def has_folders() -> bool:
    """Whether the owner has added a folder yet."""
    return Folder.objects.active().exists()


def _found(
    sort: Sort,
    text: str,
    filter: Group,
    user: User | None,
    after: Cursor | None,
    limit: int,
    matching: VideoQuerySet | None = None,
) -> list[tuple[int, Any]]:
    """Ids with what they are sorted by. Best match without words is newest first."""
    sort = NEWEST if sort.kind == "rank" and not text_query(text) else sort
    if matching is None:
        matching = matching_videos(text=text, filter=filter, user=user, sort=sort)
    rows, field = placed(matching, sort, text=text, user=user)
    return _page(rows, sort, field, after, limit)


def _page(rows: VideoQuerySet, sort: Sort, field: str, after: Cursor | None, limit: int) -> list[tuple[int, Any]]:
    """Ids with what they are sorted by. Videos without a value come last in both directions; ordering them in SQL
    would leave the index.
    """
    direction = "-" if sort.is_descending else ""
    has_nulls = sort.has_nulls or bool(sort.relation)
    found: list[tuple[int, Any]] = []
    in_nulls = has_nulls and after is not None and after.value is None
    if not in_nulls:
        part = rows.filter(**{f"{field}__isnull": False}) if has_nulls else rows
        if after is not None:
            part = part.filter(_beyond(field, after, sort, is_after=not sort.is_descending))
        found = list(part.order_by(f"{direction}{field}", f"{direction}pk").values_list("pk", field)[:limit])
    if has_nulls and len(found) < limit:
        part = rows.filter(**{f"{field}__isnull": True})
        if in_nulls and after is not None:
            part = part.filter(**{"pk__lt" if sort.is_descending else "pk__gt": after.video_id})
        found += part.order_by(f"{direction}pk").values_list("pk", field)[: limit - len(found)]
    return found


def _beyond(field: str, place: Cursor, sort: Sort, *, is_after: bool) -> Q:
    """Rows strictly beyond a place. The first, redundant bound is the one that an index can start from."""
    value = place.as_value(sort)
    which = "gt" if is_after else "lt"
    bound = Q(**{f"{field}__{which}e": value})
    return bound & (Q(**{f"{field}__{which}": value}) | Q(**{f"pk__{which}": place.video_id}))


def _count_all(at_most: int) -> BoundedCount:
    """Of everything. That there are more than the bound is remembered for a while: a page shouldn't go through ten
    thousand videos each time to say so."""
    key = f"videos-above-{at_most}"
    if cache.get(key):
        return BoundedCount(at_most, False)
    count = _count(listed_videos(), at_most)
    if not count.is_exact:
        cache.set(key, True, _BOUND_KEPT_SECONDS)
    return count


def _count(rows: VideoQuerySet | VideoFileQuerySet, at_most: int) -> BoundedCount:
    # values_list and the empty order keep the subquery to what counting needs.
    number = rows.order_by().values_list("pk")[: at_most + 1].count()
    return BoundedCount(min(number, at_most), number <= at_most)
