"""Stages as the owner has set them: the code's defaults, and over them the rows of StageConfig."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from processing.exceptions import StageConfigError
from processing.models import CronRun, Job, JobStatus, StageConfig, Trigger
from processing.services.bell import ring_on_commit
from processing.services.cron import parse_cron
from processing.services.single import wait_turn
from processing.stages import Stage, all_stages, get_stage

# PostgreSQL's advisory lock of whoever changes how stages follow each other.
_LOCK = (7_304, 0)
_FIELDS = (
    "is_enabled", "trigger", "cron", "queue", "slots", "is_heavy", "first_delay_seconds", "delay_factor",
    "max_delay_seconds", "timeout_seconds",
)  # fmt: skip


def stage_as_set(name: str) -> Stage:
    """The stage with what the owner set. One query. Raises UnknownStageError."""
    stage = get_stage(name)
    row = StageConfig.objects.filter(stage=name).first()
    return _set(stage, row) if row is not None else stage


def stages_as_set() -> dict[str, Stage]:
    """All registered stages with what the owner set, by name, in the order of their registration. One query."""
    rows = {row.stage: row for row in StageConfig.objects.all()}
    return {stage.name: _set(stage, rows[stage.name]) if stage.name in rows else stage for stage in all_stages()}


def config_of(stage: Stage) -> StageConfig:
    """An unsaved row with the stage's values."""
    values: dict[str, Any] = {name: getattr(stage, name) for name in _FIELDS}
    return StageConfig(stage=stage.name, after=list(stage.after), max_retries=stage.max_attempts - 1, **values)


def load_config(name: str) -> StageConfig:
    """The stage's row, or one with the defaults that isn't saved. Raises UnknownStageError."""
    return StageConfig.objects.filter(stage=name).first() or config_of(get_stage(name))


def check_config(config: StageConfig) -> None:
    """Raises StageConfigError or CronError with a sentence when the settings make no sense beside the others'."""
    stage = get_stage(config.stage)
    if config.trigger not in stage.triggers:
        raise StageConfigError(f"“{stage.label}” can't begin that way.")
    if config.trigger == Trigger.CRON:
        parse_cron(config.cron)
    if config.trigger != Trigger.AFTER:
        return
    if not config.after:
        raise StageConfigError("Say after which stages it begins.")
    for name in config.after:
        before = get_stage(name)
        if not follows_kind(before.target_kind, stage.target_kind):
            raise StageConfigError(
                f"“{stage.label}” works on a {stage.target_kind} and “{before.label}” on a {before.target_kind}: "
                "one can't follow the other."
            )
    _check_no_circle(config)


def follows_kind(before: str, after: str) -> bool:
    """Whether a stage on targets of the kind `after` may follow one on `before`: of the same, or the file's video."""
    return before == after or (before, after) == ("file", "video")


def save_config(config: StageConfig) -> None:
    """Checks and saves a stage's settings; what waits moves to its queue and gets its number of attempts.

    Set times count from now on: those that passed before they were set are not made up for.
    """
    with transaction.atomic():
        # Two forms saved at once could close a circle between them.
        wait_turn(_LOCK)
        check_config(config)
        config.full_clean()
        config.save()
        if config.trigger == Trigger.CRON:
            CronRun.objects.update_or_create(stage=config.stage, defaults={"answered_until": timezone.now()})
        else:
            CronRun.objects.filter(stage=config.stage).delete()
        _apply_to_waiting(_set(get_stage(config.stage), config))


def reset_config(name: str) -> None:
    """Forgets what was set for a stage: its defaults hold again."""
    with transaction.atomic():
        wait_turn(_LOCK)
        stage = get_stage(name)
        StageConfig.objects.filter(stage=name).delete()
        CronRun.objects.filter(stage=name).delete()
        check_config(config_of(stage))
        _apply_to_waiting(stage)


def _apply_to_waiting(stage: Stage) -> None:
    waiting = Job.objects.filter(stage=stage.name, status=JobStatus.PENDING)
    waiting.exclude(queue=stage.queue, max_attempts=stage.max_attempts).update(
        queue=stage.queue, max_attempts=stage.max_attempts
    )
    ring_on_commit(stage.queue)


def _check_no_circle(config: StageConfig) -> None:
    after: dict[str, tuple[str, ...]] = {
        name: stage.after if stage.trigger == Trigger.AFTER else () for name, stage in stages_as_set().items()
    }
    after[config.stage] = tuple(config.after)
    path = _way_back(config.stage, after)
    if path:
        labels = " → ".join(get_stage(name).label for name in path)
        raise StageConfigError(f"That would go round in a circle: {labels}.")


def _way_back(start: str, after: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A path from the stage back to itself, in the order in which they would run; empty when there is none."""
    open_paths = [[name, start] for name in after[start]]
    seen: set[str] = set()
    while open_paths:
        path = open_paths.pop()
        if path[0] == start:
            return path
        if path[0] not in seen:
            seen.add(path[0])
            open_paths += [[name, *path] for name in after.get(path[0], ())]
    return []


def _set(stage: Stage, row: StageConfig) -> Stage:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    return replace(stage, after=tuple(row.after), max_attempts=row.max_retries + 1, **values)
