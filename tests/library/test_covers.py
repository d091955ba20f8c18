"""A cover is chosen from the video, from its best moments or from a device; each choice can be undone."""

import io
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from library.models import ChangeBatch, User, Video, VideoFile
from library.services.covers import clear_cover, set_cover
from library.services.history import undo_batch
from library.words import parse_position
from processing.models import Job, JobStatus
from processing.queries.candidates import cover_candidates
from processing.services.claim import claim_next
from processing.services.covers import request_cover
from processing.services.frames import make_pictures
from processing.services.run import run_job
from tests import media_factory
from tests.library.factories import make_file, make_user, make_video
from tests.processing.ingesting import turn_aside

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user(username="ann", is_superuser=True)


@pytest.fixture
def curator(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VideoFile:
    turn_aside(tmp_path / "derived", monkeypatch)
    path = media_factory.make_video(tmp_path / "v" / "film.mp4", seconds=8, size="64x48", source="time", gop=25)
    return make_file(path=path, duration_seconds=8.0, video=make_video(title="Film", duration_seconds=8.0))


def _png(color: str = "red") -> SimpleUploadedFile:
    stream = io.BytesIO()
    Image.new("RGB", (32, 18), color).save(stream, "PNG")
    return SimpleUploadedFile("mine.png", stream.getvalue(), content_type="image/png")


def _run() -> Job:
    job = claim_next(queue="media", worker="w:1")
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def _mean_grey(video: Video) -> float:
    with Video.objects.get(pk=video.pk).cover.open() as stream, Image.open(stream) as image:
        return float(np.asarray(image.convert("L")).mean())


def test_a_chosen_picture_can_be_undone_and_done_again(owner: User) -> None:
    video = make_video(title="Film")
    batch = set_cover(video_id=video.pk, picture=_png(), user=owner)
    assert batch.summary == "Chose the cover of Film"
    name = Video.objects.get(pk=video.pk).cover.name

    undo = undo_batch(batch=batch, user=owner)
    assert not Video.objects.get(pk=video.pk).cover
    assert undo.batch is not None
    undo_batch(batch=undo.batch, user=owner)

    assert Video.objects.get(pk=video.pk).cover.name == name


def test_taking_it_off_shows_the_automatic_one_and_can_be_undone(owner: User) -> None:
    video = make_video()
    assert clear_cover(video_id=video.pk, user=owner) is None
    set_cover(video_id=video.pk, picture=_png(), user=owner)

    batch = clear_cover(video_id=video.pk, user=owner)

    assert batch is not None
    assert not Video.objects.get(pk=video.pk).cover
    undo_batch(batch=batch, user=owner)
    assert Video.objects.get(pk=video.pk).cover


def test_the_stage_takes_the_picture_of_the_time_as_a_change_of_who_asked(file: VideoFile, owner: User) -> None:
    assert file.video is not None
    request_cover(video_id=file.video.pk, seconds=6.0, requested_by=owner)

    job = _run()

    batch = ChangeBatch.objects.get(pk=job.result["batch"])
    assert job.status == JobStatus.COMPLETED
    assert (batch.user, batch.summary) == (owner, "Chose the cover of Film from 0:06")
    assert _mean_grey(file.video) == pytest.approx(media_factory.time_grey(6, 8), abs=4)


def test_two_moments_are_two_wishes_and_one_moment_is_one(file: VideoFile, owner: User) -> None:
    assert file.video is not None
    asked = [request_cover(video_id=file.video.pk, seconds=at, requested_by=owner) for at in (1, 2, 1)]

    assert asked == [1, 1, 0]


def test_a_video_that_is_away_says_so(file: VideoFile, owner: User) -> None:
    VideoFile.objects.update(missing_since=timezone.now())
    assert file.video is not None
    request_cover(video_id=file.video.pk, seconds=1, requested_by=owner)

    job = _run()

    assert (job.status, "not there" in job.error) == (JobStatus.FAILED, True)


def test_candidates_are_moments_of_the_storyboard_the_best_first(tmp_path: Path, file: VideoFile) -> None:
    path = tmp_path / "v" / "mixed.mp4"
    dark = media_factory.picture("black", seconds=4, size="128x96", rate=5)
    bright = media_factory.picture("moving", seconds=4, size="128x96", rate=5)
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "5")
    media_factory.run_ffmpeg(
        path, "-f", "lavfi", "-i", dark, "-f", "lavfi", "-i", bright, "-filter_complex", "concat", *encoder
    )
    mixed = make_file(path=path, folder=file.folder)
    make_pictures(file=mixed, report=lambda done, total: None)

    found = cover_candidates(mixed.storyboard)

    assert 1 <= len(found) <= 12
    assert found[0].seconds > 4
    assert all(0 <= one.left_percent <= 100 and 0 <= one.top_percent <= 100 for one in found)
    assert len({one.seconds for one in found}) == len(found)


def test_a_lost_sprite_has_no_candidates(file: VideoFile) -> None:
    make_pictures(file=file, report=lambda done, total: None)
    Path(file.storyboard.sprite.path).unlink()

    assert cover_candidates(file.storyboard) == []


# ---- the pages ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["cover", "admin:library_video_cover"])
def test_the_page_offers_moments_and_takes_each_kind_of_choice(curator: Client, file: VideoFile, name: str) -> None:
    make_pictures(file=file, report=lambda done, total: None)
    assert file.video is not None
    address = reverse(name, args=(file.video.pk,))
    assert curator.get(address).content.decode().count('name="seconds"') > 1

    taken = curator.post(address, {"seconds": "0:05"}, follow=True).content.decode()
    assert "being taken" in taken
    assert Job.objects.get(stage="cover").params == {"seconds": 5.0}
    assert _run().status == JobStatus.COMPLETED
    assert "Undo" in curator.get(address).content.decode()

    curator.post(address, {"do": "upload", "picture": _png("blue")})
    with Video.objects.get(pk=file.video.pk).cover.open() as stream, Image.open(stream) as image:
        assert image.size == (32, 18)
    curator.post(address, {"do": "clear"})
    assert not Video.objects.get(pk=file.video.pk).cover
    curator.post(address, {"do": "best"})
    assert Job.objects.filter(stage="cover").count() == 2


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ({"seconds": "soon"}, "such as 1:23"),
        ({"seconds": ""}, "such as 1:23"),
        ({"seconds": "0:09"}, "ends at 0:08"),
        ({"do": "upload"}, "Choose a picture"),
        ({"do": "best"}, "not made yet"),
    ],
)
def test_a_choice_that_cannot_be_made_is_told(
    curator: Client, file: VideoFile, posted: dict[str, str], told: str
) -> None:
    address = reverse("cover", args=(file.video_id,))

    assert told in curator.post(address, posted, follow=True).content.decode()
    response = curator.post(address, posted, headers={"accept": "application/json"})
    assert (response.status_code, told in response.json()["problem"]) == (400, True)


def test_what_is_no_picture_is_refused(curator: Client, file: VideoFile) -> None:
    posted = {"do": "upload", "picture": SimpleUploadedFile("a.png", b"<svg onload=alert(1)>")}

    page = curator.post(reverse("cover", args=(file.video_id,)), posted, follow=True)

    assert "no picture that can be kept" in page.content.decode()
    assert not Video.objects.get(pk=file.video_id).cover


def test_the_player_is_answered_in_a_sentence(curator: Client, file: VideoFile) -> None:
    address = reverse("cover", args=(file.video_id,))

    response = curator.post(address, {"seconds": "3.25"}, headers={"accept": "application/json"})

    assert (response.status_code, response.json()["page"]) == (202, address)
    assert Job.objects.get(stage="cover").params == {"seconds": 3.25}
    assert "hx-get" in curator.get(reverse("cover_now", args=(file.video_id,))).content.decode()


def test_whoever_may_not_edit_sees_no_way_there(client: Client, file: VideoFile) -> None:
    client.force_login(make_user())

    assert client.get(reverse("cover", args=(file.video_id,))).status_code == 403
    assert client.get(reverse("cover_now", args=(file.video_id,))).status_code == 403
    assert "cover-take" not in client.get(reverse("watch", args=(file.video_id,))).content.decode()


def test_a_chosen_cover_is_shown_in_the_grid_and_by_the_player(curator: Client, file: VideoFile) -> None:
    assert file.video is not None
    set_cover(video_id=file.video.pk, picture=_png())
    url = Video.objects.get(pk=file.video.pk).cover.url

    assert f'src="{url}"' in curator.get(reverse("library")).content.decode()
    assert f'poster="{url}"' in curator.get(reverse("watch", args=(file.video.pk,))).content.decode()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("83", 83), ("1:23", 83), ("1:02:03.5", 3723.5), (" 0:05 ", 5), ("1,5", 1.5), ("x", None), ("", None),
     ("1:2:3:4", None), ("-5", None), ("1:", None), ("nan", None), ("٣", None)],
)  # fmt: skip
def test_times_are_read_as_people_write_them(text: str, seconds: float | None) -> None:
    assert parse_position(text) == seconds
