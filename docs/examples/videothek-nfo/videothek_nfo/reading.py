"""Reading .nfo files. Knows nothing of Videothek."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

MOST_BYTES = 1_000_000
_FIELDS = {
    "title": "title",
    "plot": "description",
    "premiered": "release_date",
    "aired": "release_date",
    "genre": "tag",
    "tag": "tag",
    "studio": "studio",
    "director": "director",
}


class UnreadableNfoError(ValueError):
    """A .nfo file that is no XML that can be read safely."""


def read_facts(path: Path) -> Iterator[tuple[str, str]]:
    """Field and value, in the order of the file. Raises UnreadableNfoError, or OSError when it can't be opened."""
    if path.stat().st_size > MOST_BYTES:
        raise UnreadableNfoError(f"{path.name} is larger than {MOST_BYTES:,} bytes.")
    data = path.read_bytes()
    # Entities can grow without end and read other files; no .nfo file needs them. A NUL is UTF-16, where they'd hide.
    if b"<!" in data.replace(b"<!--", b"") or b"\0" in data:
        raise UnreadableNfoError(f"{path.name} has a document type or isn't UTF-8.")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise UnreadableNfoError(f"{path.name} is no XML: {error}.") from None
    for element in root:
        text = (element.text or "").strip()
        if element.tag == "actor":
            text = (element.findtext("name") or "").strip()
            field = "person"
        else:
            field = _FIELDS.get(element.tag, "")
        if field and text:
            yield field, text
