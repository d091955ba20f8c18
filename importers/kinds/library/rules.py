"""Rules and what they did."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.db import models
from django.utils import timezone

from importers.kinds.base import Kind, Policy, Prepared
from importers.kinds.naming import NamedKind
from importers.models import ImportedRow, ImportRun
from importers.services.context import Made, context_of
from importers.services.rows import MADE
from library.models import Rule, RuleLog, RuleRun
from library.models.rule import RuleRunStatus

_RUN = "library.rulerun"


class RuleKind(NamedKind):
    """A rule; one of its name is the same."""

    name = "library.rule"
    model = Rule
    policies = {"is_enabled": Policy.OURS, "priority": Policy.OURS}


class RuleRunKind(Kind):
    """The run that imported log entries belong to: made when the first comes, no record is one."""

    name: ClassVar[str] = _RUN
    model: ClassVar[type[models.Model]] = RuleRun


class RuleLogKind(Kind):
    """What a rule did to a video."""

    name = "library.rulelog"
    model = RuleLog

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        rule_run = self._rule_run(run)
        for record in records:
            record.values["run"] = rule_run
        return {}

    @staticmethod
    def _rule_run(run: ImportRun) -> int:
        rows = ImportedRow.objects.filter(system=run.system, identity=run.identity, table=MADE, kind=_RUN, run=run)
        known = rows.values_list("object_id", flat=True).first()
        made = [one.pk for one in context_of(run).made if one.kind == _RUN]
        if known or made:
            return int(known or made[0])
        now = timezone.now()
        row = RuleRun.objects.create(user=run.owner, status=RuleRunStatus.DONE, ended_at=now)
        context_of(run).made.append(Made(_RUN, f"rules of import {run.pk}", row.pk, {}))
        return row.pk
