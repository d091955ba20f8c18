"""What may be begun just now: pauses, quiet hours, limits, stages that are off or make room for watching."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from django.utils import timezone

from processing.models import Job, JobStatus, QueueControl
from processing.services.demand import is_demanded
from processing.services.single import wait_turn
from processing.services.stage_settings import stages_as_set
from processing.stages import Stage

# First key of PostgreSQL's advisory locks of claims under a limit; the queue's number is the second.
_LOCK_CLASS = 7_305


@dataclass(frozen=True, slots=True)
class Gate:
    """What a claim from a queue may take: nothing when `why_closed` says something; all stages when `stages` is None,
    those of unknown names too."""

    why_closed: str = ""
    stages: tuple[str, ...] | None = None


OPEN = Gate()


def is_quiet(control: QueueControl, now: time) -> bool:
    """Whether the local time is within the queue's quiet hours, which may go over midnight."""
    begin, end = control.quiet_from, control.quiet_until
    if begin is None or end is None:
        return False
    return begin <= now < end if begin < end else now >= begin or now < end


def why_shut(control: QueueControl | None) -> str:
    """Why nothing at all is begun from the queue, in a word; empty while it is open."""
    if control is None:
        return ""
    if control.is_paused:
        return "paused"
    return "quiet hours" if is_quiet(control, timezone.localtime().time()) else ""


def look(queue: str) -> Gate:
    """The gate as it is, without regard to limits that running jobs fill. Three queries."""
    control = QueueControl.objects.filter(queue=queue).first()
    if why := why_shut(control):
        return Gate(why)
    return _gate(stages_as_set(), Counter(), is_demanded())


def pass_gate(queue: str, number: int) -> Gate:
    """The gate for a claim that follows in the same transaction.

    Where the queue or one of its stages has a limit, claims from the queue take turns, and running jobs are counted
    within the turn: so the limit holds however many workers look at once. Elsewhere nobody waits for anybody.
    """
    control = QueueControl.objects.filter(queue=queue).first()
    if why := why_shut(control):
        return Gate(why)
    stages = stages_as_set()
    limit = control.concurrency if control is not None else None
    running: Counter[str] = Counter()
    if limit is not None or any(stage.slots is not None for stage in stages.values() if stage.queue == queue):
        wait_turn((_LOCK_CLASS, number))
        rows = Job.objects.filter(status=JobStatus.RUNNING).values_list("queue", "stage")
        held = list(rows)
        if limit is not None and sum(name == queue for name, _ in held) >= limit:
            return Gate("as many run as may")
        running.update(stage for _, stage in held)
    return _gate(stages, running, is_demanded())


def _gate(stages: Mapping[str, Stage], running: Counter[str], is_demanded_now: bool) -> Gate:
    """Without a stage that is shut, the gate is wide open: the claim then needs to look at no stage."""
    allowed = tuple(
        name
        for name, stage in stages.items()
        if stage.is_enabled
        and not (stage.is_heavy and is_demanded_now)
        and (stage.slots is None or running[name] < stage.slots)
    )
    if len(allowed) == len(stages):
        return OPEN
    return Gate(stages=allowed)
