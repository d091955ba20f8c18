"""What a tile shows of a video, as each user likes it. Knows no database."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Card:
    """The parts of a tile, besides its picture and title."""

    resolution: bool = True
    length: bool = True
    progress: bool = True
    folder: bool = True
    added: bool = True
    views: bool = False
    people: bool = True
    studios: bool = True
    tags: bool = True

    @property
    def has_names(self) -> bool:
        """Whether the names of anybody or anything have to be read."""
        return self.people or self.studios or self.tags

    def as_json(self) -> dict[str, bool]:
        return asdict(self)


PARTS = {
    "resolution": "4K, 8K and HDR on the picture",
    "length": "Length on the picture",
    "progress": "How far I am",
    "folder": "Folder",
    "added": "When it was added",
    "views": "How often it was viewed",
    "people": "People",
    "studios": "Studio",
    "tags": "Tags",
}
EVERYTHING = Card()


def card_of(config: Mapping[str, Any]) -> Card:
    """The card of a stored configuration; what it doesn't say is the default, what nobody knows is left out."""
    names = {field.name for field in fields(Card)}
    return Card(**{name: value for name, value in config.items() if name in names and isinstance(value, bool)})
