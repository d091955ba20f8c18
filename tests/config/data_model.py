"""The tables of Videothek as the database's catalogue has them, and the appendix of docs/data-model.md made from it.

`python -m tests.config.data_model` rewrites the appendix.
"""

import os
import re
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from config.embedded.stack import attach

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "data-model.md"
BEGIN, END = "<!-- catalogue: begin -->", "<!-- catalogue: end -->"
APPS = ("faces", "importers", "library", "people", "playback", "processing", "stats")

_COLUMNS = """
SELECT rel.relname, att.attname, format_type(att.atttypid, att.atttypmod), att.attnotnull, att.attgenerated <> ''
  FROM pg_attribute AS att JOIN pg_class AS rel ON rel.oid = att.attrelid
 WHERE rel.relnamespace = 'public'::regnamespace AND rel.relkind = 'r' AND att.attnum > 0 AND NOT att.attisdropped
 ORDER BY rel.relname, att.attnum
"""
# NOT NULL is told with the column.
_CONSTRAINTS = """
SELECT rel.relname, con.conname, con.contype, pg_get_constraintdef(con.oid, true)
  FROM pg_constraint AS con JOIN pg_class AS rel ON rel.oid = con.conrelid
 WHERE rel.relnamespace = 'public'::regnamespace AND con.contype NOT IN ('n', 't') ORDER BY con.conname
"""
_INDEXES = """
SELECT rel.relname, one.relname, pg_get_indexdef(one.oid, 0, true), ind.indisunique,
       EXISTS (SELECT FROM pg_constraint AS con WHERE con.conindid = one.oid AND con.contype IN ('p', 'u'))
  FROM pg_index AS ind JOIN pg_class AS one ON one.oid = ind.indexrelid JOIN pg_class AS rel ON rel.oid = ind.indrelid
 WHERE rel.relnamespace = 'public'::regnamespace ORDER BY one.relname
"""
_TRIGGERS = """
SELECT rel.relname, trg.tgname FROM pg_trigger AS trg JOIN pg_class AS rel ON rel.oid = trg.tgrelid
 WHERE rel.relnamespace = 'public'::regnamespace AND NOT trg.tgisinternal ORDER BY trg.tgname
"""
_FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
_PGTRIGGER = re.compile(r"pgtrigger_(\w+)_[0-9a-f]{5}")
_ON_DELETE = {models.CASCADE: "CASCADE", models.SET_NULL: "SET NULL", models.PROTECT: "PROTECT"}
# Every tracked table has the first four, every table of ours the last one.
_TRIGGERS_OF_ALL = {"insert_insert", "before_update", "update_update", "delete_delete", "keep_timestamps"}
_COLUMNS_OF_ALL = ("created_at", "updated_at")


_Fields = dict[str, dict[str, Any]]
_Notes = dict[tuple[str, str], list[str]]


@dataclass(slots=True)
class Table:
    """One table: columns with what is said of them, and named things with their definitions.

    Of the constraints, primary keys, foreign keys and the checks that Django makes for positive numbers are told with
    the columns; of the indexes, those of primary keys, unique constraints and single foreign keys.
    """

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)
    triggers: list[str] = field(default_factory=list)
    told_with_columns: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Catalogue:
    """Every table of our apps by name, without event tables, which `events` has; functions of the schema."""

    tables: dict[str, Table]
    events: dict[str, str]
    functions: set[str]

    def names(self) -> set[str]:
        """Every name that a text may use: tables, `table.column`, constraints, indexes, triggers and functions."""
        found = {*self.tables, *self.events.values(), *self.functions}
        for table in self.tables.values():
            found |= {f"{table.name}.{column}" for column in table.columns}
            found |= {*table.constraints, *table.indexes, *table.triggers, *table.told_with_columns}
        return found


def read_catalogue() -> Catalogue:
    """What the connected database has. Five queries."""
    fields = {
        model._meta.db_table: {f.column: f for f in model._meta.local_concrete_fields}
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in APPS
    }
    events = {
        model.pgh_tracked_model._meta.db_table: model._meta.db_table
        for model in apps.get_models()
        if hasattr(model, "pgh_tracked_model")
    }
    tables = {name: Table(name) for name in sorted(fields) if name not in events.values()}
    with connection.cursor() as cursor:
        notes: _Notes = defaultdict(list)
        _read_constraints(cursor, tables, fields, notes)
        _read_indexes(cursor, tables, fields, notes)
        cursor.execute(_COLUMNS)
        said: dict[str, dict[str, str]] = defaultdict(dict)
        for name, column, kind, is_filled, is_generated in cursor.fetchall():
            words = [_short(kind) + ("" if is_filled or is_generated else " or NULL")]
            said[name][column] = ", ".join(words + ["generated"] * is_generated + notes[name, column])
        for name, table in tables.items():
            # In the order of the model; that of the database depends on its migrations.
            table.columns = {column: said[name][column] for column in fields[name] if column in said[name]}
            table.columns |= said[name]
        cursor.execute(_TRIGGERS)
        for name, trigger in cursor.fetchall():
            if name in tables:
                named = _PGTRIGGER.fullmatch(trigger)
                tables[name].triggers.append(named[1] if named else trigger)
        cursor.execute(_FUNCTIONS)
        functions = {name for (name,) in cursor.fetchall()}
    return Catalogue(tables, events, functions)


def _read_constraints(cursor: Any, tables: dict[str, Table], fields: _Fields, notes: _Notes) -> None:
    cursor.execute(_CONSTRAINTS)
    for name, constraint, kind, definition in cursor.fetchall():
        if name not in tables:
            continue
        table = tables[name]
        columns = _columns_of(definition)
        if kind == "f" or kind == "p" or (kind == "c" and constraint.endswith("_check")):
            table.told_with_columns.add(constraint)
        if kind == "p" and len(columns) == 1:
            notes[name, columns[0]].append("primary key")
        elif kind == "f":
            notes[name, columns[0]].append(_points_to(fields[name][columns[0]]))
        elif kind == "u" and len(columns) == 1 and constraint.endswith("_key"):
            notes[name, columns[0]].append("unique")
            table.told_with_columns.add(constraint)
        elif kind in "cu" and constraint not in table.told_with_columns:
            table.constraints[constraint] = _short(definition)


def _read_indexes(cursor: Any, tables: dict[str, Table], fields: _Fields, notes: _Notes) -> None:
    cursor.execute(_INDEXES)
    for name, index, definition, is_unique, is_of_constraint in cursor.fetchall():
        if name not in tables or is_of_constraint:
            continue
        table, what = tables[name], definition.split(" USING ", 1)[1]
        columns = _columns_of(what)
        is_plain = len(columns) == 1 and columns[0] in fields[name] and " WHERE " not in what
        if is_plain and re.fullmatch(rf"{name[:20]}\w*_[0-9a-f]{{8}}(_like)?", index):
            table.told_with_columns.add(index)
            if not index.endswith("_like"):
                notes[name, columns[0]].append("indexed")
        elif is_unique:
            table.constraints[index] = _short(f"UNIQUE {what}")
        else:
            table.indexes[index] = _short(what)


def _points_to(column: Any) -> str:
    target, on_delete = column.remote_field.model._meta.db_table, column.remote_field.on_delete
    return f"→ `{target}` {_ON_DELETE[on_delete]}"


def _columns_of(definition: str) -> list[str]:
    inside = re.search(r"\(([^()]*)\)", definition)
    return [part.strip().split(" ")[0] for part in inside[1].split(",")] if inside else []


def _short(definition: str) -> str:
    """PostgreSQL's words with less in them."""
    text = re.sub(r"::(character varying|double precision|text|smallint|integer|bigint|numeric)(\[\])*", "", definition)
    text = text.replace("timestamp with time zone", "timestamptz").replace("character varying", "varchar")
    text = re.sub(r"= ANY (?:\(\(ARRAY\[([^\]]*)\]\)\)|\(ARRAY\[([^\]]*)\]\))", r"IN (\1\2)", text)
    return " ".join(text.replace("btree ", "").split())


def render(catalogue: Catalogue) -> str:
    """The appendix, as it stands between the markers."""
    lines = []
    for table in catalogue.tables.values():
        lines += [f"### `{table.name}`", ""]
        lines += [f"- `{column}` {said}" for column, said in table.columns.items() if column not in _COLUMNS_OF_ALL]
        for title, named in (("Constraints", table.constraints), ("Indexes", table.indexes)):
            if named:
                lines += ["", f"{title}:", "", *(f"- `{name}`: `{what}`" for name, what in sorted(named.items()))]
        others = sorted(set(table.triggers) - _TRIGGERS_OF_ALL)
        if others:
            lines += ["", "Triggers: " + ", ".join(f"`{name}`" for name in others) + "."]
        if table.name in catalogue.events:
            lines += ["", f"History: `{catalogue.events[table.name]}`."]
        lines.append("")
    return "\n".join(lines).strip()


def split(document: str) -> tuple[str, str, str]:
    """The text before the appendix, the appendix, and the text after it."""
    before, rest = document.split(BEGIN)
    appendix, after = rest.split(END)
    return before, appendix.strip(), after


def main() -> int:
    """Rewrites the appendix, from a database of its own that is made and migrated for it."""
    with tempfile.TemporaryDirectory(prefix="videothek-data-model-") as home:
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ |= {"VIDEOTHEK_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings"}
        attachment = attach(title="data model", disposable=True)
        try:
            django.setup()
            call_command("migrate", verbosity=0)
            before, _, after = split(DOCUMENT.read_text())
            DOCUMENT.write_text(f"{before}{BEGIN}\n\n{render(read_catalogue())}\n\n{END}{after}")
        finally:
            connection.close()
            attachment.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
