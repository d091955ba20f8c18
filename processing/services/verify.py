"""Reading whole files again and comparing them with what they were: rot on the disk is found by nothing else."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.utils import timezone

from library.hashing import content_hash
from library.models import VideoFile
from library.services.files import record_verified
from library.services.walk import mtime_ns
from processing.exceptions import FileUnreadableError
from processing.media.content import Issue
from processing.models.integrity import FindingKind
from processing.services.findings import record_findings

_REPORT_UNIT = 1024 * 1024

Outcome = Literal["first", "same", "rotten", "changed"]


@dataclass(frozen=True, slots=True)
class Verified:
    """How it ended: `first` (there was no checksum; it is kept now), `same`, `rotten` (other bytes, though nobody wrote
    the file), `changed` (it was written meanwhile: nothing is said about it, a scan takes it up)."""

    outcome: Outcome
    content_hash: str = ""
    size_bytes: int = 0


def verify_file(*, file: VideoFile, report: Callable[[int, int], None] = lambda done, total: None) -> Verified:
    """Reads all of the file from the disk, compares its xxh3 with the stored one, and records what came out.

    `report` counts megabytes. Reads `file.folder`. Raises FileUnreadableError when the disk doesn't give all of it.
    """
    path = file.fs_path
    total = max(1, file.size_bytes // _REPORT_UNIT)
    try:
        if not _is_as_known(path, file):
            return Verified("changed")
        digest = content_hash(path, on_read=lambda done: report(min(done // _REPORT_UNIT, total), total), is_fresh=True)
        if not _is_as_known(path, file):
            return Verified("changed")
    except OSError as error:
        raise FileUnreadableError(
            f"The file can't be read to its end: {error.strerror or error}. Check its disk."
        ) from error
    if not file.content_hash:
        record_verified(file_id=file.pk, mtime_ns=file.mtime_ns, content_hash=digest)
        outcome: Outcome = "first"
    else:
        outcome = "same" if digest == file.content_hash else "rotten"
    record_findings(
        file=file, kind=FindingKind.CHECKSUM, issues=[_rot(file)] if outcome == "rotten" else [], verified=True
    )
    return Verified(outcome, digest, file.size_bytes)


def _is_as_known(path: str, file: VideoFile) -> bool:
    status = os.stat(path)
    return status.st_size == file.size_bytes and mtime_ns(status) == file.mtime_ns


def _rot(file: VideoFile) -> Issue:
    day = timezone.localdate().strftime("%d %B %Y").lstrip("0")
    return Issue(
        "bit_rot",
        "error",
        f"On {day} its bytes were others than before, though nobody wrote it: its disk or a copy has lost some. "
        "Bring it back from a backup, and check the disk.",
    )
