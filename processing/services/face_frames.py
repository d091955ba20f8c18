"""Pictures for those who look for faces: kept only where somebody takes them. Loads no decoder."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.core.files.storage import storages
from django.db import transaction
from PIL import Image

from library.models import VideoFile
from processing.models import FaceFrames
from processing.services.derived import NewFiles, check_unchanged, folder_of, remove_files

# Answers how many pictures of this file are wanted, 0 for none.
Taker = Callable[[VideoFile], int]
_takers: list[Taker] = []


def register_taker(taker: Taker) -> None:
    """Whoever looks for faces says so when Django starts; `taker(file)` is asked each time pictures are made."""
    if taker not in _takers:
        _takers.append(taker)


def wanted_frames(file: VideoFile) -> int:
    """The most pictures that anybody wants of the file; 0 when nobody does."""
    return max((taker(file) for taker in _takers), default=0)


def store_face_frames(
    *, file: VideoFile, key: str, frames: Sequence[tuple[float, Path]], scratch: Path, decoded_again: bool = False
) -> FaceFrames | None:
    """Keeps JPEGs (seconds, path) of a file in place of those it had; None when there are none. `scratch` is a folder
    for the archive on its way. Raises what `check_unchanged` raises; then nothing is left behind."""
    if not frames:
        return None
    archive = scratch / "faces.zip"
    # JPEGs don't get smaller.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        for number, (_, path) in enumerate(frames):
            bundle.write(path, f"{number:04d}.jpg")
    with Image.open(frames[0][1]) as first:
        width, height = first.size
    with NewFiles(folder_of("faceframes", file.pk, key)) as files:
        name = files.add("faces.zip", archive)
        with transaction.atomic():
            check_unchanged(file)
            before = list(FaceFrames.objects.filter(file=file).values_list("archive", flat=True))
            row, _ = FaceFrames.objects.update_or_create(
                file=file,
                defaults={
                    "input_key": key,
                    "archive": name,
                    "times": [seconds for seconds, _ in frames],
                    "width": width,
                    "height": height,
                    "decoded_again": decoded_again,
                },
            )
            files.keep(instead_of=before)
    return row


def unpack_face_frames(row: FaceFrames, folder: Path) -> list[tuple[float, Path]]:
    """Writes the pictures into a folder; (seconds, path) in time order. Raises OSError when they are gone."""
    with storages["derived"].open(str(row.archive)) as stream, zipfile.ZipFile(stream) as bundle:
        names = [f"{number:04d}.jpg" for number in range(len(row.times))]
        bundle.extractall(folder, members=names)
    return [(seconds, folder / name) for seconds, name in zip(row.times, names, strict=True)]


def drop_face_frames(*, file_id: int) -> int:
    """They were looked at, or nobody wants them any more; returns how many rows went."""
    rows: Any = FaceFrames.objects.filter(file_id=file_id)
    names = list(rows.values_list("archive", flat=True))
    removed: int = rows.delete()[0]
    transaction.on_commit(lambda: remove_files(names))
    return removed
