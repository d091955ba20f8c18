"""What became of the rows of each table, and the report that is made of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from importers.models import ImportRun, Outcome
from importers.records import SourceTable

# Of conflicts the report lists so many; the page has them all.
MOST_CONFLICTS = 1_000


@dataclass(slots=True)
class Tally:
    """How far a table is: see `ImportRun.progress`."""

    position: int
    total: int | None = None
    after: str | None = None
    turn: int = 0
    put_off: int = 0
    # Of those that wait, how many did so when this turn began.
    waited: int = 0
    is_last_turn: bool = False
    is_done: bool = False
    read: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: str, reasons: Iterable[str]) -> None:
        """A row of the source that was dealt with for good. Each reason counts once."""
        self.read += 1
        self.counts[outcome] += 1
        self.reasons.update(set(reasons) - {""})

    def turn_over(self) -> None:
        """All rows were read. Those that still wait get another turn; after one that helped none of them the last."""
        self.is_done = not self.put_off
        self.is_last_turn = self.turn > 0 and self.put_off >= self.waited
        self.turn, self.after, self.waited = self.turn + 1, None, self.put_off

    def as_json(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "total": self.total,
            "after": self.after,
            "turn": self.turn,
            "put_off": self.put_off,
            "waited": self.waited,
            "is_last_turn": self.is_last_turn,
            "is_done": self.is_done,
            **self.report(),
        }

    def report(self) -> dict[str, Any]:
        numbers = {str(outcome.value): self.counts[outcome] for outcome in Outcome}
        return {"read": self.read, **numbers, "reasons": dict(sorted(self.reasons.items()))}

    @classmethod
    def from_json(cls, position: int, total: int | None, stored: Mapping[str, Any]) -> "Tally":
        tally = cls(position, total)
        if stored:
            tally.after, tally.turn, tally.put_off = stored["after"], stored["turn"], stored["put_off"]
            tally.waited, tally.is_last_turn = stored["waited"], stored["is_last_turn"]
            tally.is_done, tally.read = stored["is_done"], stored["read"]
            tally.counts.update({str(outcome.value): stored[outcome] for outcome in Outcome})
            tally.reasons.update(stored["reasons"])
        return tally


def tallies_of(run: ImportRun, tables: Sequence[SourceTable]) -> dict[str, Tally]:
    """How far each table is, in the order of reading."""
    return {
        table.name: Tally.from_json(position, table.rows, run.progress.get(table.name, {}))
        for position, table in enumerate(tables)
    }


def make_report(
    run: ImportRun,
    tallies: Mapping[str, Tally],
    *,
    seconds: float,
    unfilled: Mapping[str, Mapping[str, int]],
    conflicts: Sequence[Mapping[str, Any]],
    conflict_count: int,
    is_source_changed: bool,
) -> dict[str, Any]:
    """What `--json` prints. `unfilled` {reason: {table: rows}} are references that stayed empty at the end."""
    tables = {}
    for name, tally in tallies.items():
        tables[name] = tally.report()
        reasons = Counter(tables[name]["reasons"])
        reasons.update({reason: rows[name] for reason, rows in unfilled.items() if rows.get(name)})
        tables[name]["reasons"] = dict(sorted(reasons.items()))
    return {
        "run": run.pk,
        "system": run.system,
        "source": run.label,
        "dry_run": run.is_dry_run,
        "seconds": round(seconds, 2),
        "tables": tables,
        "conflicts": list(conflicts),
        "conflict_count": conflict_count,
        "source_changed": is_source_changed,
        "verified": bool(run.is_verified),
    }
