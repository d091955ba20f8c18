"""What people said about a video survives whatever happens to its file."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from config.services.seed.film import Film, make_film
from library.models import Folder, LibrarySettings, ScanLog, Tag, Video, VideoFile, VideoTag
from library.models.scan_log import ScanStatus
from library.services.changes import change_batch
from library.services.folders import FolderTarget, register_folder
from people.models import Creator, Credit
from playback.models import Marker, Rating, WatchProgress
from processing.services.foreground import process_folders
from tests.library.factories import make_user
from tests.media_factory import run_ffmpeg

_NAMES = ("stays.mp4", "renamed.mp4", "remuxed.mp4", "trip/one.mp4", "trip/two.mp4", "deep/er/three.mp4")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "disk"
    for name in _NAMES:
        make_film(root / name, Film(name, f"place of {name}", ("Ana",), 320, 180, 3, with_sound=False))
    folder = register_folder(path=str(root))
    _scan(folder)
    return folder


def _scan(folder: Folder) -> list[str]:
    folder.refresh_from_db()
    connection.close()
    return process_folders([FolderTarget(folder, "")], on_tick=lambda ended, known, is_scanning: None)


def _label_all() -> dict[int, tuple[str, Decimal]]:
    """A rating, a credit, a mark, a tag and a place to resume for every video; what they are, by video."""
    user = make_user()
    said: dict[int, tuple[str, Decimal]] = {}
    with change_batch(summary="Labelled everything", user=user):
        tag = Tag.objects.create(name="Kept")
        for number, video in enumerate(Video.objects.order_by("pk"), start=1):
            creator = Creator.objects.create(name=f"Person {number}")
            stars = Decimal(number) / 2
            Rating.objects.create(user=user, video=video, stars=stars, rated_at=timezone.now())
            Credit.objects.create(video=video, creator=creator)
            Marker.objects.create(user=user, video=video, start_seconds=1, label=creator.name)
            VideoTag.objects.create(video=video, tag=tag)
            WatchProgress.objects.create(user=user, video=video, position_seconds=1.5, watched_at=timezone.now())
            said[video.pk] = (creator.name, stars)
    return said


def _remembered() -> dict[int, tuple[str, Decimal]]:
    kept: dict[int, tuple[str, Decimal]] = {}
    for video in Video.objects.order_by("pk"):
        credit, rating, marker = video.credits.get(), video.ratings.get(), video.markers.get()
        assert marker.label == credit.creator.name
        assert video.video_tags.get().tag.name == "Kept"
        assert video.watch_progress.get().position_seconds == 1.5
        kept[video.pk] = (credit.creator.name, rating.stars)
    return kept


@pytest.mark.django_db(transaction=True)
def test_renames_moves_remuxes_and_an_unplugged_disk_lose_nothing(folder: Folder, tmp_path: Path) -> None:
    root = Path(folder.fs_path)
    said = _label_all()
    files = set(VideoFile.objects.values_list("pk", flat=True))
    assert len(said) == len(files) == len(_NAMES)

    (root / "renamed.mp4").rename(root / "another name.mp4")
    (root / "trip").rename(root / "the trip, sorted")
    (root / "album").mkdir()
    shutil.move(root / "deep", root / "album" / "deep")
    run_ffmpeg(root / "remuxed.mkv", "-i", str(root / "remuxed.mp4"), "-c", "copy")
    (root / "remuxed.mp4").unlink()
    assert _scan(folder) == []

    assert _remembered() == said
    assert VideoFile.objects.present().count() == len(_NAMES)
    assert Video.objects.missing().count() == 0

    (root).rename(tmp_path / "unplugged")
    root.mkdir()
    problems = _scan(folder)

    assert len(problems) == 1
    assert ScanLog.objects.order_by("-pk").first().status == ScanStatus.FAILED
    assert _remembered() == said
    assert VideoFile.objects.present().count() == len(_NAMES)

    root.rmdir()
    (tmp_path / "unplugged").rename(root)
    assert _scan(folder) == []

    assert _remembered() == said
    assert VideoFile.objects.present().count() == len(_NAMES)
    assert Video.objects.count() == len(_NAMES)
    # The row of every file that was not remuxed is the one it was: its pictures and jobs stay its own.
    assert len(files & set(VideoFile.objects.present().values_list("pk", flat=True))) >= len(_NAMES) - 1


@pytest.mark.django_db(transaction=True)
def test_most_of_a_folder_gone_is_asked_about_first(folder: Folder) -> None:
    root = Path(folder.fs_path)
    said = _label_all()
    LibrarySettings.objects.create(missing_limit_files=2)
    for name in _NAMES[1:]:
        (root / name).unlink()

    _scan(folder)

    assert ScanLog.objects.order_by("-pk").first().status == ScanStatus.HELD
    assert VideoFile.objects.present().count() == len(_NAMES)
    assert _remembered() == said
