"""What a run is doing, as its page and the API tell it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from importers.models import ImportRun, RunStatus
from importers.services.locking import is_import_under_way
from importers.services.ordering import Action, jobs_of
from processing.models import Job, JobStatus


class State(StrEnum):
    """Where a run is: its own status, told apart by what its jobs do."""

    PREPARING = "preparing"
    WAITING = "waiting"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    VERIFYING = "verifying"
    TAKING_BACK = "taking_back"
    TAKEN_BACK = "taken_back"


WORDS = {
    State.PREPARING: ("Being prepared", "calm"),
    State.WAITING: ("Waiting for a worker", "now"),
    State.RUNNING: ("Running", "now"),
    State.INTERRUPTED: ("Interrupted", "warn"),
    State.DONE: ("Done", "ok"),
    State.FAILED: ("Failed", "bad"),
    State.CANCELLED: ("Cancelled", "warn"),
    State.VERIFYING: ("Being verified", "now"),
    State.TAKING_BACK: ("Being taken back", "now"),
    State.TAKEN_BACK: ("Taken back", "calm"),
}
MOVING = (State.WAITING, State.RUNNING, State.VERIFYING, State.TAKING_BACK)
_OF_STATUS = {
    RunStatus.COMPLETED: State.DONE,
    RunStatus.FAILED: State.FAILED,
    RunStatus.CANCELLED: State.CANCELLED,
    RunStatus.ROLLED_BACK: State.TAKEN_BACK,
}
_OF_ACTION = {Action.VERIFY: State.VERIFYING, Action.ROLL_BACK: State.TAKING_BACK}


@dataclass(frozen=True, slots=True)
class RunState:
    """A run, where it is, and the job that is or was about it last."""

    run: ImportRun
    state: State
    job: Job | None

    @property
    def words(self) -> str:
        return WORDS[self.state][0]

    @property
    def tone(self) -> str:
        """Of its badge."""
        return WORDS[self.state][1]

    @property
    def is_moving(self) -> bool:
        """Whether a page should look again."""
        return self.state in MOVING

    @property
    def can_resume(self) -> bool:
        return self.state in (State.INTERRUPTED, State.FAILED, State.CANCELLED)

    @property
    def is_done(self) -> bool:
        return self.state == State.DONE

    @property
    def kind(self) -> str:
        return "Dry run" if self.run.is_dry_run else "Import"


def state_of(run: ImportRun) -> RunState:
    """One statement."""
    return _state(run, jobs_of(run).order_by("-pk").first())


def states_of(runs: list[ImportRun]) -> list[RunState]:
    """The same for a page of runs. One statement."""
    jobs: dict[int, Job] = {}
    ids = [run.pk for run in runs]
    for job in Job.objects.filter(stage="import", target_kind="library", target_id__in=ids).order_by("pk"):
        jobs[job.target_id] = job
    return [_state(run, jobs.get(run.pk)) for run in runs]


def _state(run: ImportRun, job: Job | None) -> RunState:
    status: Any = RunStatus(run.status)
    is_active = job is not None and job.status in (JobStatus.PENDING, JobStatus.RUNNING)
    if job is not None and is_active:
        action = job.params.get("action")
        if action in _OF_ACTION:
            return RunState(run, _OF_ACTION[Action(action)], job)
        if status == RunStatus.COMPLETED and job.status == JobStatus.RUNNING and not run.is_dry_run:
            # Compared with its source by the same job.
            return RunState(run, State.VERIFYING, job)
        return RunState(run, State.RUNNING if job.status == JobStatus.RUNNING else State.WAITING, job)
    if status in _OF_STATUS:
        return RunState(run, _OF_STATUS[status], job)
    if job is not None and job.status == JobStatus.CANCELLED:
        return RunState(run, State.CANCELLED, job)
    if status == RunStatus.WAITING:
        return RunState(run, State.PREPARING, job)
    # Begun, and no job is about it: a command in a terminal does it, or did when it was cut off.
    return RunState(run, State.RUNNING if is_import_under_way() else State.INTERRUPTED, job)
