"""What is written beside a file (Kodi's .nfo) and in it (tags of the container)."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from xml.parsers import expat

from django.utils import timezone

from library.models import Suggestion, SuggestionInput, VideoFile
from library.models.suggestion import SuggestedKind
from library.services.suggesting.memory import last
from library.services.suggesting.names import load_names
from library.services.suggesting.templates import split_names
from library.services.suggestions import Proposal
from library.services.videos import title_of

# (path as `os` gives it) -> the container's tags, by name in lower case
ReadTags = Callable[[str], Mapping[str, str]]
# (a file's name without its ending) -> what it says by the customs of those who name films: title, released, studio
GuessName = Callable[[str], dict[str, list[str]]]

_MOST_BYTES = 1024 * 1024
_MOST_NAMES = 100
_READ_AGAIN = timedelta(days=7)
_ROOTS = ("movie", "episodedetails", "musicvideo", "video")
# Of tags of files by their usual names; Vorbis, MP4 and Matroska agree on these.
_EMBEDDED = {"creators": ("artist", "performer", "album_artist", "actor"), "tags": ("genre", "keywords")}
_NFO = {"studio": "studios", "genre": "tags", "tag": "tags", "director": "", "artist": "creators"}
_KINDS = {"creators": "creator", "studios": "studio", "tags": "tag"}

Facts = dict[str, dict[str, list[str]]]


class SidecarError(ValueError):
    """Not a sidecar that can be read safely."""


def parse_nfo(content: bytes) -> dict[str, list[str]]:
    """People (`creators`), `studios`, `tags` and `title` of a Kodi file. Raises SidecarError for anything that isn't
    one, and for document types: entities could grow without end or read other files."""
    found: dict[str, list[str]] = {}
    stack: list[str] = []
    text: list[str] = []
    is_ended: list[bool] = []

    def refuse(*_: object) -> None:
        raise SidecarError("It declares a document type.")

    def begin(tag: str, _: object) -> None:
        tag = tag.lower()
        if not stack and tag not in _ROOTS:
            raise SidecarError(f"<{tag[:40]}> is no film.")
        if len(stack) > 20:
            raise SidecarError("It is nested too deep.")
        stack.append(tag)
        text.clear()

    def end(_: object) -> None:
        value = " ".join("".join(text).split())[:200]
        path = stack[1:]
        key = "creators" if path == ["actor", "name"] else _NFO.get(path[0], "") if len(path) == 1 else ""
        if path == ["title"]:
            key = "title"
        if key and value and len(found.setdefault(key, [])) < _MOST_NAMES:
            found[key] += [part for part in ([value] if key == "title" else value.split(" / ")) if part]
        stack.pop()
        text.clear()
        if not stack:
            is_ended.append(True)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = text.append
    try:
        # Kodi lets an address stand after the document; what was read before counts.
        parser.Parse(content, True)
    except expat.ExpatError as error:
        if stack or not is_ended:
            raise SidecarError(f"It is no XML: {error}.") from None
    return found


def read_sidecar(path: str) -> dict[str, list[str]]:
    """What the .nfo beside a film says, its own or `movie.nfo` where it lies alone; {} without one."""
    for candidate in (os.path.splitext(path)[0] + ".nfo", os.path.join(os.path.dirname(path), "movie.nfo")):
        try:
            with open(candidate, "rb") as file:
                content = file.read(_MOST_BYTES + 1)
            if len(content) <= _MOST_BYTES:
                return parse_nfo(content)
        except (OSError, SidecarError):
            continue
    return {}


def refresh_facts(
    video_ids: Sequence[int], *, read_tags: ReadTags | None = None, guess_name: GuessName | None = None
) -> int:
    """Reads what stands beside and in the files that are new, changed, or were read a week ago; returns how many.

    Workers only: it opens each of those files.
    """
    rows = VideoFile.objects.filter(video__in=video_ids, is_primary=True, missing_since=None).select_related("folder")
    known = SuggestionInput.objects.in_bulk(list(video_ids))
    due = timezone.now() - _READ_AGAIN
    changed = []
    for file in rows.only("video_id", "relative_path", "size_bytes", "mtime_ns", "folder__path").order_by("video_id"):
        key = _digest(file)
        old = known.get(file.video_id or 0)
        if old is not None and old.facts_key == key and old.read_at is not None and old.read_at > due:
            continue
        facts = _read(file.fs_path, read_tags)
        if facts is not None and guess_name is not None:
            # The slowest of all, and the same as long as the name is.
            known_guess = old.facts.get("name") if old is not None and old.facts_key == key else None
            guess = known_guess if known_guess is not None else guess_name(title_of(file))
            facts["name"] = guess
        if facts is not None:
            now = timezone.now()
            changed.append(SuggestionInput(video_id=file.video_id or 0, facts=facts, facts_key=key, read_at=now))
    SuggestionInput.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["video"], update_fields=["facts", "facts_key", "read_at"]
    )
    return len(changed)


def _digest(file: VideoFile) -> str:
    text = f"{file.folder_id}:{file.relative_path}:{file.size_bytes}:{file.mtime_ns}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _read(path: str, read_tags: ReadTags | None) -> Facts | None:
    """None where the file can't be looked at now."""
    if not Path(path).is_file():
        return None
    facts: Facts = {}
    if sidecar := read_sidecar(path):
        facts["nfo"] = sidecar
    tags = read_tags(path) if read_tags is not None else {}
    embedded = {
        key: [part for name in names for part in split_names(str(tags.get(name, ""))[:500])][:_MOST_NAMES]
        for key, names in _EMBEDDED.items()
    }
    if any(embedded.values()):
        facts["embedded"] = {key: values for key, values in embedded.items() if values}
    return facts


def propose_by_sidecar(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """Known names from .nfo files."""
    yield from _propose(video_ids, "nfo", 0.95)


def propose_by_embedded(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """Known names from the files' own tags, and in their titles."""
    yield from _propose(video_ids, "embedded", 0.85)


def _propose(video_ids: Sequence[int], source: str, confidence: float) -> Iterator[Proposal]:
    names = load_names()
    ids = tuple(video_ids)
    rows = last("facts", ids, lambda: list(SuggestionInput.objects.filter(video__in=ids).exclude(facts={})))
    for row in rows:
        facts: Any = row.facts.get(source) or {}
        if source == "nfo" and facts.get("title"):
            title = str(facts["title"][0])
            yield Proposal.of_value(row.video_id, SuggestedKind.TITLE, title, confidence, {"words": title})
        for key, kind in _KINDS.items():
            for name in facts.get(key, ()):
                pk = names.exact(kind, str(name))
                if pk is not None:
                    yield Proposal(row.video_id, kind, pk, confidence, {"words": str(name)[:200]})


def sidecar_reason(suggestion: Suggestion) -> str:
    return f"The .nfo file beside it names “{suggestion.evidence.get('words', '')}”."


def embedded_reason(suggestion: Suggestion) -> str:
    return f"The file itself names “{suggestion.evidence.get('words', '')}”."
