"""What the pages ask about watching: where a user is in a video, and the tiles of the grid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.urls import reverse

from library.models import User, Video, VideoFile
from library.models.file import FileState
from library.queries import errors_of
from library.words import ago
from playback.cards import EVERYTHING, Card
from playback.models import PlaybackSettings, WatchProgress
from playback.queries_opinions import NO_OPINION, Opinion, opinions_of_videos
from processing.queries.pictures import NONE, Pictures, pictures_of

# Pictures this close to 16:9 fill their tile; others keep bars, so that nothing is cut off.
_FILLS_FROM, _FILLS_TO = 1.6, 2.0
# Stands for whatever number an address has.
_ANY_NUMBER = 987_654_321


# By hand: putting the three parts together took Django a tenth of the time of a whole page.
_NAMES = """
SELECT link.video_id, 'person' AS page, owner.id AS row_id, owner.public_id, owner.name::text AS text,
       owner.disambiguation::text, '' AS tint, 0 AS rank, link.id AS pk
  FROM people_credit AS link JOIN people_creator AS owner ON owner.id = link.creator_id
 WHERE link.video_id = ANY(%(ids)s) AND owner.trashed_at IS NULL
UNION ALL
SELECT link.video_id, 'studio', owner.id, owner.public_id, owner.name::text, owner.disambiguation::text, '',
       CASE WHEN link.is_primary THEN 0 ELSE 1 END, link.id
  FROM people_videostudio AS link JOIN people_studio AS owner ON owner.id = link.studio_id
 WHERE link.video_id = ANY(%(ids)s) AND owner.trashed_at IS NULL
UNION ALL
SELECT link.video_id, 'tag', owner.id, NULL, owner.name::text, '', owner.color::text, 0, link.id
  FROM library_videotag AS link JOIN library_tag AS owner ON owner.id = link.tag_id
 WHERE link.video_id = ANY(%(ids)s) AND owner.trashed_at IS NULL
 ORDER BY rank, text, pk
"""


@dataclass(frozen=True, slots=True)
class Named:
    """A person, a studio or a tag as pages name it: whole rows would cost a grid a third of its time.

    `public_id` is None for tags; `color` is empty for others. `address` is that of its page.
    """

    pk: int
    public_id: UUID | None
    name: str
    disambiguation: str
    color: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} ({self.disambiguation})" if self.disambiguation else self.name


@dataclass(frozen=True, slots=True)
class Names:
    """The people, studios (the primary one first) and tags of a video, without those in the trash."""

    people: list[Named] = field(default_factory=list)
    studios: list[Named] = field(default_factory=list)
    tags: list[Named] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tile:
    """One video in the grid. `file` has `video` and `folder` loaded; `error` is why it failed, else empty."""

    file: VideoFile
    pictures: Pictures
    progress: WatchProgress | None
    error: str
    names: Names = field(default_factory=Names)
    card: Card = EVERYTHING
    opinion: Opinion = NO_OPINION

    @property
    def video(self) -> Video:
        assert self.file.video is not None
        return self.file.video

    @property
    def is_missing(self) -> bool:
        return self.file.missing_since is not None

    @property
    def is_failed(self) -> bool:
        return self.file.state == FileState.FAILED

    @property
    def is_working(self) -> bool:
        return not self.is_missing and self.file.state in (FileState.NEW, FileState.PROBED)

    @property
    def fills(self) -> bool:
        """Whether the picture may be cut to 16:9."""
        size = (self.file.width or 0, self.file.height or 0)
        if self.pictures.thumbnail:
            size = (self.pictures.thumbnail.small_width, self.pictures.thumbnail.small_height)
        return bool(size[1]) and _FILLS_FROM <= size[0] / size[1] <= _FILLS_TO

    @property
    def facts(self) -> list[str]:
        """The line below the title, as far as the user wants it."""
        video, card = self.video, self.card
        views = f"{video.view_count:,} view{'' if video.view_count == 1 else 's'}" if card.views else ""
        parts = [self.file.folder.name if card.folder else "", ago(video.created_at) if card.added else "", views]
        return [part for part in parts if part]

    @property
    def address(self) -> str:
        """Of its watch page."""
        return _numbered("watch", self.video.pk)

    @property
    def playlists_address(self) -> str:
        """Where to ask for the playlists that it may be put in."""
        return _numbered("playlists_of_video", self.video.pk)

    @property
    def shown_people(self) -> Sequence[Named]:
        return self.names.people[:3] if self.card.people else ()

    @property
    def shown_studios(self) -> Sequence[Named]:
        return self.names.studios[:1] if self.card.studios else ()

    @property
    def shown_tags(self) -> Sequence[Named]:
        return self.names.tags[:3] if self.card.tags else ()

    @property
    def watched_percent(self) -> int:
        """How far this user is, 0 to 100: 100 once it was watched to its end and not begun again."""
        return watched_percent(self.progress, self.video.duration_seconds)


def watched_percent(progress: WatchProgress | None, duration_seconds: float | None) -> int:
    """How far a user is in a video, 0 to 100."""
    if progress is None or not duration_seconds:
        return 0
    percent = round(100 * progress.position_seconds / duration_seconds)
    return min(100, max(percent, 1) if progress.position_seconds else 100 if progress.is_completed else 0)


def tiles_of(
    files: Sequence[VideoFile],
    *,
    user: User,
    with_names: bool = True,
    with_progress: bool = True,
    card: Card = EVERYTHING,
) -> list[Tile]:
    """The tiles of primary files, in their order: three queries, one for the names, one where a file failed.

    `card` is what they show; a card without names saves their query.
    """
    with_names = with_names and card.has_names
    pictures = pictures_of(file.pk for file in files)
    progress = progress_of(user, (file.video_id for file in files if file.video_id)) if with_progress else {}
    errors = errors_of([file.pk for file in files if file.state == FileState.FAILED])
    names = names_of([file.video_id for file in files if file.video_id]) if with_names else {}
    opinions = opinions_of_videos(user, (file.video_id for file in files if file.video_id))
    return [
        Tile(
            file,
            pictures.get(file.pk, NONE),
            progress.get(file.video_id or 0),
            errors.get(file.pk, ""),
            names.get(file.video_id or 0, Names()),
            card,
            opinions.get(file.video_id or 0, NO_OPINION),
        )
        for file in files
    ]


def names_of(video_ids: Sequence[int]) -> dict[int, Names]:
    """Who and what the videos are about, by video id. One query, none for no videos."""
    found = {video_id: Names() for video_id in video_ids}
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"ids": list(found)})
        rows = cursor.fetchall()
    for video_id, page, row_id, uuid, text, more, tint, _, _ in rows:
        names = found[video_id]
        kind = names.people if page == "person" else names.studios if page == "studio" else names.tags
        kind.append(Named(row_id, uuid, text, more, tint, _address(page, uuid or row_id)))
    return found


def _numbered(name: str, number: int) -> str:
    """`reverse(name, args=(number,))`, which a grid has no time for."""
    before, after = _around(name)
    return f"{before}{number}{after}"


@lru_cache
def _around(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=(_ANY_NUMBER,)).partition(str(_ANY_NUMBER))
    return before, after


@lru_cache(maxsize=20_000)
def _address(page: str, key: int | UUID) -> str:
    """Looking an address up costs as much as all else that is done for a name."""
    return reverse(page, args=(key,))


def progress_of(user: User, video_ids: Iterable[int]) -> dict[int, WatchProgress]:
    """Where a user left videos, by video id; videos never begun are left out."""
    ids = list(video_ids)
    if not ids:
        return {}
    return {row.video_id: row for row in WatchProgress.objects.filter(user=user, video_id__in=ids)}


def resume_position(progress: WatchProgress | None, *, duration_seconds: float | None) -> float:
    """Where a player begins, in seconds: where the user left, or 0 near either end. Reads the settings."""
    if progress is None or not progress.position_seconds:
        return 0.0
    rules = PlaybackSettings.load()
    position = progress.position_seconds
    length = duration_seconds or progress.duration_seconds
    if position < rules.resume_after_seconds or (length and position >= length * rules.completed_percent / 100):
        return 0.0
    return position
