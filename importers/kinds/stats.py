"""Snapshots. What was counted here of a period stays: both can't be right about it, and ours is about this library."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from importers.kinds.base import Kind, Policy, Prepared
from importers.models import ImportRun
from people.models import Creator, Studio
from stats.models import ContentSnapshot, LibrarySnapshot, StorageSnapshot, UsageSnapshot


class DailyKind(Kind):
    """One snapshot a day. `taken_at` is the beginning of the day where the source has no moment."""

    natural_key = ("day",)
    required = ("day",)
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            day = record.values.get("day")
            if record.values.get("taken_at") is None and day is not None:
                record.values["taken_at"] = datetime.combine(day, time.min, UTC)
        return {}


class LibrarySnapshotKind(DailyKind):
    name = "stats.librarysnapshot"
    model = LibrarySnapshot


class ContentSnapshotKind(DailyKind):
    """The `id`s within `top_creators` and `top_studios` are references; pages know these by their public ids."""

    name = "stats.contentsnapshot"
    model = ContentSnapshot

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for name, model in (("top_creators", Creator), ("top_studios", Studio)):
            lists = [record.values.get(name) or [] for record in records]
            keys = {one["id"] for found in lists for one in found if isinstance(one.get("id"), int)}
            public = dict(model._default_manager.filter(pk__in=keys).values_list("pk", "public_id")) if keys else {}
            for record, found in zip(records, lists, strict=True):
                if found:
                    record.values[name] = [_with_public_id(one, public) for one in found]
        return super().prepare(run, records)


class UsageSnapshotKind(DailyKind):
    name = "stats.usagesnapshot"
    model = UsageSnapshot


class StorageSnapshotKind(Kind):
    """One snapshot an hour: `period` is its beginning, whatever minute the source has."""

    name = "stats.storagesnapshot"
    model = StorageSnapshot
    natural_key = ("period",)
    required = ("period",)
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            period = values.get("period")
            if period is None:
                continue
            if values.get("taken_at") is None:
                values["taken_at"] = period
            values["period"] = period.replace(minute=0, second=0, microsecond=0)
        return {}


def _with_public_id(one: Mapping[str, Any], public: Mapping[int, Any]) -> dict[str, Any]:
    key = one.get("id")
    return {**one, "id": str(public[key]) if key in public else None} if isinstance(key, int) else dict(one)


KINDS: tuple[Kind, ...] = (
    StorageSnapshotKind(),
    LibrarySnapshotKind(),
    ContentSnapshotKind(),
    UsageSnapshotKind(),
)
