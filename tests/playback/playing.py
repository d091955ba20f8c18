"""Files and browsers for tests of how videos play."""

import os
from pathlib import Path
from typing import Any

from library.models import VideoFile
from playback.services.decisions import Capabilities, Decision, decide, read_capabilities, read_wish
from processing.media.probe import probe
from tests.library.factories import make_file

# Chromium as Debian builds it, Firefox and Safari, in what matters here.
CHROMIUM = {
    "containers": ["mp4", "webm", "matroska"],
    "video": [
        {"codec": "h264", "max_height": None, "ten_bit": False, "max_level": 52, "in_mp4": True},
        {"codec": "vp9", "max_height": 2160, "ten_bit": True, "in_mp4": True},
        {"codec": "vp8", "in_mp4": False},
        {"codec": "av1", "max_height": 1080, "ten_bit": True},
    ],
    "audio": [
        {"codec": "aac", "channels": 6},
        {"codec": "mp3", "in_mp4": True},
        {"codec": "opus", "in_mp4": True},
        {"codec": "flac", "in_mp4": True},
        {"codec": "vorbis"},
    ],
    "hls": True,
}
FIREFOX: dict[str, Any] = {**CHROMIUM, "containers": ["mp4", "webm"]}
SAFARI = {
    "containers": ["mp4", "mov"],
    "video": ["h264", {"codec": "hevc", "ten_bit": True}],
    "audio": ["aac", "ac3", "eac3", "alac", "mp3"],
    "hls": True,
    "hdr": True,
}


def picture(codec: str = "h264", *, index: int = 0, **facts: Any) -> dict[str, Any]:
    return {"index": index, "kind": "video", "codec": codec, "width": 1920, "height": 1080, **facts}


def sound(codec: str = "aac", *, index: int = 1, channels: int | None = 2, **facts: Any) -> dict[str, Any]:
    layout = {1: "mono", 2: "stereo", 6: "5.1(side)", 8: "7.1"}.get(channels or 0)
    return {"index": index, "kind": "audio", "codec": codec, "channels": channels, "channel_layout": layout, **facts}


def text(codec: str = "subrip", *, index: int = 2, **facts: Any) -> dict[str, Any]:
    return {"index": index, "kind": "subtitle", "codec": codec, **facts}


def film(container: str, *streams: dict[str, Any], **columns: Any) -> VideoFile:
    """A row that is in no database."""
    values = {"width": 1920, "height": 1080, "bit_rate": 6_000_000, **columns}
    return VideoFile(container=container, streams=list(streams), **values)


def browser(facts: dict[str, Any] | None = None, **changes: Any) -> Capabilities:
    return read_capabilities({**(CHROMIUM if facts is None else facts), **changes})


def decided(file: VideoFile, facts: dict[str, Any] | None = None, /, **wish: Any) -> Decision:
    return decide(file, browser(facts), read_wish(wish))


def make_probed_file(path: Path, **columns: Any) -> VideoFile:
    """The row of a file on disk with the facts that the real probe finds."""
    facts = probe(os.fspath(path))
    return make_file(
        path=path,
        **{
            "container": facts.container,
            "duration_seconds": facts.duration_seconds,
            "width": facts.width,
            "height": facts.height,
            "rotation": facts.rotation,
            "bit_rate": facts.bit_rate,
            "video_codec": facts.video_codec or "",
            "audio_codec": facts.audio_codec or "",
            "is_hdr": facts.is_hdr,
            "hdr_format": facts.hdr_format,
            "streams": [stream.to_json() for stream in facts.streams],
            **columns,
        },
    )
