"""What finding and making things by name has in common."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import models
from django.db.models import Func, QuerySet, Value
from django.db.models.functions import Length, Replace

from library.folding import fold
from library.models.names import name_key

Row = TypeVar("Row", bound=models.Model)
# Names this short differ by one letter when they mean something else: "sun" and "run", but not "beach" and "baech".
_ONE_LETTER_TO = 7
_NO_LETTER_TO = 3
# The most letters that may differ at all.
MOST_LETTERS = 2
_NO_LETTERS = re.compile("[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """A row that was looked for by name: made because there was none, or taken out of the trash."""

    row: Row
    is_new: bool = False
    was_trashed: bool = False


def skeleton(name: str) -> str:
    """What is left of a name without case, spaces, punctuation and accents."""
    if name.isascii():
        # Twenty times faster, for the lists of all names that are compared.
        return _NO_LETTERS.sub("", name.lower())
    parts = unicodedata.normalize("NFKD", name_key(name))
    return "".join(character for character in parts if character.isalnum())


def letters_allowed(name: str) -> int:
    """How many letters may differ for two names to be taken for the same: none in the shortest, two in long ones."""
    length = len(name)
    return 0 if length <= _NO_LETTER_TO else 1 if length <= _ONE_LETTER_TO else MOST_LETTERS


def of_like_letters(rows: QuerySet[Row], name: str) -> QuerySet[Row]:
    """Those rows with a `name_folded` that `resembling` has to look at: of nearly the same length, and with hardly a
    letter that `name` hasn't. Of 20,000 names that leaves some hundred."""
    wanted = fold(name).replace(" ", "")
    # Accents and punctuation are gone from the folded name, so its letters are nearly those that are compared.
    letters = Replace("name_folded", Value(" "), Value(""))
    others = Func(letters, Value("".join(sorted(set(wanted)))), Value(""), function="translate")
    near: QuerySet[Row] = rows.annotate(letters=Length(letters), others=Length(others)).filter(
        letters__range=(len(wanted) - MOST_LETTERS, len(wanted) + MOST_LETTERS), others__lte=MOST_LETTERS
    )
    return near


def resembling(name: str, candidates: Iterable[tuple[int, str]]) -> list[int]:
    """The ids of those `candidates` (id, name key) that may be meant by `name`, the nearest first.

    Only case, accents, spaces and punctuation differ, or one or two letters.
    """
    key, wanted = name_key(name), skeleton(name)
    found: list[tuple[int, int]] = []
    for row_id, other in candidates:
        distance = -1 if other == key else _letters_between(wanted, skeleton(other), letters_allowed(wanted))
        if distance is not None:
            found.append((distance, row_id))
    return [row_id for _, row_id in sorted(found)]


def _letters_between(first: str, second: str, at_most: int) -> int | None:
    """Letters to add, drop, change or swap with a neighbour (optimal string alignment); None above `at_most`."""
    if abs(len(first) - len(second)) > at_most or len(set(first) ^ set(second)) > 2 * at_most:
        return None
    # Each change touches at most two neighbours of so many parts: one is left as it was.
    size = len(first) // (2 * at_most + 1)
    if size and not any(first[at : at + size] in second for at in range(0, size * (2 * at_most + 1), size)):
        return None
    before: list[int] = []
    last = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > at_most:
            return None
        before, last = last, row
    return last[-1] if last[-1] <= at_most else None
