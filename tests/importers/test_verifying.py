"""Verifying: every row of the source beside ours, field by field; a single planted difference is found."""

import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import bcrypt
import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import connection

from faces.models import FaceDetection
from importers.exceptions import RunError
from importers.models import ImportedRow, ImportRun
from importers.services import verifying
from importers.services.running import start_run
from importers.services.verifying import verify_run
from importers.services.watching import consistency_of
from library.models import OldPath, Tag, User, Video, VideoFile
from library.services.changes import change_batch
from people.models import Creator, CreatorPicture
from playback.models import Marker, PlayCount, Rating, ShareLink, UserSettings, Watch
from playback.models.share import digest_of
from processing.models import Conversion, Job
from stats.models import LibrarySnapshot
from tests.importers.kinds import vector
from tests.importers.many import MOMENT, all_rows, make_library, make_source
from tests.importers.memory import World, record
from tests.people.factories import picture_bytes

pytestmark = pytest.mark.django_db

LATER = MOMENT + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {}}}
    settings.MEDIA_ROOT = str(tmp_path / "uploads")
    settings.VIDEOTHEK_HOME = tmp_path
    return tmp_path / "uploads"


@pytest.fixture
def run(owner):
    make_library()
    make_source(owner).put()
    return start_run(system="memory", location="main")


def found(run: ImportRun) -> list[tuple[str, str, str, str]]:
    return [(one["what"], one["table"], one["key"], one["field"]) for one in verify_run(run=run)["listed"]]


def test_what_was_just_imported_is_what_the_source_says(run):
    before = all_rows()

    result = verify_run(run=run)

    assert (result["listed"], result["verified"]) == ([], True)
    assert result["rows"] > 50
    assert all_rows() == before
    run.refresh_from_db()
    assert run.is_verified is True
    assert run.report["verified"] is True


def test_it_looks_at_every_row_in_chunks(run, monkeypatch):
    monkeypatch.setattr(verifying, "AT_ONCE", 2)

    assert verify_run(run=run)["verified"]


def sql(text: str) -> None:
    """A change behind everybody's back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(text)


def backdate() -> None:
    """Not even the trigger that keeps timestamps sees it."""
    sql(
        "SET LOCAL session_replication_role = replica;"
        " UPDATE library_video SET created_at = now() WHERE title = 'Film 4';"
        " SET LOCAL session_replication_role = origin"
    )


def films(number: int) -> Any:
    return Video.objects.filter(title=f"Film {number}")


# What is planted, and where it is found.
PLANTED: dict[str, tuple[Any, str, str, str]] = {
    "a description": (lambda: films(3).update(description="other"), "films", "3", "description"),
    "when it was made": (backdate, "films", "4", "created_at"),
    "a size": (
        lambda: VideoFile.objects.filter(relative_path="3.mp4").update(size_bytes=1),
        "films",
        "3",
        "size_bytes",
    ),
    "an old path": (lambda: OldPath.objects.filter(path__endswith="2.mp4").update(path="/x"), "films", "2", "path"),
    "half a star": (lambda: Rating.objects.filter(stars=Decimal("4.5")).update(stars=5), "stars", "1", "stars"),
    "a play": (lambda: PlayCount.objects.update(play_count=6), "plays", "1", "play_count"),
    "a second": (lambda: Watch.objects.update(watched_at=LATER), "sittings", "1", "watched_at"),
    "a mark's end": (lambda: Marker.objects.update(end_seconds=20.5), "marks", "1", "end_seconds"),
    "a preference": (lambda: UserSettings.objects.update(card_config={"rows": [2]}), "preferences", "1", "card_config"),
    "a token": (lambda: ShareLink.objects.update(token_digest=digest_of("z" * 22)), "shares", "1", "token_digest"),
    "a target": (lambda: Job.objects.filter(label="Film 2").update(target_id=1), "jobs", "1", "target_id"),
    "an end": (lambda: Conversion.objects.update(finished_at=None), "conversions", "1", "finished_at"),
    "a total": (lambda: LibrarySnapshot.objects.update(total_count=5), "days", "1", "total_count"),
    "a merged text": (lambda: Creator.objects.filter(name="Ana").update(description="x"), "people", "1", "description"),
    "a colour": (lambda: Tag.objects.filter(name="Beach").update(color="#00FF01"), "tags", "1", "color"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_in_one_field_is_found(run, name):
    plant, table, key, field = PLANTED[name]

    plant()

    assert [one[1:] for one in found(run)] == [(table, key, field)]
    run.refresh_from_db()
    assert run.is_verified is False


def test_a_vector_is_the_same_up_to_its_precision_and_another_face_is_found(run):
    FaceDetection.objects.filter(time_seconds=2).update(embedding=vector(2, length=1.0003))
    assert found(run) == []

    FaceDetection.objects.filter(time_seconds=2).update(embedding=vector(77))
    assert [one[1:] for one in found(run)] == [("faces", "2", "embedding")]


def test_another_picture_is_found_and_one_that_is_gone(run, uploads):
    [path] = [
        path for path in uploads.rglob("*") if path.name == CreatorPicture.objects.get().image.name.split("/")[-1]
    ]

    path.write_bytes(picture_bytes(kind="WEBP", color="black"))
    assert [one[1:] for one in found(run)] == [("people", "2", "image")]

    path.unlink()
    assert [one[1:] for one in found(run)] == [("people", "2", "image")]


def test_edits_are_told_apart_and_count(run):
    with change_batch(summary="Wrote about it"):
        Video.objects.filter(title="Film 3").update(description="mine")

    [one] = verify_run(run=run)["listed"]

    assert (one["what"], one["since"]) == ("changed_here", "Wrote about it")
    assert (one["theirs"], one["ours"]) == ("The 3th", "mine")


def test_a_change_of_the_source_is_told_apart(owner):
    World({"tags": {"1": record("library.tag", name="Beach", description="old")}}).put()
    run = start_run(system="memory", location="main")
    World({"tags": {"1": record("library.tag", name="Beach", description="new")}}).put()

    assert found(run) == [("changed_there", "tags", "1", "description")]


def test_a_row_that_is_gone_here_is_found(run):
    Marker.objects.all().delete()

    assert ("gone", "marks", "1", "") in found(run)


def test_rows_that_only_one_side_has_are_found(owner):
    World({"tags": {"1": record("library.tag", name="Beach"), "2": record("library.tag", name="Sea")}}).put()
    run = start_run(system="memory", location="main")
    World({"tags": {"1": record("library.tag", name="Beach"), "3": record("library.tag", name="Sky")}}).put()

    assert found(run) == [("not_imported", "tags", "3", ""), ("not_in_source", "tags", "", "")]


def test_what_was_kept_is_compared_and_its_secrets_stay_hidden(run):
    assert found(run) == []
    ImportedRow.objects.filter(table="indexers").update(kept={"name": "y"})

    result = verify_run(run=run)

    assert [(one["what"], one["table"]) for one in result["listed"]] == [("kept", "indexers")]
    assert "hush" not in json.dumps(result)


def test_counts_that_do_not_add_up_are_found(run):
    report = json.loads(json.dumps(run.report))
    report["tables"]["films"]["created"] += 1
    ImportRun.objects.filter(pk=run.pk).update(report=report)

    assert [one[:2] for one in found(run)] == [("count", "films")]


def test_a_second_run_verifies_all_that_the_first_one_brought(run):
    second = start_run(system="memory", location="main")

    assert verify_run(run=second)["verified"]


def test_a_dry_run_cannot_be_verified(owner):
    World({}).put()
    run = start_run(system="memory", location="main", is_dry_run=True)

    with pytest.raises(RunError, match="a dry run"):
        verify_run(run=run)


def test_the_command_ends_with_0_and_then_with_1(run):
    output = io.StringIO()
    call_command("import_verify", str(run.pk), "--json", stdout=output)
    assert json.loads(output.getvalue())["verified"] is True

    Video.objects.filter(title="Film 3").update(description="other")
    output = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_verify", str(run.pk), stdout=output)

    assert ended.value.code == 1
    assert "changed_here: films 3 (Film 3), description: 'The 3th' there, 'other' here" in output.getvalue()


def test_the_command_tells_what_it_cannot_do(owner):
    with pytest.raises(CommandError, match="There is no import 77") as caught:
        call_command("import_verify", "77")

    assert caught.value.returncode == 2


def test_a_password_that_nobody_could_read_is_none_on_both_sides(owner):
    World({"users": {"1": record("library.user", username="kid", password="what is this")}}).put()
    run = start_run(system="memory", location="main")

    assert verify_run(run=run)["differences"] == {}

    User.objects.filter(username="kid").update(password=make_password("x"))
    assert found(run) == [("changed_here", "users", "1", "password")]


def test_a_password_that_a_login_hashed_anew_is_the_same_and_one_that_was_set_is_not(owner, client):
    stored = f"bcrypt${bcrypt.hashpw(b'Old password 1', bcrypt.gensalt(4)).decode()}"
    World({"users": {"1": record("library.user", username="kid", password=stored)}}).put()
    run = start_run(system="memory", location="main")

    assert client.login(username="kid", password="Old password 1")

    kid = User.objects.get(username="kid")
    assert kid.password != stored
    assert verify_run(run=run)["differences"] == {}
    assert consistency_of(run).edited_count == 0
    kid.set_password("another one")
    kid.save()
    assert found(run) == [("changed_here", "users", "1", "password")]
