"""The stages of statistics. Loaded when Django starts."""

from collections.abc import Sequence

from processing.stages.registry import Stage, register_stage

# What the stages are about: there is one library.
WHOLE = 1


def whole_library(target_ids: Sequence[int]) -> dict[int, str]:
    """What these stages are about."""
    return dict.fromkeys(target_ids, "The whole library")


def _register(name: str, label: str, run: str, cron: str) -> None:
    register_stage(
        Stage(
            name=name,
            label=label,
            queue="maintenance",
            target_kind="library",
            run=run,
            label_of=whole_library,
            timeout_seconds=1800,
            trigger="cron",
            cron=cron,
            triggers=("cron", "manual"),
        )
    )


_register("snapshot-storage", "Measuring the disks", "stats.jobs.take_storage", "0 * * * *")
# Twice: cron goes by local time, and where summer time moves midnight over that of UTC once a day would miss one.
_register("snapshot-daily", "Taking the day's statistics", "stats.jobs.take_daily", "0 0,12 * * *")
_register("snapshot-thin", "Thinning old statistics", "stats.jobs.thin", "0 3 * * 0")
