"""The columns of one source row, taken one by one."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from importers.records import Secret
from importers.sources import cleaning
from importers.sources.cleaning import (
    clean_boolean,
    clean_date,
    clean_integer,
    clean_json,
    clean_moment,
    clean_number,
    clean_text,
)
from importers.systems.hiding import hide_secrets

_LONGEST_KEY, _LONGEST_PART = 500, 200


class Cells:
    """Reads a row and remembers which columns were taken, what was wrong with them and what must be kept of them.

    A method takes several names of one column, of which the first that is there and says something counts (a source may
    come in two forms). A value that can't be used gives the method's "nothing", a note with the reason, and the value
    itself in `kept`.
    """

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.columns = columns
        self.taken: set[str] = set()
        self.notes: list[str] = []
        self.kept: dict[str, Any] = {}

    def raw(self, *names: str) -> Any:
        """The value as it is; None for none."""
        return self._find(names)[1]

    def text(self, *names: str, longest: int | None = None) -> str:
        name, value = self._find(names)
        if isinstance(value, dict | list):
            self._wrong(name, value, "bad_value")
            return ""
        text, reason = clean_text(value, longest=longest)
        self._wrong(name, value, reason)
        return text

    def line(self, *names: str, longest: int | None = None) -> str:
        """Text without spaces at its ends."""
        return self.text(*names, longest=longest).strip()

    def integer(self, *names: str, least: int = 0, most: int = 2**63 - 1) -> int | None:
        name, value = self._find(names)
        number, reason = clean_integer(None if isinstance(value, bool) else value, least=least, most=most)
        self._wrong(name, value, reason)
        return number

    def number(self, *names: str, least: float = 0.0, most: float = 1e15) -> float | None:
        name, value = self._find(names)
        number, reason = clean_number(value, least=least, most=most)
        self._wrong(name, value, reason)
        return number

    def boolean(self, *names: str, default: bool = False) -> bool:
        name, value = self._find(names)
        answer, reason = clean_boolean(value, default)
        self._wrong(name, value, reason)
        return bool(answer)

    def moment(self, *names: str) -> datetime | None:
        name, value = self._find(names)
        moment, reason = clean_moment(value)
        self._wrong(name, value, reason)
        return moment

    def day(self, *names: str) -> date | None:
        name, value = self._find(names)
        day, reason = clean_date(value)
        self._wrong(name, value, reason)
        return day

    def json(self, *names: str, shape: type[dict[Any, Any]] | type[list[Any]] | None = None) -> Any:
        """What JSON text says; an empty dict or list of the `shape` for none and for what has another shape."""
        name, value = self._find(names)
        parsed, reason = clean_json(value)
        if shape is not None and not isinstance(parsed, shape):
            reason = reason or ("bad_value" if parsed is not None else "")
            parsed = shape()
        self._wrong(name, value, reason)
        return parsed

    def keep(self, *names: str) -> None:
        """Columns that have no place here: kept as they were, where they say something."""
        for name in names:
            self.taken.add(name)
            value = self.columns.get(name)
            if value is not None and value != "":
                self.kept[name] = keepable(value)

    def pass_over(self, *names: str) -> None:
        """Columns that follow from others or say nothing."""
        self.taken.update(names)

    def finish(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """What is kept, columns that nobody asked for included and secrets hidden, and the notes."""
        unknown = {
            name: keepable(value)
            for name, value in self.columns.items()
            if name not in self.taken and value is not None and value != "" and not name.startswith("_")
        }
        if unknown:
            self.notes.append("unknown_column")
        kept = {clean_text(name)[0]: value for name, value in {**unknown, **self.kept}.items()}
        return hide_secrets(kept), tuple(self.notes)

    def _find(self, names: Iterable[str]) -> tuple[str, Any]:
        """The first of the columns that says something, and its value; all of them count as taken."""
        found, empty = ("", None), ("", None)
        for name in names:
            self.taken.add(name)
            value = self.columns.get(name)
            if value is not None and value != "" and not found[0]:
                found = (name, value)
            elif value is not None and not empty[0]:
                empty = (name, value)
        return found if found[0] else empty

    def _wrong(self, name: str, value: Any, reason: str) -> None:
        if reason:
            self.notes.append(reason)
            self.kept[name] = keepable(value)


def keepable(value: Any) -> Any:
    """`cleaning.keepable`, with secrets as they are."""
    if isinstance(value, Secret):
        return value
    if isinstance(value, Mapping):
        return {clean_text(name)[0]: keepable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [keepable(item) for item in value]
    return cleaning.keepable(value)


def row_key(*values: Any) -> str:
    """A row's key as text: the parts joined by ":", NUL bytes and surrogates replaced, one that is too long cut with a
    digest at its end. References to the row must be made by it too."""
    return _shortened(clean_text(":".join("" if value is None else str(value) for value in values))[0], _LONGEST_KEY)


def part_name(*words: Any) -> str:
    """The name of one record of a row; two of different words stay different."""
    return _shortened(clean_text(" ".join(str(word) for word in words))[0], _LONGEST_PART)


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[: longest - 33]}~{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
