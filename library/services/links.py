"""Links between videos and something else (tags, people, studios), written for many videos in a few statements."""

from dataclasses import dataclass

from library.models import ChangeBatch


@dataclass(frozen=True, slots=True)
class Edited:
    """How many videos changed, and how many links were added and removed; `batch` is what to undo (None: nothing)."""

    videos: int
    added: int
    removed: int
    batch: ChangeBatch | None = None
