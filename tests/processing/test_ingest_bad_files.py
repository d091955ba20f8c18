"""Every kind of bad input in one folder, ingested once: each file ends, and says why."""

import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests import media_factory
from tests.media_factory import make_video, run_ffmpeg
from tests.processing.ingesting import by_name, ingest, settle, turn_aside

pytestmark = [pytest.mark.django_db(transaction=True)]

LATIN_1 = os.fsdecode(b"caf\xe9.mp4")
FAILED = {
    "empty.mp4": "empty",
    "text.mp4": "not a video that FFmpeg can read",
    "no-index.mp4": "breaks off before its index",
    "zero-length-streams.mp4": "",
    "one-picture.mp4": "",
    "cover-only.mp4": "no moving picture",
    "sound-only.mp4": "no moving picture",
    "noise.mkv": "",
}
READY = ("good.mp4", "cut-off.mp4", "damaged.mp4", "wide.mp4", "line\nbreak.mp4", LATIN_1, "link.mp4")

_reports: dict[str, Any] = {}


def _make_bad_files(folder: Path, workshop: Path) -> None:
    def adopt(name: str, made: Path) -> None:
        shutil.copyfile(made, folder / name)

    good = make_video(folder / "good.mp4", seconds=2, size="64x48", audio="aac")
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("This is no video. " * 100)
    (folder / "noise.mkv").write_bytes(bytes((n * n * 31 + n) % 251 for n in range(50_000)))
    adopt("no-index.mp4", media_factory.make_truncated(workshop / "a.mp4", with_index=False))
    adopt("cut-off.mp4", media_factory.make_truncated(workshop / "b.mp4", with_index=True))
    adopt("damaged.mp4", media_factory.make_damaged(workshop / "c.mp4"))
    adopt("cover-only.mp4", media_factory.make_audio(workshop / "d.m4a", cover=True))
    adopt("sound-only.mp4", media_factory.make_audio(workshop / "e.m4a"))
    source = "color=red:s=64x48:r=25:d=1"
    run_ffmpeg(folder / "zero-length-streams.mp4", "-f", "lavfi", "-i", source, "-t", "0", "-c:v", "libx264")
    adopt("one-picture.mp4", _without_duration(workshop / "f.mp4"))
    make_video(folder / "wide.mp4", seconds=2, size="640x40")
    for name in ("line\nbreak.mp4", LATIN_1):
        # Content of its own, or it would be a copy of another.
        (folder / name).write_bytes(good.read_bytes() + os.fsencode(name))
    outside = workshop / "linked.mp4"
    outside.write_bytes(good.read_bytes() + b"linked")
    (folder / "link.mp4").symlink_to(outside)
    (folder / "dangling.mp4").symlink_to(workshop / "nowhere.mp4")


def _without_duration(path: Path) -> Path:
    """One picture whose track and movie say that they last no time at all."""
    make_video(path, seconds=0.04, size="64x48")
    data = bytearray(path.read_bytes())
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        data[(at := data.index(box) + offset) : at + 4] = struct.pack(">I", 0)
    for box in (b"stts",):
        data[(at := data.index(box) + 16) : at + 4] = struct.pack(">I", 0)
    for box in (b"elst",):
        if box in data:
            data[(at := data.index(box) + 12) : at + 4] = struct.pack(">I", 0)
    path.write_bytes(data)
    return path


@pytest.fixture
def report(tmp_path_factory: pytest.TempPathFactory, redis_connection: Redis, request: Any) -> Iterator[dict[str, Any]]:
    """What ingest says of the folder; made by the first test that asks for it."""
    if not _reports:
        folder, workshop = tmp_path_factory.mktemp("bad"), tmp_path_factory.mktemp("workshop")
        with pytest.MonkeyPatch.context() as patch:
            turn_aside(tmp_path_factory.mktemp("derived"), patch)
            _make_bad_files(folder, workshop)
            settle(folder)
            settle(workshop)
            _reports["folder"] = folder
            _reports["report"] = ingest(folder)
    yield _reports["report"]


def test_every_file_is_listed_in_the_order_of_its_name(report: dict[str, Any]) -> None:
    names = [os.path.basename(file["path"]) for file in report["files"]]

    assert names == sorted([*FAILED, *READY], key=os.fsencode)


@pytest.mark.parametrize("name", FAILED)
def test_what_is_no_video_fails_with_a_sentence(report: dict[str, Any], name: str) -> None:
    file = by_name(report)[name]

    assert (file["status"], file["thumbnail"], file["storyboard"]) == ("failed", None, None)
    assert FAILED[name] in file["error"]
    assert file["error"].endswith(".")
    assert "unforeseen" not in file["error"]


@pytest.mark.parametrize("name", READY, ids=ascii)
def test_what_can_be_shown_is_ready(report: dict[str, Any], name: str) -> None:
    file = by_name(report)[name]

    assert (file["status"], file["error"]) == ("ready", None)
    assert file["duration_seconds"] > 0
    assert file["storyboard"]["tile_count"] >= 1
    assert Path(file["thumbnail"]).is_file()
    assert Path(file["path"]).is_file()


def test_a_very_wide_picture_keeps_its_shape(report: dict[str, Any]) -> None:
    file = by_name(report)["wide.mp4"]

    assert (file["width"], file["height"]) == (640, 40)


def test_a_name_that_is_not_utf8_comes_back_byte_for_byte(report: dict[str, Any]) -> None:
    paths = [os.fsencode(file["path"]) for file in report["files"]]

    assert os.fsencode(_reports["folder"]) + b"/caf\xe9.mp4" in paths
