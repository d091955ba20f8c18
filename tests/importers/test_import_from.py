"""The command that imports."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from importers.models import ImportRun
from importers.records import SourcePath
from importers.services.running import create_run
from library.models import Folder, Tag, User
from tests.importers.memory import World, record

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_from", *arguments, "--no-backup", stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def world() -> World:
    return World(
        {
            "tags": {"1": record("library.tag", name="Beach")},
            "folders": {"1": record("library.folder", path=SourcePath("/old/a"))},
            "empty": {},
        }
    ).put()


def test_json_is_the_report_and_nothing_else(owner: User) -> None:
    report = json.loads(run("memory", "main", "--json", "--path-map", "/old=/new"))

    assert report["run"] == ImportRun.objects.get().pk
    assert (report["dry_run"], report["verified"], report["conflicts"]) == (False, True, [])
    nothing = {"read": 0, "created": 0, "merged": 0, "unchanged": 0, "skipped": 0, "reasons": {}}
    assert report["tables"] == {
        "tags": nothing | {"read": 1, "created": 1},
        "folders": nothing | {"read": 1, "created": 1},
        "empty": nothing,
    }
    assert list(report["tables"]) == ["tags", "folders", "empty"]
    assert Folder.objects.get().path == "/new/a"


def test_without_json_a_table_says_what_came(owner: User) -> None:
    said = run("memory", "main", "--dry-run")

    assert "what would come" in said and "tags" in said
    assert not Tag.objects.exists()


def test_a_run_is_resumed_by_its_number(owner: User) -> None:
    waiting = create_run(system="memory", location="main")

    run("--resume", str(waiting.pk), "--json")

    assert Tag.objects.count() == 1
    with pytest.raises(CommandError, match="has ended"):
        run("--resume", str(waiting.pk))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name a system"),
        (("nothing", "main"), "no importer for nothing"),
        (("memory", "nowhere"), "is no world"),
        (("memory", "main", "--path-map", "half"), "no two sides"),
        (("memory", "main", "--owner", "nobody"), "no user named nobody"),
        (("memory", "main", "--secret-env", "NO_SUCH_VARIABLE"), "is empty or not set"),
        (("--resume", "4711"), "no import 4711"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_sentence(owner: User, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*arguments, "--json")


def test_a_backup_is_made_first(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr("importers.management.commands.import_from.create_backup", made.append)

    call_command("import_from", "memory", "main", "--json", stdout=io.StringIO())

    assert [str(path) for path in made] == [ImportRun.objects.get().backup_path]
