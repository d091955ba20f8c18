"""Snapshots on their way in."""

from datetime import UTC, date, datetime

import pytest

from importers.records import Record, Ref
from importers.services.running import start_run
from people.models import Creator
from stats.models import ContentSnapshot, LibrarySnapshot, StorageSnapshot, UsageSnapshot
from tests.importers.kinds import bring, counts
from tests.importers.memory import World, record

pytestmark = pytest.mark.django_db

DAY = date(2024, 5, 6)


def test_a_snapshot_of_a_day_comes_and_ours_of_a_day_stays(owner):
    LibrarySnapshot.objects.create(day=DAY, taken_at=datetime(2024, 5, 6, 9, tzinfo=UTC), total_count=9)

    run = bring(
        record("stats.librarysnapshot", day=DAY, total_count=4),
        record("stats.librarysnapshot", day=date(2024, 5, 7), total_count=5),
    )

    assert counts(run) == {"merged": 1, "created": 1}
    rows = LibrarySnapshot.objects.order_by("day").values_list("total_count", "taken_at")
    assert list(rows) == [(9, datetime(2024, 5, 6, 9, tzinfo=UTC)), (5, datetime(2024, 5, 7, tzinfo=UTC))]


def test_a_snapshot_of_the_disks_is_that_of_its_hour(owner):
    bring(
        record("stats.storagesnapshot", period=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), video_bytes=1, video_count=1)
    )

    row = StorageSnapshot.objects.get()
    assert row.period == datetime(2024, 5, 6, 7, tzinfo=UTC)
    assert row.taken_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_two_snapshots_of_an_hour_are_one(owner):
    def taken(minute: int) -> Record:
        return record(
            "stats.storagesnapshot", period=datetime(2024, 5, 6, 7, minute, tzinfo=UTC), video_bytes=1, video_count=1
        )

    assert counts(bring(taken(1), taken(2))) == {"created": 1, "merged": 1}


def test_people_within_a_snapshot_are_ours_by_their_public_ids(owner):
    World(
        {
            "people": {"1": record("people.creator", name="Ana")},
            "days": {
                "1": record(
                    "stats.contentsnapshot", day=DAY, top_creators=[{"id": Ref("people", "1"), "name": "Ana"}],
                    top_tags=[{"id": None, "name": "x"}],
                )
            },
        }
    ).put()  # fmt: skip

    start_run(system="memory", location="main")

    row = ContentSnapshot.objects.get()
    assert row.top_creators == [{"id": str(Creator.objects.get().public_id), "name": "Ana"}]
    assert row.top_tags == [{"id": None, "name": "x"}]


def test_usage_comes_with_its_hours(owner):
    bring(record("stats.usagesnapshot", day=DAY, activity_by_hour={"07": 3}, play_count=8))

    assert UsageSnapshot.objects.get().activity_by_hour == {"07": 3}
