"""Playlists and what belongs to them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from importers.kinds.base import Kind, Match, Policy, Prepared
from importers.models import ImportedRow, ImportRun
from library.models.names import clean_name, name_key
from playback.models import Playlist, PlaylistItem, PlaylistLike, PlaylistProgress, PlaylistTag

_LONGEST_NAME, _SHORTENED = 200, 190
# Stands for a record of the chunk, which has no key yet.
_CLAIMED = -1


class PlaylistKind(Kind):
    """A user's list of the same name is the same list, unless it came from another row of the same installation: two
    lists of one name stay two, and the second one is called "Name (2)"."""

    name = "playback.playlist"
    model = Playlist
    required = ("name",)
    worked_out = frozenset({"name"})
    policies = {"public_id": Policy.OURS, "visibility": Policy.OURS, "is_smart": Policy.OURS}

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        own = _own_rows(run, self.name, records)
        names = _Names(run, self.name, records)
        for record in records:
            name = clean_name(str(record.values.get("name") or ""))[:_LONGEST_NAME]
            user, pk = record.values.get("user"), own.get((record.table, record.key, record.part))
            record.values["name"] = name
            if not name or user is None:
                continue
            called = names.called.get(pk or 0)
            record.values["name"] = called if called and _is_numbered(called, name) else names.claim(user, name, pk)
        return {}

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        names = _Names(run, self.name, records)
        holders = [names.holder(record.values.get("user"), record.values["name"]) for record in records]
        return {
            index: Match(pk, "same name")
            for index, pk in enumerate(holders)
            if pk is not None and pk not in names.imported
        }


class PlaylistItemKind(Kind):
    """Positions are kept where they are free; in a list that had videos here already, theirs come behind ours in their
    order. A position that two rows of the source claim goes to the first, and the others move up."""

    name = "playback.playlistitem"
    model = PlaylistItem
    natural_key = ("playlist", "video")
    policies = {"position": Policy.OURS}
    worked_out = frozenset({"position"})

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        by_list: dict[int, list[Prepared]] = {}
        for record in records:
            record.extra["in_order_of"] = record.values.get("position") or 0
            if record.values.get("playlist") is not None:
                by_list.setdefault(record.values["playlist"], []).append(record)
        rows = PlaylistItem.objects.filter(playlist__in=by_list)
        here: dict[int, dict[int, tuple[int, int]]] = {}
        for pk, playlist, video, position in rows.values_list("pk", "playlist_id", "video_id", "position"):
            here.setdefault(playlist, {})[video] = (pk, position)
        every = [pk for items in here.values() for pk, _ in items.values()]
        imported = _imported(run, self.name, every)
        for playlist, group in by_list.items():
            _place(group, here.get(playlist, {}), imported)
        return {}


class PlaylistTagKind(Kind):
    name = "playback.playlisttag"
    model = PlaylistTag
    natural_key = ("playlist", "tag")


class PlaylistLikeKind(Kind):
    name = "playback.playlistlike"
    model = PlaylistLike
    natural_key = ("user", "playlist")
    required = ("added_at",)
    policies = {"added_at": Policy.LESSER}


class PlaylistProgressKind(Kind):
    """The place of whichever was watched later."""

    name = "playback.playlistprogress"
    model = PlaylistProgress
    natural_key = ("user", "playlist")
    required = ("watched_at",)
    moment = "watched_at"
    policies = {"video": Policy.NEWEST, "position_seconds": Policy.NEWEST, "watched_at": Policy.NEWEST}


def _place(group: Sequence[Prepared], here: Mapping[int, tuple[int, int]], imported: set[int]) -> None:
    """Gives the records of one list their positions. `here` {video: (key, position)} is what it holds already."""
    offset = max((position + 1 for pk, position in here.values() if pk not in imported), default=0)
    taken = {position for _, position in here.values()}
    last = -1
    for record in sorted(group, key=lambda one: one.extra["in_order_of"]):
        known = here.get(record.values.get("video") or 0)
        if known is not None:
            record.values["position"] = known[1]
            continue
        position = max(offset + max(record.extra["in_order_of"], 0), last + 1)
        while position in taken:
            position += 1
        taken.add(position)
        record.values["position"] = last = position


def _own_rows(run: ImportRun, kind: str, records: Sequence[Prepared]) -> dict[tuple[str, str, str], int]:
    """The rows of ours that these records are already, by table, key and part."""
    rows = ImportedRow.objects.filter(
        system=run.system,
        identity=run.identity,
        table__in={one.table for one in records},
        key__in=[one.key for one in records],
        kind=kind,
        object_id__isnull=False,
    )
    found = rows.values_list("table", "key", "part", "object_id")
    return {(table, key, part): pk for table, key, part, pk in found if pk is not None}


def _imported(run: ImportRun, kind: str, pks: Iterable[int]) -> set[int]:
    """Which of our rows came from this installation."""
    rows = ImportedRow.objects.filter(kind=kind, object_id__in=list(pks), system=run.system, identity=run.identity)
    return {pk for pk in rows.values_list("object_id", flat=True) if pk is not None}


class _Names:
    """The names of the lists of these records' users. `called` {key of ours: name}; `imported` are those that came from
    this installation."""

    def __init__(self, run: ImportRun, kind: str, records: Sequence[Prepared]) -> None:
        users = {record.values.get("user") for record in records} - {None}
        rows = Playlist.objects.filter(user__in=users).values_list("pk", "user_id", "name")
        self.called: dict[int, str] = {}
        self._holders: dict[tuple[int, str], int] = {}
        for pk, user, name in rows:
            self.called[pk] = name
            self._holders[user, name_key(name)] = pk
        self.imported = _imported(run, kind, self.called)

    def holder(self, user: int | None, name: str) -> int | None:
        """Whose name it is among the user's lists, whatever its case."""
        return self._holders.get((user or 0, name_key(name)))

    def claim(self, user: int, name: str, pk: int | None) -> str:
        """The name for a record: its own, or with a number where another row of the source has it already."""
        holder = self.holder(user, name)
        if holder is not None and holder != pk and (holder == _CLAIMED or holder in self.imported):
            number = 2
            while self.holder(user, _numbered(name, number)) is not None:
                number += 1
            name = _numbered(name, number)
        self._holders[user, name_key(name)] = _CLAIMED
        return name


def _numbered(name: str, number: int) -> str:
    return f"{name[:_SHORTENED].rstrip()} ({number})"


def _is_numbered(called: str, name: str) -> bool:
    """Whether a list may be called so that is called `name` in the source."""
    return called == name or re.fullmatch(re.escape(name[:_SHORTENED].rstrip()) + r" \(\d+\)", called) is not None
