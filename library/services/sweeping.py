"""Removing from the storages exactly what belongs to nobody.

Who stores files says so in a `stored` module, which is loaded when Django starts: in which folder of which storage,
and which of some names there it owns. A file that nobody owns and that is older than a grace time goes. Folders that
nobody has spoken for are left alone and named: an app that was removed may come back.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from django.core.files.storage import Storage
from django.utils import timezone

_BATCH = 1000

# Some names in a folder of a storage -> those of them that a row names, or that an undo could bring back.
Owned = Callable[[Sequence[str]], Collection[str]]
Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class StoredKind:
    """Files of one kind: `folder` is the topmost folder of their names in the storage that `storage()` gives. A storage
    that is shared with people has folders that nobody need speak for."""

    label: str
    storage: Callable[[], Storage]
    folder: str
    owned: Owned
    is_shared: bool = False


@dataclass(slots=True)
class Swept:
    """What was found of one kind. `young` are files without an owner that may still get one."""

    label: str
    folder: str
    owned: int = 0
    young: int = 0
    orphans: int = 0
    orphan_bytes: int = 0


@dataclass(slots=True)
class Sweep:
    """All kinds, and the folders that nobody has spoken for."""

    kinds: list[Swept] = field(default_factory=list)
    unknown_folders: list[str] = field(default_factory=list)

    @property
    def orphans(self) -> int:
        return sum(kind.orphans for kind in self.kinds)

    @property
    def orphan_bytes(self) -> int:
        return sum(kind.orphan_bytes for kind in self.kinds)


_kinds: list[StoredKind] = []


def register_stored(*kinds: StoredKind) -> None:
    """Makes kinds known; a folder of a storage belongs to one kind."""
    for kind in kinds:
        if any(kind.folder == other.folder and kind.storage == other.storage for other in _kinds):
            raise ValueError(f"Two kinds of files are stored in {kind.folder!r}.")
        _kinds.append(kind)


def stored_kinds() -> list[StoredKind]:
    """In the order of their registration."""
    return list(_kinds)


def sweep(
    *,
    grace: timedelta,
    kinds: Sequence[StoredKind] | None = None,
    dry_run: bool = False,
    report: Report = lambda done, total: None,
) -> Sweep:
    """Removes files older than `grace` that no kind owns; with `dry_run` only counts them.

    Looks at all kinds by default. Holds a thousand names at a time. `report` is told how many kinds are done.
    """
    looked = stored_kinds() if kinds is None else list(kinds)
    found = Sweep()
    for number, kind in enumerate(looked):
        found.kinds.append(_sweep_kind(kind, grace, dry_run))
        report(number + 1, len(looked))
    if kinds is None:
        found.unknown_folders = _unknown(looked)
    return found


def _sweep_kind(kind: StoredKind, grace: timedelta, dry_run: bool) -> Swept:
    storage, swept = kind.storage(), Swept(kind.label, kind.folder)
    before = timezone.now() - grace
    stored = _walk(storage, kind.folder)
    while names := list(islice(stored, _BATCH)):
        owned = set(kind.owned(names))
        for name in names:
            if name in owned:
                swept.owned += 1
                continue
            try:
                is_young = storage.get_modified_time(name) > before
                size = storage.size(name)
            except FileNotFoundError:
                continue
            if is_young:
                swept.young += 1
                continue
            if not dry_run:
                storage.delete(name)
            swept.orphans += 1
            swept.orphan_bytes += size
    return swept


def _walk(storage: Storage, folder: str) -> Iterator[str]:
    """Every file below the folder, folder by folder."""
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            folders, files = storage.listdir(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        yield from (f"{place}/{name}" for name in sorted(files))
        waiting += [f"{place}/{name}" for name in sorted(folders, reverse=True)]


def _unknown(kinds: Sequence[StoredKind]) -> list[str]:
    known = {(kind.storage(), kind.folder) for kind in kinds if not kind.is_shared}
    unknown: set[str] = set()
    for storage in {storage for storage, _ in known}:
        mine = {folder.split("/")[0] for other, folder in known if other == storage}
        try:
            folders, _ = storage.listdir("")
        except FileNotFoundError:
            continue
        unknown |= set(folders) - mine
    return sorted(unknown)
