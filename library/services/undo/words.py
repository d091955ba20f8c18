"""Conflicts in sentences, and values as people read them."""

from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Field, ForeignKey, Model
from django.utils import timezone

from library.naming import RowNames, target_of
from library.services.undo.plan import Conflict

EMPTY = "nothing"
LONGEST_VALUE = 200


def want_names(conflict: Conflict, names: RowNames) -> None:
    """Asks for the names that `say_conflict` needs."""
    names.want_row(conflict.model, conflict.row)
    if conflict.reason == "orphan" and conflict.other:
        names.want(conflict.other, [conflict.value])
    elif conflict.reason == "taken":
        names.want(conflict.model, [conflict.value])
    elif conflict.column:
        field = field_of(conflict.model, conflict.column)
        if isinstance(field, ForeignKey):
            names.want(target_of(field), [conflict.value])


def say_conflict(conflict: Conflict, names: RowNames) -> str:
    """Why something stays as it is: "Holiday: the title was changed since and stays “Beach”."."""
    kind = str(conflict.model._meta.verbose_name)
    subject = f"{kind[:1].upper()}{kind[1:]} “{names.of_row(conflict.model, conflict.row)}”"
    if conflict.reason == "changed":
        if not conflict.column:
            return f"{subject} was changed since it was added, so it stays."
        field = field_of(conflict.model, conflict.column)
        return f"{subject}: {field.verbose_name} was changed since and stays {quoted(field, conflict.value, names)}."
    if conflict.reason == "used" and conflict.other:
        return f"{subject} stays: a {conflict.other._meta.verbose_name} that was added since needs it."
    if conflict.reason == "orphan" and conflict.other:
        gone = f"{conflict.other._meta.verbose_name} “{names.of(conflict.other, conflict.value)}”"
        return f"{subject} doesn't get back its {gone}, which is gone."
    if conflict.reason == "taken":
        return f"{subject} doesn't come back: {kind} {conflict.value} has its place now."
    if conflict.reason == "gone":
        return f"{subject} is gone, so nothing of it is changed back."
    return f"{subject} is there again already."


def field_of(model: type[Model], column: str) -> "Field[Any, Any]":
    """The model's field that is stored in the column."""
    return next(field for field in model._meta.concrete_fields if field.column == column)


def quoted(field: "Field[Any, Any]", value: Any, names: RowNames) -> str:
    """A JSON value of a column as people read it: in quotes, or "nothing"."""
    text = in_words(field, value, names)
    return f"“{text}”" if text != EMPTY else EMPTY


def in_words(field: "Field[Any, Any]", value: Any, names: RowNames) -> str:
    """A JSON value of a column as people read it; names of foreign keys must have been loaded."""
    if value is None or value == "" or value == [] or value == {}:
        return EMPTY
    if isinstance(field, ForeignKey):
        return names.of(target_of(field), value)
    choices: dict[Any, Any] = dict(field.flatchoices or [])
    if value in choices:
        return str(choices[value])
    if isinstance(field, BooleanField):
        return "yes" if value else "no"
    if field.get_internal_type() == "DateTimeField":
        return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M")
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
