"""A row of GoonHub, read column by column: what can't be is noted and kept, what nobody asked for is kept too."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from importers.records import Mapped, Record, Ref, Secret, SourcePicture, SourceRow
from importers.sources.cleaning import (
    clean_boolean,
    clean_date,
    clean_integer,
    clean_json,
    clean_moment,
    clean_number,
    clean_text,
)
from importers.systems.goonhub.lookups import Lookups
from importers.systems.goonhub.tables import Table

_ZONED = re.compile(r"(Z|[+-]\d{2}(:?\d{2})?(:\d{2})?)$")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_INT32 = 2**31 - 1
# For moments that ours can't be without and that the source doesn't say.
UNKNOWN_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


class LeftOut(Exception):
    """The row can't become anything here; `reason` is a key of REASONS. Never leaves this package."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Row:
    """Reads the columns of one row. Each column that is asked for counts as dealt with; `mapped` keeps the others."""

    def __init__(self, row: SourceRow, columns: Mapping[str, Any], table: Table, lookups: Lookups) -> None:
        self.key, self.name, self.lookups = row.key, row.table, lookups
        self._columns, self._table = columns, table
        self._used: set[str] = set()
        self._kept: dict[str, Any] = {}
        self._notes: dict[str, None] = {}

    def raw(self, name: str) -> Any:
        self._used.add(name)
        return self._columns.get(name)

    def keep(self, name: str, value: Any, reason: str = "") -> None:
        """Stores what has no place, and counts the reason."""
        self._kept[name] = plain(value)
        self.note(reason)

    def note(self, reason: str) -> None:
        if reason:
            self._notes[reason] = None

    def made_again(self, *names: str) -> None:
        """Columns about what Videothek makes itself, or that say nothing beyond their row's being there."""
        self._used.update(names)

    def text(self, name: str, longest: int | None = None) -> str:
        value, reason = clean_text(self.raw(name), longest=longest)
        return str(self._checked(name, value, reason))

    def named(self, name: str, longest: int) -> str:
        """A name with single spaces. Leaves the row out where there is none."""
        value = " ".join(self.text(name, longest).split())
        if not value:
            raise LeftOut("no_name")
        return value

    def word(self, name: str, words: Mapping[str, Any], default: Any = "") -> Any:
        """One of some words, whatever their case."""
        value = self.text(name).strip()
        if not value:
            return default
        if value.lower() in words:
            return words[value.lower()]
        self.keep(name, value, "bad_value")
        return default

    def integer(self, name: str, *, least: int = 0, most: int = _INT32) -> int | None:
        value, reason = clean_integer(self.raw(name), least=least, most=most)
        return self._checked(name, value, reason)  # type: ignore[no-any-return]

    def count(self, name: str, most: int = _INT32) -> int:
        return self.integer(name, most=most) or 0

    def positive(self, name: str, most: int = _INT32) -> int | None:
        """A number; 0, by which the source means that it doesn't know, is None."""
        return self.integer(name, most=most) or None

    def number(self, name: str, *, least: float = 0.0, most: float = 1e15) -> float | None:
        value, reason = clean_number(self.raw(name), least=least, most=most)
        return self._checked(name, value, reason)  # type: ignore[no-any-return]

    def decimal(self, name: str, *, least: str, most: str, step: str) -> Decimal | None:
        """A number in steps; one between them goes to the nearest and is kept."""
        number = self.number(name, least=float(least), most=float(most))
        if number is None:
            return None
        steps = Decimal(str(number)) / Decimal(step)
        value = round(steps) * Decimal(step)
        if value != Decimal(str(number)):
            self.keep(name, self.raw(name), "bad_value")
        return max(value, Decimal(least)).quantize(Decimal("0.1"))

    def boolean(self, name: str, default: bool) -> bool:
        value, reason = clean_boolean(self.raw(name), default)
        return bool(self._checked(name, value, reason))

    def moment(self, name: str) -> datetime | None:
        """In UTC; one without a zone is in the server's."""
        text = self.raw(name)
        value, reason = clean_moment(text)
        if value and isinstance(text, str) and not _ZONED.search(text[10:]):
            value = value.replace(tzinfo=ZoneInfo(self.lookups.zone)).astimezone(UTC)
        return self._checked(name, value, reason)  # type: ignore[no-any-return]

    def moment_of(self, *names: str) -> datetime:
        """The first of these moments that there is; ours can't be without."""
        for name in names:
            if moment := self.moment(name):
                return moment
        self.note("bad_date")
        return UNKNOWN_MOMENT

    def made_at(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values with when the row was made, where the source knows it."""
        moment = self.moment("created_at")
        return {**values, "created_at": moment} if moment else values

    def date(self, name: str) -> date | None:
        value, reason = clean_date(self.raw(name))
        return self._checked(name, value, reason)  # type: ignore[no-any-return]

    def json(self, name: str, kind: type, default: Any) -> Any:
        value, reason = clean_json(self.raw(name), default)
        if not reason and not isinstance(value, kind):
            reason = "bad_json"
        return self._checked(name, default if reason else value, reason)

    def texts(self, name: str) -> list[str]:
        """A list of texts, each once, without empty ones."""
        found = [" ".join(clean_text(one)[0].split()) for one in self.raw(name) or [] if one is not None]
        return [one for one in dict.fromkeys(found) if one]

    def color(self, name: str, default: str) -> str:
        value = self.text(name).strip()
        if value and not _COLOR.fullmatch(value):
            self.keep(name, value, "bad_value")
            return default
        return value or default

    def uuid(self, name: str = "uuid") -> dict[str, UUID]:
        """{"public_id": it}; nothing where it is none, and a new one is made."""
        value = self.raw(name)
        try:
            return {"public_id": value if isinstance(value, UUID) else UUID(str(value))}
        except ValueError:
            if value is not None:
                self.keep(name, value, "bad_value")
            return {}

    def ref(self, column: str, table: str) -> Ref:
        """What the row points to. Leaves the row out where it points to nothing."""
        value = self.raw(column)
        if value is None:
            raise LeftOut("dangling_reference")
        return self.lookups.ref(table, value)

    def picture(self, name: str) -> SourcePicture | None:
        """A picture in its files; the address of one elsewhere is kept."""
        value = self.text(name).strip()
        if value.startswith(("http://", "https://")):
            self.keep(name, value)
            return None
        return SourcePicture(absolute(value)) if value else None

    def mapped(self, *records: Record | None, title: str = "") -> Mapped:
        """What becomes of the row: these records (None is none), with all that has no place kept."""
        self._keep_rest()
        made = tuple(record for record in records if record is not None)
        return Mapped(records=made, kept=self._kept, notes=tuple(self._notes), title=title[:300])

    def left_out(self, reason: str, *, is_kept: bool = True, title: str = "") -> Mapped:
        """Nothing becomes of it; the whole row is kept."""
        return Mapped(skipped=reason, kept=self.whole() if is_kept else {}, title=title[:300])

    def whole(self) -> dict[str, Any]:
        """Every column that says something."""
        return {name: plain(value) for name, value in self._columns.items() if value not in _NOTHING}

    def _checked(self, name: str, value: Any, reason: str) -> Any:
        if reason:
            self.keep(name, self._columns[name], reason)
        return value

    def _keep_rest(self) -> None:
        for name, value in self._columns.items():
            if name in self._used or name == "id" or value in _NOTHING:
                continue
            self._kept[name] = plain(value)
            if name not in self._table.columns:
                self.note("unknown_column")


def absolute(path: str) -> str:
    """A path as the path map takes it: "./data/videos" of the program's own folder is "/data/videos"."""
    return path if not path or path.startswith("/") else "/" + path.removeprefix("./")


def plain(value: Any) -> Any:
    """A value as JSON and PostgreSQL hold it; a secret stays one."""
    if value is None or isinstance(value, bool | int | Secret):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, Mapping):
        return {clean_text(name)[0]: plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return clean_text(value)[0]
