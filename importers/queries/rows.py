"""The rows of a run's report: what would become of each, or what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from importers.models import ImportedRow, ImportRun, Outcome, PlannedRow
from importers.records import REASONS
from importers.services.comparing import WORDS as DIFFERENCES

# Names that may be the same as ours: the kinds about which a person is asked.
ASKED_KINDS = {"people.creator": "person", "people.studio": "studio", "library.tag": "tag"}
_AT_A_TIME = 1_000
_MOST_TABLES = 500
_LONGEST_VALUE = 300
# The report's numbers of a table, and what it begins with.
_NUMBERS = ("read", "created", "merged", "unchanged", "skipped", "reasons")
_FIRST = ("run", "system", "source", "dry_run", "seconds")
# What each row of the download says, besides its changes.
_COLUMNS = (
    "table", "key", "part", "kind", "object_id", "outcome", "reason", "title", "how", "confidence", "conflicts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableReport:
    """A table of the source in numbers: read = created + merged + unchanged + skipped."""

    name: str
    read: int = 0
    created: int = 0
    merged: int = 0
    unchanged: int = 0
    skipped: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    is_done: bool = True

    @property
    def shown_reasons(self) -> list[tuple[str, int, str]]:
        """(reason, count, sentence), the most frequent first."""
        ordered = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        return [(reason, count, reason_words(reason)) for reason, count in ordered]


@dataclass(frozen=True, slots=True)
class Change:
    """A field of one of our rows before and after; values as short text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowReport:
    """A source row: what becomes, or became, of it."""

    table: str
    key: str
    part: str
    kind: str
    object_id: int | None
    outcome: str
    reason: str
    title: str
    changes: list[Change]
    conflicts: list[str] = field(default_factory=list)
    how: str = ""
    confidence: float | None = None

    @property
    def reason_words(self) -> str:
        return reason_words(self.reason)

    @property
    def outcome_words(self) -> str:
        return str(Outcome(self.outcome).label)


def reason_words(reason: str) -> str:
    """The sentence of a reason; a reader's own reason says itself in its name."""
    return REASONS.get(reason) or reason.replace("_", " ").capitalize()


def tables_of(run: ImportRun) -> list[TableReport]:
    """The tables in the order of reading: of the report, and while there is none of how far the run has come."""
    found: Mapping[str, Any] = run.report.get("tables") or run.progress
    more = ("total", "is_done")
    return [
        TableReport(
            name,
            **{key: found[name][key] for key in _NUMBERS if found[name].get(key)},
            **{key: run.progress[name][key] for key in more if run.progress.get(name, {}).get(key) is not None},
        )
        for name in _in_order(run, found)[:_MOST_TABLES]
    ]


def _in_order(run: ImportRun, tables: Mapping[str, Any]) -> list[str]:
    """In the order of reading, which JSON in the database doesn't keep."""
    last = len(tables)
    return sorted(tables, key=lambda name: (run.progress.get(name, {}).get("position", last), name))


def report_of(run: ImportRun) -> dict[str, Any]:
    """The report as `import_from --json` prints it, in its order."""
    report = dict(run.report)
    tables = report.pop("tables", {})
    first = {name: report.pop(name) for name in _FIRST if name in report}
    ordered = {
        table: {name: tables[table][name] for name in _NUMBERS if name in tables[table]}
        for table in _in_order(run, tables)
    }
    return {**first, **({"tables": ordered} if tables else {}), **report}


def total_of(tables: list[TableReport]) -> TableReport:
    """The sums of all tables."""
    sums = {
        name: sum(getattr(table, name) for table in tables)
        for name in ("read", "created", "merged", "unchanged", "skipped", "total")
    }
    return TableReport("", **sums)


def rows_of(run: ImportRun, *, table: str = "", outcome: str = "", reason: str = "", q: str = "") -> QuerySet[Any]:
    """The run's rows in the order they were written: planned ones of a dry run, else those that it wrote."""
    rows: QuerySet[Any] = (PlannedRow if run.is_dry_run else ImportedRow).objects.filter(run=run)
    if table:
        rows = rows.filter(table=table)
    if outcome:
        rows = rows.filter(outcome=outcome)
    if reason:
        rows = rows.filter(reason=reason)
    if q:
        rows = rows.filter(Q(title__icontains=q) | Q(key=q))
    return rows.order_by("pk")


def reasons_in(run: ImportRun, table: str = "") -> list[tuple[str, int]]:
    """The reasons that the run's rows have, with how many. One statement."""
    rows = rows_of(run, table=table).exclude(reason="").order_by()
    return list(rows.values_list("reason").annotate(count=Count("pk")).order_by("-count", "reason"))


def as_report(row: PlannedRow | ImportedRow) -> RowReport:
    """A row of either kind in one form."""
    return RowReport(
        table=row.table,
        key=row.key,
        part=row.part,
        kind=row.kind,
        object_id=row.object_id,
        outcome=row.outcome,
        reason=row.reason,
        title=row.title,
        changes=[Change(name, short(before), short(after)) for name, (before, after) in _changes(row).items()],
        conflicts=[conflict_words(conflict) for conflict in row.conflicts],
        how=row.how,
        confidence=row.confidence,
    )


def _changes(row: PlannedRow | ImportedRow) -> dict[str, tuple[Any, Any]]:
    """{field: (before, after)}."""
    if isinstance(row, PlannedRow):
        return {name: (pair[0], pair[1]) for name, pair in row.changes.items()}
    return {name: (row.before.get(name), value) for name, value in row.written.items()}


def conflict_words(conflict: Mapping[str, Any]) -> str:
    """A conflict as a sentence."""
    if conflict.get("what") == "value":
        ours, theirs = short(conflict.get("ours")), short(conflict.get("theirs"))
        return f"{conflict.get('field')}: “{ours}” here, “{theirs}” there. Yours stays."
    if conflict.get("what") == "refused":
        return f"The database doesn't take it: {short(conflict.get('error'))}"
    several = len(conflict.get("candidates", ()))
    if conflict.get("what") == "name":
        return "The name is like another one here." if several < 2 else f"The name is like {several} others here."
    return "It may be one that is here." if several < 2 else f"It may be one of {several} that are here."


def short(value: Any) -> str:
    """A value for people, cut; "" for what says nothing."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and len(value) > 40:
        return f"{len(value):,} numbers" if isinstance(value[0], int | float) else f"{len(value):,} entries"
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} …"


def difference_words(one: Mapping[str, Any]) -> str:
    """A difference that a verification found, as a sentence."""
    said = DIFFERENCES.get(one["what"], str(one["what"]))
    field = f"{one['field']}: " if one.get("field") else ""
    pair = f" “{short(one['theirs'])}” there, “{short(one['ours'])}” here." if one.get("field") else ""
    since = f" Changed since by: {one['since']}." if one.get("since") else ""
    return f"{field}{said}{pair}{since}"


def everything(run: ImportRun) -> Iterator[dict[str, Any]]:
    """Each row as JSON can hold it, whole, streaming; for the download."""
    for row in rows_of(run).iterator(chunk_size=_AT_A_TIME):
        yield as_line(row)


def as_line(row: PlannedRow | ImportedRow) -> dict[str, Any]:
    """A row as JSON can hold it."""
    line = {name: getattr(row, name) for name in _COLUMNS}
    return line | {"changes": {name: list(pair) for name, pair in _changes(row).items()}}


def asked_names(run: ImportRun) -> QuerySet[PlannedRow]:
    """What of a dry run would join a row of ours by its name, or might: is it the same?"""
    might = Q(outcome=Outcome.MERGED, object_id__isnull=False) | ~Q(conflicts=[])
    rows = PlannedRow.objects.filter(might, run=run, kind__in=ASKED_KINDS, part="")
    return rows.order_by("kind", "title", "pk")


def candidates_of(row: PlannedRow) -> list[int]:
    """The rows of ours that it would join (the first), or might."""
    found = [] if row.object_id is None else [row.object_id]
    for conflict in row.conflicts:
        found += [pk for pk in conflict.get("candidates", ()) if isinstance(pk, int)]
    return list(dict.fromkeys(found))
