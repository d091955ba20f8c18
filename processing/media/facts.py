"""What is known about a media file: plain values that any process may hold, store and compare."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

StreamKind = Literal["video", "audio", "subtitle", "attachment", "data"]


def clean_text(text: str | None) -> str | None:
    """Text that PostgreSQL and JSON accept: no NUL, no lone surrogates, no blank ends; None where nothing is left."""
    if text is None:
        return None
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()
    return text or None


def finite(number: float | None) -> float | None:
    """The number, or None where it is not finite: JSON columns refuse NaN and infinity."""
    return number if number is not None and math.isfinite(number) else None


def _jsonable(value: Any) -> Any:
    if isinstance(value, float):
        return finite(value)
    return clean_text(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """One stream of a container; None where a value does not apply or the file does not say.

    `codec` is ffprobe's codec_name; colour names are FFmpeg's (`bt2020`, `smpte2084`, ...). `width` and `height`
    are coded pixels, not rotated. `bit_rate` is in bit/s, `sample_rate` in Hz, `language` as the file writes it.
    `level` is as the codec counts it (H.264: 41 for 4.1, HEVC: 123 for 4.1).
    """

    index: int
    kind: StreamKind
    codec: str
    profile: str | None = None
    language: str | None = None
    title: str | None = None
    is_default: bool = False
    is_forced: bool = False
    is_attached_picture: bool = False
    is_hearing_impaired: bool = False
    is_commentary: bool = False
    bit_rate: int | None = None
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    frame_rate: float | None = None
    sample_aspect_ratio: str | None = None
    color_primaries: str | None = None
    color_transfer: str | None = None
    color_space: str | None = None
    color_range: str | None = None
    level: int | None = None
    is_interlaced: bool | None = None
    channels: int | None = None
    sample_rate: int | None = None
    channel_layout: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A plain dict for a JSON column: no NaN, no infinity, no NUL characters."""
        return {name: _jsonable(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class ChapterFacts:
    """A chapter; seconds from the start of the file, `title` empty where the file names none."""

    start_seconds: float
    end_seconds: float
    title: str

    def to_json(self) -> dict[str, Any]:
        """A plain dict for a JSON column: no NaN, no infinity, no NUL characters."""
        return {name: _jsonable(value) for name, value in asdict(self).items()} | {
            "title": clean_text(self.title) or ""
        }


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A media file as a whole.

    `container` is one name per family: `mp4` (also .mov, .m4a, .3gp), `matroska`, `webm`, `mpegts`, `avi`, ...
    `width` and `height` are the coded picture turned upright (swapped for a quarter turn), sample aspect ratio not
    applied; `display_aspect_ratio` is width/height as shown, with both applied. `rotation` is the clockwise turn in
    degrees (0, 90, 180 or 270) that makes the stored picture upright: the negative of ffprobe's `rotation`, which
    counts counter-clockwise. `duration_seconds` is None where the file does not say and nothing could be estimated.
    The colour, pixel format and bit depth are those of the main picture, the video stream that players show.
    `embedded_created_at` is aware UTC; dates that devices write without a clock (1904, 1970) are None.
    `warnings` are sentences for the owner.
    """

    container: str
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    rotation: int = 0
    frame_rate: float | None = None
    bit_rate: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    is_hdr: bool = False
    hdr_format: Literal["", "hdr10", "hlg", "hdr10plus", "dolby_vision"] = ""
    color_primaries: str | None = None
    color_transfer: str | None = None
    color_space: str | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    display_aspect_ratio: float | None = None
    streams: tuple[StreamFacts, ...] = ()
    chapters: tuple[ChapterFacts, ...] = ()
    embedded_title: str | None = None
    embedded_created_at: datetime | None = None
    warnings: tuple[str, ...] = ()
