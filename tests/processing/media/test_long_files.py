"""A file of five hours costs no more tiles than a film."""

import subprocess
from pathlib import Path

from processing.media.frames import make_frames
from processing.media.probe import probe
from tests import media_factory

HOURS = 5


def test_five_hours_get_a_storyboard_over_their_whole_length(tmp_path: Path) -> None:
    minute = media_factory.make_video(tmp_path / "minute.mp4", seconds=60, size="64x36", rate=5, gop=25)
    film = tmp_path / "film.mp4"
    loop = ["-stream_loop", str(HOURS * 60 - 1), "-i", str(minute), "-c", "copy", str(film)]
    subprocess.run([media_factory.ffmpeg(), "-v", "error", *loop], check=True)

    products = make_frames(str(film), facts=probe(str(film)), out_dir=tmp_path / "out")

    assert (products.tile_count, round(products.interval_seconds)) == (120, HOURS * 30)
    assert "--> 05:00:00.000" in products.vtt.read_text()
