"""Having a mark's range cut out, and how far that is."""

from dataclasses import dataclass
from enum import StrEnum

from library.models import User, VideoFile
from playback.exceptions import ClipError
from playback.models import ClipExport, Marker, SharedClip
from processing.models import Job, JobStatus
from processing.services.derived import input_digest
from processing.services.submit import MANUAL, submit_jobs

STAGE = "clip"


class Form(StrEnum):
    """What a clip is made for, which is the variant of its job.

    A download is copied from the keyframe before the range up to the one after it, so it holds a little more. What is
    shared is encoded, exact to the picture: whoever has the link sees nothing around it.
    """

    DOWNLOAD = "download"
    SHARED = "shared"


# Grow when clips of a form are made in another way.
_VERSIONS = {Form.DOWNLOAD: 1, Form.SHARED: 1}


@dataclass(frozen=True, slots=True)
class ClipState:
    """How far a download is: "none", "waiting", "running" (with `percent`), "failed" (with `error`) or "ready"."""

    state: str
    percent: int = 0
    error: str = ""
    export: ClipExport | None = None


def request_download(*, marker: Marker, user: User) -> bool:
    """Has the range cut in the background; False when it is being cut or there already. Raises ClipError."""
    if marker.user_id != user.pk:
        raise ClipError("Only who made a mark can cut a clip out.")
    if marker.end_seconds is None:
        raise ClipError("Give the mark an end first; then the clip goes from its start to there.")
    file = VideoFile.objects.present().filter(video=marker.video_id, is_primary=True).first()
    if file is None:
        raise ClipError("The file of the video is not there right now; connect its disk, then try again.")
    export = ClipExport.objects.filter(marker=marker).first()
    if export is not None and export.input_key == clip_key(Form.DOWNLOAD, marker, file):
        return False
    return _submit(Form.DOWNLOAD, marker, requested_by_id=user.pk) == 1


def request_shared(*, marker: Marker) -> int:
    """Has the film for the mark's links made soon; returns how many jobs were made, 0 where one waits already."""
    return _submit(Form.SHARED, marker, even_if_running=True)


def _submit(form: Form, marker: Marker, *, requested_by_id: int | None = None, even_if_running: bool = False) -> int:
    return submit_jobs(
        stage=STAGE,
        variant=form,
        params={"form": form},
        target_ids=[marker.pk],
        priority=MANUAL,
        requested_by_id=requested_by_id,
        even_if_running=even_if_running,
    )


def clip_key(form: Form, marker: Marker, file: VideoFile) -> str:
    """Sixteen hexadecimal digits that change when the mark's range or the file does."""
    end_seconds = float(marker.end_seconds or 0)
    return input_digest(_VERSIONS[form], file, form.value, float(marker.start_seconds), end_seconds)


def clip_state(marker: Marker) -> ClipState:
    """How far the download is. Two queries."""
    jobs = Job.objects.filter(stage=STAGE, target_kind="marker", target_id=marker.pk, variant=Form.DOWNLOAD)
    job = jobs.order_by("-pk").first()
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


def shared_clip(marker: Marker, file: VideoFile) -> SharedClip | None:
    """The film of just this range of this file; None until it is made."""
    clip = SharedClip.objects.filter(marker=marker).first()
    return clip if clip is not None and clip.input_key == clip_key(Form.SHARED, marker, file) else None
