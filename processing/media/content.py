"""What facts, name and first bytes of a file say about its content. A pure function; nothing is read here.

The rules are those of the library that Videothek replaces (its content check and its check before playing), but for
thresholds that the owner sets, and for what would call ordinary recordings of a phone suspicious.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from processing.media.facts import clean_text

Severity = Literal["info", "warning", "error", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error", "critical")
# How much of a file's beginning `content_issues` wants to see.
HEAD_BYTES = 64

# Lowest heights that still count as what a name promises: cropped films have fewer lines.
LABELS = (
    (re.compile(r"(?<![a-z0-9])(2160p|4k|uhd)(?![a-z0-9])"), "2160p", 2000, 8000),
    (re.compile(r"(?<![a-z0-9])(1080p|1080i|fhd|fullhd)(?![a-z0-9])"), "1080p", 1000, 2000),
    (re.compile(r"(?<![a-z0-9])720p(?![a-z0-9])"), "720p", 700, 1000),
    (re.compile(r"(?<![a-z0-9])480p(?![a-z0-9])"), "480p", 460, 500),
)
LABEL_TOLERANCE = 0.9
# The rest is more than half of what the name's quality usually needs.
LABEL_RATE_RATIO = 0.5
# Codecs that need about half the bits of H.264 for the same picture.
THRIFTY_CODECS = frozenset({"hevc", "av1", "vp9", "vvc"})
THRIFTY_RATIO = 0.5
# Usual bit rates by height, kbit/s, below which a picture is probably poor.
USUAL_KBPS = ((2160, 8000), (1080, 2500), (720, 1500))
LOW_RATE_RATIO = 0.4

# Several pictures side by side, or strips: 32:9, 48:9, 4:1, 8:3.
SUSPICIOUS_RATIOS = (32 / 9, 48 / 9, 4.0, 8 / 3)
RATIO_TOLERANCE = 0.1
WIDEST_RATIO = 3.0
# Phones held upright record down to 9:21.
NARROWEST_RATIO = 0.42

NAMES_OF_FAKES = frozenset(
    {"sample", "trailer", "teaser", "promo", "screener", "dvdscr", "hdts", "camrip", "tsrip", "fake"}
)
# Words that often mean something harmless.
NAMES_IN_DOUBT = frozenset({"cam", "ts", "scr", "wp", "preview"})
EXECUTABLES = frozenset(
    [
        "exe",
        "com",
        "scr",
        "bat",
        "cmd",
        "msi",
        "pif",
        "vbs",
        "vbe",
        "js",
        "jse",
        "wsf",
        "wsh",
        "ps1",
        "hta",
        "jar",
        "cpl",
        "dll",
        "sys",
        "lnk",
        "url",
        "desktop",
        "sh",
        "bash",
        "app",
        "apk",
        "dmg",
        "pkg",
        "run",
        "bin",
        "elf",
        "reg",
        "inf",
    ]
)
ARCHIVES = frozenset(["zip", "rar", "7z", "tar", "gz", "bz2", "xz", "iso", "cab"])
DISGUISES: tuple[tuple[bytes, str, str], ...] = (
    (b"MZ", "disguised_executable", "a Windows program"),
    (b"\x7fELF", "disguised_executable", "a Linux program"),
    (b"\xfe\xed\xfa\xce", "disguised_executable", "a macOS program"),
    (b"\xfe\xed\xfa\xcf", "disguised_executable", "a macOS program"),
    (b"\xce\xfa\xed\xfe", "disguised_executable", "a macOS program"),
    (b"\xcf\xfa\xed\xfe", "disguised_executable", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "disguised_executable", "a macOS or Java program"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "disguised_executable", "a Windows shortcut"),
    (b"#!", "disguised_executable", "a script"),
    (b"PK\x03\x04", "disguised_archive", "a ZIP archive"),
    (b"Rar!\x1a\x07", "disguised_archive", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "disguised_archive", "a 7-Zip archive"),
    (b"\x1f\x8b", "disguised_archive", "a gzip archive"),
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is odd about a file; `sentence` tells the owner."""

    code: str
    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """What a probe found; None where it is not known. Seconds, bit/s, pixels upright. `is_probed` False: only name and
    first bytes are judged."""

    is_probed: bool = True
    duration_seconds: float | None = None
    picture_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    bit_rate: int | None = None
    video_codec: str = ""
    has_audio: bool = True


@dataclass(frozen=True, slots=True)
class ContentRules:
    """The owner's thresholds; 0 switches a rule off."""

    short_seconds: float = 10.0
    very_short_seconds: float = 1.0


def content_issues(name: str, head: bytes, facts: ContentFacts, rules: ContentRules = ContentRules()) -> list[Issue]:
    """Everything that is odd about a file of this name (without its folders) and these first bytes; the worst first."""
    checks: list[Callable[[], Iterator[Issue]]] = [lambda: _disguise(head), lambda: _name(name)]
    if facts.is_probed:
        checks += [
            lambda: _duration(facts, rules),
            lambda: _aspect(facts),
            lambda: _label(name, facts),
            lambda: _bit_rate(facts),
            lambda: _sound(facts),
        ]
    found = [issue for check in checks for issue in check()]
    return sorted(found, key=lambda issue: -SEVERITIES.index(issue.severity))


def _disguise(head: bytes) -> Iterator[Issue]:
    for magic, code, what in DISGUISES:
        if head.startswith(magic):
            is_program = code == "disguised_executable"
            advice = "Don't open it; delete it" if is_program else "Unpack it, or delete it"
            yield Issue(code, "critical" if is_program else "error", f"This is {what}, not a video. {advice}.")
            return


def _name(name: str) -> Iterator[Issue]:
    parts = name.lower().split(".")
    inner = [part for part in parts[1:-1] if part in EXECUTABLES | ARCHIVES]
    # "film.com.mp4" is an address more often than a program.
    programs = [part for part in inner if part in EXECUTABLES - {"com", "js", "app", "run", "bin", "sh", "ts"}]
    if programs and parts[-2] == programs[-1]:
        yield Issue(
            "double_extension", "error", f"Its name hides the ending of a program (.{programs[-1]}) before its own."
        )
    elif inner and parts[-2] == inner[-1] and inner[-1] in ARCHIVES:
        yield Issue("double_extension", "warning", f"Its name says that it is an archive (.{inner[-1]}).")
    words = set(re.findall(r"[a-z0-9]+", ".".join(parts[:-1])))
    fakes, doubts = sorted(words & NAMES_OF_FAKES), sorted(words & NAMES_IN_DOUBT)
    if fakes:
        yield Issue("suspicious_name", "warning", f"Its name says “{fakes[0]}”: it may not be the whole video.")
    elif doubts:
        yield Issue("suspicious_name", "info", f"Its name says “{doubts[0]}”, which may mean a poor or partial copy.")


def _duration(facts: ContentFacts, rules: ContentRules) -> Iterator[Issue]:
    seconds = facts.duration_seconds
    if seconds is None:
        yield Issue("no_duration", "error", "Nobody knows how long it is, so it can't be played as a video.")
        return
    if seconds < rules.very_short_seconds:
        yield Issue("very_short_duration", "error", f"It lasts only {seconds:.1f} s.")
    elif seconds < rules.short_seconds:
        yield Issue("short_duration", "warning", f"It lasts only {seconds:.1f} s.")
    picture = facts.picture_seconds
    if picture is not None and seconds - picture > max(5.0, seconds * 0.1):
        told = f"The picture ends after {_clock(picture)}, but the file lasts {_clock(seconds)}."
        yield Issue("duration_mismatch", "warning", told)


def _aspect(facts: ContentFacts) -> Iterator[Issue]:
    if not facts.width or not facts.height:
        return
    ratio = facts.width / facts.height
    size = f"{facts.width} × {facts.height}"
    if any(abs(ratio - odd) <= RATIO_TOLERANCE for odd in SUSPICIOUS_RATIOS):
        told = f"The picture is {size}: several pictures side by side, or a strip?"
        yield Issue("suspicious_aspect_ratio", "error", told)
    elif ratio > WIDEST_RATIO or ratio < NARROWEST_RATIO:
        yield Issue("unusual_aspect_ratio", "warning", f"The picture is {size}, an unusual shape.")


def _label(name: str, facts: ContentFacts) -> Iterator[Issue]:
    lines = _lines(facts)
    stem = (clean_text(name) or "").lower().rpartition(".")[0]
    for pattern, label, height, kbps in LABELS:
        if not pattern.search(stem) or lines is None:
            continue
        if lines < height * LABEL_TOLERANCE:
            told = f"Its name says {label}, but the picture has {facts.width} × {facts.height}."
            yield Issue("quality_mismatch", "error", told)
        elif facts.bit_rate and facts.bit_rate / 1000 < kbps * LABEL_RATE_RATIO * _thrift(facts):
            told = f"Its name says {label}, but it has only {facts.bit_rate // 1000:,} kbit/s."
            yield Issue("bitrate_mismatch", "warning", told)
        return


def _bit_rate(facts: ContentFacts) -> Iterator[Issue]:
    lines = _lines(facts)
    if lines is None or not facts.bit_rate:
        return
    usual = next((kbps for height, kbps in USUAL_KBPS if lines >= height * LABEL_TOLERANCE), None)
    if usual is not None and facts.bit_rate / 1000 < usual * LOW_RATE_RATIO * _thrift(facts):
        told = f"{facts.bit_rate // 1000:,} kbit/s are few for {facts.width} × {facts.height}: the picture may be poor."
        yield Issue("low_bitrate", "info", told)


def _sound(facts: ContentFacts) -> Iterator[Issue]:
    if not facts.has_audio:
        yield Issue("no_audio", "info", "It has no sound.")


def _lines(facts: ContentFacts) -> int | None:
    """The height that the picture would have at 16:9, whichever way it is held: a wide film is called by its width."""
    if not facts.width or not facts.height:
        return None
    short, long = sorted((facts.width, facts.height))
    return max(short, round(long * 9 / 16))


def _thrift(facts: ContentFacts) -> float:
    return THRIFTY_RATIO if facts.video_codec in THRIFTY_CODECS else 1.0


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
