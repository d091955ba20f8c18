"""Jobs that ended elsewhere, and what failed for good."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pgtrigger

from importers.kinds.base import Kind, Match, Prepared
from importers.models import ImportRun
from processing.models import DeadLetter, Job
from processing.models.dead_letter import OPEN
from processing.models.job import ACTIVE, TargetKind
from processing.stages import all_stages

_NO_TARGET = 0
_TELLS_APART = Job._meta.get_field("variant").max_length


class JobKind(Kind):
    """History only: what hadn't ended is `unfinished`. `target_id` may be a `Ref`; of a target that is gone only the
    label is left. The queue is the stage's."""

    name = "processing.job"
    model = Job
    required = ("stage", "status")

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        queues = {stage.name: stage.queue for stage in all_stages()}
        for record in records:
            _with_target(record.values)
            record.values.setdefault("queue", queues.get(str(record.values.get("stage")), "media"))
        return {index: "unfinished" for index, one in enumerate(records) if one.values.get("status") in ACTIVE}

    def delete(self, run: ImportRun, pks: Sequence[int]) -> None:
        # These never ran here: counters of what did mustn't grow by their going.
        with pgtrigger.ignore("processing.Job:keep_counts"):
            super().delete(run, pks)


class DeadLetterKind(Kind):
    """An open letter about the same stage of the same target is the same. `retrying` is nobody's any more, so it waits
    to be looked at."""

    name = "processing.deadletter"
    model = DeadLetter
    required = ("stage", "status")

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            _with_target(values)
            if values["target_id"] == _NO_TARGET:
                # Several that lost their targets are several all the same.
                values.setdefault("variant", f"{record.table} {record.key}"[:_TELLS_APART])
            values.setdefault("variant", "")
            if values.get("status") == "retrying":
                values["status"] = "pending_review"
            known = [values.get(name) for name in ("failed_at", "closed_at", "created_at")]
            values["failed_at"] = next((moment for moment in known if moment is not None), None)
            values["closed_at"] = None if values.get("status") in OPEN else values.get("closed_at") or known[0]
        return {index: "bad_date" for index, one in enumerate(records) if one.values["failed_at"] is None}

    def identity(self, record: Prepared) -> Hashable | None:
        return _about(record.values) if record.values.get("status") in OPEN else None

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        wanted: dict[Any, list[int]] = {}
        for index, record in enumerate(records):
            if record.values.get("status") in OPEN:
                wanted.setdefault(_about(record.values), []).append(index)
        rows = DeadLetter.objects.open().filter(target_id__in={about[1] for about in wanted})
        found = rows.values_list("pk", "target_kind", "target_id", "stage", "variant")
        return {index: Match(pk, "still open") for pk, *about in found for index in wanted.get(tuple(about), ())}


def _with_target(values: dict[str, Any]) -> None:
    values.setdefault("target_kind", TargetKind.VIDEO.value)
    if values.get("target_id") is None:
        values["target_id"] = _NO_TARGET


def _about(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return values["target_kind"], values["target_id"], values["stage"], values["variant"]
