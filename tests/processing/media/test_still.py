import io
from pathlib import Path

import pytest
from PIL import Image

from processing.media.errors import NoPictureError
from processing.media.probe import probe
from processing.media.still import take_still, webp
from tests import media_factory


@pytest.mark.parametrize("seconds", [0.5, 2.0, 3.5])
def test_it_is_the_picture_of_that_time(tmp_path: Path, seconds: float) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=4, size="64x48", source="time", gop=50)

    picture = take_still(str(film), facts=probe(str(film)), seconds=seconds, longest_px=640)

    assert picture.shape == (48, 64, 3)
    assert picture.mean() == pytest.approx(media_factory.time_grey(seconds, 4), abs=3)


def test_behind_the_end_it_is_the_last_picture(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=2, size="64x48", source="time")

    picture = take_still(str(film), facts=probe(str(film)), seconds=60, longest_px=640)

    assert picture.mean() == pytest.approx(media_factory.time_grey(1.96, 2), abs=3)


def test_a_turned_video_is_upright_and_bounded(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=1, size="64x32", source="corners", rotation=270)

    picture = take_still(str(film), facts=probe(str(film)), seconds=0, longest_px=32)

    assert picture.shape == (32, 16, 3)
    # A quarter turn the other way brings the green corner (top right) to the top left.
    assert picture[3, 3].argmax() == 1


def test_sound_has_none(tmp_path: Path) -> None:
    sound = media_factory.make_audio(tmp_path / "sound.m4a")

    with pytest.raises(NoPictureError):
        take_still(str(sound), facts=probe(str(sound)), seconds=0, longest_px=64)


def test_webp_is_webp(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=1, size="64x32", source="red")

    data = webp(take_still(str(film), facts=probe(str(film)), seconds=0, longest_px=64), quality=80)

    assert Image.open(io.BytesIO(data)).format == "WEBP"
