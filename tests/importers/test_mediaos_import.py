"""MediaOS moves in: its files through the engine into our tables."""

from pathlib import Path

import pytest

from importers.models import ImportedRow
from library.models import Folder, User, Video, VideoFile, VideoMetadata
from processing.models import IntegrityFinding
from tests.importers import mediaos
from tests.importers.moving import move_in, totals

pytestmark = pytest.mark.django_db


def test_everything_is_there_afterwards(tmp_path: Path, owner: User) -> None:
    run = move_in("mediaos", mediaos.build_clean(tmp_path / "config"), secret=mediaos.OLD_KEY)

    film = Video.objects.get(title="The Lighthouse Keeper")
    assert dict(VideoMetadata.objects.filter(video=film).values_list("key", "value")).items() >= {
        ("quality", "1080p"), ("year", "1999"),
    }  # fmt: skip
    assert set(Folder.objects.values_list("path", flat=True)) >= {"/volume1/media/movies", "/volume1/media/series"}
    assert VideoFile.objects.filter(relative_path__endswith="keeper.mkv", video=film, is_primary=True).exists()
    assert set(IntegrityFinding.objects.values_list("code", "file__video")) == {
        ("low_bitrate", film.pk), ("suspicious_name", film.pk),
    }  # fmt: skip
    assert User.objects.get(email="guest@example.org").check_password("Winter-2020!")
    assert run.report["tables"]["library_items"]["reasons"] == {"no_place_yet": 3}
    for counts in run.report["tables"].values():
        assert counts["read"] == counts["created"] + counts["merged"] + counts["unchanged"] + counts["skipped"]


def test_a_second_run_changes_nothing(tmp_path: Path, owner: User) -> None:
    config = mediaos.build_clean(tmp_path / "config")
    first = move_in("mediaos", config, secret=mediaos.OLD_KEY)
    second = move_in("mediaos", config, secret=mediaos.OLD_KEY)

    counted = totals(second)
    assert counted["created"] == counted["merged"] == 0
    assert counted["unchanged"] == totals(first)["created"] + totals(first)["merged"]
    assert second.report["conflicts"] == []


def test_secrets_are_stored_under_our_key_and_stand_nowhere(tmp_path: Path, owner: User) -> None:
    run = move_in("mediaos", mediaos.build_clean(tmp_path / "config"), secret=mediaos.OLD_KEY)

    stored = repr(list(ImportedRow.objects.values()))
    for text in (*mediaos.SECRETS, "grab-api-key", mediaos.OLD_KEY):
        assert text not in stored and text not in repr(run.report) and text not in repr(run.options)
    assert "$secret" in ImportedRow.objects.get(table="downloaders", key="qbittorrent").kept["password"]


def test_a_wrong_key_is_counted_and_loses_nothing_but_the_secrets(tmp_path: Path, owner: User) -> None:
    run = move_in("mediaos", mediaos.build_clean(tmp_path / "config"), secret=mediaos.OTHER_KEY)

    reasons = [table["reasons"].get("secret_unreadable", 0) for table in run.report["tables"].values()]
    assert sum(reasons) == 5
    assert ImportedRow.objects.get(table="downloaders", key="qbittorrent").kept["username"] == "me"


def test_dirty_files_come_as_far_as_they_are_whole(tmp_path: Path, owner: User) -> None:
    config = mediaos.build_dirty(tmp_path / "config")
    run = move_in("mediaos", config, secret=mediaos.OLD_KEY)
    again = move_in("mediaos", config, secret=mediaos.OLD_KEY)

    assert {"cut_off", "bad_text", "unknown_column"} <= run.report["tables"]["library_items"]["reasons"].keys()
    assert Video.objects.filter(title="Nul \ufffd and \ufffd here").exists()
    assert totals(again)["created"] == totals(again)["merged"] == 0


def test_the_planned_database_goes_on_where_the_files_ended(tmp_path: Path, owner: User) -> None:
    move_in("mediaos", mediaos.build_clean(tmp_path / "config"), secret=mediaos.OLD_KEY)
    videos = Video.objects.count()

    move_in("mediaos", mediaos.build_database(tmp_path / "mediaos.db"), secret=mediaos.OLD_KEY)

    assert Video.objects.count() == videos and User.objects.count() == 2
