"""What a worker does with runs that pages order."""

from typing import Any

import pytest

from importers.exceptions import ImportersError
from importers.models import ImportRun, PlannedRow, RunStatus
from importers.queries.runs import State, state_of
from importers.services.ordering import mark_failed, order, order_import, prepare_run, stop
from importers.services.running import resume_run
from importers.stage import run as run_stage
from library.models import User
from people.models import Creator
from processing.models import Job, JobStatus
from processing.services.claim import claim_next
from processing.services.run import run_job
from processing.stages.registry import StageContext
from tests.importers.pages.pretend import Pretend, PretendSource

pytestmark = pytest.mark.django_db


@pytest.fixture
def backups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where backups were asked for; none is made."""
    asked: list[str] = []
    monkeypatch.setattr("importers.stage.call_command", lambda name, path, **options: asked.append(path))
    return asked


@pytest.fixture
def known(pretend: Pretend, backups: list[str]) -> Pretend:
    User.objects.create_superuser("owner")
    pretend.data = {
        "people": {f"{number:03}": {"name": f"Person {number}"} for number in range(5)},
        "odd": {"1": {"name": "A thing"}},
    }
    return pretend


def work(run: ImportRun, **params: Any) -> list[tuple[int, int]]:
    """Has the stage do it in this process; returns what it told of its progress."""
    told: list[tuple[int, int]] = []
    context = StageContext(run.pk, params, None, lambda done, total: told.append((done, total)))
    run_stage(context)
    return told


def test_a_dry_run_writes_its_lines_and_nothing_else(known: Pretend) -> None:
    run = prepare_run(system="pretend", location="/old")

    work(run)

    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert not Creator.objects.exists()
    assert PlannedRow.objects.filter(run=run, kind="people.creator", outcome="created").count() == 5
    assert run.report["tables"]["odd"]["reasons"] == {"no_place_yet": 1}


def test_the_import_follows_what_was_decided_about_names(known: Pretend) -> None:
    ours = Creator.objects.create(name="Person 3")
    dry = prepare_run(system="pretend", location="/old")
    work(dry)
    dry.refresh_from_db()

    run = order_import(dry_run=dry, decisions={"people.creator": {"003": "new"}})
    work(run)

    assert Creator.objects.filter(name="Person 3").exclude(pk=ours.pk).exists()
    assert Creator.objects.count() == 6


def test_an_import_is_compared_with_its_source_at_the_end(known: Pretend) -> None:
    dry = prepare_run(system="pretend", location="/old")
    work(dry)
    dry.refresh_from_db()
    run = order_import(dry_run=dry)

    work(run)

    run.refresh_from_db()
    assert (run.is_verified, run.report["verified"]) == (True, True)
    assert run.report["verification"]["rows"] == 5
    assert dry.is_verified is None


def test_a_job_that_was_cut_off_while_it_compared_only_compares(known: Pretend, backups: list[str]) -> None:
    dry = prepare_run(system="pretend", location="/old")
    work(dry)
    dry.refresh_from_db()
    run = order_import(dry_run=dry)
    work(run)
    ImportRun.objects.filter(pk=run.pk).update(is_verified=None)

    work(run)

    run.refresh_from_db()
    assert (run.status, run.is_verified, len(backups)) == (RunStatus.COMPLETED, True, 1)


def test_a_backup_is_made_before_an_import_and_none_before_a_dry_run(known: Pretend, backups: list[str]) -> None:
    dry = prepare_run(system="pretend", location="/old")
    work(dry)
    without = list(backups)
    dry.refresh_from_db()

    run = order_import(dry_run=dry)
    work(run)

    run.refresh_from_db()
    assert without == []
    assert [run.backup_path] == backups


def test_verifying_and_taking_back_are_done_by_the_same_stage(known: Pretend) -> None:
    run = prepare_run(system="pretend", location="/old")
    ImportRun.objects.filter(pk=run.pk).update(is_dry_run=False)
    work(run)

    work(run, action="verify")
    run.refresh_from_db()
    is_verified = run.is_verified
    Creator.objects.filter(name="Person 3").update(name="Renamed")
    work(run, action="rollback")

    run.refresh_from_db()
    assert is_verified
    assert list(Creator.objects.values_list("name", flat=True)) == ["Renamed"]
    assert run.status == RunStatus.ROLLED_BACK


def test_a_run_that_was_cut_off_is_carried_on_by_the_next_attempt(
    known: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepare_run(system="pretend", location="/old")
    ImportRun.objects.filter(pk=run.pk).update(is_dry_run=False)
    whole = PretendSource.map

    def dies(source: PretendSource, row: Any) -> Any:
        if row.table == "odd":
            raise SystemExit
        return whole(source, row)

    monkeypatch.setattr(PretendSource, "map", dies)
    with pytest.raises(SystemExit):
        work(run)
    # As a killed process leaves it.
    ImportRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING)
    halfway = Creator.objects.count()
    monkeypatch.setattr(PretendSource, "map", whole)

    work(run)

    run.refresh_from_db()
    assert halfway == 5
    assert Creator.objects.count() == 5
    assert run.status == RunStatus.COMPLETED
    assert run.report["tables"]["people"]["created"] == 5


def test_a_source_that_is_gone_fails_the_job_once_and_tells_the_run(known: Pretend) -> None:
    run = prepare_run(system="pretend", location="/old")
    order(run=run)
    ImportRun.objects.filter(pk=run.pk).update(location="/broken")
    Job.objects.update(queue="maintenance")
    job = claim_next(queue="maintenance", worker="test")
    assert job is not None

    run_job(job)

    run.refresh_from_db()
    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.FAILED, 1)
    assert (run.status, run.error) == (RunStatus.FAILED, "There is nothing to be read.")
    assert state_of(run).can_resume


def test_stopping_cancels_job_and_run_and_leaves_it_to_be_resumed(known: Pretend) -> None:
    run = prepare_run(system="pretend", location="/old")
    order(run=run)

    assert stop(run=run)

    run.refresh_from_db()
    assert state_of(run).state == State.CANCELLED
    resume_run(run=run)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert not stop(run=run)


def test_a_run_that_has_ended_is_not_made_a_failure_by_a_late_job(known: Pretend) -> None:
    run = prepare_run(system="pretend", location="/old")
    work(run)

    mark_failed(run.pk, "Too late.")

    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED


def test_a_second_import_is_refused_while_one_waits(known: Pretend) -> None:
    order(run=prepare_run(system="pretend", location="/old"))

    with pytest.raises(ImportersError, match="Another import is under way"):
        order(run=prepare_run(system="pretend", location="/old"))


def test_progress_is_told_in_rows_of_the_source(known: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processing.services.aside._REPORT_SECONDS", 0.0)
    monkeypatch.setattr("importers.stage.told_from_aside", _AtOnce)
    run = prepare_run(system="pretend", location="/old")

    assert work(run) == [(5, 6), (6, 6)]


class _AtOnce:
    """`told_from_aside` without its thread."""

    def __init__(self, report: Any) -> None:
        self._report = report

    def __enter__(self) -> Any:
        return self._report

    def __exit__(self, *error: object) -> None:
        pass
