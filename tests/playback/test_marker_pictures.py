"""Marks are shown by a picture or a clip of their moment, which follows them and goes with them."""

from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks

from library.models import VideoFile
from library.services.changes import change_batch
from library.services.history import undo_batch
from playback.models import Marker, MarkerPicture
from playback.services.marker_pictures import make_marker_picture
from playback.services.markers import fill_marker_pictures, request_marker_pictures
from processing.exceptions import TargetGoneError
from processing.media.probe import probe
from processing.models import Job, JobStatus, ProcessingSettings, StageRecord
from processing.services.claim import claim_next
from processing.services.run import run_job
from tests import media_factory
from tests.library.factories import make_file, make_user, make_video
from tests.processing.ingesting import turn_aside

pytestmark = pytest.mark.django_db


@pytest.fixture
def derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    turn_aside(tmp_path / "derived", monkeypatch)
    return tmp_path / "derived"


@pytest.fixture
def file(tmp_path: Path, derived: Path) -> VideoFile:
    path = media_factory.make_video(tmp_path / "v" / "film.mp4", seconds=8, size="64x48", source="time", gop=50)
    return make_file(path=path, duration_seconds=8.0, video=make_video(duration_seconds=8.0))


def _mark(file: VideoFile, start: float = 3.0, end: float | None = None) -> Marker:
    return Marker.objects.create(user=make_user(), video=file.video, start_seconds=start, end_seconds=end)


def _make(marker: Marker) -> MarkerPicture:
    return make_marker_picture(marker_id=marker.pk, report=lambda done, total: None)


def _stored(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_mark_gets_the_picture_of_its_moment(file: VideoFile, derived: Path) -> None:
    picture = _make(_mark(file, 3.0))

    with Image.open(picture.image.path) as image:
        grey = np.asarray(image.convert("L")).mean()
        assert (image.format, image.size) == ("WEBP", (64, 48))
    assert grey == pytest.approx(media_factory.time_grey(3.0, 8), abs=4)
    assert (picture.clip.name, picture.clip_seconds, _stored(derived)) == ("", None, {picture.image.name})


@pytest.mark.parametrize(
    ("start", "end", "seconds"), [(1.0, None, 3.0), (1.0, 2.5, 1.5), (1.0, 8.0, 3.0), (6.0, None, 2.0)]
)
def test_with_the_setting_it_gets_a_clip_that_ends_with_it(
    file: VideoFile, start: float, end: float | None, seconds: float
) -> None:
    ProcessingSettings.objects.create(marker_pictures="animated", marker_clip_seconds=3)

    picture = _make(_mark(file, start, end))

    facts = probe(picture.clip.path)
    assert facts.duration_seconds == pytest.approx(seconds, abs=0.1)
    assert (facts.video_codec, facts.audio_codec) == ("h264", None)
    assert picture.clip_seconds == pytest.approx(seconds, abs=0.1)


def test_the_stage_does_it_in_the_background(file: VideoFile) -> None:
    marker = _mark(file)
    assert request_marker_pictures(marker_ids=[marker.pk]) == 1
    job = claim_next(queue="media", worker="w:1")
    assert job is not None
    run_job(job)

    job.refresh_from_db()
    assert (job.status, job.label) == (JobStatus.COMPLETED, f"3 s of {marker.video.title}")
    assert MarkerPicture.objects.filter(marker=marker).exists()


def test_a_moved_mark_gets_another_picture_and_the_old_one_goes(
    file: VideoFile, derived: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    marker = _mark(file, 1.0)
    old = _make(marker)
    Marker.objects.filter(pk=marker.pk).update(start_seconds=6.0)
    assert fill_marker_pictures() == 1

    with django_capture_on_commit_callbacks(execute=True):
        new = _make(marker)

    assert _stored(derived) == {new.image.name}
    assert new.image.name != old.image.name


def test_moving_it_in_the_admin_asks_for_another_one(
    file: VideoFile, client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    marker = _mark(file)
    _make(marker)
    client.force_login(make_user(is_superuser=True))
    address = reverse("admin:playback_marker_change", args=(marker.pk,))
    page = client.get(address)
    assert f'src="{MarkerPicture.objects.get().image.url}"' in page.content.decode()
    posted = {name: value for name, value in page.context["adminform"].form.initial.items() if value is not None}

    client.post(address, {**posted, "start_seconds": "5", "end_seconds": "", "tags": []})

    assert Job.objects.get(stage="marker-pictures").target_id == marker.pk


def test_files_go_with_the_mark_and_an_undo_has_them_made_again(
    file: VideoFile, derived: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    marker = _mark(file)
    _make(marker)
    with django_capture_on_commit_callbacks(execute=True), change_batch(summary="Removed a mark") as batch:
        marker.delete()
    assert _stored(derived) == set()
    assert fill_marker_pictures() == 0

    undo_batch(batch=batch, user=make_user(is_superuser=True))

    assert fill_marker_pictures() == 1


def test_making_a_mark_can_be_undone_though_it_has_a_picture(
    file: VideoFile, derived: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with change_batch(summary="Made a mark") as batch:
        marker = _mark(file)
    _make(marker)

    with django_capture_on_commit_callbacks(execute=True):
        report = undo_batch(batch=batch, user=make_user(is_superuser=True))

    assert (report.conflict_count, Marker.objects.count(), MarkerPicture.objects.count()) == (0, 0, 0)


def test_what_is_missing_is_filled_in_and_what_is_there_is_not(file: VideoFile, derived: Path) -> None:
    made, unmade, behind = _mark(file, 1), _mark(file, 2), _mark(file, 99)
    _make(made)
    away = make_file(missing_since=timezone.now(), video=make_video(duration_seconds=50))
    _mark(away, 1)

    assert fill_marker_pictures() == 1

    assert Job.objects.get(stage="marker-pictures").target_id == unmade.pk
    assert behind.pk != unmade.pk
    Job.objects.all().delete()
    Path(MarkerPicture.objects.get(marker=made).image.path).unlink()
    assert fill_marker_pictures() == 2


def test_a_mark_of_a_video_that_is_away_waits(file: VideoFile) -> None:
    marker = _mark(file)
    VideoFile.objects.update(missing_since=timezone.now())

    with pytest.raises(TargetGoneError):
        _make(marker)
    with pytest.raises(TargetGoneError):
        make_marker_picture(marker_id=0, report=lambda done, total: None)


def test_a_mark_whose_picture_can_not_be_made_is_not_tried_every_day(
    file: VideoFile,
) -> None:
    marker = _mark(file)
    fill_marker_pictures()
    Path(file.fs_path).write_bytes(b"nothing that decodes")
    job = claim_next(queue="media", worker="test")
    assert job is not None
    Job.objects.filter(pk=job.pk).update(max_attempts=1)
    job.refresh_from_db()
    run_job(job)

    again = fill_marker_pictures()
    Marker.objects.filter(pk=marker.pk).update(start_seconds=1.0)
    elsewhere = fill_marker_pictures()

    assert (StageRecord.objects.get(stage="marker-pictures").status, again, elsewhere) == ("failed", 0, 1)
