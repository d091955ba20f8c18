"""Preview clips: made when they are wanted, made anew when they show something else, gone with their file."""

from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from library.exceptions import FileChangedError
from library.models import VideoFile
from library.models.file import FileState
from processing.models import Job, JobStatus, Preview, ProcessingSettings
from processing.services.claim import claim_next
from processing.services.preview_keys import remake_lost_previews, wants_preview
from processing.services.previews import make_preview
from processing.services.run import run_job
from processing.services.trashed import forget_pictures
from tests import media_factory
from tests.library.factories import make_file
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(tmp_path: Path, derived: Path) -> VideoFile:
    path = media_factory.make_video(tmp_path / "videos" / "film.mp4", seconds=2, size="64x48")
    return make_file(path=path, duration_seconds=2.0)


def _make(file: VideoFile) -> Preview:
    make_preview(file=file, report=lambda done, total: None)
    return Preview.objects.get(file=file)


def _stored(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _run(stage: str, file: VideoFile) -> Job:
    job = make_job(stage=stage, file=file)
    claimed = claim_next(queue="media", worker="w:1")
    assert claimed is not None
    run_job(claimed)
    job.refresh_from_db()
    return job


def test_the_stage_stores_a_clip_and_its_row(video: VideoFile, derived: Path) -> None:
    job = _run("preview", video)

    preview = Preview.objects.get(file=video)
    assert job.status == JobStatus.COMPLETED
    assert _stored(derived) == {preview.clip.name}
    assert preview.clip.name.startswith(f"previews/{video.pk // 1000:04d}/{video.pk}/{preview.input_key}-")
    assert (preview.width, preview.height) == (64, 48)
    assert preview.seconds == pytest.approx(2.0)
    assert preview.size_bytes == Path(preview.clip.path).stat().st_size


def test_settings_decide_how_long_and_large_it_is(video: VideoFile) -> None:
    ProcessingSettings.objects.create(preview_segments=2, preview_segment_seconds=0.75)

    assert _make(video).seconds == pytest.approx(1.5, abs=0.05)


def test_making_it_again_removes_the_old_clip_after_the_commit(
    video: VideoFile, derived: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old = _make(video).clip.name

    with django_capture_on_commit_callbacks(execute=True):
        new = _make(video).clip.name
        assert _stored(derived) == {old, new}

    assert _stored(derived) == {new}


def test_a_file_replaced_meanwhile_keeps_what_it_had(video: VideoFile, derived: Path) -> None:
    kept = _make(video).clip.name
    VideoFile.objects.filter(pk=video.pk).update(mtime_ns=5)

    with pytest.raises(FileChangedError):
        make_preview(file=video, report=lambda done, total: None)

    assert _stored(derived) == {kept}


def test_previews_follow_the_pictures_only_when_they_are_wanted(video: VideoFile) -> None:
    VideoFile.objects.filter(pk=video.pk).update(state=FileState.PROBED)
    _run("frames", video)
    assert not Job.objects.filter(stage="preview").exists()

    ProcessingSettings.objects.create(scene_preview_enabled=True)
    _run("frames", video)

    assert Job.objects.get(stage="preview").target_id == video.pk


def test_a_preview_of_another_content_is_made_anew_whatever_the_setting(video: VideoFile) -> None:
    _make(video)
    assert not wants_preview(video)

    video.mtime_ns += 1

    assert wants_preview(video)


def test_lost_and_outdated_previews_are_submitted(video: VideoFile, derived: Path) -> None:
    preview = _make(video)
    other = make_file(duration_seconds=9.0)
    assert remake_lost_previews() == 0

    ProcessingSettings.objects.create(preview_crf=40)
    assert remake_lost_previews() == 1
    Job.objects.all().delete()
    ProcessingSettings.objects.update(preview_crf=27)
    storages["derived"].delete(preview.clip.name)
    assert remake_lost_previews() == 1
    ProcessingSettings.objects.update(scene_preview_enabled=True)
    assert remake_lost_previews() == 1
    assert Job.objects.filter(stage="preview", target_id=other.pk).exists()


def test_a_purge_takes_the_clip_along(video: VideoFile, derived: Path) -> None:
    _make(video)

    forget_pictures([video.pk])()

    assert _stored(derived) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"preview_segments": 1},
        {"preview_segments": 25},
        {"preview_segment_seconds": 0.5},
        {"preview_segment_seconds": 5.5},
        {"preview_crf": 17},
        {"preview_crf": 41},
        {"preview_px": 333},
        {"marker_clip_seconds": 2},
        {"marker_clip_seconds": 16},
        {"marker_crf": 41},
        {"marker_px": 100},
        {"marker_pictures": "both"},
        {"check_depth": "deepest"},
        {"check_decodes": "nothing"},
        {"verify_percent_per_day": 101},
        {"cleanup_grace_hours": 0},
    ],
)
def test_the_database_refuses_values_that_are_not_allowed(wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ProcessingSettings.objects.create(**wrong)
