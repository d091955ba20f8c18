"""A file to convert, as far as it has to be known beforehand."""

from dataclasses import dataclass
from pathlib import Path

from processing.media.facts import MediaFacts

NO_PICTURE = "There is no moving picture in it that could be converted."


@dataclass(frozen=True, slots=True)
class Cover:
    """A still that the file carries along, as a file of its own. `stream_index` is in the source."""

    path: Path
    mime_type: str
    stream_index: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file to convert. `path` is as `os` functions take it."""

    path: str
    facts: MediaFacts
    is_interlaced: bool = False
    covers: tuple[Cover, ...] = ()
