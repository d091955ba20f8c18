"""Writing what a look at a file found, in place of what the one before it wrote. Loads no decoder."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from library.models import VideoFile
from library.services.files import record_health
from processing.media.content import Issue
from processing.models import FileCheck, IntegrityFinding
from processing.models.integrity import SERIOUS, FindingKind

# What is about the bytes of a file, not about what it shows.
_BODILY = (FindingKind.DAMAGE, FindingKind.CHECKSUM)


def record_findings(
    *, file: VideoFile, kind: str, issues: Sequence[Issue], verified: bool = False, depth: str = ""
) -> None:
    """Replaces the file's findings of this kind; one that is found again keeps the time it was first found.

    What was found about a content that it has no more goes too. `verified` says that all of it was read and compared,
    `depth` that it was looked at for damage so closely. Does nothing when the file's row is gone or speaks of another
    content by now.
    """
    now = timezone.now()
    with transaction.atomic():
        current = VideoFile.objects.select_for_update(no_key=True).filter(pk=file.pk).first()
        if current is None or (current.mtime_ns, current.size_bytes) != (file.mtime_ns, file.size_bytes):
            return
        is_other = _forget_other_content(current)
        _replace(file.pk, kind, issues)
        _write_check(file, now if verified else None, now, depth)
        if current.video_id is not None and (is_other or verified or kind in _BODILY):
            refresh_video(current.video_id, verified_at=now if verified else None)


def refresh_video(video_id: int, *, verified_at: datetime | None = None) -> None:
    """Writes into the video whether one of its files that are not in the trash is damaged."""
    damaged = IntegrityFinding.objects.filter(
        file__video=video_id, file__trashed_at=None, kind__in=_BODILY, severity__in=SERIOUS
    )
    record_health(video_id=video_id, is_corrupted=damaged.exists(), verified_at=verified_at)


def _forget_other_content(file: VideoFile) -> bool:
    """Drops what was found about a content that the file has no more; whether there was any."""
    checks = FileCheck.objects.filter(file=file).exclude(size_bytes=file.size_bytes, mtime_ns=file.mtime_ns)
    if not checks.delete()[0]:
        return False
    IntegrityFinding.objects.filter(file=file).delete()
    return True


def _replace(file_id: int, kind: str, issues: Sequence[Issue]) -> None:
    # The first of a code is the worst.
    by_code: dict[str, Issue] = {}
    for issue in issues:
        by_code.setdefault(issue.code, issue)
    IntegrityFinding.objects.filter(file=file_id, kind=kind).exclude(code__in=by_code).delete()
    IntegrityFinding.objects.bulk_create(
        [
            IntegrityFinding(file_id=file_id, kind=kind, code=code, severity=issue.severity, sentence=issue.sentence)
            for code, issue in by_code.items()
        ],
        update_conflicts=True,
        unique_fields=["file", "kind", "code"],
        update_fields=["severity", "sentence"],
    )


def _write_check(file: VideoFile, verified_at: datetime | None, now: datetime, depth: str) -> None:
    values: dict[str, Any] = {}
    if verified_at is not None:
        values["verified_at"] = verified_at
    if depth:
        values |= {"checked_at": now, "depth": depth}
    row = FileCheck(file=file, size_bytes=file.size_bytes, mtime_ns=file.mtime_ns, **values)
    if values:
        FileCheck.objects.bulk_create([row], update_conflicts=True, unique_fields=["file"], update_fields=list(values))
    else:
        FileCheck.objects.bulk_create([row], ignore_conflicts=True)
