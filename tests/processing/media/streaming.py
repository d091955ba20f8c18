"""Streams as tests make and read them: by the boxes of their parts, not by a player."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from processing.media.encode.ladder import Capabilities
from processing.media.encode.program import ffmpeg_program
from processing.media.probe import probe
from processing.media.stream.boxes import BoxReader, Sample, read_samples, read_tracks
from processing.media.stream.command import StreamSource, leads_of, rungs_of, stream_command, with_picture
from processing.media.stream.cutter import INIT, Cutter
from processing.media.stream.making import drops_leading, make_plan
from processing.media.stream.plan import Plan
from processing.media.stream.rendition import Action, AudioPlan, Rendition, VideoPlan
from processing.media.stream.runs import StreamJob

KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Piece:
    """What a segment has of one track, in seconds: when it begins and ends, when each sample is shown, its bytes."""

    begin: float
    end: float
    shown: list[float]
    data: list[bytes]
    starts_with_key: bool
    # When the first sample is shown, which others may be shown before.
    key_shown: float
    # Which samples are places to begin at.
    entries: list[bool]


def make_job(path: Path, *, video: str = "copy", audio: str = "encode", key: str = KEY, **plan) -> StreamJob:
    """A stream of a file's first picture and first sound. `video` and `audio` are copy, encode or none."""
    facts = probe(str(path))
    picture = next((one for one in facts.streams if one.kind == "video"), None)
    sound = next((one for one in facts.streams if one.kind == "audio"), None)
    video_plan = audio_plan = None
    if picture is not None and video != "none":
        codec = picture.codec if video == "copy" else "h264"
        video_plan = VideoPlan(picture.index, Action(video), codec, **plan)
        facts = with_picture(facts, picture.index)
    if sound is not None and audio != "none":
        channels = 2 if audio == "encode" else None
        audio_plan = AudioPlan(sound.index, Action(audio), "aac" if audio == "encode" else sound.codec, channels)
    return StreamJob(key, StreamSource(str(path), facts), Rendition(video_plan, audio_plan))


def make_parts(job: StreamJob, plan: Plan, *, first: int = 0, lead: float | None = None) -> dict[int, bytes]:
    """What one FFmpeg makes from a segment on, by number; INIT too."""
    rung = rungs_of(job.rendition, job.source, Capabilities())[0]
    command = stream_command(
        ffmpeg_program(),
        job.rendition,
        job.source,
        plan,
        first=first,
        lead_seconds=leads_of(job.rendition, job.source)[0] if lead is None else lead,
        rung=rung,
    )
    written = subprocess.run(command, capture_output=True, check=True).stdout
    cutter = Cutter(plan, first, is_encoded=rung is not None, drops_leading=drops_leading(job.rendition))
    parts = dict(cutter.feed(written)) | dict(cutter.finish())
    assert not cutter.has_missed
    return parts


def plan_of(job: StreamJob) -> Plan:
    return make_plan(job)


def tracks_of(init: bytes) -> dict[int, tuple[str, int]]:
    """(video or audio, ticks per second) by id."""
    boxes = dict(BoxReader().feed(init))
    return {
        one.id: ("video" if one.is_video else "audio", one.timescale) for one in read_tracks(boxes[b"moov"]).values()
    }


def pieces(init: bytes, segment: bytes) -> dict[str, Piece]:
    """What a segment has of each kind."""
    found: dict[str, Piece] = {}
    boxes = dict(BoxReader().feed(segment))
    by_track: dict[int, list[Sample]] = {}
    for track_id, sample in read_samples(boxes[b"moof"], boxes[b"mdat"]):
        by_track.setdefault(track_id, []).append(sample)
    for track_id, (kind, scale) in tracks_of(init).items():
        if samples := by_track.get(track_id):
            last = samples[-1]
            found[kind] = Piece(
                begin=samples[0].dts / scale,
                end=(last.dts + last.duration) / scale,
                shown=sorted(sample.pts / scale for sample in samples),
                data=[sample.data for sample in samples],
                starts_with_key=samples[0].is_sync,
                key_shown=samples[0].pts / scale,
                entries=[sample.is_sync for sample in samples],
            )
    return found


def all_pieces(parts: dict[int, bytes], kind: str) -> Iterator[tuple[int, Piece]]:
    for number in sorted(parts):
        if number != INIT and kind in (found := pieces(parts[INIT], parts[number])):
            yield number, found[kind]
