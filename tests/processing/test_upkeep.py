"""Pictures that got lost are made again."""

from pathlib import Path

import pytest

from library.models import FileSignature, VideoFile
from library.models.file import FileState
from processing.models import Job, Storyboard, Thumbnail
from processing.services.frames import make_pictures
from processing.services.upkeep import remake_lost_pictures
from processing.versions import FRAMES_VERSION
from tests import media_factory
from tests.library.factories import make_file


@pytest.fixture
def ready(tmp_path: Path, derived: Path, db: None) -> VideoFile:
    path = media_factory.make_video(tmp_path / "videos" / "film.mp4", seconds=1, size="64x48")
    file = make_file(path=path, state=FileState.READY)
    make_pictures(file=file, report=lambda done, total: None)
    return file


def test_pictures_that_are_there_are_left_alone(ready: VideoFile) -> None:
    assert remake_lost_pictures() == 0
    assert not Job.objects.exists()


@pytest.mark.parametrize("picture", ["small", "large", "sprite", "vtt"])
def test_a_lost_picture_is_made_again(ready: VideoFile, picture: str) -> None:
    row = (Thumbnail if picture in ("small", "large") else Storyboard).objects.get(file=ready)
    Path(getattr(row, picture).path).unlink()

    assert remake_lost_pictures() == 1
    assert Job.objects.get().stage == "frames"


def test_a_ready_file_without_rows_of_pictures_gets_some(ready: VideoFile) -> None:
    Thumbnail.objects.all().delete()

    assert remake_lost_pictures() == 1


@pytest.mark.parametrize("has_old_one", [True, False])
def test_a_signature_of_another_version_is_made_anew(ready: VideoFile, has_old_one: bool) -> None:
    signatures = FileSignature.objects.filter(file=ready)
    _ = signatures.update(version=0) if has_old_one else signatures.delete()

    assert remake_lost_pictures() == 1
    make_pictures(file=ready, report=lambda done, total: None)
    assert FileSignature.objects.get().version == FRAMES_VERSION


def test_a_file_that_stays_ready_plays_meanwhile(ready: VideoFile) -> None:
    Storyboard.objects.all().delete()
    remake_lost_pictures()

    ready.refresh_from_db()
    assert ready.state == FileState.READY


def test_asking_twice_submits_once(ready: VideoFile) -> None:
    Storyboard.objects.all().delete()
    remake_lost_pictures()

    assert remake_lost_pictures() == 0


def test_missing_and_failed_files_are_not_asked_for(ready: VideoFile) -> None:
    Storyboard.objects.all().delete()
    VideoFile.objects.update(state=FileState.FAILED, error="Broken.")

    assert remake_lost_pictures() == 0
