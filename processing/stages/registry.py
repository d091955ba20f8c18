"""The stages that exist. An app registers its own in `AppConfig.ready()`; the engine knows none by name."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.module_loading import import_string

from processing.exceptions import UnknownStageError


@dataclass(frozen=True, slots=True)
class StageContext:
    """What a stage gets: ids and numbers, never the job row.

    `report(done, total)` shows how far it is; it writes at most once a second and is safe to call often.
    """

    target_id: int
    params: dict[str, Any]
    folder_id: int | None
    report: Callable[[int, int], None]
    priority: int = 0
    requested_by_id: int | None = None


@dataclass(frozen=True, slots=True)
class Followup:
    """A stage to submit for targets when this one has ended; committed together with its end. Without a `priority` it
    has that of this one's job."""

    stage: str
    target_ids: Sequence[int]
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage leaves behind: facts for the job row (JSON) and what comes next."""

    facts: dict[str, Any] = field(default_factory=dict)
    followups: Sequence[Followup] = ()


@dataclass(frozen=True, slots=True)
class StageInput:
    """What a stage's result depends on, besides its own version and its job's parameters.

    `targets` are the rows that ought to have the result, as a query of the target's model; `fingerprint` is an
    expression over them whose text changes when the target's content does; `parameters` (JSON) are the settings
    that count. Made anew at each use; costs what reading the settings costs.
    """

    targets: QuerySet[Any]
    fingerprint: Any
    parameters: Any = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A kind of work.

    `run` is the dotted path of a function from StageContext to StageResult; only workers import it, so that a web
    process never loads a decoder. It must be idempotent: after a crash it runs again. It raises an error with
    `permanent` True when trying again can't help. When it is cancelled, out of time or the worker stops, an exception
    that isn't an `Exception` comes out of whatever it is doing, once: it cleans up and lets it pass.
    `on_failed(target_id, sentence)` is called once the engine has given up.
    Delays before attempt n+1 are first_delay_seconds * factor**(n-1), at most max_delay_seconds.

    `version` grows when the stage makes its result in another way. With `input_of` the ledger knows whether a target's
    result is still that of its present input: work that is only asked for where it is missing passes it over, and
    upkeep finds what is outdated. `on_current(target_ids)` is called in the transaction that passes targets over, for
    what the stage would have told others.

    `trigger`, `after`, `cron`, `slots`, `is_heavy`, the time-out, the retries and the queue are defaults: the owner may
    set others (StageConfig). `triggers` are those that may be chosen; `follow_priority` is that of jobs that follow
    another stage (None: the other one's). A heavy stage is not begun while somebody watches; one that runs sleeps in
    `report`, and its child processes are stopped meanwhile. One that is repeated looks for what time does (a disk that
    rots): its set times are for all targets, whatever the ledger knows. One that is `in_foreground` is done by a
    command that works off a folder before it returns.
    """

    name: str
    label: str
    queue: str
    target_kind: str
    run: str
    label_of: Callable[[Sequence[int]], dict[int, str]]
    on_failed: Callable[[int, str], None] = lambda target_id, sentence: None
    timeout_seconds: float = 300
    max_attempts: int = 4
    first_delay_seconds: float = 30
    max_delay_seconds: float = 3600
    delay_factor: float = 2.0
    version: int = 1
    input_of: Callable[[], StageInput] | None = None
    on_current: Callable[[Sequence[int]], None] = lambda target_ids: None
    trigger: str = "manual"
    triggers: tuple[str, ...] = ("on_import", "after", "cron", "manual")
    after: tuple[str, ...] = ()
    cron: str = ""
    follow_priority: int | None = None
    slots: int | None = None
    is_heavy: bool = False
    is_repeated: bool = False
    is_enabled: bool = True
    in_foreground: bool = False

    def delay_seconds(self, attempts: int) -> float:
        """How long to wait after that many failed attempts (1 or more)."""
        return min(self.first_delay_seconds * self.delay_factor ** (attempts - 1), self.max_delay_seconds)


_stages: dict[str, Stage] = {}


def register_stage(stage: Stage) -> None:
    """Makes a stage known. A name taken by another stage, or a trigger without its details, is a programming error."""
    if _stages.get(stage.name, stage) != stage:
        raise ValueError(f"Two stages are called {stage.name!r}.")
    if bool(stage.after) != (stage.trigger == "after") or bool(stage.cron) != (stage.trigger == "cron"):
        raise ValueError(f"The trigger of the stage {stage.name!r} doesn't go with its `after` or `cron`.")
    _stages[stage.name] = stage


def get_stage(name: str) -> Stage:
    """Raises UnknownStageError when no app registered it (a plugin was removed, say)."""
    try:
        return _stages[name]
    except KeyError:
        raise UnknownStageError(
            f"Nothing here knows the stage {name!r}; was the app that brought it removed?"
        ) from None


def load_run(stage: Stage) -> Callable[[StageContext], StageResult]:
    """The stage's function. Raises ImportError when its path is wrong; a test looks at every registered one."""
    function: Callable[[StageContext], StageResult] = import_string(stage.run)
    return function


def load_stages(queues: Sequence[str]) -> None:
    """Imports what the stages of these queues run, decoders and all, in a process that forks: its children save that.

    A stage that can't be imported is left to its first job, which fails with the reason.
    """
    for stage in all_stages():
        if stage.queue in queues:
            with contextlib.suppress(ImportError):
                load_run(stage)


def all_stages() -> list[Stage]:
    """In the order of their registration."""
    return list(_stages.values())
