"""Viewra moves in: its database through the engine into our tables."""

from collections.abc import Callable
from pathlib import Path

import pytest

from library.models import Folder, Tag, User, Video, VideoFile, VideoTag
from people.models import Creator, Credit, ExternalId
from playback.models import Watch, WatchProgress
from processing.models import Plugin, PluginMetadata
from tests.importers import viewra
from tests.importers.moving import move_in, totals

pytestmark = pytest.mark.django_db


def test_everything_is_there_afterwards(tmp_path: Path, owner: User) -> None:
    run = move_in("viewra", viewra.build_clean(tmp_path / "viewra.db"))

    film = Video.objects.get(title="The Keeper")
    assert film.description == "A lighthouse."
    assert list(film.files.order_by("-is_primary").values_list("relative_path", "is_primary")) == [
        ("Keeper.mkv", True), ("Keeper cut.mkv", False),
    ]  # fmt: skip
    assert set(VideoTag.objects.filter(video=film).values_list("tag__name", flat=True)) == {"Drama", "Sea", "storm"}
    assert set(Credit.objects.filter(video=film).values_list("creator__name", flat=True)) == {
        "Ann Actor", "Dan Director",
    }  # fmt: skip
    assert Creator.objects.filter(name="Ann Actor").count() == 1
    assert set(ExternalId.objects.filter(video=film).values_list("source", "external_id")) == {
        ("viewra", "f-film"), ("viewra", "m-film"), ("tmdb", "603"), ("imdb", "tt0133093"), ("wikidata", "Q1"),
    }  # fmt: skip
    assert Tag.objects.get(name="storm").parent.name == "Keywords"
    assert Plugin.objects.get(name="tmdb_enricher_v2").state == "gone"
    assert PluginMetadata.objects.filter(video=film, plugin__name="tmdb_enricher_v2").count() == 4
    assert Watch.objects.filter(user=owner).count() == 2
    assert WatchProgress.objects.get(user=owner, video=film).position_seconds == 900
    assert Folder.objects.get(path="/mnt/media/films").kind == "movies"
    for counts in run.report["tables"].values():
        assert counts["read"] == counts["created"] + counts["merged"] + counts["unchanged"] + counts["skipped"]


@pytest.mark.parametrize(
    "build",
    [
        viewra.build_clean,
        pytest.param(viewra.build_documented, marks=pytest.mark.slow),
        pytest.param(viewra.build_dirty, marks=pytest.mark.slow),
    ],
)
def test_a_second_run_changes_nothing(tmp_path: Path, owner: User, build: Callable[[Path], Path]) -> None:
    location = build(tmp_path / "viewra.db")
    first = move_in("viewra", location)
    second = move_in("viewra", location)

    counted = totals(second)
    assert counted["created"] == counted["merged"] == 0
    assert counted["unchanged"] == totals(first)["created"] + totals(first)["merged"]
    assert second.report["conflicts"] == first.report["conflicts"]


def test_a_file_of_no_known_library_gets_a_folder_of_its_own(tmp_path: Path, owner: User) -> None:
    run = move_in("viewra", viewra.build_dirty(tmp_path / "viewra.db"))

    orphan = VideoFile.objects.get(video__title="Orphan")
    assert orphan.folder.path not in ("/mnt/media/films", "/mnt/media/shows", "/mnt/media/music")
    assert run.report["tables"]["media_files"]["reasons"]["dangling_reference"] == 1


def test_what_was_watched_without_accounts_is_the_owners(tmp_path: Path, owner: User) -> None:
    move_in("viewra", viewra.build_documented(tmp_path / "viewra.db"))

    assert set(Watch.objects.values_list("user", flat=True)) == {owner.pk}
    assert User.objects.count() == 1
