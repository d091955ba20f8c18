"""Taking a run back: what it made is gone, what it changed says what it said before, all else stays."""

import io
import json

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from importers.exceptions import RunError
from importers.models import ImportedRow, ImportRun, RunStatus
from importers.records import SourcePath
from importers.services import taking_back
from importers.services.running import start_run
from importers.services.taking_back import take_back_run
from library.models import Folder, ScanLog, Tag, Video, VideoFile, VideoTag
from library.services.changes import change_batch
from people.models import Creator, Studio
from playback.models import PlayCount, Rating
from processing.models import Job, JobTally
from tests.importers.kinds import counts
from tests.importers.many import MOMENT, all_rows, make_library, make_source
from tests.importers.memory import World, record
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {}}}
    settings.MEDIA_ROOT = str(tmp_path / "uploads")
    settings.VIDEOTHEK_HOME = tmp_path
    return tmp_path / "uploads"


def bring() -> ImportRun:
    return start_run(system="memory", location="main")


def different(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, tuple[list[str], list[str]]]:
    return {
        name: (sorted(set(before[name]) - set(rows)), sorted(set(rows) - set(before[name])))
        for name, rows in after.items()
        if rows != before[name]
    }


def test_every_table_is_again_as_it_was(owner, uploads):
    make_library()
    before = all_rows()
    make_source(owner).put()
    run = bring()
    made = all_rows()

    result = take_back_run(run=run)

    told = run.report["tables"]
    left_out = {name: table for name, table in told.items() if table["skipped"] and name != "indexers"}
    assert left_out == {}
    assert len(different(before, made)) > 40
    assert different(before, all_rows()) == {}
    assert (result["kept_count"], result["kept"]) == (0, [])
    assert [path for path in uploads.rglob("*") if path.is_file()] == []
    run.refresh_from_db()
    assert run.status == RunStatus.ROLLED_BACK
    assert not ImportedRow.objects.exists()


def test_another_run_brings_everything_again(owner):
    make_library()
    make_source(owner).put()
    first = bring()
    take_back_run(run=first)

    second = bring()

    assert second.report["tables"] == first.report["tables"]


def test_pictures_go_with_their_rows(owner, uploads):
    make_source(owner).put()
    run = bring()
    logo, cover = Studio.objects.get(name="Big").logo.name, Video.objects.get(title="Film 2").cover.name
    assert default_storage.exists(logo)

    take_back_run(run=run)

    assert not default_storage.exists(logo)
    assert not default_storage.exists(cover)


def test_what_was_edited_here_since_is_listed_and_kept(owner):
    make_source(owner).put()
    run = bring()
    with change_batch(summary="Wrote about it"):
        Video.objects.filter(title="Film 3").update(description="mine")

    result = take_back_run(run=run)

    assert [video.title for video in Video.objects.all()] == ["Film 3"]
    kept, *others = result["kept"]
    assert (kept["table"], kept["key"], kept["why"], kept["what"]) == ("films", "3", "edited", "Wrote about it")
    assert {one["why"] for one in others} <= {"needed"}
    # It keeps its file, and the folder of that.
    assert VideoFile.objects.get().video.title == "Film 3"
    assert VideoFile.objects.get().folder.path == "/nowhere/films"
    assert not VideoTag.objects.exists()


def test_what_others_hung_on_it_is_listed_and_kept(owner):
    make_source(owner).put()
    run = bring()
    film = Video.objects.get(title="Film 3")
    Rating.objects.create(user=owner, video=film, stars=5, rated_at=MOMENT)

    result = take_back_run(run=run)

    assert [video.title for video in Video.objects.all()] == ["Film 3"]
    assert VideoFile.objects.get().video == film
    assert "needed" in {one["why"] for one in result["kept"]}
    assert Rating.objects.get().video == film


def test_a_folder_goes_although_it_was_scanned_here_and_stays_for_a_file_that_was_found(owner):
    folders = {key: record("library.folder", path=SourcePath(f"/nowhere/{key}")) for key in ("empty", "found")}
    World({"folders": folders}).put()
    run = bring()
    for folder in Folder.objects.all():
        ScanLog.objects.create(folder=folder, status="completed", started_at=MOMENT, finished_at=MOMENT)
    make_file(folder=Folder.objects.get(path="/nowhere/found"))

    result = take_back_run(run=run)

    assert [folder.path for folder in Folder.objects.all()] == ["/nowhere/found"]
    assert [(one["key"], one["why"]) for one in result["kept"]] == [("found", "needed")]


def test_told_so_it_takes_edits_and_what_hangs_on_them_too(owner):
    before = all_rows()
    make_source(owner).put()
    run = bring()
    with change_batch(summary="Wrote about it"):
        Video.objects.filter(title="Film 3").update(description="mine")
    Rating.objects.create(user=owner, video=Video.objects.get(title="Film 4"), stars=5, rated_at=MOMENT)

    result = take_back_run(run=run, is_discarding=True)

    assert result["kept_count"] == 0
    assert different(before, all_rows()) == {}


def test_a_merged_field_that_was_changed_here_since_stays(owner):
    make_library()
    Creator.objects.filter(name="Ana").update(description="")
    make_source(owner).put()
    run = bring()
    Creator.objects.filter(name="Ana").update(description="mine")

    result = take_back_run(run=run)

    assert Creator.objects.get(name="Ana").description == "mine"
    assert [(one["why"], one["what"]) for one in result["kept"]] == [("changed", "description")]


@pytest.mark.parametrize("played_since", [0, 3])
def test_plays_that_came_on_top_go_and_those_here_stay(owner, played_since):
    film = make_video()
    PlayCount.objects.create(user=owner, video=film, play_count=2, total_watch_seconds=9)
    World({"plays": {"1": record("playback.playcount", user=owner.pk, video=film.pk, play_count=5)}}).put()
    run = bring()
    PlayCount.objects.update(play_count=7 + played_since)

    take_back_run(run=run)

    assert PlayCount.objects.get().play_count == 2 + played_since


def test_a_run_after_it_stays_as_it_is(owner):
    World({"tags": {"1": record("library.tag", name="Beach")}}).put()
    first = bring()
    World({"tags": {"1": record("library.tag", name="Sea")}}, identity="two").put("other")
    second = start_run(system="memory", location="other")

    take_back_run(run=first)

    assert [tag.name for tag in Tag.objects.all()] == ["Sea"]
    assert second.rows.count() == 1


def test_taking_a_later_run_back_leaves_what_the_first_one_brought(owner):
    World({"tags": {"1": record("library.tag", name="Beach", description="old")}}).put()
    bring()
    before, known = all_rows(), ImportedRow.objects.values("written", "digest", "key").get()
    World(
        {"tags": {"1": record("library.tag", name="Beach", description="new"), "2": record("library.tag", name="Sea")}}
    ).put()
    second = bring()
    assert Tag.objects.get(name="Beach").description == "new"

    take_back_run(run=second)

    assert different(before, all_rows()) == {}
    assert ImportedRow.objects.values("written", "digest", "key").get() == known


def test_jobs_that_never_ran_here_are_not_counted_when_they_go(owner):
    make_source(owner).put()
    run = bring()
    assert Job.objects.filter(label="Film 2").exists()

    take_back_run(run=run)

    assert not Job.objects.filter(label="Film 2").exists()
    assert not JobTally.objects.exists()


def test_killed_anywhere_it_goes_on_where_it_was(owner, monkeypatch):
    make_library()
    before = all_rows()
    make_source(owner).put()
    run = bring()
    monkeypatch.setattr(taking_back, "AT_ONCE", 7)
    delete, left, patience = taking_back._delete, [2], iter(range(3, 1000))

    def dying(*args):
        # Each time a little later: a step that needs more rounds than are left would never come to its end.
        left[0] -= 1
        if not left[0]:
            left[0] = next(patience)
            raise KeyboardInterrupt
        return delete(*args)

    monkeypatch.setattr(taking_back, "_delete", dying)

    result, interrupted = None, 0
    while result is None:
        try:
            result = take_back_run(run=ImportRun.objects.get(pk=run.pk))
        except KeyboardInterrupt:
            interrupted += 1

    assert interrupted > 3
    assert different(before, all_rows()) == {}


@pytest.mark.parametrize(("change", "word"), [({"is_dry_run": True}, "dry run"), ({"status": "running"}, "under way")])
def test_what_cannot_be_taken_back_is_told(owner, change, word):
    World({}).put()
    run = bring()
    ImportRun.objects.filter(pk=run.pk).update(**change)

    with pytest.raises(RunError, match=word):
        take_back_run(run=run)


def test_it_is_taken_back_once(owner):
    World({}).put()
    run = bring()
    take_back_run(run=run)

    with pytest.raises(RunError, match="already"):
        take_back_run(run=run)


def test_the_command_says_what_it_did(owner):
    make_source(owner).put()
    run = bring()
    output = io.StringIO()

    call_command("import_rollback", str(run.pk), "--json", stdout=output)

    told = json.loads(output.getvalue())
    assert (told["run"], told["kept_count"]) == (run.pk, 0)
    assert told["deleted"] > 40


def test_the_command_ends_with_1_when_it_kept_something_and_lists_it(owner):
    World({"tags": {"1": record("library.tag", name="Beach")}}).put()
    run = bring()
    Tag.objects.update(description="mine")
    output = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("import_rollback", str(run.pk), stdout=output)

    assert ended.value.code == 1
    assert "1 were kept" in output.getvalue()
    assert "edited here since" in output.getvalue()


def test_the_command_tells_what_it_cannot_do(owner):
    with pytest.raises(CommandError, match="There is no import 77") as caught:
        call_command("import_rollback", "77")

    assert caught.value.returncode == 2


def test_edits_of_somebody_who_came_with_the_import_keep_them(owner):
    World({"users": {"1": record("library.user", username="zoe", email="")}}).put()
    run = bring()
    assert counts(run, "users") == {"created": 1}
    zoe = make_user(username="other").__class__.objects.get(username="zoe")
    Rating.objects.create(user=zoe, video=make_video(), stars=1, rated_at=MOMENT)

    result = take_back_run(run=run)

    assert [one["why"] for one in result["kept"]] == ["needed"]
