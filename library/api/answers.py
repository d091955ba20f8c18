"""Answers that many endpoints give."""

from typing import Any

from rest_framework import serializers


class DoneSerializer(serializers.Serializer[Any]):
    """What an action did: how many rows, in a sentence, and the change by which it can be undone."""

    count = serializers.IntegerField()
    detail = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True, help_text="Undo it by /changes/{id}/undo/; null: nothing to undo.")


class CountSerializer(serializers.Serializer[Any]):
    """A number that stopped counting at its bound when `is_exact` is false."""

    number = serializers.IntegerField()
    is_exact = serializers.BooleanField()


class IdsSerializer(serializers.Serializer[Any]):
    """Rows by their ids."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1000)


class PublicIdsSerializer(serializers.Serializer[Any]):
    """Rows by their public ids."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=1000)


class NamedSerializer(serializers.Serializer[Any]):
    """A person or a studio by its public id."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="__str__")


class ChoiceSerializer(serializers.Serializer[Any]):
    """A value with its words."""

    value = serializers.JSONField()
    label = serializers.CharField()
    count = serializers.IntegerField(allow_null=True, required=False)
    detail = serializers.CharField(required=False)


class AliasesSerializer(serializers.Serializer[Any]):
    """Other names to be added and to be taken away."""

    add = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100, required=False)
    remove = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100, required=False)


def done(count: int, detail: str, batch: Any = None) -> dict[str, Any]:
    """The body of a DoneSerializer; a batch in which nothing changed is none."""
    changed = batch is not None and bool(batch.change_count)
    return DoneSerializer({"count": count, "detail": detail, "batch": batch.pk if changed else None}).data
