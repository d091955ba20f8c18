"""The engine as the queue page shows it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now
from django.utils import timezone

from processing.models import DeadLetter, Job, JobStatus, QueueControl, WorkerProcess
from processing.models.worker import ALIVE_SECONDS
from processing.services.gates import why_shut

_MOST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue: what waits and runs, who works, what the owner set, why nothing is begun (empty while it is open)."""

    name: str
    waiting: int
    later: int
    running: int
    workers: int
    why_shut: str
    is_paused: bool
    concurrency: int | None
    quiet_from: time | None
    quiet_until: time | None

    @property
    def is_stuck(self) -> bool:
        """Work is due and nobody is there to do it."""
        return bool(self.waiting and not self.workers and not self.why_shut)


@dataclass(frozen=True, slots=True)
class WorkerHold:
    """A worker and what it has in hand: nothing, or one job since a moment."""

    worker: WorkerProcess
    is_alive: bool
    job: Job | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Open dead letters of one kind of error in one stage, with the sentence and time of the latest."""

    stage: str
    error_class: str
    count: int
    error: str
    latest_at: datetime


def queue_states() -> list[QueueState]:
    """Every queue, in the order of the settings. Four queries."""
    counts: Counter[tuple[str, str]] = Counter()
    active = Job.objects.active().order_by()
    for queue, status, number in active.values_list("queue", "status").annotate(n=Count("pk")):
        counts[queue, status] = number
    later = Job.objects.filter(status=JobStatus.PENDING, due_at__gt=Now()).order_by()
    put_off = dict(later.values_list("queue").annotate(n=Count("pk")))
    controls = {row.queue: row for row in QueueControl.objects.all()}
    workers = _workers_by_queue()
    return [
        _state(name, counts, put_off.get(name, 0), workers.get(name, 0), controls.get(name)) for name in settings.QUEUES
    ]


def _state(
    name: str, counts: "Counter[tuple[str, str]]", later: int, workers: int, control: QueueControl | None
) -> QueueState:
    row = control or QueueControl(queue=name)
    return QueueState(
        name=name,
        waiting=counts[name, JobStatus.PENDING] - later,
        later=later,
        running=counts[name, JobStatus.RUNNING],
        workers=workers,
        why_shut=why_shut(control),
        is_paused=row.is_paused,
        concurrency=row.concurrency,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
    )


def _workers_by_queue() -> dict[str, int]:
    alive = WorkerProcess.objects.filter(heartbeat_at__gte=Now() - timedelta(seconds=ALIVE_SECONDS))
    return dict(alive.order_by().values_list("queue").annotate(n=Count("pk")))


def worker_holds() -> list[WorkerHold]:
    """Every worker that is known, by queue, with the job that its child has in hand. Two queries."""
    workers = list(WorkerProcess.objects.order_by("queue", "name"))
    running = {job.worker: job for job in Job.objects.filter(status=JobStatus.RUNNING)}
    now = timezone.now()
    return [_hold(worker, running, now) for worker in workers]


def _hold(worker: WorkerProcess, running: dict[str, Job], now: datetime) -> WorkerHold:
    # Names are "machine:process"; a job carries that of the child.
    machine = worker.name.rpartition(":")[0]
    job = running.get(f"{machine}:{worker.child_pid}") if worker.child_pid else None
    seconds = (now - job.started_at).total_seconds() if job is not None and job.started_at else None
    is_alive = (now - worker.heartbeat_at).total_seconds() < ALIVE_SECONDS
    return WorkerHold(worker, is_alive, job, max(0.0, seconds) if seconds is not None else None)


def error_groups() -> list[ErrorGroup]:
    """Open dead letters by stage and kind of error, the largest groups first; at most twenty. Two queries."""
    groups = list(
        DeadLetter.objects.open()
        .order_by()
        .values_list("stage", "error_class")
        .annotate(n=Count("pk"))
        .order_by("-n", "stage", "error_class")[:_MOST_ERRORS]
    )
    latest = DeadLetter.objects.open().order_by("stage", "error_class", "-failed_at").distinct("stage", "error_class")
    said = {(row.stage, row.error_class): row for row in latest}
    return [
        ErrorGroup(stage, kind, number, said[stage, kind].error, said[stage, kind].failed_at)
        for stage, kind, number in groups
        if (stage, kind) in said
    ]
