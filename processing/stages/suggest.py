"""What proposes things for videos, and what applies rules. In workers only."""

from datetime import timedelta

from django.utils import timezone

from library.models import RuleRun
from library.services.kept import keep_result, kept_time
from library.services.rules.applying import apply_rule_run, apply_rules_to_new
from library.services.rules.forgetting import forget_rule_runs
from library.services.rules.learning import learn_rules
from library.services.suggesting.evidence import find_evidence
from library.services.suggesting.refresh import refresh_suggestions
from processing.exceptions import TargetGoneError
from processing.media.naming import guess_name
from processing.media.tags import read_tags
from processing.services.aside import told_from_aside
from processing.stages.registry import StageContext, StageResult

# Everything is looked at again once a day: what changed in ways that leave no trace.
_FULL_AFTER = timedelta(days=1)
_FULL_KEY = "suggestions-full-at"


def suggest(context: StageContext) -> StageResult:
    """Proposals for what is new or changed, rules for new videos; then what many videos have in common. Of a library
    that nobody has looked at yet, a run takes a part; the next one is five minutes away."""
    now = timezone.now()
    full_at = kept_time(_FULL_KEY)
    is_full = bool(context.params.get("is_full")) or (full_at is not None and now - full_at > _FULL_AFTER)
    done = refresh_suggestions(
        is_full=is_full,
        read_tags=read_tags,
        guess_name=guess_name,
        on_new=apply_rules_to_new,
        report=context.report,
    )
    if done.is_full or full_at is None:
        keep_result(_FULL_KEY, now)
    facts = {
        "videos": done.looked_at, "changed": done.changed, "new": done.new, "left": done.left, "full": done.is_full,
    }  # fmt: skip
    forget_rule_runs()
    if done.changed or done.is_full:
        facts["batches"] = len(find_evidence())
        facts["learned_rules"] = len(learn_rules())
    return StageResult(facts)


def rules(context: StageContext) -> StageResult:
    """Does what somebody ordered, as one change."""
    with told_from_aside(context.report) as tell:
        try:
            run = apply_rule_run(run_id=context.target_id, report=tell)
        except RuleRun.DoesNotExist:
            raise TargetGoneError("The order was removed before it began.") from None
    return StageResult({"videos": run.video_count, "conflicts": run.conflict_count, "error": run.error})
