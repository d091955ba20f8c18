"""Writing what the stages find out about a file."""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from library.exceptions import FileChangedError
from library.hashing import signed_64
from library.models import Video, VideoFile
from library.models.file import FileState
from library.services.videos import (
    copy_facts,
    hash_contents,
    lock_content,
    lock_files,
    remuxes_of,
    take_primary,
    twins_of,
    video_for,
)

_REPLACED = "The file was replaced while it was being read; its new content is read next."


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Technical facts of a file, named as the columns of VideoFile. Seconds, bit/s, pixels after rotation."""

    container: str
    duration_seconds: float | None
    width: int | None
    height: int | None
    rotation: int
    frame_rate: float | None
    bit_rate: int | None
    video_codec: str
    audio_codec: str
    is_hdr: bool
    hdr_format: str
    embedded_title: str
    embedded_created_at: datetime | None
    packet_hash: str = ""
    streams: list[dict[str, Any]] = field(default_factory=list)
    chapters: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def record_facts(*, file_id: int, mtime_ns: int, facts: FileFacts) -> VideoFile:
    """Writes the facts and gives the file its video: the one that has the same content, or a new one.

    `mtime_ns` is the file's as the caller knew it when it began to look. Where another file of the same size and
    oshash exists, both are read whole to be sure. A file with the same pictures in another container (equal packet hash
    and size of the picture, duration within a second) is the same work: its video is joined, whether that file is
    missing, and this one is what became of it, or not. Raises FileChangedError when the content was replaced meanwhile.
    """
    for _ in range(5):
        file = _with_facts(file_id, facts)
        is_new = file.video_id is None
        twins = twins_of(file) if is_new else []
        if twins:
            hash_contents([file, *twins])
        with transaction.atomic():
            lock_content(file)
            known = {file_id, *(other.pk for other in (*twins, *(remuxes_of(file) if is_new else ())))}
            lock_files(sorted(known))
            # Read again: someone may have merged their videos before the locks were had.
            twins, remuxes = (twins_of(file), remuxes_of(file)) if is_new else ([], [])
            if known >= {other.pk for other in (*twins, *remuxes)}:
                return _write(file_id, mtime_ns, facts, twins, remuxes)
        # A twin got its video between the look and the lock: look again, with its content hashed.
    raise FileChangedError("Copies of this file keep appearing; the next scan takes it up.")


def _with_facts(file_id: int, facts: FileFacts) -> VideoFile:
    file = VideoFile.objects.select_related("folder", "video").get(pk=file_id)
    for name, value in asdict(facts).items():
        setattr(file, name, value)
    return file


def _write(
    file_id: int, mtime_ns: int, facts: FileFacts, twins: list[VideoFile], remuxes: list[VideoFile]
) -> VideoFile:
    file = _with_facts(file_id, facts)
    if file.mtime_ns != mtime_ns:
        raise FileChangedError(_REPLACED)
    file.probed_at, file.state, file.error = timezone.now(), FileState.PROBED, ""
    video = file.video or video_for(file, twins, remuxes)
    file.video = video
    file.is_primary = file.is_primary or take_primary(file)
    columns = [field.name for field in fields(FileFacts)]
    file.save(update_fields=[*columns, "probed_at", "state", "error", "video", "is_primary"])
    Video.objects.filter(pk=video.pk).update(last_verified_at=file.probed_at)
    if file.is_primary:
        copy_facts(file)
    return file


def finish_file(*, file_id: int, phash: int | None, notes: list[str], mtime_ns: int | None = None) -> None:
    """All pictures are there. `phash` is unsigned 64-bit.

    `mtime_ns` is the file's as the caller knew it when it began to decode. Raises FileChangedError when the content
    was replaced meanwhile: the pictures show the old one.
    """
    signed = None if phash is None else signed_64(phash)
    with transaction.atomic():
        file = VideoFile.objects.select_for_update(no_key=True).only("notes", "mtime_ns").get(pk=file_id)
        if mtime_ns is not None and file.mtime_ns != mtime_ns:
            raise FileChangedError(_REPLACED)
        merged = list(dict.fromkeys([*file.notes, *notes]))
        VideoFile.objects.filter(pk=file_id).update(state=FileState.READY, error="", phash=signed, notes=merged)


def fail_file(*, file_id: int, error: str) -> None:
    """The file can't be used as it is; `error` says why in a sentence. What is known of it stays."""
    VideoFile.objects.filter(pk=file_id).update(state=FileState.FAILED, error=error)


def count_seconds(*, file_id: int, seconds: float, is_first: bool) -> None:
    """Adds to the time spent on a file; the first stage begins the count anew."""
    total = seconds if is_first else F("processing_seconds") + seconds
    VideoFile.objects.filter(pk=file_id).update(processing_seconds=total)


def record_verified(*, file_id: int, mtime_ns: int, content_hash: str) -> bool:
    """Keeps the checksum of a file that had none; False when it has one by now, or another content."""
    rows = VideoFile.objects.filter(pk=file_id, mtime_ns=mtime_ns, content_hash="")
    return rows.update(content_hash=content_hash) == 1


def record_health(*, video_id: int, is_corrupted: bool, verified_at: datetime | None = None) -> None:
    """Says of a video whether a file of it is damaged, and with `verified_at` when one was last read whole."""
    values: dict[str, Any] = {"is_corrupted": is_corrupted}
    if verified_at is not None:
        values["last_verified_at"] = verified_at
    Video.objects.filter(pk=video_id).update(**values)
