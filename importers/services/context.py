"""What the kinds of rows need to know of the run that they write for, beyond its row."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from importers.models import ImportRun
from importers.records import FileFacts
from importers.services.pictures import Brought
from importers.services.places import PathMap, Places
from library.paths import encode_path
from library.services.looking import Look, look_at_all
from library.services.walk import FoundFile, mtime_ns


@dataclass(frozen=True, slots=True)
class Made:
    """A row of ours that no row of the source is. `key` tells it from others that were made."""

    kind: str
    key: str
    pk: int
    written: dict[str, Any]


@dataclass(slots=True)
class RunContext:
    """`places` leads from paths of the source to ours. `brought` are the pictures of the chunk that is being written,
    `looks` what lies on disk at the paths of its files, `made` what it made that no row of the source is."""

    places: Places
    brought: Brought = field(default_factory=Brought)
    looks: dict[str, Look] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)

    def look_at(self, files: Iterable[Any]) -> None:
        """Opens the files (FileFacts, or None) that lie on this disk, several at once: not within a transaction."""
        found = []
        for facts in files:
            path = self.places.local(facts.path) if isinstance(facts, FileFacts) and facts.path else ""
            if path and path not in self.looks and (status := _status(path)) is not None:
                found.append(FoundFile(encode_path(path), path, status.st_size, mtime_ns(status)))
        for look in look_at_all(found):
            self.looks[look.found.fs_path] = look

    def begin(self) -> None:
        """A chunk, or a part of one that is tried again, begins."""
        self.brought = Brought()
        self.made = []
        self.places.forget()

    def end(self) -> None:
        """The chunk is committed."""
        self.looks.clear()


def _status(path: str) -> os.stat_result | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def context_of(run: ImportRun) -> RunContext:
    """The run's, made at its first use."""
    context = run.__dict__.get("context")
    if not isinstance(context, RunContext):
        context = run.__dict__["context"] = RunContext(Places(PathMap(run.options.get("path_map", ()))))
    return context
