"""What is counted, checked against the rows themselves."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import timezone

from library.models import DuplicatePair, TriageAnswer, TriageCoverage, Video, VideoTag
from people.models import Credit, VideoStudio
from playback.models import PlayCount, Rating, Watch, WatchProgress
from processing.services.conversions.suggestions import suggest_conversions
from processing.services.cron import parse_cron
from processing.stages.registry import get_stage
from stats.models import ContentSnapshot, LibrarySnapshot, StatsSettings, StorageSnapshot, UsageSnapshot
from stats.queries.forecast import forecasts, slope_of
from stats.queries.series import Point, fields_of, history, series, thinned
from stats.queries.summary import summary
from stats.services.snapshots import KINDS, take_snapshot, thin_snapshots
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.people.factories import make_creator, make_studio, make_tag

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)


def film(number: int, **columns: Any) -> Video:
    """A video whose facts hang on its number, with its file."""
    facts: dict[str, Any] = {
        "width": (3840, 1920, 1080, 640)[number % 4],
        "height": (2160, 1080, 1920, 480)[number % 4],
        "duration_seconds": 30.0 * (number + 1) ** 2,
        "size_bytes": 1_000_000 * (number + 1),
        "video_codec": ("h264", "hevc", "")[number % 3],
        "frame_rate": (23.976, 25.0, 59.94, None)[number % 4],
    }
    video = make_video(title=f"Film {number}")
    Video.objects.filter(pk=video.pk).update(**facts | columns)
    make_file(video=video, is_primary=True, size_bytes=facts["size_bytes"], container="mp4", is_hdr=number % 4 == 0)
    video.refresh_from_db()
    return video


@pytest.fixture
def videos() -> list[Video]:
    return [film(number) for number in range(11)] + [film(11, trashed_at=NOW)]


def counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["key"]: row["count"] for row in rows}


def test_an_empty_library_is_told_in_zeros() -> None:
    taken = {kind: take_snapshot(kind, now=NOW) for kind in KINDS}

    assert taken["library"].total_count == taken["library"].average_bytes == 0
    assert taken["library"].resolution_breakdown == []
    assert taken["content"].without_tags == 0
    assert taken["usage"].average_completion == 0
    assert set(taken["usage"].activity_by_hour.values()) == {0}
    assert taken["storage"].video_bytes == 0
    assert taken["storage"].database_bytes > 0
    assert summary(now=NOW).is_empty
    assert summary(now=NOW).organised_percent == 0.0


def test_the_library_is_counted_as_its_rows_are(videos: list[Video]) -> None:
    row = take_snapshot("library", now=NOW)
    shown = [video for video in videos if video.trashed_at is None]

    assert (row.total_count, row.trashed_count, row.missing_count) == (11, 1, 0)
    assert row.total_bytes == sum(video.size_bytes or 0 for video in shown)
    assert row.average_seconds == pytest.approx(sum(video.duration_seconds or 0 for video in shown) / 11)
    assert counts(row.resolution_breakdown) == {"2160": 3, "1080": 6, "sd": 2}
    assert counts(row.codec_breakdown) == {"h264": 4, "hevc": 4, "": 3}
    assert [one["label"] for one in row.codec_breakdown if not one["key"]] == ["Unknown"]
    assert counts(row.orientation_breakdown) == {"landscape": 8, "portrait": 3}
    assert counts(row.frame_rate_breakdown) == {"24": 3, "25": 3, "60": 3, "": 2}
    assert counts(row.hdr_breakdown) == {"hdr": 3, "sdr": 8}
    assert sum(one["percentage"] for one in row.resolution_breakdown) == pytest.approx(100, abs=0.05)
    lengths = counts(row.length_breakdown)
    assert lengths == {"1": 1, "5": 2, "20": 3, "60": 4, "120": 1}


def test_what_is_lacking_and_what_is_most_frequent(videos: list[Video]) -> None:
    ana, tag, studio = make_creator(name="Ana"), make_tag(name="Sea"), make_studio(name="Blue")
    Credit.objects.bulk_create([Credit(video=video, creator=ana) for video in videos[:4]])
    VideoTag.objects.bulk_create([VideoTag(video=video, tag=tag) for video in videos[2:]])
    VideoStudio.objects.create(video=videos[3], studio=studio)
    Rating.objects.create(user=make_user(), video=videos[0], stars=4, rated_at=NOW)

    row = take_snapshot("content", now=NOW)

    assert (row.without_creators, row.without_tags, row.without_studios, row.without_ratings) == (7, 2, 10, 10)
    assert row.without_thumbnails == 11
    assert row.organised_count == 1
    assert row.top_creators == [{"id": str(ana.public_id), "name": "Ana", "video_count": 4}]
    assert row.top_tags == [{"id": tag.pk, "name": "Sea", "video_count": 9}]


def test_what_was_watched(videos: list[Video]) -> None:
    ana, ben = make_user(), make_user()
    for user, video, plays, seconds in (
        (ana, videos[0], 3, 15.0),
        (ben, videos[0], 1, 90.0),
        (ana, videos[1], 2, 60.0),
    ):
        PlayCount.objects.create(
            user=user, video=video, play_count=plays, total_watch_seconds=seconds, last_watched_at=NOW
        )
    PlayCount.objects.create(user=ben, video=videos[2], play_count=0, total_watch_seconds=5)
    WatchProgress.objects.create(user=ana, video=videos[1], is_completed=True, watched_at=NOW)
    for ago, seconds in ((timedelta(minutes=5), 40), (timedelta(days=3), 20), (timedelta(days=100), 7)):
        Watch.objects.create(user=ana, video=videos[0], watched_at=NOW - ago, watched_seconds=seconds)
    Watch.objects.create(user=ben, video=videos[0], watched_at=NOW + timedelta(days=1), watched_seconds=99)

    row = take_snapshot("usage", now=NOW)

    assert (row.play_count, row.watch_seconds, row.watched_videos, row.never_watched) == (6, 165.0, 2, 9)
    # 15 of 30 s, all of 30 s, 60 of 120 s.
    assert row.average_completion == pytest.approx(66.67)
    assert (row.completed_videos, row.active_users) == (1, 1)
    assert (row.day_watch_seconds, row.day_sittings) == (40, 1)
    assert row.top_watched[0] == {
        "video_id": videos[0].pk, "title": "Film 0", "play_count": 4, "total_watch_seconds": 105.0,
    }  # fmt: skip
    assert row.activity_by_hour["13"] == 3
    assert row.activity_by_weekday[2][13] == 40
    assert sum(map(sum, row.activity_by_weekday)) == 60


def test_the_disks_and_what_was_made(videos: list[Video], tmp_path) -> None:
    folder = make_folder(path=tmp_path, name="Sea")
    make_file(folder=folder, size_bytes=5_000_000_000)
    make_file(folder=folder, size_bytes=7, missing_since=NOW)

    row = take_snapshot("storage", now=NOW)

    assert row.missing_bytes == 7
    assert row.directory_breakdown[0] | {"directory_id": 0} == {
        "directory_id": 0, "name": "Sea", "path": str(tmp_path), "size_bytes": 5_000_000_000, "video_count": 1,
        "missing_count": 1, "folders": [],
    }  # fmt: skip
    disk = next(disk for disk in row.disks if "Sea" in disk["folders"])
    assert 0 <= disk["free_bytes"] <= disk["total_bytes"]
    assert row.derived_at == NOW
    # Not walked again within six hours.
    assert take_snapshot("storage", now=NOW + timedelta(hours=2)).derived_at == NOW
    assert take_snapshot("storage", now=NOW + timedelta(hours=7)).derived_at == NOW + timedelta(hours=7)


def test_duplicates_are_told_with_the_bytes_they_waste(videos: list[Video]) -> None:
    for second, verdict in ((videos[1], "open"), (videos[2], "rejected")):
        DuplicatePair.objects.create(
            first=videos[0], second=second, kind="exact", verdict=verdict, wasted_bytes=500, decided_at=None
        )

    row = take_snapshot("library", now=NOW)

    assert (row.duplicate_pairs, row.duplicate_bytes) == (1, 500)


def test_what_triage_has_left_and_how_the_last_day_went(videos: list[Video]) -> None:
    answer = partial(TriageAnswer.objects.create, user=make_user(), queue="untagged", seconds=3)
    answer(key=uuid4(), kind="changed", is_last=True, video=videos[0])
    answer(key=uuid4(), kind="batch", video_count=5)
    answer(key=uuid4(), kind="skipped", is_last=False)
    taken_back = answer(key=uuid4(), kind="changed", is_last=True)
    answer(key=uuid4(), kind="undone", undoes=taken_back)
    answer(key=uuid4(), kind="changed", is_last=True, created_at=timezone.now() - timedelta(days=2))

    row = take_snapshot("content", now=timezone.now() + timedelta(minutes=1))

    left = {one["queue"]: one["left"] for one in row.triage_queues}
    assert (row.triage_answers, row.triage_seconds) == (6, 9)
    assert left == TriageCoverage.objects.get().left
    assert row.triage_left == max(left.values()) == 11


def test_what_is_worth_converting_is_told_with_what_it_would_save(videos: list[Video]) -> None:
    row = take_snapshot("library", now=NOW)

    worth_it = suggest_conversions()
    assert row.convertible_count == len(worth_it) > 0
    assert row.convertible_bytes == sum(one.saved_bytes for one in worth_it)


def test_a_folder_is_told_with_the_first_folders_below_it(tmp_path) -> None:
    folder, other = make_folder(path=tmp_path / "a"), make_folder(path=tmp_path / "b")
    for where, path, size in (
        (folder, "Sea/1.mp4", 10), (folder, "Sea/Deep/2.mp4", 5), (folder, "Hill/3.mp4", 20), (folder, "4.mp4", 99),
        (other, "Sea/5.mp4", 7),
    ):  # fmt: skip
        make_file(folder=where, relative_path=path, size_bytes=size)
    make_file(folder=folder, relative_path="Gone/6.mp4", size_bytes=50, missing_since=NOW)

    row = take_snapshot("storage", now=NOW)

    assert {one["directory_id"]: one["folders"] for one in row.directory_breakdown} == {
        folder.pk: [
            {"name": "Hill", "size_bytes": 20, "video_count": 1},
            {"name": "Sea", "size_bytes": 15, "video_count": 2},
        ],
        other.pk: [{"name": "Sea", "size_bytes": 7, "video_count": 1}],
    }


# ---- Periods --------------------------------------------------------------------------------------------------------
def test_a_second_one_of_the_same_period_takes_the_firsts_place_and_none_is_invented() -> None:
    for minutes in (0, 10, 45):
        take_snapshot("storage", now=NOW + timedelta(minutes=minutes))
    for hours in (0, 5, 48):
        take_snapshot("library", now=NOW + timedelta(hours=hours))

    assert [row.period.hour for row in StorageSnapshot.objects.order_by("period")] == [13, 14]
    assert [row.day for row in LibrarySnapshot.objects.order_by("day")] == [date(2026, 3, 4), date(2026, 3, 6)]
    assert LibrarySnapshot.objects.earliest("day").taken_at == NOW + timedelta(hours=5)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_days_are_those_of_utc_whatever_the_owners_clock_does(zone: str, settings) -> None:
    settings.TIME_ZONE = zone
    # The clocks of New York go forward in this night.
    with timezone.override(zone):
        for hour in range(0, 48, 6):
            take_snapshot("content", now=datetime(2026, 3, 8, tzinfo=UTC) + timedelta(hours=hour))

    assert [row.day for row in ContentSnapshot.objects.order_by("day")] == [date(2026, 3, 8), date(2026, 3, 9)]


@pytest.mark.parametrize("zone", ["Europe/London", "Pacific/Auckland", "America/New_York"])
def test_each_day_of_a_year_has_its_snapshots_wherever_midnight_falls(zone: str) -> None:
    cron, days = parse_cron(get_stage("snapshot-daily").cron or ""), set()
    moment = datetime(2025, 12, 30, tzinfo=UTC)
    while moment.year < 2027:
        moment = cron.next(after=moment, zone=ZoneInfo(zone)) or moment.max
        days.add(moment.date())

    assert {date(2026, 1, 1) + timedelta(days=number) for number in range(365)} <= days


def test_what_a_clock_that_was_ahead_has_left_does_not_stand_for_today() -> None:
    ahead = NOW + timedelta(days=400)
    for moment in (NOW - timedelta(days=2), NOW, ahead):
        for kind in KINDS:
            take_snapshot(kind, now=moment)

    told = summary(now=NOW)

    assert (told.library.day, told.storage.period) == (NOW.date(), NOW.replace(minute=0))
    assert series("library", "total_count", days=10, now=NOW).points[-1].at == NOW.date().isoformat()
    assert history("usage", days=10, now=NOW)[0]["day"] == NOW.date().isoformat()
    # Pictures aren't walked again in every hour until then.
    assert take_snapshot("storage", now=NOW + timedelta(hours=1)).derived_at == NOW


def year_of_rows() -> None:
    """Two years of days and 100 days of hours, without looking at anything."""
    LibrarySnapshot.objects.bulk_create(
        LibrarySnapshot(day=NOW.date() - timedelta(days=ago), taken_at=NOW, total_count=1000 - ago)
        for ago in range(730)
    )
    disk = {"path": "/media", "total_bytes": 10_000_000, "folders": ["Sea"]}
    StorageSnapshot.objects.bulk_create(
        StorageSnapshot(
            period=NOW.replace(minute=0) - timedelta(hours=ago),
            taken_at=NOW,
            video_bytes=10_000 - ago,
            video_count=1,
            disks=[disk | {"free_bytes": 1_000_000 + 500 * ago}],
        )
        for ago in range(24 * 100)
    )


def test_old_ones_are_thinned_to_the_first_of_each_month() -> None:
    year_of_rows()

    gone = thin_snapshots(now=NOW)

    days = set(LibrarySnapshot.objects.values_list("day", flat=True))
    old = sorted(day for day in days if day < NOW.date() - timedelta(days=365))
    assert gone["library"] == 730 - len(days)
    assert len(days) - len(old) == 366
    assert [(day.year, day.month) for day in old] == sorted({(day.year, day.month) for day in old})
    assert all(day.day == 1 for day in old[1:])
    assert StorageSnapshot.objects.filter(period__lt=NOW - timedelta(days=91)).count() <= 5
    assert StorageSnapshot.objects.filter(period__gte=NOW - timedelta(days=90)).count() == 24 * 90
    assert not any(thin_snapshots(now=NOW).values())


def test_the_owner_says_how_long_they_stay() -> None:
    year_of_rows()
    StatsSettings.objects.create(daily_days=10)

    thin_snapshots(now=NOW)

    assert LibrarySnapshot.objects.filter(day__gte=NOW.date() - timedelta(days=10)).count() == 11
    assert LibrarySnapshot.objects.count() < 11 + 26


# ---- Over time ------------------------------------------------------------------------------------------------------
def test_a_disk_is_full_when_the_line_says_so() -> None:
    year_of_rows()

    disk = forecasts(now=NOW)[0]

    assert disk.bytes_a_day == pytest.approx(12_000)
    # 1,000,000 bytes at 12,000 a day are 83 days.
    assert disk.full_on == (NOW + timedelta(days=83)).date()
    assert disk.used_percent == 90.0


def test_two_days_say_nothing_about_a_disk_and_one_that_empties_is_never_full() -> None:
    assert forecasts(now=NOW) == []
    for ago, free in ((1, 50), (0, 40)):
        StorageSnapshot.objects.create(
            period=NOW - timedelta(days=ago), taken_at=NOW, video_bytes=0, video_count=0,
            disks=[{"path": "/a", "total_bytes": 100, "free_bytes": free, "folders": []}],
        )  # fmt: skip

    assert (forecasts(now=NOW)[0].bytes_a_day, forecasts(now=NOW)[0].full_on) == (None, None)
    assert slope_of([(0.0, 5.0), (1.0, 6.0), (2.0, 7.0)]) == pytest.approx(1.0)
    assert slope_of([(1.0, 5.0)]) == 0.0


def test_series_and_histories_are_bounded() -> None:
    year_of_rows()

    found = series("library", "total_count", days=100, now=NOW, most=30)
    rows = history("library", days=5, now=NOW)

    assert (len(found.points), found.points[0].value, found.points[-1].value) == (30, 900, 1000)
    assert [row["total_count"] for row in rows] == [1000, 999, 998, 997, 996, 995]
    assert "failures" not in fields_of("library")
    assert thinned([Point("a", 1)], 2) == [Point("a", 1)]


def test_coverage_is_compared_with_what_it_was() -> None:
    for ago, lacking in ((10, 90), (0, 60)):
        ContentSnapshot.objects.create(
            day=NOW.date() - timedelta(days=ago), taken_at=NOW, video_count=100, without_creators=lacking
        )

    people = summary(days=7, now=NOW).coverage[0]

    assert (people.percent, people.before_percent, people.left) == (40.0, 10.0, 60)


# ---- Commands -------------------------------------------------------------------------------------------------------
def test_the_commands_take_and_tell(videos: list[Video], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("stats")
    nothing = capsys.readouterr().out
    call_command("snapshot")
    call_command("stats")
    told = capsys.readouterr().out
    call_command("stats", json=True)
    data = json.loads(capsys.readouterr().out)

    assert "No snapshot" in nothing
    assert "11 videos" in told
    assert "0.0 % have people" in told
    assert data["library"]["total_count"] == 11
    assert UsageSnapshot.objects.count() == 1
