"""What the ledger says of one target: every stage with how it ended, or with what waits or runs."""

from dataclasses import dataclass

from processing.models import Job, StageRecord
from processing.stages import all_stages


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of a target. `status` is that of the active job, or else of the ledger; "" when it was never tried."""

    stage: str
    label: str
    variant: str
    status: str
    job: Job | None
    record: StageRecord | None


def stage_lines(kind: str, target_id: int) -> list[StageLine]:
    """The stages on targets of this kind, in the order of their registration, each variant by itself. Two queries."""
    about = {"target_kind": kind, "target_id": target_id}
    jobs = {(job.stage, job.variant): job for job in Job.objects.active().filter(**about)}
    records = {(row.stage, row.variant): row for row in StageRecord.objects.filter(**about)}
    labels = {stage.name: stage.label for stage in all_stages() if stage.target_kind == kind}
    keys = [(name, "") for name in labels]
    keys += sorted((jobs.keys() | records.keys()) - set(keys))
    return [_line(name, variant, labels.get(name, name), jobs, records) for name, variant in keys]


def _line(
    name: str,
    variant: str,
    label: str,
    jobs: dict[tuple[str, str], Job],
    records: dict[tuple[str, str], StageRecord],
) -> StageLine:
    job, record = jobs.get((name, variant)), records.get((name, variant))
    status = job.status if job is not None else record.status if record is not None else ""
    return StageLine(name, label, variant, status, job, record)
