"""How long it is remembered what rules did. Taking it back is another matter: that stands in the history."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from library.models import RuleLog, RuleRun
from library.models.rule import RuleRunStatus

KEPT_RUNS = 200
KEPT_DAYS = 90
# Of all runs together; one over a large library writes a line for each video.
KEPT_LINES = 500_000
_AT_ONCE = 20_000


def forget_rule_runs(
    *,
    now: datetime | None = None,
    kept_runs: int = KEPT_RUNS,
    kept_days: int = KEPT_DAYS,
    kept_lines: int = KEPT_LINES,
) -> int:
    """Removes the lines of runs that ended long ago, of all but the last runs, and of the oldest while there are more
    lines than are kept; runs without a line go as well, but for the last ones. Returns the number of lines.

    Runs that wait stay. Each statement removes a bounded number of lines, so that nobody waits for it.
    """
    ended = RuleRun.objects.exclude(status=RuleRunStatus.WAITING)
    before = (now or timezone.now()) - timedelta(days=kept_days)
    last = list(ended.order_by("-pk").values_list("pk", flat=True)[:kept_runs])
    gone = ended.filter(ended_at__lt=before).values("pk")
    removed = _remove(RuleLog.objects.filter(run__in=gone))
    removed += _remove(RuleLog.objects.filter(run__in=ended.exclude(pk__in=last).values("pk")))
    # By the key, which is their order in time: the line that is the last one to stay.
    edge = RuleLog.objects.order_by("-pk").values_list("pk", flat=True)[kept_lines : kept_lines + 1]
    if edge:
        removed += _remove(RuleLog.objects.filter(pk__lte=edge[0], run__in=ended.values("pk")))
    ended.exclude(pk__in=last).filter(logs=None).delete()
    ended.filter(ended_at__lt=before, logs=None).delete()
    return removed


def _remove(rows: "QuerySet[RuleLog]") -> int:
    removed = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        removed += RuleLog.objects.filter(pk__in=ids).delete()[0]
    return removed
