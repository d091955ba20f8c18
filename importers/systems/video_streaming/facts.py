"""What a row can't say by itself: facts about other rows, looked up once and only when a row needs them.

Each is a pass over one table and keeps a few numbers a row, so that 100,000 rows take some 10 MB.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from importers.records import Ref
from importers.sources import Tables
from importers.sources.cleaning import clean_boolean, clean_moment, clean_number, clean_text
from importers.sources.json_files import BrokenRow
from importers.systems.video_streaming.fields import key_text

Row = Mapping[str, Any]
# A picture from another second than that which the system takes by itself was chosen.
_CHOSEN_FROM_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A video's size in pixels and length in seconds, as far as they are known."""

    width: float | None = None
    height: float | None = None
    seconds: float | None = None


class Facts:
    """Facts about the tables of one source, as they were when it was opened."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._names = set(tables.names())
        self._ids: dict[str, set[str]] = {}
        self._last: dict[tuple[str, str], dict[str, str]] = {}

    @cached_property
    def users(self) -> list[Row]:
        """All accounts, the oldest first."""
        return sorted(self._rows("users"), key=lambda row: (_moment(row.get("created_at")), _number(row.get("id"))))

    @cached_property
    def owner(self) -> Ref | None:
        return Ref("users", key_text(self.users[0].get("id"))) if self.users else None

    @cached_property
    def began(self) -> datetime:
        """When the installation was made: for what needs a moment and has none that can be."""
        moments = [clean_moment(row.get("created_at"))[0] for row in self.users]
        return next((moment for moment in moments if moment is not None), datetime(1970, 1, 1, tzinfo=UTC))

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Size and length of each video."""
        return {
            key_text(row.get("id")): Shape(
                *(clean_number(row.get(name))[0] or None for name in ("width", "height", "duration_seconds"))
            )
            for row in self._rows("videos")
        }

    @cached_property
    def paths(self) -> dict[str, tuple[str, int]]:
        """Path and bytes of each video's file."""
        return {
            key_text(row.get("id")): (
                clean_text(row.get("file_path"))[0],
                int(clean_number(row.get("file_size_bytes"))[0] or 0),
            )
            for row in self._rows("videos")
        }

    @cached_property
    def chosen_pictures(self) -> dict[str, tuple[str, str]]:
        """{video: (thumbnail, path)} of pictures that somebody uploaded or took at another time than the system."""
        chosen = {}
        for row in self._rows("thumbnails"):
            video = key_text(row.get("video_id"))
            path = clean_text(row.get("file_path"))[0].strip()
            if path and self._is_chosen(row, self.shapes.get(video, Shape())):
                chosen[video] = (key_text(row.get("id")), path)
        return chosen

    @cached_property
    def first_studios(self) -> dict[str, str]:
        """{video: the studio that it got first}"""
        return self._best("video_studios", "video_id", "studio_id", _added)

    @cached_property
    def newest_ratings(self) -> dict[str, str]:
        """{video: the rating that was given last}, of those from 1 to 5."""
        return self._best(
            "ratings", "video_id", "id", lambda row: _reversed(row, "rated_at", "created_at"),
            lambda row: 1 <= (clean_number(row.get("rating"))[0] or 0) <= 5,
        )  # fmt: skip

    @cached_property
    def primary_profiles(self) -> set[str]:
        """The first of those that are marked as a person's main one."""
        return set(self._best("creator_platforms", "creator_id", "id", _by_id, _is_primary).values())

    @cached_property
    def primary_references(self) -> set[str]:
        return set(self._best("creator_face_embeddings", "creator_id", "id", _by_id, _is_primary).values())

    @cached_property
    def positions(self) -> dict[tuple[str, str], int]:
        """{(playlist, video): place}, counted from 0 without gaps in each list."""
        lists: dict[str, list[tuple[tuple[Any, ...], str]]] = {}
        for row in self._rows("playlist_videos"):
            place = (clean_number(row.get("position"), least=-1e9)[0] or 0.0, *_added(row))
            lists.setdefault(key_text(row.get("playlist_id")), []).append((place, key_text(row.get("video_id"))))
        return {
            (playlist, video): number
            for playlist, videos in lists.items()
            for number, (_, video) in enumerate(sorted(videos))
        }

    @cached_property
    def tag_parents(self) -> dict[str, str]:
        """{tag: parent} without circles: where one closes, the parent of its lowest tag is left out."""
        return self._tree("tags", "parent_id")

    @cached_property
    def studio_parents(self) -> dict[str, str]:
        return self._tree("studios", "parent_studio_id")

    @cached_property
    def rule_conditions(self) -> dict[str, list[Row]]:
        return self._grouped("tagging_rule_conditions", "rule_id")

    @cached_property
    def rule_actions(self) -> dict[str, list[Row]]:
        return self._grouped("tagging_rule_actions", "rule_id")

    @cached_property
    def histories(self) -> dict[str, Row]:
        """{conversion job: what its history says}"""
        return {key_text(row.get("conversion_job_id")): row for row in self._rows("conversion_history")}

    @cached_property
    def face_settings(self) -> dict[str, Any]:
        return {clean_text(row.get("key"))[0]: row.get("value") for row in self._rows("face_recognition_config")}

    def ids(self, table: str) -> set[str]:
        """The keys of a table's rows."""
        if table not in self._ids:
            self._ids[table] = {key_text(row.get("id")) for row in self._rows(table)}
        return self._ids[table]

    def last_of_period(self, table: str, form: str) -> dict[str, str]:
        """{period: the row that was made last in it}, periods by a format of strftime."""
        if (table, form) not in self._last:
            last: dict[str, tuple[Any, str]] = {}
            for row in self._rows(table):
                moment = clean_moment(row.get("created_at"))[0]
                if moment is not None:
                    mark = (moment, _number(row.get("id"))), key_text(row.get("id"))
                    last[moment.strftime(form)] = max(last.get(moment.strftime(form), mark), mark)
            self._last[table, form] = {period: key for period, (_, key) in last.items()}
        return self._last[table, form]

    def newest_looks(self, table: str) -> dict[str, str]:
        """{video: the last look for faces that ended well}"""
        if (table, "") not in self._last:
            self._last[table, ""] = self._best(
                table, "video_id", "id", lambda row: _reversed(row, "completed_at", "created_at"),
                lambda row: clean_text(row.get("status"))[0].strip().lower() == "completed",
            )  # fmt: skip
        return self._last[table, ""]

    def _rows(self, table: str) -> Iterator[Row]:
        if table in self._names:
            key = self._tables.key(table)
            yield from (row for row in self._tables.rows(table, key) if not isinstance(row, BrokenRow))

    def _grouped(self, table: str, column: str) -> dict[str, list[Row]]:
        groups: dict[str, list[Row]] = {}
        for row in self._rows(table):
            groups.setdefault(key_text(row.get(column)), []).append(row)
        for rows in groups.values():
            rows.sort(key=_by_id)
        return groups

    def _best(self, table: str, group: str, key: str, rank: Any, condition: Any = lambda row: True) -> dict[str, str]:
        """{group: key} of the row with the lowest rank in each group."""
        best: dict[str, tuple[Any, str]] = {}
        for row in self._rows(table):
            if condition(row):
                mark, name = (rank(row), key_text(row.get(key))), key_text(row.get(group))
                best[name] = min(best.get(name, mark), mark)
        return {name: value for name, (_, value) in best.items()}

    def _tree(self, table: str, column: str) -> dict[str, str]:
        parents = {key_text(row.get("id")): key_text(row.get(column)) for row in self._rows(table)}
        parents = {child: parent for child, parent in parents.items() if parent}
        for child in sorted(parents, key=lambda key: (len(key), key)):
            seen, above = {child}, parents.get(child)
            while above is not None and above not in seen:
                seen.add(above)
                above = parents.get(above)
            if above == child:
                del parents[child]
        return parents

    def _is_chosen(self, row: Row, shape: Shape) -> bool:
        if clean_boolean(row.get("auto_generated"), True)[0] is False:
            return True
        time = clean_number(row.get("timestamp_seconds"))[0]
        if time is None:
            return False
        usual = 5.0 if shape.seconds is None else min(shape.seconds / 5, max(shape.seconds - 1, 0))
        return abs(time - usual) > _CHOSEN_FROM_SECONDS


def _number(value: Any) -> float:
    return clean_number(value, least=float("-inf"), most=float("inf"))[0] or 0.0


def _moment(value: Any) -> datetime:
    moment = clean_moment(value)[0]
    return moment if moment is not None else clean_moment("9998-01-01")[0]  # type: ignore[return-value]


def _by_id(row: Row) -> tuple[Any, ...]:
    return (_number(row.get("id")),)


def _added(row: Row) -> tuple[Any, ...]:
    return (_moment(row.get("added_at") or row.get("created_at")),)


def _reversed(row: Row, *names: str) -> tuple[Any, ...]:
    """Lowest for the newest; one without a moment is the oldest."""
    moment = next((found for name in names if (found := clean_moment(row.get(name))[0])), None)
    return (-(moment.timestamp() if moment else float("-inf")), -_number(row.get("id")))


def _is_primary(row: Row) -> bool:
    return clean_boolean(row.get("is_primary"), False)[0] is True
