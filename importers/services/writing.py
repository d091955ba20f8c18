"""Records of one kind into their table: found, merged, made, or changed as the source was."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from importers.kinds import Kind, Match, Policy
from importers.models import ImportedRow, ImportRun, Outcome
from importers.records import SourcePicture
from importers.services.context import context_of
from importers.services.items import Item


def write_group(run: ImportRun, kind: Kind, items: Sequence[Item]) -> None:
    """Writes prepared items of one kind and says in each what became of it."""
    _apply_decisions(run, kind, items)
    fit = _prepared(run, kind, items)
    _change([item for item in fit if item.is_written_before], run, kind)
    fresh = [item for item in fit if not item.is_written_before]
    matched, unknown = _matched(run, kind, fresh)
    _merge(run, kind, matched)
    firsts, others = _told_apart(kind, unknown)
    _create(run, kind, firsts)
    for item, first in others:
        if first.pk is not None:
            item.match = Match(first.pk, "same as another row of the source")
            item.notes.append("duplicate")
    _merge(run, kind, [item for item, first in others if first.pk is not None])
    for item in fit:
        item.notes += item.ready.notes
        if any(conflict.get("what") == "value" for conflict in item.ready.conflicts):
            item.notes.append("ours_kept")
    _drop_pictures(run, kind, items)


def _drop_pictures(run: ImportRun, kind: Kind, items: Sequence[Item]) -> None:
    """Those that were brought for rows that keep their own, or that were left out."""
    brought = context_of(run).brought
    for item in items if brought.new else ():
        for name, source in item.record.values.items():
            stored = item.ready.values.get(name)
            if isinstance(source, SourcePicture) and stored and item.written.get(name) != stored:
                brought.drop(kind.fields[name].storage, str(stored))


def _prepared(run: ImportRun, kind: Kind, items: Sequence[Item]) -> list[Item]:
    """Those that can be written; the others are skipped with their reason."""
    reasons = kind.prepare(run, [item.ready for item in items])
    fit = []
    for index, item in enumerate(items):
        reason = reasons.get(index) or _lacking(kind, item.ready.values)
        if reason:
            item.skip(reason)
        else:
            fit.append(item)
    return fit


def _lacking(kind: Kind, values: Mapping[str, Any]) -> str:
    lacking = [name for name in kind.required if values.get(name) in (None, "")]
    return ("no_name" if lacking[0] in ("name", "title") else "bad_value") if lacking else ""


def _apply_decisions(run: ImportRun, kind: Kind, items: Sequence[Item]) -> None:
    """What a person said about names: which row of ours it is, or that it is none of them."""
    decisions = run.options.get("decisions", {}).get(kind.name, {})
    for item in items:
        decision = decisions.get(item.ref.key) if item.is_main else None
        if decision == "new":
            item.ready.extra["is_new"] = True
        elif decision is not None:
            item.match = Match(int(decision), "you said so")


def _matched(run: ImportRun, kind: Kind, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Items whose row is there, decided or found, and the others."""
    asked = [item for item in items if item.match is None and not item.ready.extra.get("is_new")]
    found = kind.find(run, [item.ready for item in asked]) if asked else {}
    for index, match in found.items():
        asked[index].match = match
    return [item for item in items if item.match is not None], [item for item in items if item.match is None]


def _told_apart(kind: Kind, items: Sequence[Item]) -> tuple[list[Item], list[tuple[Item, Item]]]:
    """The first item of each that is to be made, and those that say the same as one of these."""
    firsts: list[Item] = []
    others: list[tuple[Item, Item]] = []
    seen: dict[Any, Item] = {}
    for item in items:
        identity = None if item.ready.extra.get("is_new") else kind.identity(item.ready)
        if identity is not None and identity in seen:
            others.append((item, seen[identity]))
            continue
        if identity is not None:
            seen[identity] = item
        firsts.append(item)
    return firsts, others


def _create(run: ImportRun, kind: Kind, items: Sequence[Item]) -> None:
    if not items:
        return
    pks = kind.create(run, [item.ready for item in items])
    for item, pk in zip(items, pks, strict=True):
        item.outcome, item.pk = Outcome.CREATED, pk
        item.written = _encoded(kind, item.ready.values)


def _merge(run: ImportRun, kind: Kind, items: Sequence[Item]) -> None:
    """Items with a match; several may have the same one."""
    if not items:
        return
    current = _current(kind, items, {item.match.pk for item in items if item.match})
    changes: dict[int, dict[str, Any]] = {}
    for item in items:
        pk = item.match.pk if item.match else 0
        if pk not in current:
            item.skip("dangling_reference")
            continue
        ours = current[pk]
        wanted = kind.merge(run, item.ready, ours)
        item.outcome, item.pk = Outcome.MERGED, pk
        item.before = _encoded(kind, {name: ours[name] for name in wanted})
        item.written = _encoded(kind, wanted) | _agreeing(kind, item.ready.values, ours)
        ours.update(wanted)
        if wanted:
            changes.setdefault(pk, {}).update(wanted)
    if changes:
        kind.update(run, changes)


def _change(items: Sequence[Item], run: ImportRun, kind: Kind) -> None:
    """Rows of an earlier run whose record is another by now: what still says what was written follows the source."""
    if not items:
        return
    rows = ImportedRow.objects.only("written", "before").in_bulk([item.known.pk for item in items if item.known])
    current = _current(kind, items, {item.known.object_id for item in items if item.known and item.known.object_id})
    changes: dict[int, dict[str, Any]] = {}
    for item in items:
        pk = item.known.object_id if item.known else None
        item.outcome, item.pk = Outcome.UNCHANGED, pk
        if item.known is None or pk is None or pk not in current:
            continue
        row = rows[item.known.pk]
        sums = _summed(kind, item, row, current[pk])
        wanted, agreed = _followed(kind, item, row.written, current[pk])
        wanted |= {name: value for name, (value, _) in sums.items()}
        item.before = _encoded(kind, {name: current[pk][name] for name in wanted})
        item.changed = _encoded(kind, wanted)
        item.previous = {name: row.written[name] for name in wanted if name in row.written}
        item.written = row.written | agreed | item.changed | {name: total for name, (_, total) in sums.items()}
        if wanted:
            item.outcome = Outcome.MERGED
            current[pk].update(wanted)
            changes.setdefault(pk, {}).update(wanted)
    if changes:
        kind.update(run, changes)


def _summed(kind: Kind, item: Item, row: ImportedRow, ours: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Of fields that add up: ours with what theirs grew by, and what was written in all, so that what of it was theirs
    can be told the next time."""
    sums = {}
    for name, policy in kind.policies.items():
        theirs = item.ready.values.get(name)
        if policy is Policy.SUM and theirs is not None and name in row.written:
            grown = theirs - (row.written[name] - (row.before.get(name) or 0))
            if grown > 0:
                sums[name] = ((ours[name] or 0) + grown, row.written[name] + grown)
    return sums


def _followed(
    kind: Kind, item: Item, written: Mapping[str, Any], ours: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is to be written, and what our row says already (encoded)."""
    wanted: dict[str, Any] = {}
    agreed: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in item.ready.values.items():
        if name in kind.extras or name in ("created_at", "updated_at"):
            continue
        if kind.policies.get(name) is Policy.SUM and name in written:
            continue
        theirs, mine = kind.encode(name, value), kind.encode(name, ours[name])
        if name in written and written[name] == theirs:
            continue
        if mine == theirs:
            agreed[name] = theirs
        elif name in written and written[name] == mine:
            wanted[name] = value
        else:
            rest[name] = value
    if rest:
        wanted |= kind.decide(item.ready, rest, ours)
    return wanted, agreed


def _current(kind: Kind, items: Sequence[Item], pks: Iterable[int]) -> dict[int, dict[str, Any]]:
    names = dict.fromkeys(name for item in items for name in item.ready.values if name not in kind.extras)
    return kind.read(pks, list(names))


def _encoded(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: kind.encode(name, value) for name, value in values.items() if name not in kind.extras}


def _agreeing(kind: Kind, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """What both say, encoded."""
    encoded = _encoded(kind, theirs)
    return {name: value for name, value in encoded.items() if kind.encode(name, ours[name]) == value}
