"""What is worth converting: the points of "Video streaming" (A4.1), and which videos are looked at."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from playback.models import PlayCount
from processing.models import Conversion, ProcessingSettings
from processing.services.conversions.suggestions import Facts, Score, score, suggest_conversions
from tests.library.factories import make_file, make_user, make_video
from tests.processing.converting import make_presets

GB = 1024**3
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _presets(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        make_presets()


def points(**facts: Any) -> Score:
    """Of a small, often watched AV1 file unless said otherwise."""
    values: dict[str, Any] = {
        "codec": "av1", "size_bytes": 100, "bit_rate": 1_000_000, "height": 720, "frame_rate": 25.0,
        "plays": 9, "watched_seconds": 9000.0, "last_played_at": NOW,
    }  # fmt: skip
    return score(Facts(**{**values, **facts}), now=NOW, inactive_days=90, barely_seconds=60)


@pytest.mark.parametrize(
    ("facts", "technical"),
    [
        ({}, 0),
        ({"codec": "h264"}, 40), ({"codec": "hevc"}, 20), ({"codec": "mpeg4"}, 30), ({"codec": ""}, 30),
        ({"size_bytes": 20 * GB}, 30), ({"size_bytes": 10 * GB}, 20), ({"size_bytes": 5 * GB}, 12),
        ({"size_bytes": 5 * GB - 1}, 0),
        ({"bit_rate": 20_000_000}, 15), ({"bit_rate": 12_000_000}, 8), ({"bit_rate": 11_999_999}, 0),
        ({"height": 2160}, 20), ({"height": 1440}, 10), ({"height": 1439}, 0),
        ({"frame_rate": 60.0}, 6), ({"frame_rate": 59.9}, 0),
        ({"codec": "h264", "size_bytes": 30 * GB, "bit_rate": 40_000_000, "height": 2160, "frame_rate": 60.0}, 111),
        ({"bit_rate": None, "height": None, "frame_rate": None}, 0),
    ],
)  # fmt: skip
def test_technical_points(facts: dict[str, Any], technical: int) -> None:
    assert points(**facts).technical == technical


@pytest.mark.parametrize(
    ("facts", "usage"),
    [
        ({}, 0),
        ({"plays": 1}, 15), ({"plays": 2}, 8), ({"plays": 3}, 8), ({"plays": 4}, 0),
        ({"watched_seconds": 59.0}, 8), ({"watched_seconds": 60.0}, 0),
        ({"last_played_at": NOW - timedelta(days=90)}, 12), ({"last_played_at": NOW - timedelta(days=89)}, 0),
        ({"plays": 0, "watched_seconds": 0.0, "last_played_at": None}, 15 + 8 + 20),
    ],
)  # fmt: skip
def test_usage_points(facts: dict[str, Any], usage: int) -> None:
    assert points(**facts).usage == usage


def test_actions() -> None:
    never = {"plays": 0, "watched_seconds": 0.0, "last_played_at": None}
    stale = {"last_played_at": NOW - timedelta(days=91)}

    assert points().actions == ()
    assert points(codec="h264").actions == ("reencode_av1",)
    assert points(height=2160).actions == ()
    assert points(height=2160, **stale).actions == ("downscale_1080p",)
    assert points(height=2160, codec="hevc", **never).actions == ("reencode_av1", "downscale_1080p")
    assert points(height=2159, **never).actions == ()


def film(title: str, size_bytes: int, codec: str = "h264", height: int = 1080, **columns: Any) -> Any:
    facts = {"size_bytes": size_bytes, "video_codec": codec, "width": height * 16 // 9, "height": height}
    video = make_video(title=title, **facts, **columns)
    make_file(video=video, duration_seconds=600.0, **facts)
    return video


@pytest.mark.django_db
def test_suggestions_are_sorted_by_technical_points_usage_and_size() -> None:
    user = make_user()
    watched = film("Watched", 6 * GB)
    PlayCount.objects.create(
        user=user, video=watched, play_count=9, total_watch_seconds=9000, last_played_at=timezone.now()
    )
    film("Never", 6 * GB)
    film("Never, larger", 7 * GB)
    film("HEVC", 9 * GB, codec="hevc")
    film("AV1", 50 * GB, codec="av1")
    film("AV1 in 4K", 50 * GB, codec="av1", height=2160)

    found = suggest_conversions()

    assert [(one.title, one.score.technical, one.score.usage) for one in found] == [
        ("Never, larger", 52, 43),
        ("Never", 52, 43),
        ("Watched", 52, 0),
        ("AV1 in 4K", 50, 43),
        ("HEVC", 32, 43),
    ]
    assert [one.preset.key for one in found] == ["original_av1"] * 3 + ["1080p_av1", "original_av1"]
    assert all(one.saved_bytes > 0 for one in found)


@pytest.mark.django_db
def test_plays_of_all_users_count_together() -> None:
    video = film("Shared", 6 * GB)
    for plays in (1, 3):
        PlayCount.objects.create(
            user=make_user(), video=video, play_count=plays, total_watch_seconds=40,
            last_played_at=timezone.now() - timedelta(days=plays * 100),
        )  # fmt: skip

    assert suggest_conversions()[0].score.usage == 12


@pytest.mark.django_db
def test_what_is_missing_trashed_converted_or_waiting_is_left_out() -> None:
    film("Trashed", 9 * GB, trashed_at=timezone.now())
    missing = film("Missing", 9 * GB)
    missing.files.update(missing_since=timezone.now())
    waiting, converted, discarded = film("Waiting", 9 * GB), film("Converted", 9 * GB), film("Discarded", 9 * GB)
    base = {"source_path": "/x", "source_bytes": 1, "preset_key": "original_av1", "preset_name": "AV1"}
    Conversion.objects.create(video=waiting, title="x", **base)
    for video, trashed_at in ((converted, None), (discarded, timezone.now())):
        output = make_file(video=video, is_primary=False, trashed_at=trashed_at)
        Conversion.objects.create(video=video, title="x", status="completed", output_file=output, **base)

    assert [one.title for one in suggest_conversions()] == ["Discarded"]


@pytest.mark.django_db
def test_only_the_largest_are_looked_at() -> None:
    for number in range(8):
        film(f"Film {number}", (number + 1) * GB, codec="av1" if number > 4 else "h264")

    # Three for each that is wanted: of the six largest, three are AV1 already.
    assert [one.title for one in suggest_conversions(limit=2)] == ["Film 4", "Film 3"]
    ProcessingSettings(max_suggestions=4).save(force_insert=True)
    assert [one.title for one in suggest_conversions()] == ["Film 4"]


@pytest.mark.django_db
def test_more_videos_cost_no_more_statements(django_assert_max_num_queries: Any) -> None:
    film("One", 6 * GB)
    with django_assert_max_num_queries(5):
        suggest_conversions()
    for number in range(20):
        film(f"Film {number}", 6 * GB)

    with django_assert_max_num_queries(5):
        assert len(suggest_conversions()) == 21
