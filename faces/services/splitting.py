"""Parting an appearance in two, where two people were taken for one."""

import io

import numpy as np
from django.db import transaction
from PIL import Image, UnidentifiedImageError

from faces.exceptions import NamingError
from faces.ml.align import CROP_PX
from faces.models import FaceDetection, FaceTrack
from faces.models.track import TrackStatus
from faces.services.matching import as_vectors
from library.models import User
from library.services.changes import change_batch
from processing.models.images import derived_storage
from processing.services.derived import NewFiles, folder_of

# Parts shorter than this can't be told from each other on the seek bar.
_SHORTEST_SECONDS = 0.1


def split_track(*, track: FaceTrack, at_seconds: float, user: User | None) -> FaceTrack:
    """The part from `at_seconds` on becomes an appearance of its own, which nobody has named; the first part keeps row
    and name. One change batch. Returns the second part. Raises NamingError where there is nothing to part.

    Each part's vector is that of its own faces. An undo puts back times, names and faces; the first part's vector and
    picture stay those of its own faces until the video is looked at again.
    """
    first, second = track.start_seconds, track.end_seconds
    if not first + _SHORTEST_SECONDS <= at_seconds <= second - _SHORTEST_SECONDS:
        raise NamingError("Go to a moment inside this appearance; it is parted there.")
    with NewFiles(folder_of("faces", track.video_id, "split")) as files, transaction.atomic():
        row = FaceTrack.objects.select_for_update().get(pk=track.pk)
        if (row.start_seconds, row.end_seconds) != (first, second):
            raise NamingError("Somebody changed this appearance meanwhile; look again.")
        seen = list(FaceDetection.objects.filter(track=row).order_by("time_seconds", "pk"))
        before = [one for one in seen if one.time_seconds < at_seconds]
        after = [one for one in seen if one.time_seconds >= at_seconds]
        pictures = _Pictures(row, seen)
        with change_batch(summary=f"Parted an appearance in {row.video}", user=user, source="face"):
            part = FaceTrack(
                video_id=row.video_id,
                file_id=row.file_id,
                start_seconds=at_seconds,
                end_seconds=second,
                status=TrackStatus.PENDING,
                model_id=row.model_id,
                embedding=row.embedding,
                quality=row.quality,
                is_retimed=True,
            )
            _describe(part, after)
            part.crop, part.strip = pictures.stored(files, "after", after)
            part.save(force_insert=True)
            FaceDetection.objects.filter(pk__in=[one.pk for one in after]).update(track=part)
            # A later look finds one appearance again; what was parted stays so.
            row.end_seconds, row.is_retimed = at_seconds, True
            _describe(row, before)
            old = str(row.crop)
            if not pictures.shows_best_of(before):
                row.crop = pictures.stored(files, "before", before)[0]
            row.save(update_fields=["end_seconds", "is_retimed", "embedding", "detection_count", "quality", "crop"])
        files.keep(instead_of=[old] if old != str(row.crop) else [])
    return part


def _describe(row: FaceTrack, seen: list[FaceDetection]) -> None:
    """Vector, count and quality are those of its own faces; without any they stay."""
    if not seen:
        row.detection_count = 1
        return
    weights = np.array([max(one.quality, 1e-3) for one in seen], np.float32)
    mean = weights @ as_vectors(one.embedding for one in seen)
    row.embedding = (mean / max(float(np.linalg.norm(mean)), 1e-12)).tolist()
    row.detection_count = len(seen)
    row.quality = max(one.quality for one in seen)


class _Pictures:
    """The pictures of an appearance, for its parts: each shows a face of its own where the strip holds one."""

    def __init__(self, row: FaceTrack, seen: list[FaceDetection]) -> None:
        self.crop, self.strip = _read(str(row.crop)), _read(str(row.strip))
        self.best = max(seen, key=lambda one: one.quality, default=None)

    def shows_best_of(self, seen: list[FaceDetection]) -> bool:
        """Whether the picture there is shows one of these faces."""
        return self.best is None or not seen or self.best in seen

    def stored(self, files: NewFiles, name: str, seen: list[FaceDetection]) -> tuple[str, str]:
        """Names of the picture and of the strip for these faces; empty for what isn't there."""
        crop = self.crop if self.shows_best_of(seen) else self._tile(seen) or self.crop
        stored = files.add(f"{name}-face.webp", crop) if crop else ""
        return stored, files.add(f"{name}-strip.webp", self.strip) if self.strip else ""

    def _tile(self, seen: list[FaceDetection]) -> bytes:
        """The best of these faces that the strip holds."""
        kept = [one for one in seen if one.strip_index is not None]
        if not kept or not self.strip:
            return b""
        place = max(kept, key=lambda one: one.quality).strip_index or 0
        try:
            with Image.open(io.BytesIO(self.strip)) as strip:
                tile = strip.convert("RGB").crop((place * CROP_PX, 0, (place + 1) * CROP_PX, CROP_PX))
        except (UnidentifiedImageError, OSError, ValueError):
            return b""
        stream = io.BytesIO()
        tile.save(stream, "WEBP", quality=88)
        return stream.getvalue()


def _read(name: str) -> bytes:
    """A stored file; nothing where it is gone."""
    if not name:
        return b""
    try:
        with derived_storage().open(name) as stored:
            content: bytes = stored.read()
    except OSError:
        return b""
    return content
