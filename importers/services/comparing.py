"""One record of a source beside our row of it, field by field."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import models

from importers.kinds import Kind, Policy, Prepared
from importers.models import ImportedRow, Outcome
from importers.records import SourcePicture
from importers.services.items import Item
from importers.services.pictures import is_same_picture, read_picture
from importers.services.places import Places
from importers.services.since import is_of_another_row, machine_columns

# Differences, by what they are.
WORDS: dict[str, str] = {
    "not_imported": "The source has it and nothing was written of it.",
    "gone": "Our row of it was deleted.",
    "not_in_source": "It was imported, and the source has it no more.",
    "changed_here": "It was changed here since.",
    "changed_there": "The source was changed since.",
    "wrong": "It isn't what the source says, and nobody changed it.",
    "count": "The numbers of rows don't add up.",
    "reference": "It points to a row that isn't there.",
    "kept": "What was kept of it isn't what the source says.",
}
_NEVER_SHOWN = frozenset({"password", "token_digest"})
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is a key of WORDS; `theirs` and `ours` are shown shortened, and those of secrets not at all."""

    what: str
    table: str
    key: str = ""
    part: str = ""
    title: str = ""
    kind: str = ""
    object: int | None = None
    field: str = ""
    theirs: Any = None
    ours: Any = None
    since: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(item: Item, row: ImportedRow, ours: Mapping[str, Any], places: Places) -> list[Difference]:
    """What of our row isn't as the source has it now. `item` is prepared; `ours` are the row's fields."""
    kind, record = item.kind, item.ready
    measured = machine_columns(kind) if kind.measured_at and ours.get(kind.measured_at) is not None else frozenset()
    expected = _merged(kind, row, record, ours) if row.outcome == Outcome.MERGED else dict(record.values)
    found = []
    for name in expected:
        if name in kind.extras or name == "updated_at" or name in measured:
            continue
        if is_right(kind, item, row, name, expected, ours[name], places):
            continue
        what = _what(kind, item, row, name, ours[name])
        theirs = kind.encode(name, expected[name])
        found.append(difference(what, row, field=name, theirs=theirs, ours=kind.encode(name, ours[name])))
    return found


def difference(what: str, row: ImportedRow, *, field: str = "", theirs: Any = None, ours: Any = None) -> Difference:
    hidden = field in _NEVER_SHOWN
    return Difference(
        what, row.table, row.key, row.part, row.title, row.kind, row.object_id, field,
        "(hidden)" if hidden else shortened(theirs), "(hidden)" if hidden else shortened(ours),
    )  # fmt: skip


def is_right(
    kind: Kind, item: Item, row: ImportedRow, name: str, expected: Mapping[str, Any], ours: Any, places: Places
) -> bool:
    """Whether the field says what it should: what the source says, or what that came to together with ours."""
    shown = kind.encode(name, ours)
    source = item.record.values.get(name)
    if isinstance(source, SourcePicture) and ours:
        return _shows(kind.fields[name], str(ours), source, places)
    wanted = Prepared(row.table, row.key, row.part, dict(expected), extra=item.ready.extra)
    if kind.is_same(wanted, name, ours):
        return True
    if row.object_id is not None and kind.is_kept_up(row.object_id, name, row.created_at):
        return True
    if name in kind.worked_out and row.written.get(name) == shown:
        return True
    # Another row of a source was merged into ours afterwards, and it still says what came of that.
    return is_of_another_row(kind, row, name) and _is_last_word(kind, row, name, shown)


def shortened(value: Any) -> Any:
    return f"{value[:_MOST_SHOWN]} ..." if isinstance(value, str) and len(value) > _MOST_SHOWN else value


def _merged(kind: Kind, row: ImportedRow, record: Prepared, ours: Mapping[str, Any]) -> dict[str, Any]:
    """What fields of a row that was here before must say now: what the policies make of what it said then and of the
    source. Those in which ours was kept are not in it."""
    then = {name: kind.decode(name, row.before[name]) if name in row.before else ours[name] for name in ours}
    scratch = Prepared(row.table, row.key, row.part, dict(record.values), extra=record.extra)
    chosen = {name: value for name, value in record.values.items() if name in row.before or name in row.written}
    decided = kind.decide(scratch, {name: value for name, value in chosen.items() if name in row.before}, then)
    kept = {name for name in row.before if name in chosen and name not in decided}
    agreed = {name: value for name, value in chosen.items() if name not in row.before}
    return agreed | {name: then[name] for name in kept} | decided


def _what(kind: Kind, item: Item, row: ImportedRow, name: str, ours: Any) -> str:
    if name in row.written and row.written[name] != kind.encode(name, ours):
        return "changed_here"
    return "changed_there" if row.digest != item.digest else "wrong"


def _is_last_word(kind: Kind, row: ImportedRow, name: str, shown: Any) -> bool:
    others = ImportedRow.objects.filter(kind=kind.name, object_id=row.object_id, before__has_key=name)
    if kind.policies.get(name) is Policy.SUM:
        every = ImportedRow.objects.filter(kind=kind.name, object_id=row.object_id, written__has_key=name)
        brought = sum(one.written[name] - one.before.get(name, 0) for one in every)
        first = every.order_by("pk").first()
        return bool(first is not None and shown == first.before.get(name, 0) + brought)
    last = others.order_by("-pk").first()
    return last is not None and last.written.get(name) == shown


def _shows(column: Any, name: str, source: SourcePicture, places: Places) -> bool:
    """Whether the stored file shows the source's picture. One that the source has no more can't be compared: then it
    must be there."""
    if not isinstance(column, models.FileField) or not column.storage.exists(name):
        return False
    expected, reason = read_picture(source, column=column, map_path=places.local)
    if reason or expected is None:
        return True
    with column.storage.open(name) as stream:
        return is_same_picture(stream.read(), expected)
