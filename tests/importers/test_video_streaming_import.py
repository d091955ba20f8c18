"""Moving in from the "video streaming" backend, with the engine."""

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from faces.models import FaceDetection, FaceReference, FaceSettings, FaceTrack
from importers.models import ImportRun, RunStatus
from importers.registry import SourceOptions, find_system
from importers.services.running import start_run
from library.models import Folder, OldPath, Rule, ScanLog, Tag, TriageProgress, User, Video, VideoFile, VideoTag
from people.models import Creator, CreatorProfile, Credit, Studio, VideoStudio
from playback.models import Favorite, Marker, PlaybackSettings, PlayCount, PlaylistItem, Rating, WatchProgress
from processing.models import Conversion, Job, ProcessingSettings
from stats.models import ContentSnapshot, LibrarySnapshot, StorageSnapshot, UsageSnapshot
from tests.importers import video_streaming as made

pytestmark = pytest.mark.django_db

Report = dict[str, dict[str, Any]]


def run(location: Path) -> Report:
    done: ImportRun = start_run(system="video-streaming", location=str(location))
    assert done.status == RunStatus.COMPLETED
    tables: Report = done.report["tables"]
    for name, counts in tables.items():
        assert counts["read"] == sum(counts[one] for one in ("created", "merged", "unchanged", "skipped")), name
    return tables


def source_counts(location: Path) -> dict[str, int | None]:
    system = find_system("video-streaming")
    assert system is not None
    with closing(system.open(str(location), SourceOptions())) as source:
        return {table.name: table.rows for table in source.tables()}


def written(report: Report) -> dict[str, int]:
    return {name: counts["created"] + counts["merged"] for name, counts in report.items()}


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    return made.build_clean(tmp_path / "old.db", made.FEW, 2)


def test_everything_comes_over_once_and_a_second_run_changes_nothing(owner: User, clean: Path) -> None:
    counts = source_counts(clean)

    first = run(clean)
    second = run(clean)

    assert {name: table["read"] for name, table in first.items()} == counts
    assert {name: table["read"] for name, table in second.items()} == counts
    skipped = {name: table["skipped"] for name, table in first.items()}
    assert {name: count for name, count in skipped.items() if count} == {
        "sessions": 2, "tagging_rule_conditions": 3, "tagging_rule_actions": 3, "tagging_rule_log": 1, "thumbnails": 8,
        "storyboards": 8, "conversion_jobs": 1, "conversion_history": 1, "face_match_queue": 1,
    }  # fmt: skip
    assert sum(written(second).values()) == 0
    assert {name: table["unchanged"] for name, table in second.items()} == written(first)


def test_what_was_curated_is_there(owner: User, clean: Path) -> None:
    run(clean)

    video = Video.objects.get(title="Film 1")
    file = VideoFile.objects.get(video=video)
    assert (video.origin, video.created_at) == ("import", datetime(2024, 1, 1, 8, 7, tzinfo=UTC))
    assert (file.size_bytes, file.duration_seconds, file.width) == (3_000_000_001, 601.0, 1920)
    assert OldPath.objects.get(file=file).path == "/srv/videos/set 1/film 1.mp4"
    assert Folder.objects.get().path == "/srv/videos"
    assert {"Beach", "night", "tag 1"} <= set(VideoTag.objects.filter(video=video).values_list("tag__name", flat=True))
    assert Tag.objects.get(name="tag 2").parent == Tag.objects.get(name="tag 1")
    assert (Creator.objects.count(), Studio.objects.count(), Credit.objects.count()) == (3, 3, 8)
    assert VideoStudio.objects.filter(is_primary=True).count() == 8
    assert CreatorProfile.objects.count() == 6
    assert ScanLog.objects.filter(status="completed").count() == 8
    user = User.objects.get(username="owner")
    assert Rating.objects.get(user=user, video=video).stars == Decimal("2.0")
    assert (Favorite.objects.count(), Marker.objects.count()) == (8, 2)
    assert list(PlaylistItem.objects.order_by("position").values_list("position", flat=True)) == list(range(8))
    assert PlayCount.objects.get(video__title="Film 3").play_count == 3
    assert WatchProgress.objects.get(video=video).position_seconds == 33.0
    assert TriageProgress.objects.get(queue="without-tags").position == Video.objects.get(title="Film 2").pk
    assert Rule.objects.filter(is_enabled=True).count() == 2
    assert Rule.objects.get(name="4K").actions == [{"do": "add", "kind": "tag", "id": Tag.objects.get(name="tag 1").pk}]


def test_what_machines_knew_is_there(owner: User, clean: Path) -> None:
    run(clean)

    assert Counter(Conversion.objects.values_list("status", flat=True)) == {"completed": 4, "failed": 2, "cancelled": 2}
    assert Job.objects.filter(stage="faces", status="completed").count() == 1
    assert (StorageSnapshot.objects.count(), LibrarySnapshot.objects.count()) == (8, 5)
    assert (ContentSnapshot.objects.count(), UsageSnapshot.objects.count()) == (5, 5)
    folder = Folder.objects.get().pk
    assert {row.directory_breakdown[0]["directory_id"] for row in StorageSnapshot.objects.all()} == {folder}
    assert FaceDetection.objects.count() == FaceTrack.objects.count() == 6
    assert set(FaceReference.objects.values_list("model__name", flat=True)) == {"buffalo_l"}
    assert PlaybackSettings.load().min_watch_seconds == 45
    assert ProcessingSettings.load().max_suggestions == 150
    settings = FaceSettings.load()
    assert (settings.match_threshold, settings.auto_tag_threshold) == (0.65, 0.75)


def test_the_same_installation_from_another_carrier_is_known(owner: User, clean: Path, tmp_path: Path) -> None:
    run(clean)

    again = run(made.write_json(tmp_path / "dumps", made.make(made.FEW, shape=2)))

    assert sum(written(again).values()) == 0


@pytest.mark.parametrize("shape", [1, 3, 4])
def test_faces_of_every_release_come_over(owner: User, tmp_path: Path, shape: int) -> None:
    few = dict.fromkeys(made.COUNTS, 0) | {"users": 1, "watched_directories": 1, "videos": 3, "creators": 2}

    run(made.build_clean(tmp_path / "old.db", few, shape))

    words = list(FaceTrack.objects.order_by("start_seconds").values_list("imported_status", flat=True))
    first, manual = ("matched", "manual") if shape == 1 else ("confirmed", "no_match")
    assert words[:4] == [first, "pending", "rejected", manual]
    face = FaceDetection.objects.earliest("time_seconds")
    assert (face.left, face.top, round(face.width, 6), round(face.height, 6)) == (0.25, 0.5, 0.1, 0.2)
    assert FaceReference.objects.count() == 2


def test_bad_input_is_counted_and_the_rest_comes_over(owner: User, tmp_path: Path) -> None:
    path = made.build_dirty(tmp_path / "old.db")

    report = run(path)

    assert {name: table["read"] for name, table in report.items()} == source_counts(path)
    reasons = {name: table["reasons"] for name, table in report.items()}
    assert reasons["tags"] == {"bad_value": 1, "duplicate": 1}
    assert report["tags"]["merged"] == 1
    assert Tag.objects.filter(name="tag 1", parent=None).count() == 1
    assert reasons["video_tags"]["dangling_reference"] == 2
    assert reasons["videos"]["dangling_reference"] == 1
    assert reasons["ratings"] == {"bad_date": 1, "bad_number": 1, "duplicate": 1}
    assert reasons["video_face_detections"]["bad_vector"] == 2
    assert reasons["watch_parties"] == {"unknown_table": 2}
    assert Video.objects.count() == 8
    assert Video.objects.get(title="Fi\ufffdlm")
    again = run(path)
    assert sum(written(again).values()) == 0


@pytest.mark.slow
def test_the_documented_volumes_come_over(owner: User, tmp_path: Path) -> None:
    report = run(made.build_clean(tmp_path / "old.db"))

    assert {name: report[name]["read"] for name in made.COUNTS} == made.COUNTS
    assert Video.objects.count() == written(report)["videos"] == 2091
    assert Video.objects.filter(missing_since=None).count() == 0
