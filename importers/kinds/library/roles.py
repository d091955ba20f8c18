"""Roles that another system made for itself."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from importers.kinds.base import Kind, Match, Policy, Prepared
from importers.models import ImportRun

_NAME_CHARACTERS = 150


class RoleKind(Kind):
    """A role; one of its name is the same and keeps what it allows.

    Extra: `permissions`, as "app.codename"; those that there aren't are left out.
    """

    name = "library.role"
    model: ClassVar[type[models.Model]] = Group
    natural_key = ("name",)
    required = ("name",)
    default_policy = Policy.OURS
    extras = ("permissions",)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values["name"] = " ".join(str(record.values.get("name") or "").split())[:_NAME_CHARACTERS].strip()
        return {}

    def identity(self, record: Prepared) -> Hashable | None:
        return str(record.values["name"]).lower()

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        names = {record.values["name"].lower() for record in records}
        rows = Group.objects.alias(lower=Lower("name")).filter(lower__in=names)
        found = {name.lower(): pk for pk, name in rows.values_list("pk", "name")}
        return {
            index: Match(found[record.values["name"].lower()], "same name")
            for index, record in enumerate(records)
            if record.values["name"].lower() in found
        }

    def create(self, run: ImportRun, records: Sequence[Prepared]) -> list[int]:
        pks = super().create(run, records)
        known = _permissions({name for record in records for name in record.values.get("permissions") or ()})
        through = Group.permissions.through
        through._default_manager.bulk_create(
            through(group_id=pk, permission_id=known[name])
            for pk, record in zip(pks, records, strict=True)
            for name in dict.fromkeys(record.values.get("permissions") or ())
            if name in known
        )
        return pks

    def attributes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Groups have no moments of their own."""
        return {name: value for name, value in super().attributes(values).items() if name != "created_at"}


def _permissions(names: set[str]) -> dict[str, int]:
    wanted = Q(pk__in=[])
    for name in names:
        app, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    rows = Permission.objects.filter(wanted).values_list("content_type__app_label", "codename", "pk")
    return {f"{app}.{codename}": pk for app, codename, pk in rows}
