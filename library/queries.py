"""What the pages ask of the library. Everything is bounded: no list is counted to its end."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from library.models import Folder, VideoFile
from library.models.file import FileState, VideoFileQuerySet

PAGE_SIZE = 48
# "Show more" keeps what is there and Back shows it again, up to this many tiles at once.
MOST_AT_ONCE = 480
COUNTED_AT_MOST = 10_000
_LONGEST_TEXT = 200
_MOST_WORDS = 8
# Large columns that only the watch page reads.
_HEAVY = ("streams", "chapters", "notes", "error", "content_hash", "embedded_title")


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the library. `field` is a column of Video, indexed together with its id."""

    key: str
    label: str
    field: str
    is_descending: bool
    has_nulls: bool = False


SORTS: tuple[Sort, ...] = (
    Sort("newest", "Newest first", "created_at", True),
    Sort("oldest", "Oldest first", "created_at", False),
    Sort("title", "Title, A to Z", "title", False),
    Sort("title-desc", "Title, Z to A", "title", True),
    Sort("longest", "Longest first", "duration_seconds", True, has_nulls=True),
    Sort("shortest", "Shortest first", "duration_seconds", False, has_nulls=True),
)
NEWEST = SORTS[0]
_BY_KEY = {sort.key: sort for sort in SORTS}


def sort_of(key: str | None) -> Sort:
    """The order of that name, or newest first."""
    return _BY_KEY.get(key or "", NEWEST)


class CursorError(ValueError):
    """A cursor that this page did not write."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an order: the sorted column's value (None: among the videos that have none) and the video's id."""

    value: str | float | None
    video_id: int

    def encoded(self) -> str:
        """Letters, digits, - and _ only, for an address."""
        raw = json.dumps([self.value, self.video_id], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> "Cursor":
        """Raises CursorError on anything that `encoded` did not write."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            value, video_id = json.loads(raw)
        except (ValueError, TypeError, binascii.Error) as error:
            raise CursorError(text) from error
        is_value = value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))
        if not is_value or not isinstance(video_id, int) or isinstance(video_id, bool) or abs(video_id) >= 2**63:
            raise CursorError(text)
        # Neither NUL nor half a character can be in PostgreSQL's text.
        if isinstance(value, str) and (
            "\0" in value or (not value.isascii() and value.encode(errors="replace").decode() != value)
        ):
            raise CursorError(text)
        return cls(value, video_id)


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


def shown_videos() -> VideoFileQuerySet:
    """Primary files of the videos that pages show: those in folders that are active."""
    return VideoFile.objects.filter(is_primary=True, video__isnull=False, folder__is_active=True)


def list_videos(
    *, sort: Sort = NEWEST, text: str = "", after: Cursor | None = None, limit: int = PAGE_SIZE
) -> VideoPage:
    """The next `limit` videos after a place in an order. One query, two where the column may be empty (lengths)."""
    rows = _matching(text).select_related("video", "folder").defer(*_HEAVY)
    found = _page(rows, sort, after, limit + 1)
    files = found[:limit]
    return VideoPage(files, cursor_at(files[-1], sort).encoded() if len(found) > limit else None)


def cursor_at(file: VideoFile, sort: Sort) -> Cursor:
    """The place of a video in an order. Reads `file.video`."""
    assert file.video is not None
    value: Any = getattr(file.video, sort.field)
    return Cursor(value.isoformat() if isinstance(value, datetime) else value, file.video.pk)


def count_videos(*, text: str = "", at_most: int = COUNTED_AT_MOST) -> BoundedCount:
    """How many videos match, counted up to a bound."""
    return _count(_matching(text), at_most)


def count_newer(*, than: Cursor, at_most: int = 999) -> BoundedCount:
    """How many videos came after a place in the newest-first order. Raises CursorError on a place in another order."""
    return _count(shown_videos().filter(_beyond("created_at", than, is_after=True)), at_most)


def newest_cursor() -> Cursor | None:
    """The place of the newest video, None while there is none."""
    newest = (
        shown_videos().select_related("video").only("video__created_at").order_by("-video__created_at", "-video_id")
    )
    first = newest.first()
    return cursor_at(first, NEWEST) if first else None


def find_video(video_id: int) -> VideoFile | None:
    """The primary file of a shown video with `video` and `folder` loaded."""
    return shown_videos().select_related("video", "folder").filter(video_id=video_id).first()


def find_videos(video_ids: Sequence[int]) -> list[VideoFile]:
    """Like `list_videos`, for known ids, by id."""
    rows = shown_videos().filter(video_id__in=video_ids).select_related("video", "folder").defer(*_HEAVY)
    return list(rows.order_by("video_id"))


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


def _matching(text: str) -> VideoFileQuerySet:
    """Videos whose title or whose file's path has every word."""
    rows = shown_videos()
    for word in text[:_LONGEST_TEXT].replace("\0", " ").split()[:_MOST_WORDS]:
        rows = rows.filter(Q(video__title__icontains=word) | Q(relative_path__icontains=word))
    return rows


def _page(rows: VideoFileQuerySet, sort: Sort, after: Cursor | None, limit: int) -> list[VideoFile]:
    """Videos without a value come last in both directions; ordering them in SQL would leave the index."""
    field = f"video__{sort.field}"
    direction = "-" if sort.is_descending else ""
    found: list[VideoFile] = []
    in_nulls = sort.has_nulls and after is not None and after.value is None
    if not in_nulls:
        part = rows.filter(**{f"{field}__isnull": False}) if sort.has_nulls else rows
        if after is not None:
            part = part.filter(_beyond(sort.field, after, is_after=not sort.is_descending))
        found = list(part.order_by(f"{direction}{field}", f"{direction}video_id")[:limit])
    if sort.has_nulls and len(found) < limit:
        part = rows.filter(**{f"{field}__isnull": True})
        if in_nulls and after is not None:
            part = part.filter(**{"video_id__lt" if sort.is_descending else "video_id__gt": after.video_id})
        found += part.order_by(f"{direction}video_id")[: limit - len(found)]
    return found


def _beyond(field: str, place: Cursor, *, is_after: bool) -> Q:
    """Rows strictly beyond a place. The first, redundant bound is the one that an index can start from."""
    value: Any = place.value
    if field == "created_at":
        value = _datetime(place)
    elif isinstance(value, str) != (field == "title") or value is None:
        raise CursorError(str(value))
    which = "gt" if is_after else "lt"
    column, key = f"video__{field}", "video_id"
    bound = Q(**{f"{column}__{which}e": value})
    return bound & (Q(**{f"{column}__{which}": value}) | Q(**{f"{key}__{which}": place.video_id}))


def _datetime(place: Cursor) -> datetime:
    try:
        value = datetime.fromisoformat(str(place.value))
    except ValueError as error:
        raise CursorError(str(place.value)) from error
    if value.tzinfo is None:
        raise CursorError(str(place.value))
    return value


def _count(rows: VideoFileQuerySet, at_most: int) -> BoundedCount:
    # values_list and the empty order keep the subquery to what counting needs.
    number = rows.order_by().values_list("pk")[: at_most + 1].count()
    return BoundedCount(min(number, at_most), number <= at_most)
