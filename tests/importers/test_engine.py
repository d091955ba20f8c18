"""What becomes of rows: made, merged, left alone, left out, and what refers to them."""

from typing import Any

import pytest

from importers.models import ImportedRow, ImportRun, LaterChange
from importers.records import Mapped, Ref, Secret, SourceTable
from importers.services.running import start_run
from importers.services.secrets import unseal
from library.models import SavedSearch, Tag, User, Video, VideoTag
from library.models.change import ChangeSource
from library.services.changes import events_of
from people.models import Creator, Studio
from tests.importers.memory import World, many, record
from tests.library.factories import make_video

pytestmark = pytest.mark.django_db


def move(**asked: Any) -> ImportRun:
    return start_run(**{"system": "memory", "location": "main", **asked})


def counts(run: ImportRun, table: str) -> tuple[int, int, int, int]:
    row = run.report["tables"][table]
    assert row["read"] == row["created"] + row["merged"] + row["unchanged"] + row["skipped"]
    return row["created"], row["merged"], row["unchanged"], row["skipped"]


def row_of(table: str, key: str, part: str = "") -> ImportedRow:
    return ImportedRow.objects.get(table=table, key=key, part=part)


def test_new_rows_are_made_and_each_is_traced(owner: User) -> None:
    World({"videos": many("library.video", 3, lambda n: {"title": f"Film {n}"})}).put()

    run = move()

    assert counts(run, "videos") == (3, 0, 0, 0)
    video = Video.objects.get(title="Film 2")
    row = row_of("videos", "2")
    assert (row.kind, row.object_id, row.outcome, row.run) == ("library.video", video.pk, "created", run)
    assert row.written["title"] == "Film 2"


def test_a_second_run_finds_everything_unchanged_merged_rows_too(owner: User) -> None:
    Tag.objects.create(name="beach")
    World({"tags": many("library.tag", 2, lambda n: {"name": ("Beach", "Snow")[n - 1]})}).put()
    first = move()
    before = list(Tag.objects.order_by("pk").values())

    second = move()

    assert counts(first, "tags") == (1, 1, 0, 0)
    assert counts(second, "tags") == (0, 0, 2, 0)
    assert list(Tag.objects.order_by("pk").values()) == before
    assert row_of("tags", "1").seen_run == second


def test_a_merged_row_takes_what_was_empty_and_keeps_what_was_said(owner: User) -> None:
    ours = Creator.objects.create(name="Ana", birthplace="Lima")
    World({"people": {"7": record("people.creator", name="Ana", birthplace="Cusco", eye_color="brown")}}).put()

    run = move()

    ours.refresh_from_db()
    assert (ours.birthplace, ours.eye_color) == ("Lima", "brown")
    row = row_of("people", "7")
    assert row.before == {"eye_color": ""}
    assert row.written["eye_color"] == "brown" and "birthplace" not in row.written
    assert run.report["tables"]["people"]["reasons"] == {"ours_kept": 1}
    (conflict,) = run.report["conflicts"]
    assert (conflict["field"], conflict["ours"], conflict["theirs"]) == ("birthplace", "Lima", "Cusco")


def test_what_changed_at_the_source_follows_and_what_was_edited_here_stays(owner: User) -> None:
    world = World({"videos": {"1": record("library.video", title="Old", description="Old")}}).put()
    move()
    Video.objects.update(title="Mine")
    world.tables["videos"]["1"] = record("library.video", title="New", description="New")

    run = move()

    video = Video.objects.get()
    assert (video.title, video.description) == ("Mine", "New")
    assert counts(run, "videos") == (0, 1, 0, 0)
    (conflict,) = run.report["conflicts"]
    assert (conflict["field"], conflict["ours"], conflict["theirs"]) == ("title", "Mine", "New")
    later = LaterChange.objects.get(run=run)
    assert (later.before, later.written, later.previous) == (
        {"description": "Old"},
        {"description": "New"},
        {"description": "Old"},
    )
    assert counts(move(), "videos") == (0, 0, 1, 0)


def test_what_was_deleted_here_is_not_brought_back(owner: User) -> None:
    world = World({"tags": {"1": record("library.tag", name="Gone")}, "links": {}}).put()
    move()
    Tag.objects.all().delete()
    world.tables["tags"]["1"] = record("library.tag", name="Gone", description="changed")
    world.tables["links"]["1"] = record("library.videotag", video=make_video().pk, tag=Ref("tags", "1"))

    run = move()

    assert not Tag.objects.exists()
    assert run.report["tables"]["tags"]["reasons"] == {"deleted_here": 1}
    assert run.report["tables"]["links"]["reasons"] == {"dangling_reference": 1}


def test_references_lead_to_rows_of_any_table_and_into_json(owner: User) -> None:
    World(
        {
            "tags": {"5": record("library.tag", name="Beach")},
            "searches": {
                "1": record(
                    "library.savedsearch",
                    name="At sea",
                    filter={"all": [{"tag": Ref("tags", "5")}]},
                    user=Ref("users", "1"),
                )
            },
            "users": {"1": record("library.user", username="Zoe")},
        }
    ).put()

    run = move()

    # Its user comes later, and a search can't be without one.
    assert run.report["tables"]["searches"]["reasons"] == {"dangling_reference": 1}
    again = move()
    assert counts(again, "searches") == (1, 0, 0, 0)
    search = SavedSearch.objects.get()
    assert (search.user.username, search.filter) == ("Zoe", {"all": [{"tag": Tag.objects.get().pk}]})


def test_a_reference_that_may_be_empty_is_filled_in_at_the_end(owner: User) -> None:
    studios = {
        "1": {"name": "Small", "parent": Ref("studios", "2")},
        "2": {"name": "Big"},
        "3": {"name": "Lost", "parent": Ref("studios", "9")},
    }
    World({"studios": {key: record("people.studio", **values) for key, values in studios.items()}}).put()

    run = move()

    assert Studio.objects.get(name="Small").parent == Studio.objects.get(name="Big")
    assert Studio.objects.get(name="Lost").parent is None
    assert run.report["tables"]["studios"]["reasons"] == {"dangling_reference": 1}
    assert row_of("studios", "1").waiting == {} and row_of("studios", "3").waiting == {"parent": ["studios", "9", ""]}


def test_a_later_run_fills_in_what_led_nowhere(owner: User) -> None:
    world = World({"studios": {"3": record("people.studio", name="Lost", parent=Ref("studios", "9"))}}).put()
    move()
    world.tables["studios"]["9"] = record("people.studio", name="Found")

    run = move()

    assert Studio.objects.get(name="Lost").parent == Studio.objects.get(name="Found")
    assert LaterChange.objects.get(run=run).before == {"parent": None}


def test_a_tag_below_one_that_comes_chunks_later_lies_below_it(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.services.tables.AT_ONCE", 2)
    Tag.objects.create(name="Beach")
    tags = {"1": {"name": "Beach", "parent": Ref("tags", "5")}, "2": {"name": "Sand", "parent": Ref("tags", "1")}}
    tags |= {"3": {"name": "Third"}, "4": {"name": "Fourth"}, "5": {"name": "Outdoor"}}
    World({"tags": {key: record("library.tag", **values) for key, values in tags.items()}}).put()

    run = move()

    assert counts(run, "tags") == (5, 0, 0, 0)
    assert Tag.objects.get(name="Sand").parent == Tag.objects.get(name="Beach", parent__name="Outdoor")
    assert not ImportedRow.objects.filter(reason="put_off").exists()


def test_tags_that_lie_below_each_other_and_below_nothing_come_all_the_same(owner: User) -> None:
    tags = {"1": {"name": "A", "parent": Ref("tags", "2")}, "2": {"name": "B", "parent": Ref("tags", "1")}}
    tags |= {"3": {"name": "C", "parent": Ref("tags", "77")}, "4": {"name": "D", "parent": Ref("tags", "4")}}
    World({"tags": {key: record("library.tag", **values) for key, values in tags.items()}}).put()

    run = move()

    assert counts(run, "tags") == (4, 0, 0, 0)
    assert run.report["tables"]["tags"]["reasons"] == {"dangling_reference": 3}
    assert Tag.objects.filter(parent=None).count() == 3


def test_rows_of_the_source_that_say_the_same_become_one(owner: User) -> None:
    World({"tags": {"1": record("library.tag", name="Beach"), "2": record("library.tag", name="BEACH ")}}).put()

    run = move()

    assert counts(run, "tags") == (1, 1, 0, 0)
    assert run.report["tables"]["tags"]["reasons"] == {"duplicate": 1}
    assert run.report["conflicts"] == []
    assert row_of("tags", "2").object_id == Tag.objects.get().pk


def test_what_the_database_refuses_is_kept_and_its_neighbours_come(owner: User) -> None:
    videos = {str(n): record("library.video", title=f"Film {n}") for n in range(1, 10)}
    videos["4"] = record("library.video", title="\x00")
    videos["7"] = record("library.video", title="Far", width=10**12)
    videos["8"] = record("library.video", title="Odd", type="no such type")
    World({"videos": videos}).put()

    run = move()

    assert counts(run, "videos") == (6, 0, 0, 3)
    assert run.report["tables"]["videos"]["reasons"] == {"refused": 3}
    row = row_of("videos", "8")
    assert (row.outcome, row.reason, row.object_id) == ("skipped", "refused", None)
    assert row.kept["id"] == "8" and "library_video_type" in row.conflicts[0]["error"]


def test_a_foreign_key_to_nothing_is_refused_like_any_other_value(owner: User) -> None:
    World({"links": {"1": record("library.videotag", video=make_video().pk, tag=10**9)}}).put()

    run = move()

    assert run.report["tables"]["links"]["reasons"] == {"refused": 1}


def test_a_refused_row_comes_once_the_source_is_mended(owner: User) -> None:
    world = World({"videos": {"1": record("library.video", title="Odd", type="no such type")}}).put()
    move()
    world.tables["videos"]["1"] = record("library.video", title="Odd")

    run = move()

    assert counts(run, "videos") == (1, 0, 0, 0)
    row = row_of("videos", "1")
    assert (row.outcome, row.reason, row.run, row.kept) == ("created", "", run, {})


def test_what_has_no_place_is_kept_losslessly_and_secrets_sealed(owner: User) -> None:
    kept = {"name": "x\x00y", "raw": b"\xff", "ratio": float("nan"), "key": Secret("hush")}
    about = {
        "odd": SourceTable("odd", 1, is_kept=True, reason="unknown_table"),
        "sessions": SourceTable("sessions", 1, "Logins end.", "not_imported"),
    }
    World({"odd": {"1": Mapped(kept=kept)}, "sessions": {"1": Mapped()}, "empty": {}}, about).put()

    run = move()

    assert run.report["tables"]["odd"]["reasons"] == {"unknown_table": 1}
    assert run.report["tables"]["sessions"]["reasons"] == {"not_imported": 1}
    assert counts(run, "empty") == (0, 0, 0, 0)
    assert not ImportedRow.objects.filter(table="sessions").exists()
    row = row_of("odd", "1")
    assert row.kept["raw"] == {"$bytes": "/w=="} and row.kept["ratio"] == {"$number": "nan"}
    assert row.kept["name"] == {"$text": "eAB5"}
    assert "hush" not in str(row.kept) and unseal(row.kept["key"]).text == "hush"


def test_notes_are_counted_once_for_a_row_that_is_written(owner: User) -> None:
    mapped = Mapped((record("library.tag", name="Beach"),), notes=("bad_date", "bad_date"), kept={"made": "soon"})
    World({"tags": {"1": mapped}}).put()

    run = move()

    assert counts(run, "tags") == (1, 0, 0, 0)
    assert run.report["tables"]["tags"]["reasons"] == {"bad_date": 1}
    assert row_of("tags", "1").kept == {"made": "soon"}


def test_a_part_that_can_not_be_written_does_not_take_its_row_along(owner: User) -> None:
    own = Ref("videos", "1")
    World(
        {
            "videos": {
                "1": (
                    record("library.video", title="Film"),
                    record("library.videotag", "tag", video=own, tag=Ref("tags", "3")),
                )
            }
        }
    ).put()

    run = move()

    assert counts(run, "videos") == (1, 0, 0, 0)
    assert run.report["tables"]["videos"]["reasons"] == {"dangling_reference": 1}


def test_everything_is_one_change_of_the_history_that_only_a_rollback_takes_back(owner: User) -> None:
    video = make_video(title="Old")
    World(
        {
            "tags": {"1": record("library.tag", name="Beach")},
            "links": {"1": record("library.videotag", video=video.pk, tag=Ref("tags", "1"))},
        }
    ).put()

    run = move()

    batch = run.batch
    assert (batch.source, batch.can_undo, batch.user, batch.change_count) == (ChangeSource.IMPORT, False, owner, 2)
    assert events_of(VideoTag).filter(pgh_context_id=batch.pk, pgh_label="insert").count() == 1
    assert VideoTag.objects.get().source == ChangeSource.IMPORT


def test_a_run_that_changes_nothing_leaves_no_change_in_the_history(owner: User) -> None:
    World({"tags": {"1": record("library.tag", name="Beach")}}).put()
    move()

    assert move().batch is None


def test_when_a_row_was_made_comes_along_and_is_never_written_to_ours(owner: User) -> None:
    from datetime import UTC, datetime

    then = datetime(2015, 5, 4, tzinfo=UTC)
    ours = Tag.objects.create(name="Snow")
    tags = {
        "1": record("library.tag", name="Beach", created_at=then),
        "2": record("library.tag", name="Snow", created_at=then),
    }
    World({"tags": tags}).put()

    move()

    assert Tag.objects.get(name="Beach").created_at == then
    assert Tag.objects.get(name="Snow").created_at == ours.created_at


def test_statements_do_not_grow_with_the_rows_of_a_chunk(owner: User, django_assert_max_num_queries: Any) -> None:
    World({"videos": many("library.video", 200, lambda n: {"title": f"Film {n}"})}).put()

    with django_assert_max_num_queries(90):
        move()
