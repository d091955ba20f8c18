"""The stages that exist. An app registers its own in `AppConfig.ready()`; the engine knows none by name."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

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
class Stage:
    """A kind of work.

    `run` is the dotted path of a function from StageContext to StageResult; only workers import it, so that a web
    process never loads a decoder. It must be idempotent: after a crash it runs again. It raises an error with
    `permanent` True when trying again can't help. When it is cancelled, out of time or the worker stops, an exception
    that isn't an `Exception` comes out of whatever it is doing, once: it cleans up and lets it pass.
    `on_failed(target_id, sentence)` is called once the engine has given up.
    Delays before attempt n+1 are first_delay_seconds * factor**(n-1), at most max_delay_seconds.
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

    def delay_seconds(self, attempts: int) -> float:
        """How long to wait after that many failed attempts (1 or more)."""
        return min(self.first_delay_seconds * self.delay_factor ** (attempts - 1), self.max_delay_seconds)


_stages: dict[str, Stage] = {}


def register_stage(stage: Stage) -> None:
    """Makes a stage known. A name taken by another stage is a programming error."""
    if _stages.get(stage.name, stage) != stage:
        raise ValueError(f"Two stages are called {stage.name!r}.")
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
