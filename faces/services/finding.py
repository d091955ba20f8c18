"""Looking at a video's pictures: faces, who is the same, and what is written about it."""

import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from PIL import Image

from faces.ml.align import CROP_PX
from faces.ml.engine import FaceEngine, FoundFace
from faces.ml.tracking import Detection, Track, link_tracks, overlap
from faces.models import DeletedFace, FaceDetection, FaceModel, FaceSettings, FaceTrack
from faces.models.track import TrackStatus
from faces.services.boxes import Box, boxes_of
from faces.services.locks import hold_faces
from faces.services.matching import PROVIDER, as_vectors, subject_of
from library.models import Folder, Suggestion, VideoFile
from processing.services.derived import NewFiles, check_unchanged, folder_of

FACES_VERSION = 1
# Upright faces that a track keeps for another model.
STRIP_FACES = 8
_SHOWN_PX = 256
# How much of the picture around the face is shown with it, in sides of its box.
_SHOWN_MARGIN = 0.35
# From this likeness on, and with a common moment, a track of an earlier look is the same appearance.
_SAME_TRACK = 0.6
# And with another model: boxes of about one moment that share this much of their area.
_SAME_MOMENT_SECONDS, _SAME_PLACE = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Seen:
    """A face in one picture: when, where (left, top, right, bottom as fractions), the face itself, and a picture of it
    for people to look at."""

    seconds: float
    box: tuple[float, float, float, float]
    landmarks: tuple[float, ...]
    face: FoundFace
    shown: Image.Image


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a video found. `tracks` index `seen`; `vectors` (n, 512) belong to `seen`."""

    pictures: int
    broken: int
    seen: list[Seen]
    vectors: NDArray[np.float32]
    tracks: list[Track]


def look(
    *,
    engine: FaceEngine,
    frames: Sequence[tuple[float, Path]],
    duration_seconds: float,
    least_px: float,
    source_scale: float = 1.0,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Looked:
    """Finds the faces in pictures (seconds, path). `least_px` is the smallest face in px of the video, of which the
    pictures are `source_scale` times as large. A picture that can't be read is counted and passed over."""
    seen: list[Seen] = []
    times: list[float] = []
    broken = 0
    for number, (seconds, path) in enumerate(frames, start=1):
        try:
            with Image.open(path) as opened:
                picture = np.asarray(opened.convert("RGB"))
        except (OSError, ValueError):
            broken += 1
            continue
        times.append(seconds)
        for face in engine.detect(picture, least_px=least_px * source_scale):
            seen.append(_seen(seconds, face, picture))
        report(number, len(frames))
    vectors = engine.embed([one.face.crop for one in seen])
    detections = [
        Detection(one.seconds, one.box, vector, one.face.quality) for one, vector in zip(seen, vectors, strict=True)
    ]
    tracks = link_tracks(detections, times=times, duration_seconds=duration_seconds)
    return Looked(len(times), broken, seen, vectors, tracks)


def _seen(seconds: float, face: FoundFace, picture: NDArray[np.uint8]) -> Seen:
    height, width = picture.shape[:2]
    left, top, right, bottom = (float(value) for value in face.box)
    scale = np.array([width, height], np.float32)
    return Seen(
        seconds=seconds,
        box=(left / width, top / height, right / width, bottom / height),
        landmarks=tuple(float(value) for value in (face.landmarks / scale).ravel()),
        face=face,
        shown=_shown(picture, left, top, right, bottom),
    )


def _shown(picture: NDArray[np.uint8], left: float, top: float, right: float, bottom: float) -> Image.Image:
    """A square with the face in its middle and a little of what is around it, at most 256 px."""
    height, width = picture.shape[:2]
    half = (0.5 + _SHOWN_MARGIN) * max(right - left, bottom - top)
    x, y = (left + right) / 2, (top + bottom) / 2
    # Shifted rather than cut where the picture ends, as long as it is large enough.
    half = min(half, width / 2, height / 2)
    x, y = min(max(x, half), width - half), min(max(y, half), height - half)
    crop = Image.fromarray(picture).crop((int(x - half), int(y - half), int(x + half), int(y + half)))
    crop.thumbnail((_SHOWN_PX, _SHOWN_PX))
    return crop


# ---- writing --------------------------------------------------------------------------------------------------------
class NotAllowedError(Exception):
    """Somebody switched the looking off, or wiped, while it went on: nothing was written."""


def may_look(file: VideoFile) -> bool:
    """Whether the file's folder and the settings let faces be looked for. Two queries."""
    return FaceSettings.load().is_enabled and Folder.objects.filter(pk=file.folder_id, looks_for_faces=True).exists()


def write_tracks(*, file: VideoFile, key: str, model: FaceModel, looked: Looked) -> list[int]:
    """Writes what was found in a video's file in place of what an earlier look found; returns the ids of its tracks.

    A track that was there keeps its row, with its name and what was said about it, when a new one shares a moment and
    a likeness with it, and its times where somebody set them. Of the others those go that nobody has named or drawn.
    What somebody deleted isn't written again.
    Raises what `check_unchanged` raises, and NotAllowedError; then nothing is left behind.
    """
    assert file.video_id is not None
    with NewFiles(folder_of("faces", file.video_id, key)) as files:
        pictures = [_store(files, number, track, looked) for number, track in enumerate(looked.tracks)]
        with transaction.atomic():
            hold_faces(alone=False)
            if not may_look(file):
                raise NotAllowedError
            check_unchanged(file)
            before = list(FaceTrack.objects.select_for_update().filter(video=file.video_id).order_by("pk"))
            kept = _same_tracks(before, looked, model)
            deleted = _deleted_again(file.video_id, looked, kept, model)
            retimed = {track.pk for track in before if track.is_retimed}
            drawn = _drawn([track.pk for track in before])
            gone = [
                track
                for track in before
                if track.pk not in kept.values() and track.status == TrackStatus.PENDING and track.pk not in drawn
            ]
            names = [
                name for track in before if track.pk in kept.values() for name in (track.crop.name, track.strip.name)
            ]
            drop_tracks([track.pk for track in gone])
            FaceDetection.objects.filter(track__in=list(kept.values()), is_manual=False).delete()
            ids, unused = [], list[str]()
            for number, track in enumerate(looked.tracks):
                if number in deleted:
                    unused += pictures[number]
                    continue
                row = _row(file, model, track, looked, pictures[number])
                if number in kept:
                    row.pk = kept[number]
                    columns = [name for name in _FOUND if row.pk not in retimed or not name.endswith("_seconds")]
                    row.save(update_fields=columns, force_update=True)
                else:
                    row.save(force_insert=True)
                ids.append(row.pk)
                FaceDetection.objects.bulk_create(_detections(row, track, looked))
            files.keep(instead_of=[*unused, *(str(name) for name in names if name)])
    return ids


def _drawn(track_ids: Sequence[int]) -> set[int]:
    """Those with a face that somebody drew, since no look had found it."""
    rows = FaceDetection.objects.filter(track__in=track_ids, is_manual=True)
    return set(rows.values_list("track", flat=True))


def drop_tracks(track_ids: Sequence[int]) -> None:
    """Tracks that nobody has named go for good, with what was proposed for them; their pictures after the commit."""
    if track_ids:
        Suggestion.objects.filter(provider=PROVIDER, subject__in=[subject_of(pk) for pk in track_ids]).delete()
        FaceTrack.objects.filter(pk__in=track_ids).delete()


# What a look writes; the rest of a track is what people and matching say.
_FOUND = (
    "start_seconds", "end_seconds", "model", "embedding", "detection_count", "quality", "crop", "strip", "file",
)  # fmt: skip


def _row(file: VideoFile, model: FaceModel, track: Track, looked: Looked, pictures: tuple[str, str]) -> FaceTrack:
    assert file.video_id is not None
    return FaceTrack(
        video_id=file.video_id,
        file=file,
        start_seconds=track.start_seconds,
        end_seconds=track.end_seconds,
        model=model,
        embedding=track.vector.tolist(),
        detection_count=len(track.members),
        quality=looked.seen[track.best].face.quality,
        crop=pictures[0],
        strip=pictures[1],
    )


def _detections(row: FaceTrack, track: Track, looked: Looked) -> list[FaceDetection]:
    places = {member: place for place, member in enumerate(_strip_members(track, looked))}
    rows = []
    for member in track.members:
        seen = looked.seen[member]
        left, top, right, bottom = seen.box
        rows.append(
            FaceDetection(
                video_id=row.video_id,
                track=row,
                time_seconds=seen.seconds,
                left=left,
                top=top,
                width=right - left,
                height=bottom - top,
                landmarks=list(seen.landmarks),
                score=seen.face.score,
                quality=seen.face.quality,
                model_id=row.model_id,
                embedding=looked.vectors[member].tolist(),
                strip_index=places.get(member),
            )
        )
    return rows


def _strip_members(track: Track, looked: Looked) -> list[int]:
    """The detections whose faces are kept, the best first."""
    return sorted(track.members, key=lambda member: -looked.seen[member].face.quality)[:STRIP_FACES]


def _store(files: NewFiles, number: int, track: Track, looked: Looked) -> tuple[str, str]:
    """Names of the picture that is shown and of the strip of upright faces."""
    crop = _webp(looked.seen[track.best].shown)
    members = _strip_members(track, looked)
    strip = Image.fromarray(np.concatenate([looked.seen[member].face.crop for member in members], axis=1))
    return files.add(f"{number:04d}-face.webp", crop), files.add(f"{number:04d}-strip.webp", _webp(strip, quality=92))


def _webp(picture: Image.Image, *, quality: int = 82) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", quality=quality, method=2)
    return stream.getvalue()


def faces_of_strip(strip: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The (112, 112, 3) upright faces of a track's strip, in their order."""
    return [strip[:, first : first + CROP_PX] for first in range(0, strip.shape[1] - CROP_PX + 1, CROP_PX)]


def _same_tracks(before: Sequence[FaceTrack], looked: Looked, model: FaceModel) -> dict[int, int]:
    """Which new track (by its number) is which old one (by its id): those that share the most time and are alike, or
    lie on the same place where their vectors don't compare. Named ones first, so that no name is lost."""
    order = sorted(before, key=lambda track: (track.status == TrackStatus.PENDING, track.pk))
    boxes = boxes_of([track.pk for track in before if track.model_id != model.pk])
    taken: dict[int, int] = {}
    for old in order:
        best, most = None, 0.0
        vector = as_vectors([old.embedding])[0] if old.model_id == model.pk else None
        for number, new in enumerate(looked.tracks):
            if number in taken:
                continue
            shared = min(old.end_seconds, new.end_seconds) - max(old.start_seconds, new.start_seconds)
            if shared <= most:
                continue
            if _is_alike(looked, new, vector, boxes.get(old.pk, [])):
                best, most = number, shared
        if best is not None:
            taken[best] = old.pk
    return taken


def _deleted_again(video_id: int, looked: Looked, kept: Collection[int], model: FaceModel) -> set[int]:
    """New tracks (by their numbers) that somebody deleted after an earlier look, and of which more was to be seen then
    than wasn't. Those that an old one goes on as (`kept`) are not asked about. One query."""
    found = set()
    for deleted in DeletedFace.objects.filter(video=video_id):
        vector = as_vectors([deleted.embedding])[0] if deleted.model_id == model.pk else None
        boxes: list[tuple[float, Box]] = [(at, (x1, y1, x2, y2)) for at, x1, y1, x2, y2 in deleted.boxes]
        for number, new in enumerate(looked.tracks):
            shared = min(deleted.end_seconds, new.end_seconds) - max(deleted.start_seconds, new.start_seconds)
            is_most = shared > 0 and 2 * shared >= new.end_seconds - new.start_seconds
            if number not in kept and is_most and _is_alike(looked, new, vector, boxes):
                found.add(number)
    return found


def _is_alike(
    looked: Looked, new: Track, vector: NDArray[np.float32] | None, boxes: Sequence[tuple[float, Box]]
) -> bool:
    """Whether a track shows the face of a vector, or, where that is another model's (None), lies where its boxes do."""
    if vector is not None:
        return float(vector @ new.vector) >= _SAME_TRACK
    return _is_in_place(boxes, [looked.seen[member] for member in new.members])


def _is_in_place(before: Sequence[tuple[float, Box]], now: Sequence[Seen]) -> bool:
    """Whether a face of then and one of now lie on each other at the same moment."""
    return any(
        abs(seconds - seen.seconds) <= _SAME_MOMENT_SECONDS and overlap(box, seen.box) >= _SAME_PLACE
        for seconds, box in before
        for seen in now
    )
