"""Another model: what is known is described anew from the upright faces that were kept, without a decode."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from numpy.typing import NDArray
from PIL import Image

from faces.ml.align import CROP_PX
from faces.ml.engine import FaceEngine
from faces.models import FaceDetection, FaceModel, FaceReference, FaceTrack
from faces.services.finding import faces_of_strip
from faces.services.locks import hold_faces

_BATCH = 50
Vectors = NDArray[np.float32]


@dataclass(slots=True)
class Described:
    """How many rows have vectors of the model now, and how many can't get any: no face was kept of them."""

    references: int = 0
    tracks: int = 0
    detections: int = 0
    left: int = 0


def describe_references(*, engine: FaceEngine, model: FaceModel) -> Described:
    """References of other models, a batch at a time: each from its own face, else from the track that it came from.
    Confirmed names stay, whatever the vectors say."""
    done = Described()
    rows = FaceReference.objects.exclude(model=model).order_by("pk")
    for ids in _batches(rows):
        with transaction.atomic():
            hold_faces(alone=False)
            batch = list(
                FaceReference.objects.select_for_update(of=("self",)).filter(pk__in=ids).select_related("track")
            )
            faces = [_face_of(str(row.crop)) for row in batch]
            vectors = iter(engine.embed([face for face in faces if face is not None]))
            for row, face in zip(batch, faces, strict=True):
                if face is not None:
                    row.embedding = next(vectors).tolist()
                elif row.track is not None and row.track.model_id == model.pk:
                    row.embedding = row.track.embedding
                else:
                    done.left += 1
                    continue
                row.model = model
                done.references += 1
            changed = [row for row in batch if row.model_id == model.pk]
            FaceReference.objects.bulk_update(changed, ["embedding", "model"])
    return done


def describe_tracks(
    *,
    engine: FaceEngine,
    model: FaceModel,
    rows: "QuerySet[FaceTrack]",
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Described:
    """Tracks of other models and the detections that their strips hold. Names, times and clusters stay; detections that
    no strip holds keep the old model's vector, which is compared with nothing."""
    done = Described()
    batches = list(_batches(rows.exclude(model=model).exclude(strip="")))
    for number, ids in enumerate(batches):
        with transaction.atomic():
            hold_faces(alone=False)
            tracks = list(
                FaceTrack.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("video_id", "pk")
            )
            _describe(tracks, engine, model, done)
        report(number + 1, len(batches))
    return done


def _batches(rows: "QuerySet[FaceTrack] | QuerySet[FaceReference]") -> Sequence[list[int]]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return [ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH)]


def _describe(tracks: Sequence[FaceTrack], engine: FaceEngine, model: FaceModel, done: Described) -> None:
    strips = [_strip_of(str(track.strip)) for track in tracks]
    vectors = engine.embed([face for strip in strips for face in strip])
    held: dict[int, list[FaceDetection]] = {}
    for detection in FaceDetection.objects.filter(track__in=tracks, strip_index__isnull=False):
        held.setdefault(detection.track_id, []).append(detection)
    first, changed, seen = 0, [], []
    for track, strip in zip(tracks, strips, strict=True):
        own = vectors[first : first + len(strip)]
        first += len(strip)
        if not len(own):
            done.left += 1
            continue
        weights = np.full(len(own), 0.05, np.float32)
        for detection in held.get(track.pk, []):
            index = detection.strip_index
            if index is not None and index < len(own):
                weights[index] = max(0.05, detection.quality)
                detection.embedding, detection.model = own[index].tolist(), model
                seen.append(detection)
        mean = (own * weights[:, None]).sum(axis=0)
        track.embedding = (mean / max(float(np.linalg.norm(mean)), 1e-12)).tolist()
        track.model = model
        changed.append(track)
    FaceTrack.objects.bulk_update(changed, ["embedding", "model"])
    FaceDetection.objects.bulk_update(seen, ["embedding", "model"], batch_size=500)
    done.tracks += len(changed)
    done.detections += len(seen)


def _strip_of(name: str) -> list[NDArray[np.uint8]]:
    picture = _picture(name)
    return [] if picture is None else faces_of_strip(picture)


def _face_of(name: str) -> NDArray[np.uint8] | None:
    picture = _picture(name)
    if picture is None or picture.shape[:2] != (CROP_PX, CROP_PX):
        return None
    return picture


def _picture(name: str) -> NDArray[np.uint8] | None:
    """A stored picture, None where it is gone or broken."""
    if not name:
        return None
    try:
        with storages["derived"].open(name) as stream, Image.open(stream) as opened:
            return np.asarray(opened.convert("RGB"))
    except (OSError, ValueError):
        return None
