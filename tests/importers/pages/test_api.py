"""The API of moving in, beyond what is asked of every endpoint."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from importers.models import ImportRun, Outcome, PlannedRow, RunStatus
from importers.services.ordering import prepare_run
from importers.services.running import resume_run, start_run
from library.models import User
from people.models import Creator
from processing.models import Job
from tests.importers.pages.pretend import Pretend
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db
API = "/api/v1/imports/"


@pytest.fixture
def known(owner: User, pretend: Pretend, home: Path) -> Pretend:
    pretend.data = {"people": {"1": {"name": "Ann"}, "2": {"name": "Ben"}}, "odd": {"1": {"name": "A thing"}}}
    return pretend


def post(client: Client, address: str, **body: Any) -> Any:
    return client.post(API + address, body, content_type="application/json")


def dry_run() -> ImportRun:
    return resume_run(run=prepare_run(system="pretend", location="/old"))


def test_the_whole_way_by_the_api(known: Pretend, client: Client) -> None:
    begun = post(client, "", system="pretend", location="/old", path_map=[["/a", "/b"]], owner="OWNER").json()
    resume_run(run=ImportRun.objects.get())
    Job.objects.update(status="completed")
    rows = client.get(f"{API}{begun['id']}/rows/?table=people").json()["results"]
    ordered = post(client, f"{begun['id']}/orders/", action="import").json()
    resume_run(run=ImportRun.objects.get(pk=ordered["id"]))
    Job.objects.update(status="completed")
    done = client.get(f"{API}{ordered['id']}/").json()

    assert (begun["state"], begun["is_dry_run"], begun["owner"]) == ("waiting", True, "owner")
    assert [(row["key"], row["outcome"]) for row in rows] == [("1", "created"), ("2", "created")]
    assert rows[0]["changes"]["name"] == [None, "Ann"]
    assert (done["state"], done["path_map"]) == ("done", [["/a", "/b"]])
    assert {table["name"]: table["created"] for table in done["tables"]} == {"people": 2, "odd": 0}
    assert Creator.objects.count() == 2


def test_systems_are_told_with_what_they_need(known: Pretend, client: Client) -> None:
    listed = client.get(f"{API}systems/").json()

    assert {"name": "pretend", "title": "Pretend", "carriers": "Anything at all.", "needs_secret": False} in listed


def test_a_path_map_is_proposed_or_counted(known: Pretend, client: Client, tmp_path: Path) -> None:
    (tmp_path / "sea.mp4").touch()
    known.known_paths = ["/old/sea.mp4", "/old/gone.mp4"]
    source = {"system": "pretend", "location": "/old"}

    proposed = post(client, "path-map/", **source).json()
    counted = post(client, "path-map/", **source, path_map=[["/old", str(tmp_path)]]).json()

    assert proposed == [{"old": "/old", "new": "", "found": 0, "looked": 2}]
    assert counted == [{"old": "/old", "new": str(tmp_path), "found": 1, "looked": 2}]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"system": "moon", "location": "/old"}, "no system"),
        ({"system": "pretend", "location": "/broken"}, "nothing to be read"),
        ({"system": "pretend", "location": "/old", "owner": "nobody"}, "no such account"),
        ({"system": "pretend", "location": "/old", "user_map": {"joe": "nobody"}}, "no user named nobody"),
        ({"system": "pretend", "location": "/old", "decisions": {"people.creator": {"1": 999}}}, "isn't there"),
        ({"system": "pretend", "location": "/old", "decisions": {"people.creator": {"1": []}}}, "decisions"),
        ({"system": "pretend", "location": "/old", "path_map": [["/a"]]}, "path_map"),
    ],
)
def test_what_cant_be_meant_is_refused_with_a_sentence_and_leaves_no_run(
    known: Pretend, client: Client, body: dict[str, Any], said: str
) -> None:
    answer = post(client, "", **body)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not ImportRun.objects.exists()
    assert not Job.objects.exists()


def test_a_second_import_is_told(known: Pretend, client: Client) -> None:
    post(client, "", system="pretend", location="/old")

    answer = post(client, "", system="pretend", location="/old")

    assert answer.status_code == 400
    assert "Another import is under way (old-house)" in answer.json()["detail"]


def test_secrets_and_addresses_are_told_nobody(known: Pretend, client: Client) -> None:
    known.needs_secret = True
    body = {"system": "pretend", "location": "postgresql://bob:hunter2@old/db", "secret": "Sesame"}

    begun = post(client, "", **body)
    told = [begun, client.get(API), client.get(f"{API}{begun.json()['id']}/")]

    assert not [one for one in told if b"hunter2" in one.content or b"Sesame" in one.content]
    assert "secret" not in begun.json()


def test_names_in_question_are_told_with_whom_they_would_join(known: Pretend, client: Client) -> None:
    ann = Creator.objects.create(name="Ann")
    run = dry_run()

    names = client.get(f"{API}{run.pk}/names/").json()["results"]

    assert [(one["key"], one["title"], one["candidates"], one["decision"]) for one in names] == [
        ("1", "Ann", [ann.pk], None)
    ]


def test_orders_that_dont_fit_are_refused(known: Pretend, client: Client) -> None:
    run = start_run(system="pretend", location="/old")

    late = post(client, f"{run.pk}/orders/", action="import")
    options = post(client, f"{run.pk}/orders/", action="verify", path_map=[])

    assert (late.status_code, options.status_code) == (400, 400)
    assert "dry run" in late.json()["detail"]
    assert not Job.objects.exists()


def test_taking_back_is_planned_with_what_was_edited_later(known: Pretend, client: Client) -> None:
    run = start_run(system="pretend", location="/old")
    Creator.objects.filter(name="Ann").update(name="Anna")

    plan = client.get(f"{API}{run.pk}/take-back/").json()

    assert (plan["created"], plan["edited_count"]) == (2, 1)
    assert [one["title"] for one in plan["edited"]] == ["Ann"]
    assert ImportRun.objects.get().status == RunStatus.COMPLETED


def test_who_may_not_move_in_is_told_nothing(known: Pretend, client: Client) -> None:
    run = dry_run()
    PlannedRow.objects.create(run=run, table="people", key="9", outcome=Outcome.CREATED)
    client.force_login(make_user(role="moderator"))

    addresses = ["", "systems/", f"{run.pk}/", f"{run.pk}/rows/", f"{run.pk}/names/"]

    assert {client.get(API + address).status_code for address in addresses} == {403}
