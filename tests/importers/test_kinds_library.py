"""Accounts, folders, tags, notes, rules: how each of them comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from importers.models import ImportedRow, ImportRun
from importers.records import Ref, SourcePath
from importers.services.running import start_run
from importers.services.verifying import verify_run
from library.models import Folder, Rule, RuleLog, RuleRun, ScanLog, Tag, TagAlias, TriageProgress, User, VideoMetadata
from tests.importers.memory import World, record
from tests.library.factories import make_folder, make_user, make_video

pytestmark = pytest.mark.django_db
LATER = datetime(2024, 5, 6, tzinfo=UTC)
THEN = "2020-05-04T10:00:00+00:00"


def move(tables: dict[str, dict[str, Any]], **asked: Any) -> ImportRun:
    World(tables).put()
    return start_run(system="memory", location="main", **asked)


def became(table: str) -> dict[str, int | None]:
    return dict(ImportedRow.objects.filter(table=table, part="").values_list("key", "object_id"))


def test_users_are_found_by_the_map_the_owner_the_name_and_the_address(owner: User) -> None:
    ours = {name: make_user(username=name, email=f"{name}@example.org") for name in ("zoe", "tim", "eva")}
    hashed = "$2a$10$" + "a" * 53
    users = {
        "1": record("library.user", username="admin", is_owner=True, password=hashed),
        "2": record("library.user", username="ZOE", email="other@example.org"),
        "3": record("library.user", username="timothy", email="TIM@example.org"),
        "4": record("library.user", username="evelyn"),
        "5": record("library.user", username="", email="new@example.org", role="moderator", password=hashed),
        "6": record("library.user", username="plain"),
        "7": record("library.user", username=""),
    }
    before = owner.password

    run = move({"users": users}, user_map={"Evelyn": "eva"})

    found = became("users")
    assert [found[key] for key in "1234"] == [owner.pk, ours["zoe"].pk, ours["tim"].pk, ours["eva"].pk]
    new, plain = User.objects.get(pk=found["5"]), User.objects.get(pk=found["6"])
    assert (new.username, new.password, new.role_names) == ("new@example.org", f"bcrypt${hashed}", ["moderator"])
    assert (plain.role_names, plain.has_usable_password(), plain.is_superuser) == (["user"], False, False)
    assert run.report["tables"]["users"]["reasons"] == {"bad_value": 1}
    owner.refresh_from_db()
    assert owner.password == before


def test_a_tag_that_somebody_said_is_another_comes_under_a_name_of_its_own(owner: User) -> None:
    ours, video = Tag.objects.create(name="Beach"), make_video()
    tables = {
        "tags": {
            "1": record("library.tag", name="Beach"),
            "2": record("library.tag", name="Sea", parent=Ref("tags", "1")),
        },
        "links": {"1": record("library.videotag", video=video.pk, tag=Ref("tags", "1"))},
    }

    run = move(tables, decisions={"library.tag": {"1": "new"}})

    other = Tag.objects.get(name="Beach (memory 1)")
    assert other.pk != ours.pk
    assert [link.tag for link in video.video_tags.all()] == [other]
    assert Tag.objects.get(name="Sea").parent == other
    assert verify_run(run=run)["listed"] == []


def test_a_folder_that_was_scanned_here_since_is_no_difference(owner: User) -> None:
    run = move({"folders": {"1": record("library.folder", path=SourcePath("/old/a"), last_scanned_at=LATER)}})

    for moved, differs in ((timedelta(days=1), []), (timedelta(days=-1), ["last_scanned_at"])):
        Folder.objects.update(last_scanned_at=LATER + moved)
        assert [one["field"] for one in verify_run(run=run)["listed"]] == differs


def test_a_folder_is_known_by_its_path_and_one_at_most_is_the_default(owner: User, tmp_path: Any) -> None:
    make_folder(path=tmp_path / "a", name="Mine", is_default=True)
    (tmp_path / "b").mkdir()
    folders = {
        "1": record("library.folder", path=SourcePath("/old/a/"), name="Theirs", is_active=False),
        "2": record("library.folder", path=SourcePath("/old/b"), is_default=True, scan_interval_minutes=30),
        "3": record("library.folder", path=SourcePath("/gone/c"), is_active=True),
    }

    move({"folders": folders}, path_map=[("/old", str(tmp_path))])

    rows = {row.name: row for row in Folder.objects.all()}
    assert rows.keys() == {"Mine", "b", "c"}
    assert (rows["Mine"].is_default, rows["Mine"].is_active) == (True, True)
    assert (rows["b"].is_default, rows["b"].is_active, rows["b"].scan_interval_minutes) == (False, True, 30)
    assert (rows["c"].path, rows["c"].is_active) == ("/gone/c", False)


def test_a_folder_that_was_removed_comes_back(owner: User) -> None:
    removed = make_folder(path="/srv/a", removed_at=THEN)

    move({"folders": {"1": record("library.folder", path=SourcePath("/srv/a"))}})

    removed.refresh_from_db()
    assert (removed.removed_at, Folder.objects.count()) == (None, 1)


def test_a_tag_is_one_of_its_name_below_its_parent_or_one_that_goes_by_it(owner: User) -> None:
    sea = Tag.objects.create(name="Sea")
    beach = Tag.objects.create(name="Beach", parent=sea)
    TagAlias.objects.create(tag=sea, name="Ocean")
    trashed = Tag.objects.create(name="Snow", trashed_at=THEN)
    tags = {
        "1": record("library.tag", name="ocean", aliases=["Sea", "Water"]),
        "2": record("library.tag", name="BEACH", parent=Ref("tags", "1"), color="#aabbcc"),
        "3": record("library.tag", name="Beach"),
        "4": record("library.tag", name="Snow"),
    }

    move({"tags": tags})

    found = became("tags")
    assert (found["1"], found["2"], found["4"]) == (sea.pk, beach.pk, trashed.pk)
    assert found["3"] not in (beach.pk, None)
    beach.refresh_from_db()
    trashed.refresh_from_db()
    assert (beach.name, beach.color, trashed.trashed_at) == ("Beach", "#aabbcc", None)
    assert sorted(sea.aliases.values_list("name", flat=True)) == ["Ocean", "Water"]


def test_notes_go_by_their_names(owner: User) -> None:
    video = make_video()
    notes = {
        "1": record("library.videometadata", video=video.pk, key=" Camera ", value=5),
        "2": record("library.videometadata", video=video.pk, key=""),
    }

    run = move({"notes": notes})

    assert VideoMetadata.objects.values_list("key", "value").get() == ("Camera", "5")
    assert run.report["tables"]["notes"]["reasons"] == {"bad_value": 1}


def test_what_rules_did_hangs_on_one_run(owner: User) -> None:
    video = make_video()
    log = {"video": video.pk, "rule": Ref("rules", "1"), "rule_name": "By folder", "kind": "tag", "outcome": "added"}
    tables = {
        "rules": {"1": record("library.rule", name="By folder", kind="path_match", conditions=[], actions=[])},
        "log": {str(n): record("library.rulelog", **log, label=f"Tag {n}") for n in (1, 2)},
    }

    move(tables)

    assert RuleRun.objects.get().logs.count() == 2
    assert RuleLog.objects.first().rule == Rule.objects.get()
    assert ImportedRow.objects.get(table="(made)").kind == "library.rulerun"


def test_scans_and_places_in_queues_come(owner: User) -> None:
    folder, video = make_folder(), make_video()
    tables = {
        "videos": {"8": record("library.video", title="Film")},
        "scans": {"1": record("library.scanlog", folder=folder.pk, started_at=THEN, status="running", files_seen=3)},
        "triage": {
            "1": record("library.triageprogress", user=owner.pk, queue="without-tags", position=Ref("videos", "8"))
        },
    }

    move(tables)

    scan = ScanLog.objects.get()
    assert (scan.status, scan.finished_at, scan.files_seen) == ("failed", scan.started_at, 3)
    assert TriageProgress.objects.get().position == became("videos")["8"] != video.pk
