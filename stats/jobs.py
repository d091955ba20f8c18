"""What workers run to take and thin snapshots."""

from processing.stages.registry import StageContext, StageResult
from stats.services.snapshots import DAILY, take_snapshot, thin_snapshots


def take_storage(context: StageContext) -> StageResult:
    """The disks, every hour."""
    row = take_snapshot("storage")
    return StageResult({"video_bytes": row.video_bytes, "derived_bytes": row.derived_bytes})


def take_daily(context: StageContext) -> StageResult:
    """What the library is, how well it is described and what is watched, every day."""
    for number, kind in enumerate(DAILY):
        take_snapshot(kind)
        context.report(number + 1, len(DAILY))
    return StageResult({"snapshots": list(DAILY)})


def thin(context: StageContext) -> StageResult:
    """What is old, once a week."""
    return StageResult(thin_snapshots())
