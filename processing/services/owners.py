"""Who owns what in the derived storage. Names hold the id of what they were made for: `frames/0012/12345/...`."""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q

# kind, thousands, id, making, file
_ID_PART = 2


def owned_by(model: type[Model], key: str, columns: Sequence[str]) -> Callable[[Sequence[str]], set[str]]:
    """What rows of `model` name in these columns, for names that hold the id of `key` ("file_id").

    Rows are found by that id, which has an index; for names that none of those rows has, by the names themselves.
    """

    def owned(names: Sequence[str]) -> set[str]:
        ids = {number for name in names if (number := _id_in(name)) is not None}
        found = _names(model, Q(**{f"{key}__in": ids}), columns) & set(names)
        rest = [name for name in names if name not in found]
        if rest:
            by_name = reduce(or_, (Q(**{f"{column}__in": rest}) for column in columns))
            found |= _names(model, by_name, columns) & set(rest)
        return found

    return owned


def _names(model: type[Model], which: Q, columns: Sequence[str]) -> set[str]:
    rows: Any = model._default_manager.filter(which).values_list(*columns)
    return {name for row in rows for name in row if name}


def _id_in(name: str) -> int | None:
    parts = name.split("/")
    text = parts[_ID_PART] if len(parts) > _ID_PART else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
