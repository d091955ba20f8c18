"""What rows need to know of other rows: who has which name, what a uuid is the id of, which one is the newest.

Everything is read once, when it is first asked for, and is small: names and ids, never whole rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from importers.records import Ref
from importers.systems.goonhub.database import GoonHubTables
from importers.systems.goonhub.tables import LEGACY
from library.models.names import clean_name, name_key

_NAMED = {"tags": "tags", "actors": "actors", "studios": "studio"}


class Lookups:
    """`actual` {name since migration 34: name in this database}, `columns` {name of a table: its columns}."""

    def __init__(
        self, tables: GoonHubTables, actual: Mapping[str, str], columns: Mapping[str, Sequence[str]], zone: str
    ) -> None:
        self._tables, self._actual, self._columns, self.zone = tables, actual, columns, zone

    def ref(self, table: str, key: Any, part: str = "", column: str = "") -> Ref:
        """A reference to a row of a table by its name since migration 34."""
        return Ref(self._actual.get(table, table), str(key), part, column)

    def named(self, table: str, name: str) -> list[Ref]:
        """The rows of `tags`, `actors` or `studios` of that name, the first one first; those that only old lists of
        scenes name too."""
        key = name_key(clean_name(name))
        found = self._ids_by_name[table].get(key, [])
        if found:
            return [self.ref(table, one) for one in found]
        return [Ref(LEGACY[table], key)] if key in self.legacy_names(table) else []

    def legacy_names(self, table: str) -> Mapping[str, str]:
        """{key: name} of those that only the old lists of scenes name, sorted by key."""
        return self._legacy[table]

    def by_uuid(self, table: str, uuid: object, column: str = "public_id") -> Ref | None:
        """The actor, studio or search of that uuid; a reference to the public id that it has here."""
        found = self._ids_by_uuid[table].get(str(uuid).lower())
        return None if found is None else self.ref(table, found, column=column)

    def tag(self, key: object) -> Ref | None:
        """The tag of that id, if there is one."""
        return self.ref("tags", key) if str(key) in self._tag_keys else None

    def disambiguation(self, table: str, key: str) -> str:
        """What tells an actor or a studio from an earlier one of the same name; "" for the first."""
        return self._disambiguations[table].get(key, "")

    def own_name(self, table: str, key: str) -> str:
        """Another name for a list or search whose user has one of its name already; "" where it is the first."""
        return self._own_names[table].get(key, "")

    @cached_property
    def folders(self) -> list[tuple[str, str]]:
        """(path, key) of the storage paths, the longest first."""
        rows = self._rows("storage_paths", "id", "path")
        return sorted(((str(row["path"] or ""), str(row["id"])) for row in rows), key=lambda one: -len(one[0]))

    @cached_property
    def default_folder(self) -> Ref | None:
        """The default storage path, or the first one."""
        rows = self._rows("storage_paths", "id", "is_default")
        chosen = sorted(rows, key=lambda row: (not row.get("is_default"), row["id"]))
        return self.ref("storage_paths", chosen[0]["id"]) if chosen else None

    @cached_property
    def newest_watches(self) -> frozenset[str]:
        """Keys of the rows that tell where a user is in a scene."""
        table = self._actual["user_scene_watches"]
        scene = "scene_id" if "scene_id" in self._columns[table] else "video_id"
        return frozenset(str(one) for one in self._tables.newest(table, ("user_id", scene), "watched_at"))

    @cached_property
    def circles(self) -> frozenset[tuple[str, str]]:
        """(column, key) of studios whose parent or network leads back to themselves, once for each circle."""
        closing: set[tuple[str, str]] = set()
        for column in ("parent_id", "network_id"):
            above = {row["id"]: row.get(column) for row in self._rows("studios", "id", column)}
            for start in above:
                seen, one = [start], above.get(start)
                while one is not None and one not in seen:
                    seen.append(one)
                    one = above.get(one)
                if one is not None:
                    last = seen[-1]
                    closing.add((column, str(last)))
                    above[last] = None
        return frozenset(closing)

    @cached_property
    def role_permissions(self) -> Mapping[str, list[str]]:
        """{key of a role: names of its permissions, sorted}, both as GoonHub calls them."""
        names = {row["id"]: str(row["name"]) for row in self._rows("permissions", "id", "name")}
        held: dict[str, set[str]] = {}
        for row in self._rows("role_permissions", "role_id", "permission_id"):
            if row["permission_id"] in names:
                held.setdefault(str(row["role_id"]), set()).add(names[row["permission_id"]])
        return {role: sorted(found) for role, found in held.items()}

    @cached_property
    def stages(self) -> Mapping[str, Mapping[str, Any]]:
        """{phase: what `trigger_config` and `retry_config` say of it}."""
        phases: dict[str, dict[str, Any]] = {}
        for table in ("trigger_config", "retry_config"):
            columns = [name for name in self._of(table) if name not in ("id", "created_at", "updated_at")]
            for row in self._rows(table, *columns):
                phases.setdefault(str(row.get("phase")), {}).update(row)
        return phases

    def linked(self, table: str, value: str, keys: Iterable[Any]) -> Mapping[Any, set[Any]]:
        """{scene: ids} by `scene_tags` or `scene_actors`; nothing where the table isn't there."""
        if table not in self._actual:
            return {}
        name = self._actual[table]
        scene = "scene_id" if "scene_id" in self._columns[name] else "video_id"
        return self._tables.linked(name, scene, value, keys)

    @cached_property
    def _ids_by_name(self) -> Mapping[str, Mapping[str, list[int]]]:
        """Those that aren't deleted before those that are."""
        found: dict[str, dict[str, list[int]]] = {}
        for table in _NAMED:
            rows = self._rows(table, "id", "name", "deleted_at")
            rows.sort(key=lambda row: row.get("deleted_at") is not None)
            ids = found.setdefault(table, {})
            for row in rows:
                ids.setdefault(name_key(clean_name(str(row["name"]))), []).append(row["id"])
        return found

    @cached_property
    def _tag_keys(self) -> frozenset[str]:
        return frozenset(str(one) for ids in self._ids_by_name["tags"].values() for one in ids)

    @cached_property
    def _legacy(self) -> Mapping[str, Mapping[str, str]]:
        scenes = self._actual["scenes"]
        found: dict[str, dict[str, str]] = {}
        for table, column in _NAMED.items():
            names = []
            if column in self._columns[scenes]:
                names = self._tables.distinct(scenes, column, is_list=column != "studio")
            keys = {name_key(clean_name(name)): clean_name(name) for name in reversed(names)}
            found[table] = {key: keys[key] for key in sorted(keys) if key and key not in self._ids_by_name[table]}
        return found

    @cached_property
    def _ids_by_uuid(self) -> Mapping[str, Mapping[str, int]]:
        return {
            table: {str(row["uuid"]).lower(): row["id"] for row in self._rows(table, "id", "uuid") if "uuid" in row}
            for table in ("actors", "studios", "saved_searches")
        }

    @cached_property
    def _disambiguations(self) -> Mapping[str, Mapping[str, str]]:
        words = {"actors": ("birthday", "nationality", "birthplace"), "studios": ("short_name", "url")}
        return {
            table: _told_apart(self._ids_by_name[table], {row["id"]: row for row in self._rows(table, "id", *columns)})
            for table, columns in words.items()
        }

    @cached_property
    def _own_names(self) -> Mapping[str, Mapping[str, str]]:
        return {
            table: _renamed(self._rows(table, "id", "user_id", "name")) for table in ("saved_searches", "playlists")
        }

    def _of(self, table: str) -> Sequence[str]:
        return self._columns.get(self._actual.get(table, ""), ())

    def _rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Those of the columns that there are; nothing where the table isn't there or lacks the first of them."""
        there = [name for name in columns if name in self._of(table)]
        if not there or there[0] != columns[0]:
            return []
        return self._tables.select(self._actual[table], there)


def _told_apart(ids: Mapping[str, list[int]], rows: Mapping[int, Mapping[str, Any]]) -> dict[str, str]:
    """Words for all but the first of one name: the first fact that no other of them has, else a number."""
    words: dict[str, str] = {}
    for several in ids.values():
        taken: set[str] = set()
        for number, one in enumerate(several[1:], start=2):
            facts = [_fact(name, value) for name, value in rows[one].items() if name != "id" and value]
            word = next((fact for fact in facts if fact.lower() not in taken), f"no. {number}")
            taken.add(word.lower())
            words[str(one)] = word
    return words


def _fact(name: str, value: Any) -> str:
    text = clean_name(str(value))
    return f"born {text[:4]}" if name == "birthday" else text[:100]


def _renamed(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """{key: "Name (2)"} of those whose user has an earlier one of that name."""
    taken: set[tuple[Any, str]] = set()
    names: dict[str, str] = {}
    for row in rows:
        name = clean_name(str(row.get("name") or ""))[:90]
        own, number = name, 1
        while (row.get("user_id"), name_key(own)) in taken:
            number += 1
            own = f"{name} ({number})"
        taken.add((row.get("user_id"), name_key(own)))
        if own != name:
            names[str(row["id"])] = own
    return names
