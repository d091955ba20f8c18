"""Rows of Viewra that have no place here, or none yet."""

from collections.abc import Mapping
from typing import Any

from importers.records import Mapped, SourceRow
from importers.sources.cleaning import clean_text
from importers.systems.cells import keepable
from importers.systems.hiding import hide_secrets


def whole(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it was, without what says nothing and what the reader put beside it; secrets hidden."""
    said = {name: value for name, value in columns.items() if value not in (None, "") and not name.startswith("_")}
    kept: dict[str, Any] = hide_secrets(keepable(said))
    return kept


def keep_row(row: SourceRow, reason: str, *, title: Any = None) -> Mapped:
    name = title or row.columns.get("title") or row.columns.get("name") or row.key
    return Mapped(skipped=reason, kept=whole(row.columns), title=clean_text(name, longest=300)[0])


def leave_out(row: SourceRow, reason: str = "not_imported") -> Mapped:
    return Mapped(skipped=reason, title=row.key[:300])
