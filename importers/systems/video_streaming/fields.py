"""The columns of one row, read one after another; what was not read, or can't be, is kept."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from importers.records import Mapped, Record, Ref, SourceRow
from importers.sources.cleaning import (
    clean_boolean,
    clean_integer,
    clean_json,
    clean_moment,
    clean_number,
    clean_text,
    clean_vector,
    keepable,
)

_Value = TypeVar("_Value")


def key_text(value: Any) -> str:
    """A key as text, the same from every carrier: 5, 5.0, "5" and Decimal(5) are one."""
    if value is None:
        return ""
    if isinstance(value, float | Decimal) and value == value and value % 1 == 0:
        value = int(value)
    return str(int(value) if isinstance(value, bool) else value).strip()


class Fields:
    """Each method takes the names that a column has had; the first that says something counts.

    A value that can't be is left out, kept as it was and noted under its reason. `known` are all columns that the
    table ever had: others are noted.
    """

    def __init__(self, row: SourceRow, known: Collection[str] = ()) -> None:
        self.table, self.key = row.table, row.key
        self._columns = row.columns
        self._known = known
        self._read: set[str] = set()
        self._notes: list[str] = []
        self._kept: dict[str, Any] = {}

    def has(self, *names: str) -> bool:
        return any(self._columns.get(name) not in (None, "") for name in names)

    def raw(self, *names: str) -> Any:
        """The value as it is; None where there is none."""
        found = None
        for name in names:
            self._read.add(name)
            if found is None and (value := self._columns.get(name)) != "":
                found = value
        return found

    def text(self, *names: str, longest: int | None = None) -> str:
        text, reason = clean_text(self.raw(*names), longest=longest)
        self._settle(names, reason)
        return text.strip()

    def moment(self, *names: str) -> datetime | None:
        return self._cleaned(clean_moment, names)

    def number(self, *names: str, least: float = 0.0, most: float = 1e15) -> float | None:
        return self._cleaned(clean_number, names, least=least, most=most)

    def integer(self, *names: str, least: int = 0, most: int = 2**63 - 1) -> int | None:
        return self._cleaned(clean_integer, names, least=least, most=most)

    def boolean(self, *names: str, default: bool) -> bool:
        value, reason = clean_boolean(self.raw(*names), default)
        self._settle(names, reason)
        return bool(value)

    def json(self, *names: str, default: Any = None) -> Any:
        value, reason = clean_json(self.raw(*names), default)
        self._settle(names, reason)
        return value

    def vector(self, *names: str) -> list[float] | None:
        return self._cleaned(clean_vector, names)

    def ref(self, table: str, *names: str) -> Ref | None:
        key = key_text(self.raw(*names))
        return Ref(table, key) if key else None

    def pass_over(self, *names: str) -> None:
        """Says that the columns are known and say nothing that would be missed."""
        self._read.update(names)

    def note(self, reason: str) -> None:
        self._notes.append(reason)

    def refuse(self, reason: str, *names: str) -> None:
        """Keeps the columns as they were, under the reason."""
        self._settle(names, reason)

    def done(self, *records: Record, title: str = "") -> Mapped:
        """The row is these records; what was not read is kept."""
        kept = dict(self._kept)
        for name, value in self._columns.items():
            if name in self._read or value is None or value == "":
                continue
            kept[name] = keepable(value)
            if name not in self._known:
                self._notes.append("unknown_column")
        return Mapped(records, kept=kept, notes=tuple(dict.fromkeys(self._notes)), title=title[:300])

    def skip(self, reason: str, *, title: str = "", is_kept: bool = True) -> Mapped:
        """Nothing is written of the row; it is kept whole, unless it can be made again."""
        kept = whole(self._columns) if is_kept else {}
        notes = tuple(note for note in dict.fromkeys(self._notes) if note != reason)
        return Mapped(skipped=reason, kept=kept, notes=notes, title=title[:300])

    def _cleaned(
        self, clean: Callable[..., tuple[_Value | None, str]], names: tuple[str, ...], **bounds: Any
    ) -> _Value | None:
        value, reason = clean(self.raw(*names), **bounds)
        self._settle(names, reason)
        return value

    def _settle(self, names: tuple[str, ...], reason: str) -> None:
        if not reason:
            return
        self._notes.append(reason)
        self._kept |= {name: keepable(self._columns[name]) for name in names if self.has(name)}


def whole(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it was, as JSON can hold it."""
    return {str(keepable(name)): keepable(value) for name, value in columns.items()}
