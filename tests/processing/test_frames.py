import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.base import File
from django.core.files.storage import storages
from pytest_django import DjangoCaptureOnCommitCallbacks

from library.exceptions import FileChangedError
from library.models import FileSignature, VideoFile
from library.models.file import FileState
from processing.exceptions import TargetGoneError
from processing.media.errors import NoPictureError
from processing.media.frames import FrameOptions, FrameProducts
from processing.models import Job, JobStatus, ProcessingSettings, Storyboard, Thumbnail
from processing.services import frames
from processing.services.claim import claim_next
from processing.services.frames import input_key, make_pictures
from processing.services.interrupts import HoldLost
from processing.services.run import run_job
from processing.versions import FRAMES_VERSION
from tests import media_factory
from tests.library.factories import make_file
from tests.processing.factories import make_job


@pytest.fixture
def video(tmp_path: Path, derived: Path, db: None) -> VideoFile:
    path = media_factory.make_video(tmp_path / "videos" / "film.mp4", seconds=2, size="64x48")
    return make_file(path=path, state=FileState.PROBED)


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _make(file: VideoFile) -> FrameProducts:
    return make_pictures(file=file, report=lambda done, total: None)


def _run_frames(file: VideoFile) -> Job:
    make_job(stage="frames", file=file)
    job = claim_next(queue="media", worker="w:1")
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def test_rows_name_the_files_that_were_stored(video: VideoFile, derived: Path) -> None:
    products = _make(video)

    thumbnail, board = Thumbnail.objects.get(file=video), Storyboard.objects.get(file=video)
    names = {thumbnail.small.name, thumbnail.large.name, board.sprite.name, board.vtt.name}
    assert names == _files(derived)
    assert all(name.startswith(f"frames/{video.pk // 1000:04d}/{video.pk}/{thumbnail.input_key}-") for name in names)
    assert (board.tile_count, thumbnail.large_width) == (products.tile_count, products.thumbnail_large_size[0])
    assert Path(board.vtt.path).read_text().count(f"{Path(board.sprite.name).name}#xywh=") == board.tile_count


def test_the_signature_is_stored_with_the_pictures(video: VideoFile) -> None:
    products = _make(video)

    signature = FileSignature.objects.get(file=video)
    assert signature.version == FRAMES_VERSION
    assert signature.frame_times == pytest.approx(products.frame_times)
    assert [number % 2**64 for number in signature.frame_hashes] == list(products.frame_hashes)
    assert [number % 2**64 for number in signature.keyframe_hashes] == list(products.keyframe_hashes)
    assert len(signature.keyframe_times) == len(signature.keyframe_hashes) > 0


def test_the_stage_makes_the_file_ready(video: VideoFile) -> None:
    job = _run_frames(video)

    video.refresh_from_db()
    assert (job.status, video.state, job.result["tiles"] >= 1) == (JobStatus.COMPLETED, FileState.READY, True)
    assert video.phash is not None


def test_making_them_again_removes_the_old_ones_after_the_commit(
    video: VideoFile, derived: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    _make(video)
    old = _files(derived)

    with django_capture_on_commit_callbacks(execute=True):
        _make(video)
        during = _files(derived)

    assert old < during
    assert _files(derived) == during - old
    assert Thumbnail.objects.count() == Storyboard.objects.count() == 1


def test_options_of_the_settings_are_used(video: VideoFile) -> None:
    ProcessingSettings.objects.create(thumbnail_small_px=160, storyboard_tiles=10)

    _make(video)

    assert Thumbnail.objects.get().small_width <= 160


@pytest.mark.parametrize("change", [{"size_bytes": 9}, {"oshash": "f" * 16}, {"mtime_ns": 9}])
def test_the_key_changes_with_the_content(change: dict[str, int | str]) -> None:
    file = VideoFile(size_bytes=1, oshash="0" * 16, mtime_ns=1)
    other = VideoFile(**{"size_bytes": 1, "oshash": "0" * 16, "mtime_ns": 1} | change)

    assert input_key(file, FrameOptions()) != input_key(other, FrameOptions())


def test_the_key_changes_with_the_options_and_else_stays() -> None:
    file = VideoFile(size_bytes=1, oshash="0" * 16, mtime_ns=1)

    assert input_key(file, FrameOptions()) == input_key(file, FrameOptions())
    assert input_key(file, FrameOptions()) != input_key(file, replace(FrameOptions(), sprite_quality=50))


def test_a_file_replaced_meanwhile_keeps_its_old_pictures_and_is_tried_again(
    video: VideoFile, derived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(video)
    before, rows = _files(derived), list(Thumbnail.objects.values())
    VideoFile.objects.filter(pk=video.pk).update(mtime_ns=5)

    with pytest.raises(FileChangedError) as raised:
        _make(video)

    assert not raised.value.permanent
    assert (_files(derived), list(Thumbnail.objects.values())) == (before, rows)


def test_a_file_removed_from_the_library_meanwhile_leaves_nothing(video: VideoFile, derived: Path) -> None:
    VideoFile.objects.filter(pk=video.pk).delete()

    with pytest.raises(TargetGoneError):
        _make(video)

    assert _files(derived) == set()


def test_a_job_of_a_missing_file_fails_with_a_sentence(video: VideoFile) -> None:
    VideoFile.objects.filter(pk=video.pk).update(missing_since="2026-01-01T00:00Z")

    job = _run_frames(video)

    assert (job.status, job.error_class) == (JobStatus.FAILED, "TargetGoneError")


def test_a_job_of_a_file_that_left_the_library_fails_with_a_sentence(video: VideoFile) -> None:
    make_job(stage="frames", target_id=video.pk + 1)
    job = claim_next(queue="media", worker="w:1")
    assert job is not None

    run_job(job)

    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.FAILED, "The file was removed from the library.")


def test_a_disk_that_fills_up_while_storing_leaves_the_old_pictures(
    video: VideoFile, derived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(video)
    before = _files(derived)
    storage = storages["derived"]
    save = storage.save
    saved: list[str] = []

    def save_two(name: str, content: File) -> str:
        if len(saved) == 2:
            raise OSError(28, "No space left on device")
        saved.append(name)
        return save(name, content)

    monkeypatch.setattr(storage, "save", save_two)

    job = _run_frames(video)

    assert (job.status, job.error[:23]) == (JobStatus.PENDING, "No space left on device")
    assert (len(saved), _files(derived)) == (2, before)


@pytest.fixture
def full_disk(derived: Path, db: None) -> Iterator[Path]:
    """Derived files go to a disk of 8 KiB."""
    derived.mkdir()
    options = ["-t", "tmpfs", "-o", "size=8k", "tmpfs"]
    if subprocess.run(["mount", *options, str(derived)], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    yield derived
    subprocess.run(["umount", str(derived)], check=True)


def test_a_real_full_disk_is_a_sentence_and_leaves_no_file(full_disk: Path, tmp_path: Path) -> None:
    path = media_factory.make_video(tmp_path / "videos" / "film.mp4", seconds=4, size="640x480")
    file = make_file(path=path, state=FileState.PROBED)

    job = _run_frames(file)

    assert (job.status, job.error[:23]) == (JobStatus.PENDING, "No space left on device")
    assert _files(full_disk) == set()
    assert not Thumbnail.objects.exists()


def test_a_stage_interrupted_while_storing_leaves_nothing(
    video: VideoFile, derived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(file: VideoFile) -> None:
        raise HoldLost

    monkeypatch.setattr(frames, "check_unchanged", lose)

    with pytest.raises(HoldLost):
        _make(video)

    assert _files(derived) == set()


def test_a_file_without_a_picture_fails_for_good(tmp_path: Path, derived: Path, db: None) -> None:
    path = media_factory.make_audio(tmp_path / "videos" / "song.mp4")
    file = make_file(path=path, state=FileState.PROBED)

    with pytest.raises(NoPictureError):
        _make(file)

    assert _files(derived) == set()


def test_no_temporary_folder_stays(video: VideoFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    _make(video)

    assert os.listdir(scratch) == []
