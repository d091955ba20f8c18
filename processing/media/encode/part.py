"""A range of a video as a film of its own that every browser plays: H.264 and AAC in MP4."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from processing.media.demuxers import DEMUXERS
from processing.media.encode.catalogue import encoder_arguments, software_encoder
from processing.media.encode.command import make_plan
from processing.media.encode.errors import CannotConvertError
from processing.media.encode.picture import filters_in_memory
from processing.media.encode.presets import AudioMode, Codec, Container, EncodeSettings
from processing.media.encode.program import ffmpeg_program, run_program
from processing.media.encode.source import examine
from processing.media.probe import probe

_WIDTH, _QUALITY, _MOST_BIT_RATE = 1920, 26, 12_000_000
_SOUND_BIT_RATE = 160_000
_KEYFRAME_SECONDS = 2


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What was made: upright pixels, seconds and bytes."""

    width: int
    height: int
    seconds: float
    size_bytes: int


def encode_part(
    path: str,
    output: Path,
    *,
    scratch: Path,
    start: float,
    end: float,
    progress: Callable[[float], None] = lambda ratio: None,
) -> PartFacts:
    """Writes [start, end) in seconds of the video at `path` to `output`, exact to the picture: at most 1920 pixels,
    stereo, HDR tone-mapped. Nothing else of the file goes along: no tags, chapters, covers or subtitles.

    `progress` gets a share from 0 to 1. Raises the errors of `examine` and `run_program`, and CannotConvertError where
    the range lies behind the end.
    """
    settings = EncodeSettings(
        Codec.H264, _WIDTH, _QUALITY, _MOST_BIT_RATE, container=Container.MP4, audio=AudioMode.AAC
    )
    plan = make_plan(examine(path, scratch), settings)
    facts = plan.source.facts
    if facts.duration_seconds is not None:
        end = min(end, facts.duration_seconds)
    if end <= start:
        raise CannotConvertError("The range lies behind the end of the video: set the mark again.")
    encoder = software_encoder(Codec.H264)
    filters = filters_in_memory(encoder, plan.target, plan.colors, facts, is_interlaced=plan.source.is_interlaced)
    sound = next((stream.index for stream in facts.streams if stream.kind == "audio" and stream.is_default), None)
    if sound is None:
        sound = next((stream.index for stream in facts.streams if stream.kind == "audio"), None)
    command = [ffmpeg_program(), "-hide_banner", "-nostdin", "-y", "-v", "warning", "-nostats", "-progress", "pipe:1"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS]
    command += ["-ss", f"{start:.6f}", "-t", f"{end - start:.6f}", "-i", f"file:{path}"]
    command += ["-map", f"0:{plan.picture.index}", "-filter:v:0", filters]
    command += encoder_arguments(encoder, settings, plan.rates, is_ten_bit=False)
    command += ["-force_key_frames", f"expr:gte(t,n_forced*{_KEYFRAME_SECONDS})", *plan.colors.arguments()]
    if sound is not None:
        command += ["-map", f"0:{sound}", "-c:a", "aac", "-ac", "2", "-b:a", str(_SOUND_BIT_RATE)]
    command += ["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-fflags", "+bitexact"]
    command += ["-movflags", "+faststart", "-f", "mp4", f"file:{output}"]
    run_program(command, duration_seconds=end - start, progress=lambda done: progress(done.ratio))
    made = probe(os.fspath(output))
    return PartFacts(made.width or 0, made.height or 0, made.duration_seconds or end - start, output.stat().st_size)
