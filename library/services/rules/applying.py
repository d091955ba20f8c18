"""What rules would do, and having it done as one change."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from library.exceptions import LibraryError, RuleError
from library.models import Rejection, Rule, RuleLog, RuleRun, User
from library.models.change import ChangeSource
from library.models.names import clean_name
from library.models.rule import RuleKind, RuleOutcome, RuleRunStatus
from library.services.background import submit_background
from library.services.changes import change_batch
from library.services.rules.checking import check_rule
from library.services.rules.matching import Met, in_chunks, videos_meeting
from library.services.suggesting.memory import one_run
from library.services.suggesting.names import NameIndex, load_names
from library.services.suggesting.places import links_of
from library.services.suggesting.targets import get_target, labels_of, lock_videos

RULES_STAGE = "rules"
_SEPARATORS = re.compile(r"[._\s]+")
# Of which a video has one: a rule doesn't add another.
_ONLY_ONE = ("studio",)

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One action on one video. `object_id` None is a name that isn't known yet and would be made."""

    rule_id: int
    video_id: int
    do: str
    kind: str
    object_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why an action isn't done on a video, in a sentence."""

    step: Step
    why: str


@dataclass(slots=True)
class RulePlan:
    """What rules would do now. `met` counts videos by rule; `already` counts actions that change nothing."""

    met: dict[int, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    already: int = 0

    @property
    def videos(self) -> int:
        return len({step.video_id for step in self.steps})


def plan_rules(rules: Sequence[Rule], *, video_ids: Sequence[int] | None = None, limit: int | None = None) -> RulePlan:
    """What these rules (checked here) would do to the library or to some videos; nothing is changed. `limit` bounds the
    videos of each rule, for a preview.

    Higher rules go first: what a lower one would add or remove against them is a conflict, and so is a second studio,
    and what somebody said no to. Raises RuleError.
    """
    plan = RulePlan()
    with one_run():
        names = load_names()
        ordered = sorted(rules, key=lambda rule: (-rule.priority, rule.name, rule.pk or 0))
        wishes: list[tuple[Rule, Step]] = []
        for rule in ordered:
            check_rule(rule)
            met = videos_meeting(rule, video_ids=video_ids, limit=limit)
            plan.met[rule.pk or 0] = len(met)
            wishes += [(rule, step) for one in met for step in _steps(rule, one, names)]
        _judge(wishes, {rule.pk or 0: rule.name for rule in ordered}, names, plan)
    return plan


def _steps(rule: Rule, met: Met, names: NameIndex) -> list[Step]:
    found = []
    for action in rule.actions:
        kind, pk, name = action["kind"], action.get("id"), action.get("name", "")
        if "capture" in action:
            name = clean_name(_SEPARATORS.sub(" ", met.captures.get(action["capture"], "")))[:100]
            if not name:
                continue
        if pk is None:
            pk = names.exact(kind, name)
        found.append(Step(rule.pk or 0, met.video_id, action["do"], kind, pk, name))
    return found


def _judge(
    wishes: Sequence[tuple[Rule, Step]], rule_names: Mapping[int, str], names: NameIndex, plan: RulePlan
) -> None:
    videos = sorted({step.video_id for _, step in wishes})
    has: dict[tuple[str, int], set[int]] = {}
    for kind in {step.kind for _, step in wishes}:
        for chunk in in_chunks(videos):
            has.update({(kind, video_id): ids for video_id, ids in links_of(kind, chunk).items()})
    rejected = {
        row
        for chunk in in_chunks(videos)
        for row in Rejection.objects.filter(video__in=chunk, subject="").values_list("kind", "video_id", "object_id")
    }
    labels = labels_of((step.kind, step.object_id) for _, step in wishes if step.object_id is not None)
    others = labels_of((kind, pk) for (kind, _), ids in has.items() if kind in _ONLY_ONE for pk in ids)
    # What was decided for a video: (kind, thing) -> (do, rule); and the one studio.
    decided: dict[tuple[int, str, Any], tuple[str, int]] = {}
    only: dict[tuple[int, str], tuple[Any, int]] = {}
    for _, step in wishes:
        thing = step.object_id if step.object_id is not None else step.name.casefold()
        if step.object_id is not None and (step.kind, step.object_id) not in labels:
            plan.conflicts.append(Conflict(step, "It is gone, or lies in the trash."))
            continue
        if step.object_id is None and names.is_ambiguous(step.kind, step.name):
            plan.conflicts.append(Conflict(step, f"“{step.name}” is a name of several."))
            continue
        before = decided.get((step.video_id, step.kind, thing))
        if before is not None:
            if before[0] != step.do:
                verb = "adds" if before[0] == "add" else "removes"
                plan.conflicts.append(Conflict(step, f"The rule {rule_names[before[1]]} {verb} it."))
            continue
        own = has.get((step.kind, step.video_id), set())
        if (step.object_id in own) == (step.do == "add"):
            plan.already += 1
            decided[step.video_id, step.kind, thing] = (step.do, step.rule_id)
            continue
        if step.do == "add":
            why = _against(step, own, rejected, only, others, rule_names)
            if why:
                plan.conflicts.append(Conflict(step, why))
                continue
            only.setdefault((step.video_id, step.kind), (thing, step.rule_id))
        decided[step.video_id, step.kind, thing] = (step.do, step.rule_id)
        plan.steps.append(step)


def _against(
    step: Step,
    own: set[int],
    rejected: set[tuple[str, int, int]],
    only: Mapping[tuple[int, str], tuple[Any, int]],
    others: Mapping[tuple[str, int], str],
    rule_names: Mapping[int, str],
) -> str:
    """Why it isn't added; empty where nothing is against it."""
    if step.object_id is not None and (step.kind, step.video_id, step.object_id) in rejected:
        return "Somebody said that it isn't so."
    if step.kind not in _ONLY_ONE:
        return ""
    if own:
        names = ", ".join(sorted(others.get((step.kind, pk), "another one") for pk in own))
        return f"It has {names} already."
    chosen = only.get((step.video_id, step.kind))
    if chosen is not None:
        return f"The rule {rule_names[chosen[1]]} gives it another one."
    return ""


def begin_rule_run(*, rules: Sequence[Rule], user: User | None, video_ids: Sequence[int] | None = None) -> RuleRun:
    """Orders that these rules be applied; a job does it. Raises RuleError for rules that can't be."""
    for rule in rules:
        check_rule(rule)
    with transaction.atomic():
        ids = sorted(set(video_ids)) if video_ids is not None else None
        run = RuleRun.objects.create(user=user, rule_ids=[rule.pk for rule in rules], video_ids=ids)
        submit_background(RULES_STAGE, run.pk, requested_by_id=user.pk if user is not None else None)
    return run


def apply_rule_run(*, run_id: int, report: Report = lambda done, total: None) -> RuleRun:
    """Does what was ordered as one change; once, however often it is called. A rule that can't be applied fails the
    run, which then has changed nothing."""
    try:
        with transaction.atomic():
            run = RuleRun.objects.select_for_update().get(pk=run_id)
            if run.status == RuleRunStatus.WAITING:
                rules = list(Rule.objects.filter(pk__in=run.rule_ids))
                _apply(run, rules, report)
    except RuleError as error:
        RuleRun.objects.filter(pk=run_id, status=RuleRunStatus.WAITING).update(
            status=RuleRunStatus.FAILED, error=str(error)[:500], ended_at=timezone.now()
        )
    return RuleRun.objects.get(pk=run_id)


def apply_rules_to_new(video_ids: Sequence[int]) -> RuleRun | None:
    """The enabled rules on videos that are new; None where they meet none of them. A rule that can't be applied is left
    out, and says so when it is opened."""
    enabled = Rule.objects.filter(is_enabled=True).exclude(kind=RuleKind.MANUAL)
    usable = []
    for rule in enabled:
        try:
            check_rule(rule)
        except RuleError:
            continue
        if videos_meeting(rule, video_ids=video_ids, limit=1):
            usable.append(rule)
    if not usable:
        return None
    with transaction.atomic():
        run = RuleRun.objects.create(rule_ids=[rule.pk for rule in usable], video_ids=list(video_ids))
        _apply(run, usable, lambda done, total: None)
        if not run.video_count and not run.conflict_count:
            run.delete()
            return None
    return run


def _apply(run: RuleRun, rules: Sequence[Rule], report: Report) -> None:
    by_id = {rule.pk: rule for rule in rules}
    names = ", ".join(rule.name for rule in rules[:3]) + (f" and {len(rules) - 3} more" if len(rules) > 3 else "")
    with change_batch(user=run.user, source=ChangeSource.RULE) as batch:
        plan = plan_rules(rules, video_ids=run.video_ids)
        lock_videos(step.video_id for step in plan.steps)
        done, conflicts = _carry_out(plan, run.user, report)
        noun = "rule" if len(rules) == 1 else "rules"
        videos = len({step.video_id for step in done})
        batch.summary = f"Applied the {noun} {names} to {videos:,} video{'' if videos == 1 else 's'}"[:500]
    logs = [_log(run, by_id, step, RuleOutcome.ADDED if step.do == "add" else RuleOutcome.REMOVED) for step in done]
    logs += [_log(run, by_id, one.step, RuleOutcome.CONFLICT, one.why) for one in conflicts]
    RuleLog.objects.bulk_create(logs, batch_size=2_000)
    run.batch = batch if batch.change_count else None
    run.video_count, run.conflict_count = videos, len(conflicts)
    run.hit_count = sum(plan.met.values())
    run.status, run.ended_at = RuleRunStatus.DONE, timezone.now()
    run.save(update_fields=["batch", "video_count", "conflict_count", "hit_count", "status", "ended_at"])


def _carry_out(plan: RulePlan, user: User | None, report: Report) -> tuple[list[Step], list[Conflict]]:
    """A few statements for each thing, whatever the number of videos."""
    by_thing: dict[tuple[str, str, int | None, str], list[Step]] = defaultdict(list)
    for step in plan.steps:
        name = "" if step.object_id is not None else step.name
        by_thing[step.do, step.kind, step.object_id, name].append(step)
    conflicts = list(plan.conflicts)
    done: list[Step] = []
    count = 0
    for (do, kind, object_id, name), steps in by_thing.items():
        target = get_target(kind)
        videos = [step.video_id for step in steps]
        try:
            with transaction.atomic():
                pk = object_id if object_id is not None else target.links.find_or_create(name, user)
                act = target.put if do == "add" else target.take
                act(video_ids=videos, ids=[pk], user=user, source=ChangeSource.RULE)
        except (LibraryError, ValueError) as error:
            conflicts += [Conflict(step, str(error)) for step in steps]
        else:
            done += [Step(s.rule_id, s.video_id, s.do, s.kind, pk, s.name) for s in steps]
        count += len(steps)
        report(count, len(plan.steps))
    return done, conflicts


def _log(run: RuleRun, rules: Mapping[int, Rule], step: Step, outcome: str, why: str = "") -> RuleLog:
    rule = rules.get(step.rule_id)
    return RuleLog(
        run=run,
        rule=rule,
        rule_name=rule.name if rule is not None else "",
        video_id=step.video_id,
        kind=step.kind,
        object_id=step.object_id,
        label=step.name[:200],
        outcome=outcome,
        detail=why[:300],
    )


def count_by_thing(plan: RulePlan) -> list[tuple[str, str, int]]:
    """(do, what it is called, videos) of a plan, the most first. One query for each kind."""
    labels = labels_of((step.kind, step.object_id) for step in plan.steps if step.object_id is not None)
    counts: Counter[tuple[str, str, str]] = Counter()
    for step in plan.steps:
        label = labels.get((step.kind, step.object_id), "") if step.object_id is not None else f"{step.name} (new)"
        counts[step.do, get_target(step.kind).links.one, label] += 1
    return [(f"{do} {noun}", label, count) for (do, noun, label), count in counts.most_common()]
