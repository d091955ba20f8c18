"""Conditions that Django has no look-up for."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.lookups import In


class _IsTrue(Func):
    template = "(%(expressions)s) IS TRUE"
    output_field = BooleanField()


class _IsAny(Func):
    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def is_in(column: str, rows: "QuerySet[Any]") -> Q:
    """Rows whose `column` is one of `rows` (of one column), which are read once, whole, before the first row is asked:
    PostgreSQL can't make a join of this. For orders in which those that match may all come last.
    """
    return Q(_IsTrue(In(F(column), rows.query)))


def is_any_of(ids: Sequence[int], column: str = "pk") -> Q:
    """`column__in=ids`, in a tenth of the time for a thousand of them: they are one value, not one each."""
    return Q(_IsAny(F(column), Value(list(ids), output_field=ArrayField(BigIntegerField()))))
