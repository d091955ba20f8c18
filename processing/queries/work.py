"""What is being worked on right now, for the line at the top of the pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q, Sum
from django.utils import timezone

from library.models import ScanLog, VideoFile
from library.models.file import FileState
from library.models.scan_log import ScanStatus
from processing.models import Job, JobStatus
from processing.models.job import TargetKind

# The stage after which a file is ready.
LAST_STAGE = "frames"
# The pace is that of the last finished jobs, at most this many and not older than this.
_PACE_JOBS = 400
_PACE_WINDOW = timedelta(minutes=10)
_FEWEST_FOR_PACE = 3
_MOST_FOLDERS = 10


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """How far the work on new files is.

    `done` of `total` counts the files found by the scans since work began; `failed` counts every file that could not
    be read. `eta_seconds` is None while there is no pace to go by; `scanning` names the folders being looked through.
    """

    active: bool
    done: int
    total: int
    eta_seconds: float | None
    scanning: tuple[str, ...]
    failed: int

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def position(self) -> int:
        """The number of the file in hand, from 1."""
        return min(self.done + 1, self.total)

    @property
    def ratio(self) -> float:
        """From 0 to 1."""
        return self.done / self.total if self.total else 0.0


def current_work() -> WorkProgress:
    """Two queries at rest, six while there is work, whatever the size of the library: only unready files are read."""
    left, failed, since = _unready()
    running = Job.objects.filter(status=JobStatus.RUNNING, target_kind=TargetKind.FOLDER)
    scanning = tuple(name or "" for name in running.values_list("folder__name", flat=True)[:_MOST_FOLDERS])
    if not scanning and not (left and Job.objects.active().exists()):
        return WorkProgress(False, 0, 0, None, (), failed)
    total = max(_found_since(since), left) if since else left
    pace = _files_per_second() if left else None
    return WorkProgress(True, total - left, total, left / pace if pace else None, scanning, failed)


def _unready() -> tuple[int, int, datetime | None]:
    """Files that wait for a stage, files that failed, and when the oldest of the waiting ones last changed."""
    rows = VideoFile.objects.exclude(state=FileState.READY).filter(missing_since=None).order_by()
    by_state = {
        state: (number, oldest)
        for state, number, oldest in rows.values_list("state").annotate(Count("pk"), Min("updated_at"))
    }
    failed = by_state.pop(FileState.FAILED, (0, None))[0]
    return sum(n for n, _ in by_state.values()), failed, min((t for _, t in by_state.values()), default=None)


def _found_since(oldest: datetime) -> int:
    """How many files were found by the scan that brought the oldest waiting file, and by those after it."""
    found_any = Q(status=ScanStatus.RUNNING) | Q(files_new__gt=0) | Q(files_changed__gt=0)
    scans = ScanLog.objects.filter(found_any).order_by("-started_at").values_list("started_at", flat=True)
    begun = scans.filter(started_at__lte=oldest).first()
    if begun is None:
        return 0
    later = ScanLog.objects.filter(started_at__gte=begun).order_by()
    found: int | None = later.aggregate(found=Sum(F("files_new") + F("files_changed")))["found"]
    return found or 0


def _files_per_second() -> float | None:
    """How fast files became ready lately; None when too few did to tell."""
    now = timezone.now()
    last = Job.objects.filter(status=JobStatus.COMPLETED).order_by("-pk").values_list("stage", "finished_at")
    finished = [at for stage, at in last[:_PACE_JOBS] if stage == LAST_STAGE and at and now - at < _PACE_WINDOW]
    if len(finished) < _FEWEST_FOR_PACE:
        return None
    return len(finished) / max((now - min(finished)).total_seconds(), 1.0)
