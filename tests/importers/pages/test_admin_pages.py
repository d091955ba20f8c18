"""The pages of moving in: what they ask, show and order."""

import io
import json
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from importers.models import ImportRun, Outcome, PlannedRow
from importers.services.ordering import order, set_options
from importers.services.running import location_of, start_run
from importers.services.secrets import decrypt
from library.models import User
from people.models import Creator
from processing.models import Job
from tests.importers.pages.pretend import Pretend
from tests.library.factories import make_folder, make_user
from tests.people.factories import make_creator

pytestmark = pytest.mark.django_db
LIST = "/admin/importers/importrun/"


def make_run(**columns: Any) -> ImportRun:
    values = {"system": "pretend", "identity": "one", "label": "old-house", "location": "/old", "is_dry_run": True}
    return ImportRun.objects.create(**values | columns)


def plan(run: ImportRun, title: str = "Ann", **columns: Any) -> PlannedRow:
    values = {"table": "people", "key": title, "kind": "people.creator", "outcome": Outcome.CREATED, "title": title}
    return PlannedRow.objects.create(run=run, **values | columns)


@pytest.mark.parametrize("address", ["", "begin/", "begin/pretend/", "1/prepare/", "1/change/", "1/rows/", "1/names/"])
def test_who_may_not_move_in_sees_nothing_of_it(client: Client, pretend: Pretend, address: str) -> None:
    make_run(pk=1)
    client.force_login(make_user(role="moderator", is_staff=True))

    assert client.get(LIST + address).status_code == 403


def test_every_system_is_offered_with_what_its_source_may_be(owner: User, client: Client, pretend: Pretend) -> None:
    page = client.get(f"{LIST}begin/").content.decode()

    assert "Pretend" in page
    assert "Anything at all." in page


def test_a_source_that_cant_be_read_is_told_and_nothing_is_kept(owner: User, client: Client, pretend: Pretend) -> None:
    page = client.post(f"{LIST}begin/pretend/", {"location": "/broken"})

    assert "There is nothing to be read." in page.content.decode()
    assert not ImportRun.objects.exists()


def test_a_password_in_an_address_is_kept_encrypted_and_never_shown(
    owner: User, client: Client, pretend: Pretend, home: Path
) -> None:
    address = "postgresql://bob:hunter2@old/db"

    answer = client.post(f"{LIST}begin/pretend/", {"location": address})

    run = ImportRun.objects.get()
    assert "hunter2" not in run.location
    assert location_of(run) == address
    pages = [answer["Location"], f"{LIST}{run.pk}/change/", LIST]
    assert not [one for one in pages if "hunter2" in client.get(one).content.decode()]
    again = client.post(f"{LIST}begin/pretend/", {"location": f"{address}broken"}).content.decode()
    assert "hunter2" not in again


def test_the_old_key_is_asked_for_where_it_is_needed_and_kept_encrypted(
    owner: User, client: Client, pretend: Pretend, home: Path
) -> None:
    pretend.needs_secret = True

    without = client.post(f"{LIST}begin/pretend/", {"location": "/old"})
    client.post(f"{LIST}begin/pretend/", {"location": "/old", "secret": "Sesame"})

    assert "its old key is needed" in without.content.decode()
    run = ImportRun.objects.get()
    assert "Sesame" not in json.dumps(run.options)
    assert decrypt(run.options["secret"]) == "Sesame"


def _sqlite(folder: Path) -> bytes:
    path = folder / "made.db"
    with sqlite3.connect(path) as session:
        session.execute("CREATE TABLE people (id INTEGER)")
    return path.read_bytes()


def _zip(*names: str, content: bytes = b"[]") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_file_from_the_browser_is_kept_where_only_the_server_reads_it(
    owner: User, client: Client, pretend: Pretend, home: Path, tmp_path: Path
) -> None:
    content = _sqlite(tmp_path)

    client.post(f"{LIST}begin/pretend/", {"upload": SimpleUploadedFile("../../old.db", content)})

    kept = Path(location_of(ImportRun.objects.get()))
    assert kept.read_bytes() == content
    assert home / "imports" in kept.parents
    assert (home / "imports").stat().st_mode & 0o777 == 0o700


def test_a_zip_becomes_the_folder_that_it_holds(owner: User, client: Client, pretend: Pretend, home: Path) -> None:
    client.post(
        f"{LIST}begin/pretend/", {"upload": SimpleUploadedFile("dump.zip", _zip("dump/a.json", "dump/b/c.json"))}
    )

    folder = Path(location_of(ImportRun.objects.get()))
    assert sorted(path.name for path in folder.rglob("*.json")) == ["a.json", "c.json"]
    assert (folder / "b/c.json").read_bytes() == b"[]"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"plain text", "no SQLite database"),
        (_zip("../../../evil.json"), "outside itself"),
        (_zip("/etc/evil.json"), "outside itself"),
        (_zip("a.json")[:-30], "no SQLite database"),
    ],
    # A zip holds the time it was made at: as an id, two workers of the tests would not find the same tests.
    ids=["text", "above itself", "elsewhere", "cut off"],
)
def test_a_file_that_is_no_source_is_refused_and_leaves_nothing(
    owner: User, client: Client, pretend: Pretend, home: Path, content: bytes, said: str
) -> None:
    page = client.post(f"{LIST}begin/pretend/", {"upload": SimpleUploadedFile("x.zip", content)}).content.decode()

    assert said in page
    assert not ImportRun.objects.exists()
    assert list((home / "imports").iterdir()) == []


def test_the_path_map_is_proposed_by_what_is_on_disk(
    owner: User, client: Client, pretend: Pretend, tmp_path: Path
) -> None:
    (tmp_path / "videos/trips").mkdir(parents=True)
    (tmp_path / "videos/trips/sea.mp4").touch()
    make_folder(path=tmp_path / "videos")
    pretend.known_paths = ["/data/films", "/data/films/trips/sea.mp4", "/data/films/trips/gone.mp4", "/mnt/x/y.mp4"]
    run = make_run()

    page = client.get(f"{LIST}{run.pk}/prepare/").content.decode()

    assert 'value="/data/films"' in page
    assert f'value="{tmp_path}/videos"' in page
    assert "2 of 3 found" in page
    assert 'value="/mnt/x"' in page
    assert "0 of 1 found" in page


def test_looking_again_counts_what_was_typed_and_begins_nothing(
    owner: User, client: Client, pretend: Pretend, tmp_path: Path
) -> None:
    (tmp_path / "sea.mp4").touch()
    pretend.known_paths = ["/old/sea.mp4", "/old/b.mp4"]
    run = make_run()

    page = client.post(
        f"{LIST}{run.pk}/prepare/", {"do": "check", "old": "/old", "new": str(tmp_path), "users": "ann = bob"}
    ).content.decode()

    assert "1 of 2 found" in page
    assert "ann = bob" in page
    assert not Job.objects.exists()


def test_beginning_keeps_what_was_chosen_and_orders_the_dry_run(owner: User, client: Client, pretend: Pretend) -> None:
    run, ann = make_run(), make_user(username="ann")

    client.post(
        f"{LIST}{run.pk}/prepare/",
        {"old": ["/old", "/lost", ""], "new": ["/new", "", "/x"], "owner": ann.pk, "users": "joe = ann\nnobody"},
    )

    run.refresh_from_db()
    assert run.options["path_map"] == [["/old", "/new"]]
    assert run.options["user_map"] == {"joe": "ann"}
    assert run.owner == ann
    job = Job.objects.get()
    assert (job.stage, job.target_id, job.params["action"], job.requested_by) == ("import", run.pk, "run", owner)


def test_a_second_import_is_told_that_one_is_under_way(owner: User, client: Client, pretend: Pretend) -> None:
    order(run=make_run(label="the first one"))

    page = client.post(f"{LIST}{make_run().pk}/prepare/", {}, follow=True).content.decode()

    assert "Another import is under way (the first one)" in page
    assert Job.objects.count() == 1


# ---- the report -----------------------------------------------------------------------------------------------------
def finished(**columns: Any) -> ImportRun:
    counts = {"read": 3, "created": 1, "merged": 1, "unchanged": 0, "skipped": 1, "reasons": {"no_name": 1}}
    tables = {"people": counts, "nothing": {"read": 0}}
    progress = {"people": {**counts, "position": 0}, "nothing": {"position": 1}}
    return make_run(**{"status": "completed", "report": {"tables": tables}, "progress": progress} | columns)


def test_the_report_says_what_of_each_table_and_why(owner: User, client: Client, pretend: Pretend) -> None:
    run = finished()

    page = client.get(f"{LIST}{run.pk}/change/").content.decode()

    assert "1 × It has no name." in page
    assert "Empty there: nothing." in page
    assert "Back up and import" in page
    assert 'hx-trigger="every 2s"' not in page


def test_tables_stand_in_the_order_of_reading(owner: User, client: Client, pretend: Pretend) -> None:
    pretend.data = {"tags": {"1": {"name": "Sea"}}, "people": {"1": {"name": "Ann"}}, "odd": {"1": {"name": "x"}}}
    run = start_run(system="pretend", location="/old", is_dry_run=True)

    page = client.get(f"{LIST}{run.pk}/change/").content.decode()
    loaded = client.get(f"{LIST}{run.pk}/report.json").getvalue()
    told = client.get(f"/api/v1/imports/{run.pk}/").json()

    links = [page.index(f"?table={name}") for name in ("tags", "people", "odd")]
    assert links == sorted(links)
    for report in (json.loads(loaded)["report"], told["report"]):
        assert list(report["tables"]) == ["tags", "people", "odd"]
        assert list(report["tables"]["tags"]) == ["read", "created", "merged", "unchanged", "skipped", "reasons"]


def test_a_run_under_way_shows_how_far_it_is_and_looks_again(owner: User, client: Client, pretend: Pretend) -> None:
    run = make_run()
    order(run=run)
    lease = timezone.now() + timedelta(minutes=1)
    Job.objects.update(
        status="running", worker="here", lease_expires_at=lease, attempts=1, progress_done=250, progress_total=1000
    )

    page = client.get(f"{LIST}{run.pk}/change/").content.decode()

    assert "250 of 1,000 rows" in page
    assert 'max="1000"' in page
    assert 'hx-trigger="every 2s"' in page


def test_rows_are_filtered_and_show_the_fields_that_change(owner: User, client: Client, pretend: Pretend) -> None:
    run = finished()
    plan(run, "Ann", outcome=Outcome.MERGED, object_id=1, changes={"country": ["", "Peru"], "is_active": [True, False]})
    plan(run, "Ben", outcome=Outcome.SKIPPED, reason="no_name", kind="")
    plan(run, "Sea", table="tags", kind="library.tag")

    def shown(query: str) -> list[str]:
        page = client.get(f"{LIST}{run.pk}/rows/?{query}").content.decode()
        return [name for name in ("Ann", "Ben", "Sea") if f"<b>{name}</b>" in page]

    assert shown("") == ["Ann", "Ben", "Sea"]
    assert shown("table=people") == ["Ann", "Ben"]
    assert shown("outcome=skipped") == ["Ben"]
    assert shown("reason=no_name") == ["Ben"]
    assert shown("q=se") == ["Sea"]
    page = client.get(f"{LIST}{run.pk}/rows/?q=Ann").content.decode()
    assert "Peru" in page
    assert "<s>yes</s>" in page


def test_more_rows_cost_no_more_statements(owner: User, client: Client, pretend: Pretend) -> None:
    run = finished()

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{LIST}{run.pk}/rows/")
            client.get(f"{LIST}{run.pk}/names/")
            client.get(LIST)
        return len(asked)

    plan(run, "Ann", outcome=Outcome.MERGED, object_id=make_creator(name="Ann").pk)
    cost()
    few = cost()
    for number in range(10):
        plan(run, f"P{number}", outcome=Outcome.MERGED, object_id=make_creator(name=f"P{number}").pk)
        make_run()

    assert cost() == few


def test_the_download_has_the_report_and_each_row(owner: User, client: Client, pretend: Pretend) -> None:
    run = finished()
    plan(run, "Ann", changes={"name": [None, "Ann"]})
    plan(run, "Ben")

    answer = client.get(f"{LIST}{run.pk}/report.json")

    told = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert told["report"] == run.report
    assert [row["key"] for row in told["rows"]] == ["Ann", "Ben"]
    assert told["rows"][0]["changes"] == {"name": [None, "Ann"]}


def test_names_are_joined_unless_somebody_says_otherwise(owner: User, client: Client, pretend: Pretend) -> None:
    run, ours, other = finished(), make_creator(name="Ann"), make_creator(name="Ann Sea")
    conflict = {"what": "name", "candidates": [other.pk]}
    row = plan(run, "Ann", key="7", outcome=Outcome.MERGED, object_id=ours.pk, conflicts=[conflict])
    address = f"{LIST}{run.pk}/names/"

    before = client.get(address).content.decode()
    client.post(address, {f"row-{row.pk}": "new"})
    run.refresh_from_db()
    refused = run.options["decisions"]
    client.post(address, {f"row-{row.pk}": str(other.pk)})
    run.refresh_from_db()
    chosen = run.options["decisions"]
    client.post(address, {f"row-{row.pk}": "999999"})
    run.refresh_from_db()

    assert f'value="{ours.pk}"' in before
    assert f'value="{other.pk}"' in before
    assert refused == {"people.creator": {"7": "new"}}
    assert chosen == {"people.creator": {"7": other.pk}}
    assert run.options["decisions"] == chosen


def test_the_import_is_asked_what_the_dry_run_was_and_what_was_decided(
    owner: User, client: Client, pretend: Pretend
) -> None:
    dry = finished(owner=owner)
    set_options(run=dry, path_map=[("/a", "/b")], decisions={"people.creator": {"7": "new"}})

    client.post(f"{LIST}{dry.pk}/do/import/")

    run = ImportRun.objects.get(is_dry_run=False)
    assert (run.options, run.owner, run.location, run.status) == (dry.options, owner, dry.location, "waiting")
    assert Job.objects.get().target_id == run.pk


def test_an_import_before_the_end_of_its_dry_run_is_refused(owner: User, client: Client, pretend: Pretend) -> None:
    page = client.post(f"{LIST}{make_run().pk}/do/import/", follow=True).content.decode()

    assert "Let the dry run end first" in page
    assert not Job.objects.exists()


def test_a_cancelled_run_is_resumed_by_the_same_row(owner: User, client: Client, pretend: Pretend) -> None:
    run = make_run(is_dry_run=False)
    order(run=run)

    client.post(f"{LIST}{run.pk}/cancel/")
    page = client.get(f"{LIST}{run.pk}/change/").content.decode()
    client.post(f"{LIST}{run.pk}/do/resume/")

    assert "Go on where it stopped" in page
    assert list(Job.objects.order_by("pk").values_list("target_id", "status")) == [
        (run.pk, "cancelled"), (run.pk, "pending"),
    ]  # fmt: skip


def test_the_copy_that_was_sent_is_deleted_on_demand_and_no_other_file(
    owner: User, client: Client, pretend: Pretend, home: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.db"
    own.write_bytes(_sqlite(tmp_path))
    client.post(f"{LIST}begin/pretend/", {"upload": SimpleUploadedFile("old.db", own.read_bytes())})
    sent, mine = ImportRun.objects.get(), make_run(location=str(own))

    client.post(f"{LIST}{sent.pk}/forget/")
    client.post(f"{LIST}{mine.pk}/forget/")

    assert not Path(location_of(sent)).exists()
    assert own.exists()


def test_taking_back_asks_and_lists_what_was_edited_later(owner: User, client: Client, pretend: Pretend) -> None:
    pretend.data = {"people": {"1": {"name": "Ann"}, "2": {"name": "Ben"}}}
    run = start_run(system="pretend", location="/old")
    Creator.objects.filter(name="Ann").update(name="Anna")
    address = f"{LIST}{run.pk}/take-back/"

    page = client.get(address).content.decode()
    client.post(address, {"edited": "yes"})
    before = Job.objects.count()
    client.post(address, {"edited": "yes", "sure": "yes"})

    assert "1 of them was edited later" in page
    assert "<b>Ann</b>" in page
    assert before == 0
    assert Job.objects.get().params == {"action": "rollback", "with_edited": True}


def test_what_a_verification_found_is_listed(owner: User, client: Client, pretend: Pretend) -> None:
    listed = [{"what": "changed_here", "table": "people", "key": "1", "title": "Ann", "field": "name"}]
    listed[0] |= {"theirs": "Ann", "ours": "Anna", "since": "Renamed Ann"}
    report = {"tables": {}, "verification": {"differences": {"changed_here": 1}, "listed": listed}}
    run = make_run(is_dry_run=False, status="completed", report=report, verified_at=timezone.now(), is_verified=False)

    page = client.get(f"{LIST}{run.pk}/change/").content.decode()

    assert "It was changed here since. “Ann” there, “Anna” here. Changed since by: Renamed Ann." in page
