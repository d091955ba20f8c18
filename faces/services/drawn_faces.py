"""Describing the face in a box that somebody drew. Loads models and a decoder: for workers only."""

import io
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from PIL import Image

from faces.ml.engine import FaceEngine, FoundFace, align
from faces.ml.quality import quality_score
from faces.models import DrawnBox, FaceDetection, FaceTrack
from faces.models.drawn_box import AskedState
from faces.services.models import use_model
from faces.services.naming import name_tracks
from library.models import VideoFile
from library.services.changes import change_batch
from processing.exceptions import TargetGoneError
from processing.media.probe import probe
from processing.media.still import take_still
from processing.services.derived import NewFiles, check_unchanged, folder_of

# A drawn box is looked at closely, so more px than for the whole video's pictures pay off.
_LONGEST_PX = 1920
# What is shown to the detector around the box, in sides of it: detectors want to see a whole head.
_AROUND = 0.75
# From this overlap on (intersection over union) a detected face is the one that was meant.
_SAME_BOX = 0.2
_SHOWN_MARGIN = 0.35
_SHOWN_PX = 256
# Where eyes, nose and corners of the mouth lie in a box drawn around a face that looks at us, as shares of it.
_FACE = np.array([[0.31, 0.40], [0.69, 0.40], [0.5, 0.60], [0.35, 0.78], [0.65, 0.78]], np.float32)
# One picture says who, not how long: a moment around it.
_HALF_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Described:
    """What became of a box: its track, whether a face was detected in it, and how many pictures were decoded."""

    track: FaceTrack
    is_found: bool
    pictures: int = 1


def describe_box(*, box_id: int, engine: FaceEngine) -> Described | None:
    """Makes an appearance of the face in the box, with the name that it was given: one change batch. None when it is
    done already. Raises TargetGoneError when the wish or the video's file is gone, and what decoding raises."""
    row = DrawnBox.objects.select_related("video", "creator", "user").filter(pk=box_id).first()
    if row is None:
        raise TargetGoneError("The box was taken back.")
    if row.state != AskedState.WAITING:
        return None
    files = VideoFile.objects.present().select_related("folder").filter(video=row.video_id)
    file = files.order_by("-is_primary", "pk").first()
    if file is None:
        raise TargetGoneError("The file of the video is not there right now; draw the box again when it is back.")
    picture = take_still(file.fs_path, facts=probe(file.fs_path), seconds=row.time_seconds, longest_px=_LONGEST_PX)
    height, width = picture.shape[:2]
    wanted = np.array([row.left, row.top, row.left + row.width, row.top + row.height], np.float32)
    wanted *= np.array([width, height, width, height], np.float32)
    found = detected_in(engine, picture, wanted)
    face = found or drawn_face(picture, wanted)
    [vector] = engine.embed([face.crop])
    with NewFiles(folder_of("faces", row.video_id, f"drawn-{row.pk}")) as stored:
        crop = stored.add("face.webp", _webp(_shown(picture, face.box), quality=82))
        strip = stored.add("strip.webp", _webp(Image.fromarray(face.crop), quality=92))
        with transaction.atomic():
            check_unchanged(file)
            model = use_model(engine.pack)
            with change_batch(summary=f"Drew a face in {row.video}", user=row.user, source="face") as batch:
                end = row.video.duration_seconds
                track = FaceTrack.objects.create(
                    video_id=row.video_id,
                    file=file,
                    start_seconds=max(0.0, row.time_seconds - _HALF_SECONDS),
                    end_seconds=max(row.time_seconds, min(row.time_seconds + _HALF_SECONDS, end or np.inf)),
                    model=model,
                    embedding=vector.tolist(),
                    quality=face.quality,
                    crop=crop,
                    strip=strip,
                )
                FaceDetection.objects.create(**_detection(track, row, face, width, height), embedding=vector.tolist())
                if row.creator is not None and row.creator.trashed_at is None:
                    name_tracks(track_ids=[track.pk], creator=row.creator, user=row.user)
                    batch.summary = f"Drew the face of {row.creator} in {row.video}"
            DrawnBox.objects.filter(pk=row.pk).update(
                state=AskedState.DONE, is_found=found is not None, track=track, batch_id=batch.pk
            )
            stored.keep()
    return Described(track, found is not None)


def detected_in(engine: FaceEngine, picture: NDArray[np.uint8], box: NDArray[np.float32]) -> FoundFace | None:
    """The face of an (h, w, 3) RGB picture that lies in the box (left, top, right, bottom in px), looked for closely;
    None where the detector sees none there."""
    height, width = picture.shape[:2]
    side = _AROUND * max(box[2] - box[0], box[3] - box[1])
    left, top = int(max(0, box[0] - side)), int(max(0, box[1] - side))
    right, bottom = int(min(width, box[2] + side)), int(min(height, box[3] + side))
    best, most = None, _SAME_BOX
    for face in engine.detect(np.ascontiguousarray(picture[top:bottom, left:right])):
        shift = np.array([left, top], np.float32)
        moved = FoundFace(
            box=face.box + np.tile(shift, 2),
            landmarks=face.landmarks + shift,
            score=face.score,
            quality=face.quality,
            crop=face.crop,
        )
        shared = _overlap(moved.box, box)
        if shared > most:
            best, most = moved, shared
    return best


def drawn_face(picture: NDArray[np.uint8], box: NDArray[np.float32]) -> FoundFace:
    """The box taken for a face that looks at us: with landmarks where such a face has them, and no detector's word."""
    size = np.array([box[2] - box[0], box[3] - box[1]], np.float32)
    landmarks = box[:2] + _FACE * size
    crop = align(picture, landmarks)
    quality = quality_score(detection_score=0.25, size_px=float(size.min()), landmarks=landmarks, crop=crop)
    return FoundFace(box=box, landmarks=landmarks, score=0.0, quality=quality, crop=crop)


def _overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    if (sides <= 0).any():
        return 0.0
    both = float(sides.prod())
    return both / (float((one[2:] - one[:2]).prod()) + float((other[2:] - other[:2]).prod()) - both)


def _detection(track: FaceTrack, row: DrawnBox, face: FoundFace, width: int, height: int) -> dict[str, object]:
    left, top, right, bottom = (float(value) for value in face.box / np.array([width, height] * 2, np.float32))
    left, top = min(max(left, 0.0), 0.999), min(max(top, 0.0), 0.999)
    return {
        "video_id": track.video_id,
        "track": track,
        "time_seconds": row.time_seconds,
        "left": left,
        "top": top,
        "width": max(min(right, 1.0) - left, 1e-3),
        "height": max(min(bottom, 1.0) - top, 1e-3),
        "landmarks": [float(value) for value in (face.landmarks / np.array([width, height], np.float32)).ravel()],
        "score": face.score,
        "quality": face.quality,
        "model_id": track.model_id,
        "strip_index": 0,
        "is_manual": True,
    }


def _shown(picture: NDArray[np.uint8], box: NDArray[np.float32]) -> Image.Image:
    """A square around the face, at most 256 px, as other appearances have it."""
    height, width = picture.shape[:2]
    left, top, right, bottom = (float(value) for value in box)
    half = min((0.5 + _SHOWN_MARGIN) * max(right - left, bottom - top), width / 2, height / 2)
    x = min(max((left + right) / 2, half), width - half)
    y = min(max((top + bottom) / 2, half), height - half)
    crop = Image.fromarray(picture).crop((int(x - half), int(y - half), int(x + half), int(y + half)))
    crop.thumbnail((_SHOWN_PX, _SHOWN_PX))
    return crop


def _webp(picture: Image.Image, *, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", quality=quality, method=2)
    return stream.getvalue()
