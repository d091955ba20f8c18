"""Which video a real file gets from the probe stage, and what the frames stage knows of its parts."""

from pathlib import Path

import pytest

from library.models import FileSignature, Folder, Video, VideoFile
from library.models.file import FileState
from processing.services.frames import make_pictures
from processing.stages import StageContext, probe
from tests import media_factory
from tests.library.factories import make_file, make_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return make_folder(path=tmp_path)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return media_factory.make_video(tmp_path / "film.mp4", seconds=20, size="64x48", gop=50, audio="aac")


def _probed(path: Path, folder: Folder) -> VideoFile:
    file = make_file(path=path, folder=folder, state=FileState.NEW)
    context = StageContext(file.pk, {}, folder.pk, lambda done, total: None)
    probe.run(context)
    file.refresh_from_db()
    return file


def _remux(path: Path, source: Path, *options: str) -> Path:
    media_factory._run("-i", str(source), "-c", "copy", *options, str(path))
    return path


def test_a_remux_beside_the_file_is_an_alternate_of_the_same_video(folder: Folder, film: Path) -> None:
    original = _probed(film, folder)
    remux = _probed(_remux(film.with_suffix(".mkv"), film), folder)

    assert (remux.video_id, remux.is_primary, Video.objects.count()) == (original.video_id, False, 1)
    assert len(original.packet_hash) == 32


def test_a_file_that_was_remuxed_away_keeps_its_history(folder: Folder, film: Path) -> None:
    original = _probed(film, folder)
    Video.objects.update(title="Our summer")
    remuxed = _remux(film.with_suffix(".mkv"), film)
    film.unlink()
    VideoFile.objects.update(missing_since="2026-01-01T00:00Z")

    remux = _probed(remuxed, folder)

    assert (remux.video_id, remux.is_primary) == (original.video_id, True)
    video = Video.objects.get()
    assert (video.title, video.missing_since) == ("Our summer", None)


def test_another_encode_is_another_video(folder: Folder, film: Path) -> None:
    _probed(film, folder)
    other = film.with_name("small.mp4")
    media_factory._run("-i", str(film), "-crf", "45", str(other))

    _probed(other, folder)

    assert Video.objects.count() == 2


def test_a_cut_is_another_video_whose_keyframes_are_known(folder: Folder, film: Path, derived: Path) -> None:
    cut = film.with_name("cut.mp4")
    media_factory._run("-ss", "4", "-i", str(film), "-t", "8", "-c", "copy", str(cut))
    files = [_probed(film, folder), _probed(cut, folder)]
    for file in files:
        make_pictures(file=file, report=lambda done, total: None)

    whole, part = (set(FileSignature.objects.get(file=file).keyframe_hashes) for file in files)

    assert Video.objects.count() == 2
    assert part < whole
    assert len(part) == 4
