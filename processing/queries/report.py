"""What `manage.py ingest --json` prints."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models.fields.files import FieldFile

from library.models import Folder, VideoFile
from library.models.file import FileState
from library.paths import decode_path
from library.services import FolderTarget
from library.services.walk import Walk
from processing.services.foreground import files_of

_BUSY = "It was still being written at the scan; run the command again when it is complete."
_CUT_OFF = "Its jobs were cancelled; run the command again."


def file_reports(targets: Sequence[FolderTarget]) -> Iterator[dict[str, Any]]:
    """One object per file that is below the targets now, in the order of the paths.

    Paths are absolute, in Python's form for names that aren't UTF-8 (JSON escapes of lone surrogates).
    """
    known: dict[str, VideoFile] = {}
    files = files_of(targets).select_related("folder", "video", "thumbnail", "storyboard")
    for file in files.iterator(chunk_size=1000):
        known[file.fs_path] = file
    paths = set(known)
    for target in targets:
        others = frozenset(decode_path(path) for path in Folder.objects.values_list("path", flat=True))
        root = target.folder.fs_path
        paths.update(found.fs_path for found in Walk(root, decode_path(target.subpath), others - {root}))
    for path in sorted(paths, key=os.fsencode):
        yield _report(path, known.get(path))


def _report(path: str, file: VideoFile | None) -> dict[str, Any]:
    if file is None:
        return dict.fromkeys(_KEYS) | {"path": path, "status": "failed", "error": _BUSY}
    is_ready = file.state == FileState.READY
    error = None if is_ready else file.error or _CUT_OFF
    thumbnail, board = getattr(file, "thumbnail", None), getattr(file, "storyboard", None)
    return {
        "path": path,
        "status": "ready" if is_ready else "failed",
        "error": error,
        "video_id": file.video_id,
        "title": file.video.title if file.video else None,
        "container": file.container or None,
        "duration_seconds": file.duration_seconds,
        "width": file.width,
        "height": file.height,
        "rotation": file.rotation,
        "frame_rate": file.frame_rate,
        "bit_rate": file.bit_rate,
        "video_codec": file.video_codec or None,
        "audio_codec": file.audio_codec or None,
        "size_bytes": file.size_bytes,
        "oshash": file.oshash or None,
        "phash": file.phash_hex or None,
        "thumbnail": _place(thumbnail.large) if thumbnail and is_ready else None,
        "storyboard": {
            "sprite": _place(board.sprite),
            "vtt": _place(board.vtt),
            "tile_width": board.tile_width,
            "tile_height": board.tile_height,
            "tile_count": board.tile_count,
            "interval_seconds": board.interval_seconds,
        }
        if board and is_ready
        else None,
        "seconds": round(file.processing_seconds, 3),
    }


_KEYS = (
    "path", "status", "error", "video_id", "title", "container", "duration_seconds", "width", "height", "rotation",
    "frame_rate", "bit_rate", "video_codec", "audio_codec", "size_bytes", "oshash", "phash", "thumbnail",
    "storyboard", "seconds",
)  # fmt: skip


def _place(stored: FieldFile) -> str:
    """The absolute path, or the address where the storage has no paths."""
    try:
        return stored.path
    except NotImplementedError:
        return stored.url
