"""Runs: rehearsed, interrupted, resumed, one at a time."""

import os
import signal
from typing import Any

import pytest
from django.db import connection, connections

from importers.exceptions import RunError, SourceError
from importers.models import ImportedRow, ImportRun, PlannedRow, RunStatus
from importers.records import Record, Ref
from importers.services.locking import is_import_under_way, one_import_at_a_time
from importers.services.running import cancel_run, create_run, resume_run, start_run
from importers.services.tables import CancelledError
from library.models import Tag, User, Video, VideoTag
from tests.importers.memory import World, many, record
from tests.library.factories import make_user

ASKED = {"system": "memory", "location": "main"}
# What a run writes of itself, dry or not.
OWN = ("importers_importrun", "importers_plannedrow")


def dump(*leave_out: str) -> dict[str, Any]:
    """Every table's content as a digest, less those that are named."""
    tables = [name for name in connection.introspection.table_names() if name not in leave_out]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{name}', md5(string_agg(row::text, E'\\n' ORDER BY row::text)) FROM \"{name}\" AS row"
                for name in tables
            )
        )
        return dict(cursor.fetchall())


def stumble(number: int) -> Any:
    """A video that stops the run when it is read for the first time."""
    state = {"first": True}

    def read() -> Record:
        if state.pop("first", False):
            raise SourceError("The disk went away.")
        return record("library.video", title=f"Film {number}")

    return read


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.services.tables.AT_ONCE", 4)


def world_of(number: int = 10, stop: int | None = None) -> World:
    videos: dict[str, Any] = many("library.video", number, lambda n: {"title": f"Film {n}"})
    if stop is not None:
        videos[str(stop)] = stumble(stop)
    links = many("library.videotag", number, lambda n: {"video": Ref("videos", str(n)), "tag": Ref("tags", "1")})
    tags = {"1": record("library.tag", name="Beach", parent=Ref("tags", "2")), "2": record("library.tag", name="Out")}
    return World({"tags": tags, "videos": videos, "links": links}).put()


def created(run: ImportRun) -> dict[str, int]:
    return {name: row["created"] for name, row in run.report["tables"].items()}


def contents() -> tuple[Any, ...]:
    return (
        sorted(Video.objects.values_list("title", flat=True)),
        sorted(Tag.objects.values_list("name", "parent__name")),
        sorted(VideoTag.objects.values_list("video__title", "tag__name")),
        sorted(ImportedRow.objects.values_list("table", "key", "part", "kind", "outcome", "reason")),
    )


@pytest.mark.django_db
def test_a_run_that_stopped_in_the_middle_goes_on_to_the_same_end(owner: User, small_chunks: None) -> None:
    world_of(stop=7)
    run = create_run(**ASKED)
    with pytest.raises(SourceError):
        resume_run(run=run)
    stopped = ImportRun.objects.get()
    assert (stopped.status, stopped.error) == (RunStatus.FAILED, "The disk went away.")
    assert stopped.progress["videos"]["read"] == Video.objects.count() == 4

    done = resume_run(run=stopped)

    assert done.status == RunStatus.COMPLETED
    assert {name: row["created"] for name, row in done.report["tables"].items()} == {
        "tags": 2,
        "videos": 10,
        "links": 10,
    }
    assert done.batch.change_count == 10 * 3 + 2
    resumed = contents()
    ImportedRow.objects.all().delete()
    for model in (VideoTag, Tag, Video):
        model.objects.all().delete()
    start_run(**ASKED)
    assert contents() == resumed


@pytest.mark.django_db(transaction=True)
def test_a_run_that_was_killed_goes_on_to_the_same_end(small_chunks: None) -> None:
    make_user(username="owner", is_superuser=True)
    world = world_of()
    world.tables["videos"]["7"] = lambda: os.kill(os.getpid(), signal.SIGKILL)
    run = create_run(**ASKED)
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            resume_run(run=run)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    run.refresh_from_db()
    assert (run.status, run.progress["videos"]["after"]) == (RunStatus.RUNNING, "4")
    world.tables["videos"]["7"] = record("library.video", title="Film 7")

    done = resume_run(run=run)

    assert {name: row["created"] for name, row in done.report["tables"].items()} == {
        "tags": 2,
        "videos": 10,
        "links": 10,
    }
    assert VideoTag.objects.count() == 10


@pytest.mark.django_db
def test_a_dry_run_says_what_would_come_and_changes_nothing(owner: User, small_chunks: None) -> None:
    Tag.objects.create(name="Out", description="ours")
    world = world_of()
    world.tables["tags"]["2"] = record("library.tag", name="Out", description="theirs", color="#112233")
    world.tables["odd"] = {"1": record("library.videotag", video=Ref("videos", "99"), tag=Ref("tags", "1"))}
    before = dump(*OWN)

    run = start_run(**ASKED, is_dry_run=True)

    assert dump(*OWN) == before
    assert ImportRun.objects.get(pk=run.pk).batch is None
    assert run.report["dry_run"] is True
    assert run.report["tables"]["videos"]["created"] == 10
    assert run.report["tables"]["odd"]["reasons"] == {"dangling_reference": 1}
    assert [conflict["theirs"] for conflict in run.report["conflicts"]] == ["theirs"]
    merged = PlannedRow.objects.get(run=run, table="tags", key="2")
    assert (merged.outcome, merged.object_id) == ("merged", Tag.objects.get().pk)
    assert merged.changes == {"color": ["#6B7280", "#112233"]}
    made = PlannedRow.objects.get(run=run, table="videos", key="3", part="")
    assert (made.outcome, made.object_id, made.changes["title"]) == ("created", None, [None, "Film 3"])
    real = start_run(**ASKED)
    assert real.report["tables"] == run.report["tables"]


@pytest.mark.django_db
def test_a_dry_run_that_stopped_begins_anew(owner: User, small_chunks: None) -> None:
    world_of(stop=7)
    run = create_run(**ASKED, is_dry_run=True)
    with pytest.raises(SourceError):
        resume_run(run=run)
    assert not PlannedRow.objects.exists()

    done = resume_run(run=ImportRun.objects.get())

    assert done.report["tables"]["videos"]["created"] == 10
    assert PlannedRow.objects.filter(table="videos", part="").count() == 10


@pytest.mark.django_db
def test_the_second_of_two_imports_is_told(owner: User) -> None:
    world_of()
    run = create_run(**ASKED)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7361)")
            assert is_import_under_way()
            with pytest.raises(RunError, match="under way already"):
                resume_run(run=run)
            # The server ends a session some time after it was closed.
            cursor.execute("SELECT pg_advisory_unlock(7361)")
    finally:
        other.close()
    assert not Video.objects.exists()

    with one_import_at_a_time():
        pass
    assert resume_run(run=run).status == RunStatus.COMPLETED
    assert not is_import_under_way()


@pytest.mark.django_db
def test_a_cancelled_run_stops_at_the_next_chunk_and_can_be_resumed(owner: User, small_chunks: None) -> None:
    world = world_of()
    run = create_run(**ASKED)

    def cancel() -> Record:
        assert cancel_run(run=run)
        return record("library.video", title="Film 7")

    world.tables["videos"]["7"] = cancel
    with pytest.raises(CancelledError):
        resume_run(run=run)
    assert (ImportRun.objects.get().status, Video.objects.count()) == (RunStatus.CANCELLED, 4)

    world.tables["videos"]["7"] = record("library.video", title="Film 7")
    assert resume_run(run=run).report["tables"]["videos"]["created"] == 10


@pytest.mark.django_db
def test_a_source_that_changes_meanwhile_is_told(owner: User) -> None:
    world = world_of()
    world.marks = ["before", "after"]

    assert start_run(**ASKED).report["source_changed"] is True
    assert start_run(**ASKED).report["source_changed"] is False
    assert world.opened == world.closed == 4


@pytest.mark.django_db
def test_a_run_that_has_ended_is_not_resumed(owner: User) -> None:
    world_of()
    run = start_run(**ASKED)

    with pytest.raises(RunError, match="has ended"):
        resume_run(run=run)


@pytest.mark.django_db
def test_a_run_goes_on_with_the_same_installation_only(owner: User) -> None:
    world = world_of()
    run = create_run(**ASKED)
    world.identity = "two"

    with pytest.raises(RunError, match="not the installation"):
        resume_run(run=run)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"system": "nothing"}, "no importer for nothing"),
        ({"user_map": {"zoe": "nobody"}}, "no user named nobody"),
        ({"decisions": {"people.creator": {"1": 4711}}}, "isn't there"),
        ({"decisions": {"no.kind": {"1": "new"}}}, "nothing of the kind"),
    ],
)
def test_what_can_not_be_meant_is_said_at_once(owner: User, asked: dict[str, Any], said: str) -> None:
    world_of()

    with pytest.raises(RunError, match=said):
        create_run(**{**ASKED, **asked})
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_without_an_owner_there_is_no_import(db: None) -> None:
    world_of()

    with pytest.raises(RunError, match="no owner yet"):
        create_run(**ASKED)


@pytest.mark.django_db
def test_a_backup_is_made_once_and_before_anything_is_written(owner: User, small_chunks: None) -> None:
    world_of(stop=7)
    made = []

    def back_up() -> str:
        made.append(Video.objects.count())
        return "/backups/one.tar"

    run = create_run(**ASKED)
    with pytest.raises(SourceError):
        resume_run(run=run, make_backup=back_up)
    resume_run(run=run, make_backup=back_up)

    assert (made, run.backup_path) == ([0], "/backups/one.tar")


@pytest.mark.django_db
def test_where_the_source_lies_is_stored_encrypted(owner: User) -> None:
    world_of()

    assert "main" not in create_run(**ASKED).location
