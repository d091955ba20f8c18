"""Shared clips: only their range is given out, exactly, whatever else the file holds. With real films."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from library.models import User, VideoFile
from playback.models import Marker, SharedClip
from playback.services.clips import Form, clip_state, cutting, remove_unshared_clips
from processing.exceptions import TargetGoneError
from processing.media.encode.part import encode_part
from processing.media.errors import MediaError
from processing.media.probe import probe
from processing.models import Job
from processing.models.images import derived_storage
from tests.library.factories import make_file, make_video
from tests.media_factory import ffmpeg
from tests.media_factory import make_video as make_film
from tests.playback.sharing import body, make_clip, make_link, make_sharer, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds whose grey tells the time, a keyframe every four seconds, with a tag that is nobody's business."""
    folder = tmp_path_factory.mktemp("films")
    plain = folder / "plain.mp4"
    make_film(plain, seconds=8, size="160x90", rate=10, gop=40, source="time", audio="aac")
    tagged = folder / "film.mkv"
    command = [ffmpeg(), "-v", "error", "-y", "-i", str(plain), "-c", "copy", "-metadata", "title=SECRET", str(tagged)]
    subprocess.run(command, check=True)
    return tagged


@pytest.fixture
def owner() -> User:
    return make_sharer()


@pytest.fixture
def file(film: Path) -> VideoFile:
    return make_file(path=film, video=make_video(title="Harbour"), duration_seconds=8.0)


@pytest.fixture
def mark(file: VideoFile, owner: User) -> Marker:
    assert file.video is not None
    return make_clip(file.video, user=owner, start=2.5, end=4.5, label="The jump")


def make(mark: Marker) -> SharedClip:
    made = cutting.make_clip(marker_id=mark.pk, form=Form.SHARED, report=lambda done, total: None)
    assert isinstance(made, SharedClip)
    return made


def greys(path: Path) -> list[float]:
    """The mean brightness of each picture."""
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray", "-s", "16x9", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return [float(np.frombuffer(raw[at : at + 144], np.uint8).mean()) for at in range(0, len(raw), 144)]


def test_a_part_is_exact_to_the_picture_and_carries_nothing_else(film: Path, tmp_path: Path) -> None:
    part = encode_part(str(film), tmp_path / "part.mp4", scratch=tmp_path, start=2.5, end=4.5)
    whole, cut = greys(film), greys(tmp_path / "part.mp4")
    facts = probe(str(tmp_path / "part.mp4"))

    assert part.seconds == pytest.approx(2.0, abs=0.15)
    assert (facts.video_codec, facts.audio_codec, facts.container) == ("h264", "aac", "mp4")
    assert len(cut) == pytest.approx(20, abs=1)
    assert cut[0] == pytest.approx(whole[25], abs=3)
    assert cut[-1] == pytest.approx(whole[44], abs=4)
    assert min(cut) > whole[23]
    assert b"SECRET" not in (tmp_path / "part.mp4").read_bytes()


def test_a_range_behind_the_end_is_refused(film: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="behind the end"):
        encode_part(str(film), tmp_path / "part.mp4", scratch=tmp_path, start=9, end=10)


def test_until_the_clip_is_made_nothing_is_given_out(mark: Marker, owner: User) -> None:
    link = make_link(mark, owner=owner)
    client = Client()

    page = client.get(page_of(link)).content.decode()
    answers = [client.get(page_of(link) + name) for name in ("stream", "poster", "storyboard.vtt", "chapters.vtt")]

    assert "The clip is being made" in page
    assert "0:02" in page, "the length of the range, not of the video"
    assert "<video" not in page
    link.refresh_from_db()
    assert link.view_count == 0, "a page that looks again by itself is no view"
    assert [answer.status_code for answer in answers] == [404] * 4
    assert Job.objects.get(stage="clip", variant="shared").target_id == mark.pk
    assert clip_state(mark).state == "none", "nobody asked for a download"


def test_a_clip_gives_out_its_range_and_not_a_byte_of_the_rest(mark: Marker, owner: User, film: Path) -> None:
    link = make_link(mark, owner=owner)
    clip = make(mark)
    client = Client()

    page = client.get(page_of(link)).content.decode()
    whole = client.get(page_of(link) + "stream")
    sent = body(whole)
    part = client.get(page_of(link) + "stream", headers={"range": "bytes=0-99"})
    others = [
        client.get(page_of(link) + name).status_code for name in ("storyboard.vtt", "storyboard.webp", "chapters.vtt")
    ]

    with derived_storage().open(str(clip.film)) as stored:
        assert sent == stored.read()
    assert clip.seconds == pytest.approx(2.0, abs=0.15)
    assert whole["Content-Disposition"] == 'inline; filename="The jump.mp4"'
    assert (part.status_code, len(body(part))) == (206, 100)
    assert "The jump" in page
    assert "A clip of Harbour" in page
    assert others == [404] * 3
    assert body(client.get(page_of(link) + "poster"))[:4] == b"RIFF"


def test_a_mark_that_was_moved_gives_out_nothing_of_the_old_range(mark: Marker, owner: User) -> None:
    link = make_link(mark, owner=owner)
    make(mark)
    Marker.objects.update(end_seconds=5.0)

    page = Client().get(page_of(link)).content.decode()

    assert "The clip is being made" in page
    assert Client().get(page_of(link) + "stream").status_code == 404


def test_a_mark_without_an_end_is_no_clip_any_more(mark: Marker, owner: User) -> None:
    link = make_link(mark, owner=owner)
    Marker.objects.update(end_seconds=None)

    with pytest.raises(TargetGoneError):
        make(mark)
    assert Client().get(page_of(link)).status_code == 410


def test_films_go_with_their_last_link_and_their_mark(
    mark: Marker, owner: User, django_capture_on_commit_callbacks
) -> None:
    link = make_link(mark, owner=owner)
    with django_capture_on_commit_callbacks(execute=True):
        name = str(make(mark).film)
    kept = remove_unshared_clips()
    link.delete()

    with django_capture_on_commit_callbacks(execute=True):
        removed = remove_unshared_clips()

    assert (kept, removed) == (0, 1)
    assert not derived_storage().exists(name)
