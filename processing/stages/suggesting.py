"""The stages that propose things, apply rules and rename files."""

from collections.abc import Sequence

from library.models import RenameRun, RuleRun
from library.services.renaming.runs import RENAME_STAGE
from library.services.rules.applying import RULES_STAGE
from library.services.suggesting.refresh import SUGGEST_STAGE
from processing.stages.registry import Stage


def whole_library(target_ids: Sequence[int]) -> dict[int, str]:
    """It is about no row."""
    return dict.fromkeys(target_ids, "The whole library")


def rule_run_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """How many rules."""
    rows = RuleRun.objects.filter(pk__in=target_ids).values_list("pk", "rule_ids")
    return {pk: f"{len(ids)} rule{'' if len(ids) == 1 else 's'}" for pk, ids in rows}


def rename_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """By the template."""
    return dict(RenameRun.objects.filter(pk__in=target_ids).values_list("pk", "template"))


SUGGESTING_STAGES = (
    Stage(
        name=SUGGEST_STAGE,
        label="Finding suggestions",
        queue="maintenance",
        target_kind="library",
        run="processing.stages.suggest.suggest",
        label_of=whole_library,
        timeout_seconds=3600,
        triggers=("cron", "manual"),
        trigger="cron",
        cron="*/5 * * * *",
    ),
    Stage(
        name=RULES_STAGE,
        label="Applying rules",
        queue="maintenance",
        target_kind="library",
        run="processing.stages.suggest.rules",
        label_of=rule_run_labels,
        timeout_seconds=3600,
        first_delay_seconds=5,
        triggers=("manual",),
    ),
    Stage(
        name=RENAME_STAGE,
        label="Renaming files",
        queue="maintenance",
        target_kind="library",
        run="processing.stages.rename.run",
        label_of=rename_labels,
        timeout_seconds=6 * 3600,
        first_delay_seconds=30,
        max_attempts=11,
        max_delay_seconds=900,
        triggers=("manual",),
    ),
)
