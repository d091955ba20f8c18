"""Is the output what it should be? Asked before anything else happens with it, and before the original is touched."""

from dataclasses import dataclass

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from processing.media.containers import main_video, open_media
from processing.media.encode.command import Plan
from processing.media.encode.errors import OutputWrongError, ProgramFailedError
from processing.media.encode.program import run_program
from processing.media.errors import MediaError
from processing.media.facts import MediaFacts
from processing.media.orientation import orientation_of
from processing.media.probe import WARN_ESTIMATED, probe

# The length may differ by this many seconds or this share, whichever is more: containers round, sound ends later.
_SECONDS = 1.0
_SHARE = 0.01
_SHARE_OF_ESTIMATE = 0.1
_PIXELS = 2
# Where pictures are decoded and compared with the source's, as shares of the length.
POINTS = (0.02, 0.25, 0.5, 0.75, 0.97)
_GREY_PX = 32
_EARLY_SECONDS = 12.0
# Grey levels of deviation below which a picture is of one colour and resembles everything.
_FLAT = 6.0
_ALIKE = 0.6
_BRIGHTNESS = 48.0


@dataclass(frozen=True, slots=True)
class Verified:
    """An output that is right. `compared` pictures were like the source's."""

    facts: MediaFacts
    compared: int


def verify_output(path: str, plan: Plan, *, decode_all_with: str = "") -> Verified:
    """Probes the output, compares it with what was planned, decodes it at five points and compares the pictures there.

    `decode_all_with` is an FFmpeg program that decodes the whole of it too. Raises OutputWrongError.
    """
    try:
        facts = probe(path)
    except MediaError as error:
        raise OutputWrongError(f"The output can't be read: {error}") from error
    for problem in (*_stream_problems(facts, plan), *_length_problems(facts, plan)):
        raise OutputWrongError(f"The output is not as it should be: {problem}.")
    compared = _compare(path, plan)
    if decode_all_with:
        _decode_all(decode_all_with, path, facts)
    return Verified(facts, compared)


def _stream_problems(facts: MediaFacts, plan: Plan) -> list[str]:
    problems = []
    if facts.video_codec != plan.settings.codec:
        problems.append(f"it is {facts.video_codec or 'without a picture'}, not {plan.settings.codec}")
    size, wanted = (facts.width or 0, facts.height or 0), (plan.target.width, plan.target.height)
    if any(abs(is_px - wanted_px) > _PIXELS for is_px, wanted_px in zip(size, wanted, strict=True)):
        problems.append(f"its picture is {size[0]} × {size[1]}, not {wanted[0]} × {wanted[1]}")
    if facts.rotation:
        problems.append(f"it would be turned by {facts.rotation}° once more")
    if facts.is_hdr != plan.colors.is_hdr:
        problems.append(f"it is {'HDR' if facts.is_hdr else 'SDR'}")
    counts = {
        "audio": ("audio tracks", plan.tracks.audio_count),
        "subtitle": ("subtitle tracks", plan.tracks.subtitle_count),
        "attachment": ("attached files", plan.tracks.attachment_count),
    }
    for kind, (name, expected) in counts.items():
        found = sum(stream.kind == kind for stream in facts.streams)
        if found < expected:
            problems.append(f"it has {found} {name}, not {expected}")
    if len(facts.chapters) != len(plan.source.facts.chapters):
        problems.append(f"it has {len(facts.chapters)} chapters, not {len(plan.source.facts.chapters)}")
    return problems


def _length_problems(facts: MediaFacts, plan: Plan) -> list[str]:
    source = plan.source.facts
    if source.duration_seconds is None:
        return []
    if facts.duration_seconds is None:
        return ["its length is unknown"]
    share = _SHARE_OF_ESTIMATE if WARN_ESTIMATED in source.warnings else _SHARE
    difference = facts.duration_seconds - source.duration_seconds
    if abs(difference) <= max(_SECONDS, share * source.duration_seconds):
        return []
    how = "shorter" if difference < 0 else "longer"
    return [f"it is {abs(difference):.1f} s {how} than the source, which may be damaged"]


def _compare(path: str, plan: Plan) -> int:
    """How many pictures were compared. Raises OutputWrongError when one can't be decoded or most are others."""
    length = plan.source.facts.duration_seconds or 0.0
    others = compared = 0
    try:
        with open_media(plan.source.path) as source, open_media(path) as output:
            for point in POINTS:
                seconds = point * length
                before = _grey_at(source, seconds, plan.source.facts.rotation)
                if before is None:
                    continue
                after = _grey_at(output, seconds, 0)
                if after is None:
                    raise OutputWrongError(f"The output has no picture at {seconds:.1f} s, where the source has one.")
                compared += 1
                others += not _is_alike(before, after, is_mapped=plan.colors.is_tone_mapped)
    except FFmpegError as error:
        raise OutputWrongError(f"The output can't be decoded: {error.strerror}.") from error
    if others * 2 > compared:
        raise OutputWrongError(f"Of {compared} pictures of the output, {others} don't look like the source's.")
    return compared


def _grey_at(container: InputContainer, seconds: float, rotation: int) -> NDArray[np.float32] | None:
    """The picture at that time after the file's start, (32, 32) float32 grey, 0 to 255, upright; None past the end."""
    stream = main_video(container)
    if stream is None or stream.time_base is None:
        return None
    at = seconds + (container.start_time or 0) / 1_000_000
    # Files without an index may be entered too late, so once more from well before.
    for early in (0.0, _EARLY_SECONDS):
        container.seek(int((at - early) / stream.time_base), stream=stream)
        for number, frame in enumerate(container.decode(stream)):
            if frame.time is None or frame.time + 0.5 / float(stream.average_rate or 25) < at:
                continue
            if number == 0 and frame.time > at + _EARLY_SECONDS and not early:
                break
            grey = np.asarray(frame.reformat(width=_GREY_PX, height=_GREY_PX, format="gray").to_ndarray(), np.uint8)
            return np.asarray(orientation_of(frame, rotation).turn(grey), dtype=np.float32)
    return None


def _is_alike(before: NDArray[np.float32], after: NDArray[np.float32], *, is_mapped: bool) -> bool:
    spread_before, spread_after = float(before.std()), float(after.std())
    if spread_before < _FLAT:
        # A single colour: only its brightness can be compared, and tone mapping changes that.
        return is_mapped or abs(float(before.mean()) - float(after.mean())) < _BRIGHTNESS
    if spread_after < _FLAT / 3:
        return False
    return float(np.corrcoef(before.ravel(), after.ravel())[0, 1]) >= _ALIKE


def _decode_all(program: str, path: str, facts: MediaFacts) -> None:
    command = [program, "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1", "-xerror"]
    command += ["-i", f"file:{path}", "-map", "0:v:0", "-map", "0:a?", "-f", "null", "-"]
    try:
        words = run_program(command, duration_seconds=facts.duration_seconds)
    except ProgramFailedError as error:
        raise OutputWrongError(f"The output can't be decoded to its end: {error}") from error
    if words:
        raise OutputWrongError(f"The output decodes with errors: {words.splitlines()[0][:200]}")
