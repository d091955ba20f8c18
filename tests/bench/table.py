"""The rows of a bench and how they are printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured. `ok` None is a figure without a target."""

    name: str
    ours: str
    peer: str
    target: str
    ok: bool | None


def show(title: str, rows: list[Row]) -> bool:
    """Prints the table; False when a row with a target falls short."""
    head = Row("", "ours", "beside", "target", None)
    widths = [max(len(getattr(row, name)) for row in [head, *rows]) for name in ("name", "ours", "peer", "target")]
    print(f"\n{title}")
    for row in [head, *rows]:
        cells = (row.name, row.ours, row.peer, row.target)
        verdict = {True: "ok", False: "SHORT", None: ""}[row.ok]
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), verdict)
    return all(row.ok is not False for row in rows)
