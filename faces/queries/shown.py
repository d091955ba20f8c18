"""Faces as pages show them: the face, the moment it is from, and who it may be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from faces.addresses import crop_address, reference_crop
from faces.models import FaceDetection, FaceReference, FaceTrack
from people.models import Creator
from people.queries import creator_cards
from processing.models import Storyboard

# Faces that stand for a person.
FACES_SHOWN = 6
# So many faces of somebody are looked at to choose those that stand for them.
_CHOSEN_FROM = 200


@dataclass(frozen=True, slots=True)
class Frame:
    """A tile of a video's storyboard: which one of the sprite's, and its shape (width by height)."""

    sprite: str
    columns: int
    rows: int
    index: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Face:
    """An appearance: its face, and the moment where it is best seen with its box (left, top, width, height as fractions
    of the picture). `frame` is None without a storyboard, `box` without a detection."""

    track_id: int
    video_id: int
    title: str
    start_seconds: float
    end_seconds: float
    seconds: float
    crop: str
    box: tuple[float, float, float, float] | None
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class Thumb:
    """A face as a small picture; `track_id` is None for one that is known."""

    crop: str
    track_id: int | None = None
    video_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody known: the address of their face (or of another picture), empty without any."""

    row: Creator
    face: str
    initials: str


def load_faces(track_ids: Sequence[int]) -> dict[int, Face]:
    """The appearances that are there, with their moments. Three queries whatever their number."""
    rows = FaceTrack.objects.filter(pk__in=track_ids).select_related("video")
    tracks = list(rows.only("video__title", "start_seconds", "end_seconds", "crop"))
    best = FaceDetection.objects.filter(track__in=track_ids).order_by("track_id", "-quality", "pk")
    columns = ("track_id", "time_seconds", "left", "top", "width", "height")
    moments = {row[0]: row[1:] for row in best.distinct("track_id").values_list(*columns)}
    boards = _storyboards({track.video_id for track in tracks})
    return {track.pk: _face(track, moments.get(track.pk), boards.get(track.video_id)) for track in tracks}


def _storyboards(video_ids: Iterable[int]) -> dict[int, Storyboard]:
    rows = Storyboard.objects.filter(file__video__in=video_ids, file__is_primary=True).select_related("file")
    shape = ("sprite", "columns", "rows", "tile_count", "interval_seconds", "tile_width", "tile_height")
    return {board.file.video_id: board for board in rows.only("file__video_id", *shape)}  # type: ignore[misc]


def _face(track: FaceTrack, moment: Any, board: Storyboard | None) -> Face:
    seconds = moment[0] if moment else (track.start_seconds + track.end_seconds) / 2
    return Face(
        track_id=track.pk,
        video_id=track.video_id,
        title=track.video.title,
        start_seconds=track.start_seconds,
        end_seconds=track.end_seconds,
        seconds=seconds,
        crop=crop_address(track.pk, track.crop.name or ""),
        box=moment[1:] if moment else None,
        frame=_frame(board, seconds) if board else None,
    )


def _frame(board: Storyboard, seconds: float) -> Frame:
    index = min(board.tile_count - 1, int(seconds / board.interval_seconds))
    ratio = round(board.tile_width / board.tile_height, 4)
    return Frame(board.sprite.url, board.columns, board.rows, index, ratio)


def load_people(creator_ids: Sequence[int]) -> dict[int, Person]:
    """People in use with the reference that is their face, else another picture of them. Four queries at most."""
    rows = Creator.objects.in_use().in_bulk(creator_ids)
    best = FaceReference.objects.filter(creator__in=rows).order_by("creator_id", "-is_primary", "-quality", "pk")
    best = best.distinct("creator_id").only("creator_id", "crop", "path")
    faces = {reference.creator_id: reference_crop(reference) for reference in best}
    cards = {card.row.pk: card for card in creator_cards(list(rows.values()), dict.fromkeys(rows, 0))}
    return {pk: Person(row, faces.get(pk) or cards[pk].picture, cards[pk].initials) for pk, row in rows.items()}


# Of the first of somebody's faces the best of each video: choosing among all would read the vectors' pages of each.
_CLUSTER_FACES = """
SELECT asked.id, face.id, face.crop, face.video_id
  FROM unnest(%(ids)s::bigint[]) AS asked(id)
 CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT DISTINCT ON (video_id) id, crop, video_id, quality FROM (
            SELECT id, crop, video_id, quality FROM faces_facetrack
             WHERE cluster_id = asked.id AND status = 'pending' LIMIT %(chosen_from)s) AS first
         ORDER BY video_id, quality DESC, id) AS best
     ORDER BY quality DESC, id LIMIT %(most)s) AS face
 ORDER BY asked.id, face.quality DESC, face.id
"""


def cluster_thumbs(cluster_ids: Sequence[int], *, most: int = FACES_SHOWN) -> dict[int, list[Thumb]]:
    """The best faces of unknown people, of different videos. One query."""
    found: dict[int, list[Thumb]] = {pk: [] for pk in cluster_ids}
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_CLUSTER_FACES, {"ids": list(found), "chosen_from": _CHOSEN_FROM, "most": most})
        for cluster_id, track_id, crop, video_id in cursor.fetchall():
            found[cluster_id].append(Thumb(crop_address(track_id, crop or ""), track_id, video_id))
    return found


_PERSON_FACES = """
SELECT asked.id, face.id
  FROM unnest(%(ids)s::bigint[]) AS asked(id)
 CROSS JOIN LATERAL (
    SELECT id, is_primary, quality FROM faces_facereference WHERE creator_id = asked.id
     ORDER BY is_primary DESC, quality DESC NULLS LAST, id LIMIT %(most)s) AS face
 ORDER BY asked.id, face.is_primary DESC, face.quality DESC NULLS LAST, face.id
"""


def person_thumbs(creator_ids: Sequence[int], *, most: int = FACES_SHOWN) -> dict[int, list[Thumb]]:
    """The known faces of people, the primary one first. Two queries."""
    found: dict[int, list[Thumb]] = {pk: [] for pk in creator_ids}
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_PERSON_FACES, {"ids": list(found), "most": most})
        pairs = cursor.fetchall()
    rows = FaceReference.objects.only("crop", "path").in_bulk([reference_id for _, reference_id in pairs])
    for creator_id, reference_id in pairs:
        if reference_id in rows:
            found[creator_id].append(Thumb(reference_crop(rows[reference_id])))
    return found
