"""From a template and what is known of a video to a path. Knows no database and no disk."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = (
    "studio", "creators", "title", "date", "year", "tags", "resolution", "codec", "name", "folder"
)  # fmt: skip
_FIELD = re.compile(r"\{(\w+)\}")
_PART = re.compile(r"\[([^\[\]]*)\]")
# What Windows, SMB shares and exFAT refuse; on Linux alone only the slash and the zero byte are.
_REFUSED = str.maketrans(dict.fromkeys('<>:"\\|?*', "_") | {chr(code): "" for code in range(32)})
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
# Of one name on nearly every file system, in bytes; room is left for subtitles beside it (".forced.en.srt").
MOST_BYTES = 255
_ROOM_BYTES = 20
MOST_PATH_BYTES = 4_000


class NameTemplateError(ValueError):
    """A template that can't be; the text is a sentence for its owner."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a video. `folder` is where the file lies below its library folder, `name` its name without the
    suffix, both as they are; the others are texts, empty where nothing is known."""

    values: Mapping[str, str]
    suffix: str


def check_template(template: str) -> str:
    """The template as it is stored. Raises NameTemplateError."""
    template = template.strip()
    named = _FIELD.findall(template)
    listed = ", ".join(f"{{{name}}}" for name in FIELDS)
    if not named:
        raise NameTemplateError(f"Name at least one of {listed}.")
    unknown = [name for name in named if name not in FIELDS]
    if unknown:
        raise NameTemplateError(f"{{{unknown[0]}}} isn't known. Use {listed}.")
    if not set(named) & {"title", "name"}:
        raise NameTemplateError("Without {title} or {name} many files would get the same name.")
    last = template.rpartition("/")[2]
    if not _FIELD.search(last):
        raise NameTemplateError("What stands behind the last / is the file's name: it needs a field.")
    if template.count("[") != template.count("]") or _PART.sub("", template).count("["):
        raise NameTemplateError("Each [ needs its ], and none stands in another.")
    if any(part in ("..", ".") for part in template.split("/")):
        raise NameTemplateError("A template goes down into folders only.")
    return template


def make_path(template: str, facts: Facts) -> str:
    """The path below the library folder, suffix and all. A part in [ ] of which a field is empty is left out; an empty
    field elsewhere leaves nothing. Names are cleaned, shortened where they are too long, and never empty."""

    def optional(match: re.Match[str]) -> str:
        fields = _FIELD.findall(match[1])
        return match[1] if all(facts.values.get(name) for name in fields) else ""

    text = _PART.sub(optional, template)
    parts = []
    for part in text.split("/"):
        if part == "{folder}":
            # Folders as they are: they aren't renamed because something in them is.
            parts += [one for one in facts.values.get("folder", "").split("/") if one]
            continue
        filled = _FIELD.sub(lambda match: _plain(facts.values.get(match[1], "")), part)
        cleaned = clean_part(filled)
        if cleaned:
            parts.append(cleaned)
    if not parts or text.endswith("/"):
        parts.append(clean_part(facts.values.get("name", "")) or "video")
    last = shorten(parts[-1], MOST_BYTES - _ROOM_BYTES - len(facts.suffix.encode()))
    folders = [shorten(part, MOST_BYTES) for part in parts[:-1]]
    return "/".join([*folders, last + facts.suffix])


def _plain(value: str) -> str:
    """A value is never a folder of its own."""
    return value.replace("/", "-")


def clean_part(name: str) -> str:
    """A name that every file system takes: composed letters, nothing refused, no dots or spaces at the ends."""
    text = unicodedata.normalize("NFC", name).replace("/", "-").translate(_REFUSED)
    text = " ".join(text.split()).strip(" .-_") if not text.startswith(".") else " ".join(text.split()).strip(" .")
    if text.lower().split(".")[0] in _RESERVED:
        text = f"_{text}"
    return text


def shorten(name: str, most_bytes: int) -> str:
    """The name cut to so many bytes of UTF-8, between letters."""
    raw = name.encode()
    if len(raw) <= most_bytes:
        return name
    return raw[:most_bytes].decode(errors="ignore").rstrip(" .-_")
