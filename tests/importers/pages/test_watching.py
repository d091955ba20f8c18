"""The gradual switch: what changes there comes over, and what differs is told."""

import json
import os
import signal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from importers.models import ImportedRow, ImportRun
from importers.records import Mapped, SourceRow
from importers.services.watching import Consistency, Watching
from library.models import User
from people.models import Creator
from tests.importers.pages.pretend import Pretend, PretendSource

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(pretend: Pretend) -> Pretend:
    User.objects.create_superuser("owner")
    pretend.data = {"people": {name: {"name": name} for name in ("Ann", "Ben", "Cleo")}, "odd": {"1": {"name": "x"}}}
    return pretend


def change(system: Pretend, **rows: Any) -> None:
    """Somebody used the old system: {key: columns}, or None for a row that was deleted."""
    for key, columns in rows.items():
        if columns is None:
            del system.data["people"][key]
        else:
            system.data["people"][key] = {"name": key, **columns}
    system.version += 1


def look(watching: Watching) -> Consistency:
    found = watching.look()
    assert found is not None
    return found


def test_what_is_new_and_changed_there_comes_over_and_nothing_twice(known: Pretend) -> None:
    watching = Watching(system="pretend", location="/old")
    first = look(watching)
    change(known, Dora={}, Ben={"nationality": "PE"})

    second = look(watching)

    assert (first.new, first.left_out, first.is_consistent) == (3, 1, True)
    assert (second.new, second.changed, second.unchanged) == (1, 1, 2)
    assert [(row.key, row.fields) for row in second.changed_rows] == [("Ben", ["nationality"])]
    assert Creator.objects.get(name="Ben").nationality == "PE"
    assert Creator.objects.count() == 4


def test_a_source_that_nobody_wrote_to_is_not_read_again(known: Pretend) -> None:
    watching = Watching(system="pretend", location="/old")
    look(watching)

    assert watching.look() is None
    assert ImportRun.objects.count() == 1


def test_what_is_gone_there_stays_here_and_is_told(known: Pretend) -> None:
    watching = Watching(system="pretend", location="/old")
    look(watching)
    change(known, Ann=None)

    found = look(watching)

    assert [(row.table, row.key) for row in found.gone] == [("people", "Ann")]
    assert not found.is_consistent
    assert Creator.objects.filter(name="Ann").exists()


def test_what_was_edited_or_deleted_here_is_told_and_kept(known: Pretend) -> None:
    watching = Watching(system="pretend", location="/old")
    look(watching)
    Creator.objects.filter(name="Ann").update(name="Anna")
    Creator.objects.get(name="Ben").delete()
    change(known)

    found = look(watching)

    assert sorted(row.key for row in found.edited) == ["Ann", "Ben"]
    assert ["deleted"] in [row.fields for row in found.edited]
    assert Creator.objects.filter(name="Anna").exists()
    assert not Creator.objects.filter(name="Ann").exists()


def test_looks_that_brought_nothing_are_forgotten_and_those_that_did_stay(known: Pretend) -> None:
    watching = Watching(system="pretend", location="/old")
    brought = look(watching).run
    for _ in range(3):
        change(known)
        last = look(watching).run

    assert list(ImportRun.objects.order_by("pk").values_list("pk", flat=True)) == [brought, last]
    assert ImportedRow.objects.filter(run=brought, table="people").count() == 3


def test_paths_owner_and_accounts_are_those_of_the_last_import(known: Pretend) -> None:
    ann = User.objects.create_user("ann")
    look(Watching(system="pretend", location="/old", owner=ann, path_map=[("/a", "/b")], user_map={"joe": "ann"}))

    run = ImportRun.objects.get(pk=look(Watching(system="pretend", location="/old")).run)

    assert run.owner == ann
    assert (run.options["path_map"], run.options["user_map"]) == ([["/a", "/b"]], {"joe": "ann"})


# ---- the command ----------------------------------------------------------------------------------------------------
def watch(*arguments: str) -> str:
    out = StringIO()
    call_command("import_watch", "pretend", "/old", *arguments, stdout=out)
    return out.getvalue()


def test_one_look_as_text_says_what_came_and_what_differs(known: Pretend) -> None:
    watch("--once")
    Creator.objects.filter(name="Ann").update(name="Anna")
    change(known, Ben={"nationality": "PE"}, Cleo=None)

    said = watch("--once")

    assert "old-house: 3 rows, 0 new, 1 changed, 1 unchanged, 1 left out" in said
    assert "people Ben" in said
    assert "1 gone there, kept here" in said
    assert "people Ann Ann (" in said
    assert "Both agree" not in said


def test_one_look_as_json_is_one_line(known: Pretend) -> None:
    said = json.loads(watch("--once", "--json"))

    assert (said["new"], said["is_consistent"], said["gone"]) == (3, True, [])


def test_it_looks_again_and_again_until_it_is_told_to_stop(known: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []

    def wait(stopping: Any, seconds: float) -> bool:
        waits.append(seconds)
        change(known, **{f"New{len(waits)}": {}})
        if len(waits) == 3:
            stopping.set()
        return stopping.is_set()

    monkeypatch.setattr("threading.Event.wait", wait)

    said = watch("--interval", "60")

    assert waits == [60, 60, 60]
    assert said.count("old-house:") == 3
    assert Creator.objects.count() == 5


def test_sigterm_ends_a_look_between_two_parts_and_the_next_one_goes_on(
    known: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(self: PretendSource, row: SourceRow) -> Mapped:
        os.kill(os.getpid(), signal.SIGTERM)
        return whole(self, row)

    whole = PretendSource.map
    monkeypatch.setattr("importers.services.tables.AT_ONCE", 2)
    monkeypatch.setattr(PretendSource, "map", read)

    assert watch("--interval", "60") == ""

    stopped = ImportRun.objects.get()
    assert (stopped.status, Creator.objects.count()) == ("cancelled", 2)
    monkeypatch.setattr(PretendSource, "map", whole)
    assert json.loads(watch("--once", "--json"))["new"] == 1
    assert Creator.objects.count() == 3


def test_a_source_that_cant_be_read_just_now_is_tried_again(known: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    err = StringIO()

    def wait(stopping: Any, seconds: float) -> bool:
        stopping.set()
        return True

    monkeypatch.setattr("threading.Event.wait", wait)

    call_command("import_watch", "pretend", "/broken", stderr=err)

    assert "Not this time: There is nothing to be read." in err.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--interval", "1"], "at least 5 seconds"),
        (["--path-map", "nonsense"], "takes OLD=NEW"),
        (["--owner", "nobody"], "no account named nobody"),
        (["--secret-env", "NOT_SET_ANYWHERE"], "empty or not set"),
    ],
)
def test_what_cant_be_meant_is_refused(known: Pretend, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        watch("--once", *arguments)
