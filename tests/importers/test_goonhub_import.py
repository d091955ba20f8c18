"""GoonHub moved in as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher, is_password_usable
from django.test import Client
from django.urls import reverse
from PIL import Image

from importers.models import ImportedRow, ImportRun, RunStatus
from importers.registry import SourceOptions
from importers.services.running import start_run
from importers.services.taking_back import take_back_run
from importers.services.verifying import verify_run
from library.models import Folder, SavedSearch, Tag, User, Video, VideoFile, VideoTag
from people.models import Creator, Credit, ExternalId, Studio, VideoStudio
from playback.models import (
    Favorite,
    Marker,
    MarkerLabelTag,
    MarkerTag,
    Playlist,
    PlaylistItem,
    Rating,
    ShareLink,
    Tally,
    UserSettings,
    ViewCount,
    Watch,
    WatchProgress,
)
from playback.models.share import digest_of
from playback.services.home import home_sections
from processing.models import DeadLetter, Job, ProcessingSettings, StageConfig
from tests.importers import goonhub
from tests.importers.goonhub import PASSWORD, TOKEN, UUIDS
from tests.importers.many import all_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with goonhub.made_database("test_goonhub_import") as url:
        goonhub.build_clean(url)
        goonhub.build_clean(url, is_old=True, schema="old")
        goonhub.build_dirty(url, schema="dirty")
        yield url


def moved(url: str, owner: User, *, schema: str = "public", **asked: Any) -> ImportRun:
    return start_run(
        system="goonhub", location=url, owner=owner, options=SourceOptions(extra={"schema": schema}), **asked
    )


def tables_of(run: ImportRun) -> dict[str, dict[str, Any]]:
    return dict(run.report["tables"])


def check_counts(run: ImportRun) -> None:
    """Every row is counted once."""
    assert run.status == RunStatus.COMPLETED, run.error
    for name, table in tables_of(run).items():
        parts = sum(table[outcome] for outcome in ("created", "merged", "unchanged", "skipped"))
        assert table["read"] == parts, name


def refused(run: ImportRun) -> dict[str, int]:
    return {
        name: table["reasons"]["refused"] for name, table in tables_of(run).items() if "refused" in table["reasons"]
    }


def check_people_and_studios() -> None:
    """They keep their public ids and pictures."""
    anna = Creator.objects.get(public_id=UUIDS["anna"])
    other = Creator.objects.get(public_id=UUIDS["other anna"])
    assert (anna.name, anna.disambiguation, anna.has_implants) == ("Anna Berg", "", True)
    assert set(anna.aliases.values_list("name", flat=True)) == {"Annie", "A. Berg"}
    assert anna.pictures.get().is_primary
    assert (other.name, other.disambiguation) == ("anna berg", "born 1971")
    studio = Studio.objects.get(public_id=UUIDS["studio"])
    assert (studio.parent.name, studio.network.name, bool(studio.logo)) == ("Doors United", "Doors United", True)


def check_what_users_think() -> None:
    """Stars, favourites, plays, marks and lists."""
    anna, ben = User.objects.get(username="anna"), User.objects.get(username="Ben")
    assert [str(rating.stars) for rating in Rating.objects.filter(user=anna).order_by("stars")] == ["0.5", "4.5", "5.0"]
    assert Favorite.objects.filter(user=ben).count() == 2
    assert Tally.objects.get(user=anna).count == 3
    assert Watch.objects.count() == 4
    assert WatchProgress.objects.get(user=anna).position_seconds == 50
    assert WatchProgress.objects.get(user=ben).is_completed
    assert ViewCount.objects.get().user == anna
    assert Marker.objects.get().label == "Wave"
    assert MarkerTag.objects.get().is_from_label
    assert MarkerLabelTag.objects.get().tag.name == "Beach"
    assert set(Playlist.objects.values_list("name", flat=True)) == {"Evening", "evening (2)"}
    items = PlaylistItem.objects.order_by("position").values_list("video__title", flat=True)
    assert list(items) == ["upload", "At the sea"]


def check_history_and_settings(run: ImportRun) -> None:
    """What the machine did, and how it was set."""
    assert Job.objects.filter(stage="probe", status="completed").get().attempts == 2
    assert tables_of(run)["job_history"]["reasons"]["unfinished"] == 2
    assert DeadLetter.objects.filter(stage="probe").count() == 3
    assert StageConfig.objects.get(stage="scan").cron == "0 4 * * *"
    assert ProcessingSettings.load().thumbnail_small_px == 480
    assert Folder.objects.get(path="/srv/goonhub/videos").scans.count() == 3


def check_shared_links(run: ImportRun) -> None:
    """They open by their old tokens, which stand nowhere."""
    link = ShareLink.objects.get(token_digest=digest_of(TOKEN))
    assert (link.video.title, link.view_count, link.is_live) == ("At the sea", 4, True)
    assert TOKEN not in str(run.report)
    rows = ImportedRow.objects.filter(table="share_links")
    assert TOKEN not in str(list(rows.values("written", "kept", "title", "key")))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """GoonHub's data folder with the pictures that people chose."""
    for name in ("covers/1.webp", "actors/1.webp", "logos/1.png", "thumbnails/chosen.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (64, 48), "teal").save(path)
    return tmp_path


def test_everything_arrives(database: str, owner: User, media: Path) -> None:
    run = moved(database, owner, path_map=[("/srv/goonhub/data", str(media))])

    check_counts(run)
    assert refused(run) == {}
    anna, sea = User.objects.get(username="anna"), Video.objects.get(title="At the sea")
    assert anna.role_names == ["admin"]
    assert not anna.is_superuser
    assert User.objects.get(username="cleo").role_names == ["curator"]
    assert User.objects.get(username="cleo").has_perm("library.trash_video")
    assert (sea.view_count, sea.type, bool(sea.cover)) == (12, "amateur", True)
    file = VideoFile.objects.get(video=sea)
    assert (file.relative_path, file.size_bytes, file.is_primary) == ("sea.mp4", 1000, True)
    assert file.missing_since is not None
    assert set(VideoTag.objects.filter(video=sea).values_list("tag__name", flat=True)) == {"Beach", "Old word"}
    assert set(Credit.objects.filter(video=sea).values_list("creator__name", flat=True)) == {"Anna Berg", "Dora"}
    assert VideoStudio.objects.get(video=sea).studio.name == "Blue Door"
    assert Video.objects.get(title="upload").trashed_at is not None
    assert set(ExternalId.objects.values_list("source", "external_id")) >= {("porndb", "p-1"), ("porndb", "s-77")}
    check_people_and_studios()
    check_what_users_think()
    check_history_and_settings(run)
    check_shared_links(run)


def test_searches_and_home_pages_point_to_what_is_here_now(database: str, owner: User, client: Client) -> None:
    # Somebody of that name is here already: the reference follows to them, not to the uuid that they had there.
    here = Creator.objects.create(name="Anna Berg")
    moved(database, owner)

    anna = User.objects.get(username="anna")
    search = SavedSearch.objects.get(public_id=UUIDS["search"])
    asked = {part["facet"]: part["value"] for part in search.filter["all"]}
    assert asked["tag"] == [Tag.objects.get(name="Beach").pk]
    assert str(here.public_id) in asked["creator"]
    assert None not in asked["creator"]
    about = {row.type: row.about for row in home_sections(anna)}
    assert about["tag"] == Tag.objects.get(name="Beach").pk
    assert about["creator"] == str(here.public_id)
    assert about["saved_search"] == UUIDS["search"]
    assert UserSettings.objects.get(user=anna).default_sort_order == "title"
    client.force_login(anna)
    assert client.get(reverse("saved_search", args=[search.public_id])).status_code == 200
    assert client.get("/").status_code == 200


def test_a_second_run_changes_nothing(database: str, owner: User) -> None:
    first = moved(database, owner)
    User.objects.filter(username="anna").update(password="md5$a$b")
    second = moved(database, owner)

    check_counts(second)
    for name, table in tables_of(second).items():
        assert (table["created"], table["merged"]) == (0, 0), name
        assert table["read"] == tables_of(first)[name]["read"]
    assert second.batch is None or second.batch.change_count == 0
    # Nor does it bring back a password that was replaced since.
    assert User.objects.get(username="anna").password == "md5$a$b"


def test_a_database_from_before_its_renames_comes_to_the_same(database: str, owner: User) -> None:
    run = moved(database, owner, schema="old")

    check_counts(run)
    assert refused(run) == {}
    assert {"videos", "user_video_ratings", "dead_letter_queue"} <= set(tables_of(run))
    assert Video.objects.count() == 3
    assert (Rating.objects.count(), Favorite.objects.count(), Watch.objects.count()) == (3, 3, 4)
    assert DeadLetter.objects.count() == 3
    assert ShareLink.objects.filter(token_digest=digest_of(TOKEN)).exists()


def test_a_dirty_database_is_counted_and_nothing_raises(database: str, owner: User) -> None:
    run = moved(database, owner, schema="dirty")
    second = moved(database, owner, schema="dirty")

    check_counts(run)
    tables = tables_of(run)
    assert tables["scene_tags"]["reasons"] == {"dangling_reference": 2}
    assert tables["wishes"]["reasons"] == {"unknown_table": 2}
    assert tables["empty_one"]["read"] == 0
    assert ImportedRow.objects.filter(table="wishes").count() == 2
    assert tables["tags"]["skipped"] == 1
    assert tables["users"]["reasons"]["password_unreadable"] == 1
    assert not is_password_usable(User.objects.get(username="x" * 150).password)
    assert Tag.objects.get(name="Beach").color in ("#6B7280", "#123456")
    for name, table in tables_of(second).items():
        assert (table["created"], table["merged"]) == (0, 0), name


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["public", "old", "dirty"])
def test_it_is_tried_compared_and_taken_back_without_a_trace(
    database: str, owner: User, media: Path, schema: str
) -> None:
    before = all_rows()
    asked: dict[str, Any] = {"schema": schema, "path_map": [("/srv/goonhub/data", str(media))]}
    tried = moved(database, owner, is_dry_run=True, **asked)
    assert all_rows() == before

    run = moved(database, owner, **asked)

    assert tables_of(run) == tables_of(tried)
    assert verify_run(run=run, options=SourceOptions(extra={"schema": schema}))["listed"] == []
    assert take_back_run(run=run)["kept_count"] == 0
    assert all_rows() == before


def test_people_log_in_with_their_old_password_and_it_is_replaced(database: str, owner: User, client: Client) -> None:
    moved(database, owner)

    answer = client.post(reverse("login"), {"username": "ANNA", "password": PASSWORD})

    assert answer.status_code == 302
    assert identify_hasher(User.objects.get(username="anna").password).algorithm == "md5"


def test_the_user_map_names_who_somebody_is_here(database: str, owner: User) -> None:
    moved(database, owner, user_map={"Anna": "owner"})

    assert not User.objects.filter(username="anna").exists()
    assert Tally.objects.get().user == owner
    assert owner.check_password("secret")
