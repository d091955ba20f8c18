"""A mark with an end is cut out as a download: by a job, for its owner, for some days."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from library.models import User, VideoFile
from library.services.sweeping import sweep
from playback.exceptions import ClipError
from playback.models import ClipExport, Marker
from playback.services.clips import Form, clip_state, remove_old_clips, request_download
from playback.services.clips.cutting import make_clip
from processing.exceptions import TargetGoneError
from processing.media.probe import probe
from processing.models import Job, JobStatus
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
    video = make_video(title="Sea side", duration_seconds=8.0)
    return make_file(path=path, duration_seconds=8.0, video=video, container="mp4")


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def marker(user: User, file: VideoFile) -> Marker:
    return Marker.objects.create(user=user, video=file.video, start_seconds=3, end_seconds=5, label="Wave")


def make(marker: Marker) -> ClipExport:
    made = make_clip(marker_id=marker.pk, form=Form.DOWNLOAD, report=lambda done, total: None)
    assert isinstance(made, ClipExport)
    return made


def stored(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_job_cuts_it_out_and_says_between_which_keyframes(user: User, marker: Marker, client: Client) -> None:
    client.force_login(user)
    asked = client.post(f"/api/v1/markers/{marker.pk}/clip/")
    job = claim_next(queue="media", worker="w:1")
    running = client.get(f"/api/v1/markers/{marker.pk}/clip/").json()["state"]
    assert job is not None
    run_job(job)
    job.refresh_from_db()

    said = client.get(f"/api/v1/markers/{marker.pk}/clip/").json()
    answer = client.get(said["url"])

    assert (asked.status_code, asked.json()["state"], running) == (202, "waiting", "running")
    assert (job.status, said["state"]) == (JobStatus.COMPLETED, "ready")
    assert (said["from_seconds"], said["to_seconds"]) == (2.0, 6.0)
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(body) == said["size_bytes"]
    assert answer["Content-Disposition"] == 'attachment; filename="sea-side-wave.mp4"'
    assert request_download(marker=marker, user=user) is False


def test_the_download_plays_and_holds_the_range(marker: Marker) -> None:
    export = make(marker)

    facts = probe(export.clip.path)

    assert facts.duration_seconds == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("role", ["", "user"])
def test_others_get_nothing_of_it(client: Client, marker: Marker, role: str) -> None:
    make(marker)
    client.force_login(make_user(role=role))

    answers = [client.get(f"/markers/{marker.pk}/clip/"), client.post(f"/api/v1/markers/{marker.pk}/clip/")]

    assert {one.status_code for one in answers} <= {403, 404}
    assert not Job.objects.exists()


def test_without_the_permission_nothing_is_cut(client: Client, user: User, marker: Marker) -> None:
    user.groups.get().permissions.remove(*user.groups.get().permissions.filter(codename="export_clip"))
    client.force_login(User.objects.get(pk=user.pk))

    assert client.post(f"/api/v1/markers/{marker.pk}/clip/").status_code == 403


def test_a_mark_without_an_end_is_no_clip(user: User, marker: Marker) -> None:
    marker.end_seconds = None
    marker.save()

    with pytest.raises(ClipError, match="an end first"):
        request_download(marker=marker, user=user)
    with pytest.raises(TargetGoneError):
        make(marker)


def test_a_file_that_is_gone_is_told_and_an_error_of_the_job_too(user: User, marker: Marker, file: VideoFile) -> None:
    assert request_download(marker=marker, user=user)
    job = claim_next(queue="media", worker="w:1")
    Path(file.fs_path).write_bytes(b"no film")
    assert job is not None
    run_job(job)

    state = clip_state(marker)
    VideoFile.objects.update(missing_since=timezone.now())

    assert state.state in ("failed", "waiting")
    assert "none" not in state.state
    with pytest.raises(ClipError, match="not there right now"):
        request_download(marker=marker, user=user)


def test_a_moved_mark_is_cut_anew_and_the_old_file_goes(
    marker: Marker, user: User, derived: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make(marker)
    Marker.objects.update(start_seconds=6, end_seconds=7)
    marker.refresh_from_db()
    assert clip_state(marker).state == "none"
    assert request_download(marker=marker, user=user)

    with django_capture_on_commit_callbacks(execute=True):
        new = make(marker)

    assert stored(derived) == {new.clip.name}
    assert (new.from_seconds, new.to_seconds) == pytest.approx((6.0, 8.0), abs=0.1)


def test_clips_go_with_their_mark_and_after_some_days(
    marker: Marker, derived: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make(marker)
    assert remove_old_clips() == 0
    ClipExport.objects.update(made_at=timezone.now() - timedelta(days=8))

    with django_capture_on_commit_callbacks(execute=True):
        removed = remove_old_clips()
    make(marker)
    with django_capture_on_commit_callbacks(execute=True):
        marker.delete()

    assert (removed, stored(derived)) == (1, set())


def test_the_sweep_knows_whose_they_are(marker: Marker, derived: Path) -> None:
    export = make(marker)
    (derived / "clips" / "0000" / "9").mkdir(parents=True, exist_ok=True)
    (derived / "clips" / "0000" / "9" / "left.mp4").write_bytes(b"x")

    swept = sweep(grace=timedelta(seconds=-5))

    assert next(kind for kind in swept.kinds if kind.folder == "clips").orphans == 1
    assert export.clip.name in stored(derived)
