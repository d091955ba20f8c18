"""Boxes that people draw around faces that were missed. Loads no model: a worker describes them (`drawn_faces`)."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from faces.exceptions import NamingError
from faces.models import DrawnBox
from faces.models.drawn_box import AskedState
from faces.services.models import installed_pack
from library.models import User, Video
from people.models import Creator
from processing.models import Job
from processing.models.job import TargetKind
from processing.services.submit import MANUAL, submit_jobs

DRAWN_STAGE = "faces-drawn"
_KEPT = timedelta(days=1)
# Of the picture's width or height; less is a slip of the hand.
_SMALLEST = 0.01

Box = tuple[float, float, float, float]


def draw_box(*, video: Video, seconds: float, box: Box, creator: Creator | None, user: User | None) -> DrawnBox:
    """Has the face in a box (left, top, width, height as fractions) at `seconds` described by a worker, and given the
    person's name. Raises NamingError for a box that holds nothing, NoModelError without models."""
    installed_pack()
    left, top, width, height = box
    right, bottom = min(left + width, 1.0), min(top + height, 1.0)
    left, top = max(left, 0.0), max(top, 0.0)
    if right - left < _SMALLEST or bottom - top < _SMALLEST:
        raise NamingError("Draw the box around a whole face.")
    if video.duration_seconds is not None and seconds > video.duration_seconds:
        raise NamingError("The video is over before that moment.")
    with transaction.atomic():
        _forget_old()
        row = DrawnBox.objects.create(
            video=video,
            time_seconds=seconds,
            left=left,
            top=top,
            width=right - left,
            height=bottom - top,
            creator=creator,
            user=user,
        )
        submit_jobs(
            stage=DRAWN_STAGE,
            target_ids=[video.pk],
            priority=MANUAL,
            # Each box is a wish of its own.
            variant=variant_of(row.pk),
            params={"box": row.pk},
            requested_by_id=user.pk if user else None,
        )
    return row


def fail_box(box_id: int, sentence: str) -> None:
    """It can't be done, and says why."""
    waiting = DrawnBox.objects.filter(pk=box_id, state=AskedState.WAITING)
    waiting.update(state=AskedState.FAILED, error=sentence)


def give_up_boxes(video_id: int, sentence: str) -> None:
    """The engine has given up on a box of this video: those that no job works on any more have failed."""
    jobs = Job.objects.active().filter(stage=DRAWN_STAGE, target_kind=TargetKind.VIDEO, target_id=video_id)
    active = set(jobs.values_list("variant", flat=True))
    waiting = DrawnBox.objects.filter(video=video_id, state=AskedState.WAITING).values_list("pk", flat=True)
    for pk in waiting:
        if variant_of(pk) not in active:
            fail_box(pk, sentence)


def box_percent(box: DrawnBox) -> int:
    """How far the worker is, 0 to 100."""
    jobs = Job.objects.filter(
        stage=DRAWN_STAGE, target_kind=TargetKind.VIDEO, target_id=box.video_id, variant=variant_of(box.pk)
    )
    done, total = jobs.order_by("-pk").values_list("progress_done", "progress_total").first() or (0, 0)
    return round(100 * done / total) if total else 0


def variant_of(box_id: int) -> str:
    """By which its job is told from those of other boxes."""
    return f"box-{box_id}"


def forget_boxes() -> None:
    """All of them: what is known of faces is being wiped."""
    DrawnBox.objects.all().delete()


def _forget_old() -> None:
    DrawnBox.objects.filter(created_at__lt=timezone.now() - _KEPT).delete()
