"""Expressions over paths, as PostgreSQL understands them.

They are written as Python's `re` writes them, with named groups, and run in the database: its engine doesn't backtrack,
a whole library is one statement, and a time limit ends what takes long all the same.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

from library.exceptions import RuleError

_LONGEST = 500
_MOST_GROUPS = 20
SECONDS = 10
_NAMED = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
# What Python calls otherwise.
_ESCAPES = {"b": r"\y", "B": r"\Y"}


@dataclass(frozen=True, slots=True)
class Pattern:
    """`sql` is for PostgreSQL, `groups` the names of its captures by their number, from 1 on."""

    sql: str
    groups: dict[int, str]


def read_pattern(text: str) -> Pattern:
    """Raises RuleError with a sentence for what can't be read or isn't taken: references back, flags."""
    if not text or len(text) > _LONGEST:
        raise RuleError(f"Give an expression of 1 to {_LONGEST} characters.")
    if "\0" in text:
        raise RuleError("An expression has no zero bytes.")
    out: list[str] = []
    groups: dict[int, str] = {}
    count = place = 0
    in_class = False
    while place < len(text):
        char = text[place]
        if char == "\\" and place + 1 < len(text):
            after = text[place + 1]
            if after.isdigit() and after != "0":
                raise RuleError("References to an earlier part (\\1) aren't taken: they can take for ever.")
            out.append(_ESCAPES.get(after, char + after) if not in_class else char + after)
            place += 2
            continue
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            # A bracket right after the opening one is a letter like any other.
            rest = re.match(r"\[\^?\]?", text[place:])
            assert rest is not None
            out.append(rest[0])
            place += len(rest[0])
            continue
        elif char == "(":
            named = _NAMED.match(text, place)
            if named is not None:
                count += 1
                if named[1] in groups.values():
                    raise RuleError(f"Two parts of the expression are named {named[1]}.")
                groups[count] = named[1]
                out.append("(")
                place = named.end()
                continue
            if text.startswith("(?", place):
                if not re.match(r"\(\?(?::|=|!|<=|<!)", text[place:]):
                    raise RuleError("Of what begins with (? only named parts, (?:, (?= and (?! are taken.")
            else:
                count += 1
        out.append(char)
        place += 1
    if count > _MOST_GROUPS:
        raise RuleError(f"An expression has at most {_MOST_GROUPS} parts in brackets.")
    pattern = Pattern("".join(out), groups)
    _try(pattern, text)
    return pattern


def _try(pattern: Pattern, text: str) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT '' ~* %s", [pattern.sql])
    except DatabaseError as error:
        reason = str(error).splitlines()[0].removeprefix("invalid regular expression: ")
        raise RuleError(f"The expression {text} can't be read: {reason}.") from None


@contextmanager
def limited(seconds: int = SECONDS) -> Iterator[None]:
    """Statements inside end after that long, with a RuleError. One transaction, or a savepoint of the one around."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":
            raise RuleError(f"Looking for what it meets took more than {seconds} seconds; make it simpler.") from None
        raise
