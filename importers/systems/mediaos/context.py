"""What a row of MediaOS can't tell by itself."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Context:
    """`folders` are (path, key of its row), `videos` the keys of library items that become videos, `owner` the key of
    the oldest admin's account. `secret` is the old key in clear text."""

    secret: str = field(default="", repr=False)
    folders: tuple[tuple[str, str], ...] = ()
    scanned_at: datetime | None = None
    videos: frozenset[str] = frozenset()
    owner: str = ""

    def folder_of(self, path: str) -> str:
        """The key of the deepest folder that the path lies in; "" for none."""
        inside = [(len(folder), key) for folder, key in self.folders if path.startswith(f"{folder.rstrip('/')}/")]
        return max(inside, default=(0, ""))[1]
