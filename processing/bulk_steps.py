"""Reading many videos' files again. Loaded when Django starts."""

from collections.abc import Sequence
from typing import Any

from library.exceptions import BulkEditError
from library.models import VideoFile
from library.services.bulk_edit import BulkStep, Effect, Request, register_bulk_step
from processing.services.control import rerun_files

_DONE = {
    "probe": "had their files read again",
    "frames": "had their pictures made again",
    "preview": "had a preview clip made",
    "verify": "had their files compared with their checksums",
    "check": "had their files looked at for damage",
}
_ASKED = {
    "probe": "Read the files again",
    "frames": "Make the pictures again",
    "preview": "Make a preview clip",
    "verify": "Compare the files with their checksums",
    "check": "Look for damage",
}


def _check(value: Any) -> str:
    if value not in _DONE:
        raise BulkEditError("Only facts, pictures and previews can be made again, and files verified and checked.")
    return str(value)


def _files(video_ids: Sequence[int]) -> dict[int, list[int]]:
    """Present files by video."""
    found: dict[int, list[int]] = {}
    rows = VideoFile.objects.present().filter(video_id__in=video_ids).order_by("pk").values_list("video_id", "pk")
    for video_id, file_id in rows:
        if video_id is not None:
            found.setdefault(video_id, []).append(file_id)
    return found


def _apply(video_ids: Sequence[int], value: str, request: Request) -> set[int]:
    files = _files(video_ids)
    rerun_files(file_ids=[file_id for ids in files.values() for file_id in ids], stage=value, requested_by=request.user)
    return set(files)


def _preview(video_ids: Sequence[int], value: str) -> list[Effect]:
    count = len(_files(video_ids))
    return [Effect(_ASKED[value], count, len(video_ids) - count)]


register_bulk_step(
    BulkStep("reprocess", "library.reprocess_video", _check, _apply, _preview, lambda value: _DONE[value], 90)
)
