"""What PostgreSQL would do for the statements that a piece of code sends."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

# A scan of a whole table that has fewer rows than this is as good as any other.
FEW_ROWS = 400


@dataclass(slots=True)
class Plans:
    """Indexes that the statements use, the larger tables that they read whole, and the statements with their plans."""

    indexes: set[str] = field(default_factory=set)
    read_whole: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n\n".join(self.told)


def plans_of(run: Callable[[], Any]) -> Plans:
    """Runs it, then asks for the plan of each SELECT, UPDATE and DELETE that it sent, under the settings it set."""
    with CaptureQueriesContext(connection) as captured:
        run()
    plans = Plans()
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            sql = re.sub(r"^\s*--.*$", "", query["sql"], flags=re.MULTILINE).strip()
            if sql.startswith("SELECT set_config("):
                # What pghistory puts before a statement within a batch.
                sql = sql.partition("; ")[2].strip()
            if sql.startswith("SET LOCAL"):
                cursor.execute(sql)
            elif re.match(r"(WITH|SELECT|UPDATE|DELETE|\()", sql):
                _explain(cursor, sql, plans)
    return plans


def _explain(cursor: Any, sql: str, plans: Plans) -> None:
    cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
    plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    lines = [sql]
    for node, depth in _nodes(plan[0]["Plan"]):
        if "Index Name" in node:
            plans.indexes.add(node["Index Name"])
        elif node["Node Type"] == "Seq Scan" and rows_of(node["Relation Name"]) >= FEW_ROWS:
            plans.read_whole.add(node["Relation Name"])
        what = node.get("Index Name") or node.get("Relation Name") or ""
        lines.append(f"{'  ' * depth}{node['Node Type']} {what} rows={node['Plan Rows']} cost={node['Total Cost']}")
    plans.told.append("\n".join(lines))


def _nodes(node: dict[str, Any], depth: int = 1) -> Iterator[tuple[dict[str, Any], int]]:
    yield node, depth
    for child in node.get("Plans", []):
        yield from _nodes(child, depth + 1)


def rows_of(table: str) -> int:
    """About how many rows the table has, by its statistics."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


def renew_empty_tables() -> None:
    """Every table that is empty gets new files: what earlier tests wrote and took back would make plans of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        empty = []
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}")')
            if not cursor.fetchone()[0]:
                empty.append(f'"{name}"')
        cursor.execute(f"TRUNCATE {', '.join(empty)}; ANALYZE")
