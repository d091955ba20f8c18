"""Cutting a mark's range out of its file as a download: asking for it, where it is, when it goes. Loads no decoder."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from library.models import User, VideoFile
from playback.exceptions import ClipError
from playback.models import ClipExport, Marker
from processing.models import Job, JobStatus
from processing.services.derived import input_digest
from processing.services.submit import MANUAL, submit_jobs

STAGE = "clip-export"
# A new way of cutting makes another key.
VERSION = 1
# How long a clip can be downloaded.
KEPT_DAYS = 7


@dataclass(frozen=True, slots=True)
class ClipState:
    """How far a clip is: "none", "waiting", "running" (with `percent`), "failed" (with `error`) or "ready"."""

    state: str
    percent: int = 0
    error: str = ""
    export: ClipExport | None = None


def request_clip(*, marker: Marker, user: User) -> bool:
    """Has the range cut in the background; False when it is being cut or there already. Raises ClipError."""
    if marker.user_id != user.pk:
        raise ClipError("Only who made a mark can cut a clip out.")
    if marker.end_seconds is None:
        raise ClipError("Give the mark an end first; then the clip goes from its start to there.")
    file = VideoFile.objects.present().filter(video=marker.video_id, is_primary=True).first()
    if file is None:
        raise ClipError("The file of the video is not there right now; connect its disk, then try again.")
    export = ClipExport.objects.filter(marker=marker).first()
    if export is not None and export.input_key == clip_key(marker, file):
        return False
    made = submit_jobs(stage=STAGE, target_ids=[marker.pk], priority=MANUAL, requested_by_id=user.pk)
    return made == 1


def clip_key(marker: Marker, file: VideoFile) -> str:
    """Sixteen hexadecimal digits that change when the mark's range or the file does."""
    end_seconds = float(marker.end_seconds or 0)
    return input_digest(VERSION, file, "clip", float(marker.start_seconds), end_seconds)


def clip_state(marker: Marker) -> ClipState:
    """Two queries."""
    job = Job.objects.filter(stage=STAGE, target_kind="marker", target_id=marker.pk).order_by("-pk").first()
    if job is not None and job.status == JobStatus.PENDING:
        return ClipState("waiting")
    if job is not None and job.status == JobStatus.RUNNING:
        total = job.progress_total or 0
        return ClipState("running", min(99, 100 * (job.progress_done or 0) // total) if total else 0)
    export = ClipExport.objects.filter(marker=marker).first()
    if export is not None and covers(export, marker):
        return ClipState("ready", 100, export=export)
    if job is not None and job.status == JobStatus.FAILED:
        return ClipState("failed", error=job.error)
    return ClipState("none")


def covers(export: ClipExport, marker: Marker) -> bool:
    """Whether the clip still holds the mark's range; one that was moved since has another cut when it is asked for."""
    return bool(
        marker.end_seconds is not None
        and export.from_seconds <= marker.start_seconds + 0.01
        and marker.end_seconds <= export.to_seconds + 0.01
    )


def remove_old_clips() -> int:
    """Removes clips whose KEPT_DAYS are over, files and all; returns how many. The scheduler calls it once an hour."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    # Row by row for the signal that takes the file along.
    removed = 0
    for export in ClipExport.objects.filter(made_at__lt=before).order_by("pk")[:1000]:
        export.delete()
        removed += 1
    return removed
