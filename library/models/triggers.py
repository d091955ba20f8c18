"""Triggers that run once after a statement, whatever the number of its rows."""

import pgtrigger


def statement_trigger(
    name: str, operation: pgtrigger.Operation, func: str, tables: dict[str, str]
) -> pgtrigger.Trigger:
    """A trigger with the transition tables that `tables` names (`{"old": "old_rows", "new": "new_rows"}`).

    `func` is PL/pgSQL; it has a bigint variable `locked`. What reads the transition tables goes through `planned_anew`.
    """
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),  # type: ignore[no-untyped-call]
        declare=[("locked", "bigint")],
        func=func,
    )


def planned_anew(statement: str) -> str:
    """PL/pgSQL that runs the statement by a plan of its own.

    PostgreSQL keeps the plan of a trigger's first call for the whole session. One made for a single row joins the
    transition tables row by row, and a later bulk update of 5,000 rows then takes 15 s instead of half a one.
    """
    return f"EXECUTE $statement${statement}$statement$;"
