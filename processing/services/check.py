"""Looking whether a file is what it should be, and whole. Only workers import it: it loads a decoder."""

import os
from collections.abc import Callable

from library.models import VideoFile
from library.models.file import FileState
from library.words import position
from processing.media.containers import read_head
from processing.media.content import HEAD_BYTES, ContentFacts, ContentRules, Issue, content_issues
from processing.media.damage import Damage, Part, decode_pictures, read_packets
from processing.media.errors import FileUnavailableError, MediaError
from processing.models import ProcessingSettings
from processing.models.integrity import FindingKind
from processing.models.media_settings import CheckDepth, DecodedPart
from processing.services.findings import record_findings

# So few pictures that don't decode are a blemish, more of them damage.
_BLEMISHES = 3

Report = Callable[[int, int], None]


def check_content(*, file: VideoFile) -> list[Issue]:
    """Judges the file by its name, its first bytes and what a probe found, and records it. Reads 64 bytes and
    `file.folder`."""
    issues = find_content_issues(file, ProcessingSettings.load())
    record_findings(file=file, kind=FindingKind.CONTENT, issues=issues)
    return issues


def check_file(*, file: VideoFile, report: Report, depth: str = "") -> list[Issue]:
    """Looks at content and for damage, so closely as `depth` ("" for the settings') says, and records both.

    Raises FileUnavailableError when the file can't be reached: that says nothing about it.
    """
    settings = ProcessingSettings.load()
    depth = depth or settings.check_depth
    issues = check_content(file=file)
    damage = _damage_of(file, settings, depth, report)
    record_findings(file=file, kind=FindingKind.DAMAGE, issues=damage, depth=depth)
    return [*issues, *damage]


def find_content_issues(file: VideoFile, settings: ProcessingSettings) -> list[Issue]:
    """What is odd about its content; writes nothing."""
    path = file.fs_path
    rules = ContentRules(short_seconds=settings.short_seconds, very_short_seconds=settings.very_short_seconds)
    return content_issues(os.path.basename(path), read_head(path, HEAD_BYTES), content_facts(file), rules)


def content_facts(file: VideoFile) -> ContentFacts:
    """What is known of the file, as the media package takes it."""
    pictures = [s for s in file.streams if s.get("kind") == "video" and not s.get("is_attached_picture")]
    return ContentFacts(
        is_probed=file.state in (FileState.PROBED, FileState.READY),
        duration_seconds=file.duration_seconds,
        picture_seconds=max((s.get("duration_seconds") or 0 for s in pictures), default=0) or None,
        width=file.width,
        height=file.height,
        bit_rate=file.bit_rate,
        video_codec=file.video_codec,
        has_audio=bool(file.audio_codec),
    )


def _damage_of(file: VideoFile, settings: ProcessingSettings, depth: str, report: Report) -> list[Issue]:
    path = file.fs_path
    try:
        damage = read_packets(path, progress=report)
        issues = _packet_issues(damage)
        if depth == CheckDepth.DEEP:
            pictures = decode_pictures(path, parts=_parts(file, settings), progress=report)
            issues += _picture_issues(pictures, damage)
    except FileUnavailableError:
        raise
    except MediaError as error:
        return [Issue("unreadable", "error", str(error))]
    return issues


def _parts(file: VideoFile, settings: ProcessingSettings) -> list[Part] | None:
    """What is decoded; None is everything."""
    length, duration = float(settings.check_part_seconds), file.duration_seconds
    if settings.check_decodes == DecodedPart.WHOLE or not duration or duration <= 3 * length:
        return None
    middle = duration / 2
    return [(0.0, length), (middle - length / 2, middle + length / 2), (duration - length, duration)]


def _packet_issues(damage: Damage) -> list[Issue]:
    if damage.ends_at is not None:
        told = f"It breaks off after {position(damage.ends_at)} of {position(damage.stated_seconds or 0)}."
        return [Issue("file_truncated", "error", f"{told} Copy it again from its source.")]
    if damage.stops_at is not None:
        told = f"Reading it stops at {position(damage.stops_at)}: what follows is damaged."
        return [Issue("file_corrupted", "error", f"{told} Copy it again from its source.")]
    if damage.places:
        return [Issue("file_corrupted", "error", f"Damaged at {_where(damage.places)}. Copy it again from its source.")]
    return []


def _picture_issues(damage: Damage, packets: Damage) -> list[Issue]:
    # What is cut off can't be decoded either: told once is enough.
    if packets.is_found or not damage.is_found:
        return []
    if damage.stops_at is not None:
        return _packet_issues(damage)
    is_blemish = len(damage.places) <= _BLEMISHES
    told = f"Pictures that can't be decoded at {_where(damage.places)}."
    advice = "" if is_blemish else " Copy it again from its source."
    return [Issue("file_corrupted", "warning" if is_blemish else "error", f"{told}{advice}")]


def _where(places: list[float]) -> str:
    """ "0:03", "0:03 (4 pictures)", "0:03 to 1:10 (13 pictures)"."""
    first, last = position(places[0]), position(places[-1])
    told = first if first == last else f"{first} to {last}"
    return told if len(places) == 1 else f"{told} ({len(places)} pictures)"
