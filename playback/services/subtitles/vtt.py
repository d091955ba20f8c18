"""Subtitles of any text format as WebVTT: times, line breaks, italics, bold, underlined, and whether they stand on top.

Fonts, colours, drawings and animations of ASS are left out: a browser shows plain words best.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from html import escape

import pysubs2
from pysubs2.formats.substation import parse_tags
from pysubs2.ssaevent import SSAEvent
from pysubs2.ssastyle import SSAStyle

from playback.exceptions import SubtitleError

# More lines than a film has; files of karaoke and typesetting have tens of thousands.
MOST_CUES = 30_000
_MOST_LETTERS = 2000
# A line that stands longer than a day is damaged.
_LONGEST_MS = 24 * 3600 * 1000
_TOP = re.compile(r"\\an?([0-9]{1,2})")
_HAS_TIME = re.compile(r"\d{1,3}:\d{2}[:.,]\d")
# SSA counts its rows of three from below otherwise than ASS: 5 to 7 are on top.
_OLD_TOP = re.compile(r"\\a([5-7])(?!\d)")
_VTT_HEAD = re.compile(r"WEBVTT(?=[ \t\n]|\Z)")
_TAGS = (("italic", "i"), ("bold", "b"), ("underline", "u"))


def to_vtt(text: str, *, format: str) -> str:
    """`text` in `format` (srt, ass, ssa or vtt) as WebVTT; WebVTT with its header stays as it is.

    Lines that can't be read are left out. Raises SubtitleError when none can.
    """
    text = text.lstrip("\ufeff\n ")
    if _VTT_HEAD.match(text):
        return text if text.endswith("\n") else f"{text}\n"
    # Endings lie: many a .srt is SubStation Alpha and the other way round.
    format = _format_of(text, format)
    events, styles = _parse(text, format)
    cues = list(_cues(events, styles))
    if not cues:
        raise SubtitleError("There are no lines in these subtitles that can be read.")
    return "\n".join(["WEBVTT\n", *cues])


def _format_of(text: str, format: str) -> str:
    if re.search(r"^\s*\[(V4\+? Styles|Events)\]", text, re.MULTILINE | re.IGNORECASE):
        return "ssa" if re.search(r"^\s*\[V4 Styles\]", text, re.MULTILINE | re.IGNORECASE) else "ass"
    return "vtt" if format == "vtt" else "srt"


def _parse(text: str, format: str) -> tuple[list[SSAEvent], dict[str, SSAStyle]]:
    if not _HAS_TIME.search(text):
        raise SubtitleError("There are no times in this file, so it holds no subtitles.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if format in ("ass", "ssa"):
                return _parse_lines(text, format)
            subtitles = pysubs2.SSAFile.from_string(text, format_=format)
        except (pysubs2.Pysubs2Error, ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
            raise SubtitleError("These subtitles can't be read; the file is damaged.") from error
    return subtitles.events, subtitles.styles


def _parse_lines(text: str, format: str) -> tuple[list[SSAEvent], dict[str, SSAStyle]]:
    """SubStation Alpha, all of it at once or, where a line is damaged, without the lines that can't be read."""
    try:
        whole = pysubs2.SSAFile.from_string(text, format_=format)
        return whole.events, whole.styles
    except (ValueError, TypeError, IndexError, KeyError, OverflowError):
        pass
    good = []
    for line in text.split("\n"):
        if line.startswith(("Style:", "Dialogue:")):
            try:
                pysubs2.SSAFile.from_string(line, format_=format)
            except (ValueError, TypeError, IndexError, KeyError, OverflowError):
                continue
        good.append(line)
    whole = pysubs2.SSAFile.from_string("\n".join(good), format_=format)
    return whole.events, whole.styles


def _cues(events: Iterable[SSAEvent], styles: dict[str, SSAStyle]) -> Iterator[str]:
    """In the order of their times; what is drawn several times over itself comes once."""
    seen: set[tuple[int, int, str]] = set()
    for event in sorted(events, key=lambda event: (event.start, event.end)):
        if event.is_comment or not 0 <= event.start < event.end <= event.start + _LONGEST_MS:
            continue
        words = _words(event, styles)
        key = (event.start, event.end, words)
        if not words or key in seen:
            continue
        seen.add(key)
        if len(seen) > MOST_CUES:
            return
        yield f"{_clock(event.start)} --> {_clock(event.end)}{_place(event, styles)}\n{words}\n"


def _words(event: SSAEvent, styles: dict[str, SSAStyle]) -> str:
    style = styles.get(event.style, SSAStyle.DEFAULT_STYLE)
    parts = []
    for fragment, current in parse_tags(event.text[:_MOST_LETTERS], style, styles):
        if current.drawing or not fragment:
            continue
        words = fragment.replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", "\N{NO-BREAK SPACE}")
        # The style of a whole file (bold is common) is no emphasis.
        marks = [
            tag for name, tag in _TAGS if getattr(current, name) and (name == "italic" or not getattr(style, name))
        ]
        parts.append("\n".join(_marked(line, marks) for line in words.split("\n")))
    # An empty line would end the cue.
    return "\n".join(line for one in "".join(parts).split("\n") if (line := one.strip()))


def _marked(line: str, tags: Sequence[str]) -> str:
    """Each line has its own marks, so that one that is left out takes none of another with it."""
    if not line.strip():
        return line
    return "".join(f"<{tag}>" for tag in tags) + escape(line, quote=False) + "".join(f"</{tag}>" for tag in tags[::-1])


def _place(event: SSAEvent, styles: dict[str, SSAStyle]) -> str:
    """WebVTT's settings for a line on top; the rest stands where the browser puts it."""
    style = styles.get(event.style, SSAStyle.DEFAULT_STYLE)
    match = _TOP.search(event.text)
    if match and match[0].startswith(r"\an"):
        is_top = match[1] in ("7", "8", "9")
    elif match:
        is_top = bool(_OLD_TOP.search(event.text))
    else:
        is_top = int(style.alignment) >= 7
    return " line:0" if is_top else ""


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
