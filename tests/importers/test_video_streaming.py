"""What becomes of the rows of the "video streaming" backend."""

from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from importers.exceptions import SourceError
from importers.records import REASONS, FileFacts, Mapped, Ref, SourcePath, SourcePicture
from importers.registry import SourceOptions, find_system
from importers.systems.video_streaming.source import VideoStreamingSource
from importers.systems.video_streaming.tables import BY_NAME
from importers.systems.video_streaming.watching import QUEUES
from library.services.triage.queues import all_queues
from tests.importers import video_streaming as made
from tests.importers.databases import other_database
from tests.importers.video_streaming_schema import FACES, SCHEMA, columns_of, schema

pytestmark = pytest.mark.django_db

Read = dict[tuple[str, str], Mapped]


def open_source(location: Path | str) -> VideoStreamingSource:
    system = find_system("video-streaming")
    assert system is not None
    return system.open(str(location), SourceOptions())  # type: ignore[return-value]


def read(location: Path | str) -> Read:
    with closing(open_source(location)) as source:
        return {(table.name, row.key): source.map(row) for table in source.tables() for row in source.rows(table.name)}


def values_of(found: Read, table: str, key: object, part: str = "") -> dict[str, Any]:
    return next(dict(record.values) for record in found[table, str(key)].records if record.part == part)


def reasons(found: Read, table: str) -> Counter[str]:
    """What was skipped and noted in a table, by reason."""
    rows = [mapped for (name, _), mapped in found.items() if name == table]
    return Counter([reason for mapped in rows for reason in (mapped.skipped, *mapped.notes) if reason])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("releases")
    return {shape: made.build_clean(folder / f"{shape}.db", made.FEW, shape) for shape in (1, 2, 3, 4)}


@pytest.fixture
def clean(files: dict[int, Path]) -> Read:
    return read(files[2])


@pytest.fixture(scope="module")
def dirty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build_dirty(tmp_path_factory.mktemp("dirty") / "old.db")


@pytest.fixture
def dirty(dirty_file: Path) -> Read:
    return read(dirty_file)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Mapping


def test_the_oldest_user_becomes_the_owner_with_the_old_password(clean: Read) -> None:
    assert values_of(clean, "users", 1) == {
        "username": "owner", "email": "", "password": f"argon2{made.HASH}", "is_active": True, "is_owner": True,
        "role": "admin", "date_joined": _at("2024-01-01 08:00"), "created_at": _at("2024-01-01 08:00"),
    }  # fmt: skip


def test_logins_do_not_come_along_and_nothing_of_them_is_kept(clean: Read) -> None:
    assert clean["sessions", "0b6d-1"] == Mapped(skipped="not_imported")


def test_settings_become_typed_ones(clean: Read) -> None:
    found = {key: clean["app_settings", key].records[0] for key in ("min_watch_seconds", "max_suggestions")}

    assert (found["min_watch_seconds"].kind, found["min_watch_seconds"].values) == (
        "playback.playbacksettings",
        {"min_watch_seconds": 45},
    )
    assert found["max_suggestions"].kind == "processing.processingsettings"


def test_a_watched_directory_becomes_a_folder(clean: Read) -> None:
    assert values_of(clean, "watched_directories", 1) == {
        "path": SourcePath("/srv/videos"), "name": "videos", "is_active": True, "is_auto_scanned": True,
        "scan_interval_minutes": 30, "last_scanned_at": _at("2024-01-01 13:50"), "created_at": _at("2024-01-01 08:07"),
    }  # fmt: skip


def test_a_video_comes_with_its_file_its_themes_and_the_picture_that_was_chosen(clean: Read) -> None:
    assert values_of(clean, "videos", 2) == {
        "title": "Film 2", "description": "", "original_file_name": "film 2.mp4", "origin": "import",
        "last_verified_at": _at("2024-01-01 08:28"), "folder": Ref("watched_directories", "1"),
        "created_at": _at("2024-01-01 08:14"), "cover": SourcePicture("/srv/data/thumbnails/thumbnail_2_1.webp"),
        "file": FileFacts(
            path="/srv/videos/set 2/film 2.mp4", size_bytes=3_000_000_002, duration_seconds=602.0, width=1920,
            height=1080, frame_rate=29.97, bit_rate=8_000_000, video_codec="h264", audio_codec="aac",
            added_at=_at("2024-01-01 08:14"), last_seen_at=_at("2024-01-01 08:28"), hashes={"xxh3": f"{2:032x}"},
        ),
    }  # fmt: skip
    assert [(record.kind, record.part, dict(record.values)) for record in clean["videos", "1"].records[1:]] == [
        ("library.tag", "theme:beach", {"name": "Beach"}),
        ("library.videotag", "themed:beach", _theme("theme:beach")),
        ("library.tag", "theme:night", {"name": "night"}),
        ("library.videotag", "themed:night", _theme("theme:night")),
    ]
    assert "cover" not in values_of(clean, "videos", 1)


def _theme(part: str) -> dict[str, Any]:
    return {"video": Ref("videos", "1"), "tag": Ref("videos", "1", part), "source": "import"}


def test_thumbnails_that_were_chosen_came_with_their_video_and_others_are_made_again(clean: Read) -> None:
    assert clean["thumbnails", "2"].skipped == "taken_along"
    assert clean["thumbnails", "1"] == Mapped(skipped="not_imported")
    assert clean["storyboards", "1"] == Mapped(skipped="not_imported")


def test_an_uploaded_picture_was_chosen_and_five_seconds_are_the_systems_own_where_no_length_was_known(
    tmp_path: Path,
) -> None:
    data = made.make(made.FEW)
    data["thumbnails"][0] |= {"auto_generated": False}
    data["videos"][2]["duration_seconds"] = None
    data["thumbnails"][2] |= {"timestamp_seconds": 5.0}
    data["videos"][3]["duration_seconds"] = 1.0
    data["thumbnails"][3] |= {"timestamp_seconds": 0.0}

    found = read(made.write_json(tmp_path, data))

    chosen = [number for number in range(1, 9) if "cover" in values_of(found, "videos", number)]
    assert chosen == [1, 2]


def test_people_and_studios_come_with_their_pictures(clean: Read) -> None:
    assert values_of(clean, "creators", 1) == {
        "name": "Person 1", "description": "Met in Rome.", "is_verified": False, "created_at": _at("2024-01-01 08:07"),
        "picture": SourcePicture("/srv/data/profile-pictures/1.webp"),
    }  # fmt: skip
    assert values_of(clean, "studios", 3)["parent"] == Ref("studios", "1")
    assert values_of(clean, "tags", 2)["parent"] == Ref("tags", "1")
    assert values_of(clean, "platforms", 1)["base_url"] == "https://patreon.com"


def test_links_keep_when_they_were_made_and_the_first_studio_is_the_main_one(tmp_path: Path) -> None:
    data = made.make(made.FEW)
    data["video_studios"] = [
        {"video_id": 1, "studio_id": 2, "added_at": made.moment(9)},
        {"video_id": 1, "studio_id": 3, "added_at": made.moment(4)},
    ]

    found = read(made.write_json(tmp_path, data))

    assert values_of(found, "video_tags", "1:1") == {
        "video": Ref("videos", "1"), "tag": Ref("tags", "1"), "source": "import", "created_at": _at("2024-01-01 08:00"),
    }  # fmt: skip
    assert [values_of(found, "video_studios", f"1:{number}")["is_primary"] for number in (2, 3)] == [False, True]


def test_a_scan_keeps_what_can_be_trusted(clean: Read) -> None:
    mapped = clean["scan_logs", "5"]

    assert values_of(clean, "scan_logs", 5) == {
        "folder": Ref("watched_directories", "1"), "status": "completed",
        "error": "/srv/videos/bad.mp4: moov atom not found", "started_at": _at("2024-01-01 13:00"),
        "finished_at": _at("2024-01-01 13:03"), "files_seen": 2000, "files_missing": 1,
        "created_at": _at("2024-01-01 13:00"),
    }  # fmt: skip
    assert mapped.kept == {"files_added": 2000, "files_updated": 0}


def test_plays_come_with_the_place_in_the_video(clean: Read) -> None:
    assert values_of(clean, "video_stats", "1:2") == {
        "user": Ref("users", "1"), "video": Ref("videos", "2"), "play_count": 2, "total_watch_seconds": 200.5,
        "session_watch_seconds": 20.0, "is_session_counted": True, "last_played_at": _at("2024-01-01 08:14"),
        "last_watched_at": _at("2024-01-01 08:21"), "created_at": _at("2024-01-01 08:14"),
    }  # fmt: skip
    assert values_of(clean, "video_stats", "1:2", "progress") == {
        "user": Ref("users", "1"), "video": Ref("videos", "2"), "position_seconds": 33.0, "duration_seconds": 602.0,
        "is_completed": False, "watched_at": _at("2024-01-01 08:21"),
    }  # fmt: skip


def test_stars_are_the_owners(clean: Read) -> None:
    assert values_of(clean, "ratings", 1) == {
        "user": Ref("users", "1"), "video": Ref("videos", "1"), "stars": Decimal(2), "comment": "Fine",
        "rated_at": _at("2024-01-01 08:07"), "created_at": _at("2024-01-01 08:07"),
    }  # fmt: skip


def test_lists_marks_notes_and_places_in_triage(clean: Read) -> None:
    assert values_of(clean, "playlist_videos", "1:3")["position"] == 2
    assert values_of(clean, "favorites", "1:1")["added_at"] == _at("2024-01-01 08:07")
    assert values_of(clean, "bookmarks", 1)["start_seconds"] == 12.5
    assert values_of(clean, "video_metadata", 1) == {"video": Ref("videos", "1"), "key": "camera", "value": "A7"}
    assert values_of(clean, "triage_progress", 1)["queue"] == "without-tags"
    assert values_of(clean, "triage_progress", 1)["position"] == Ref("videos", "2")


def test_every_queue_of_theirs_is_one_of_ours() -> None:
    assert set(QUEUES.values()) <= {queue.key for queue in all_queues()}


def test_conversions_that_ended_come_with_their_history(clean: Read) -> None:
    assert values_of(clean, "conversion_jobs", 1) == {
        "video": Ref("videos", "1"), "title": "film 1.avi", "source_path": SourcePath("/srv/videos/old/film 1.avi"),
        "source_bytes": 4 * 10**9, "output_path": SourcePath("/srv/converted/1.mkv"), "output_bytes": 900_000_000,
        "preset_key": "1080p_av1", "preset_settings": {"codec": "av1"}, "target_resolution": "1920x1080",
        "command": "ffmpeg -i x", "started_at": _at("2024-01-01 08:56"), "finished_at": _at("2024-01-01 09:03"),
        "created_at": _at("2024-01-01 08:49"), "encode_seconds": 90.5, "is_replacing": False, "status": "completed",
        "error": "", "percent": 100, "ffmpeg_output": "",
    }  # fmt: skip
    assert clean["conversion_jobs", "5"].skipped == "unfinished"
    assert clean["conversion_history", "1"].skipped == "taken_along"
    assert values_of(clean, "conversion_history", 77)["status"] == "completed"


def test_snapshots_in_both_shapes_are_the_same(clean: Read) -> None:
    one, other = (values_of(clean, "stats_library_snapshots", number) for number in (1, 2))

    assert one["resolution_breakdown"] == other["resolution_breakdown"] == [
        {"key": "1080", "label": "1080p", "count": 1500, "percentage": 71.74},
        {"key": "2160", "label": "4K", "count": 500, "percentage": 23.91},
        {"key": "", "label": "Unknown", "count": 91, "percentage": 4.35},
    ]  # fmt: skip
    assert one["day"] == date(2024, 1, 2)
    hours = [values_of(clean, "stats_usage_snapshots", number)["activity_by_hour"] for number in (1, 2)]
    assert hours[0] == hours[1]
    assert (hours[0]["09"], hours[0]["21"], len(hours[0])) == (3, 40, 24)
    storage = values_of(clean, "stats_storage_snapshots", 1)
    assert storage["directory_breakdown"][0]["directory_id"] == Ref("watched_directories", "1")
    assert storage["derived_bytes"] == 13_050
    content = values_of(clean, "stats_content_snapshots", 1)
    assert content["top_tags"] == [{"name": "tag 1", "video_count": 9, "id": Ref("tags", "1")}]
    assert content["top_creators"] == [{"name": "Person 1", "video_count": 12}]


def test_rules_are_folded_and_what_cannot_be_said_is_switched_off(clean: Read) -> None:
    by_path, by_size, odd = (values_of(clean, "tagging_rules", number) for number in (1, 2, 3))

    assert by_path["conditions"] == [{"field": "path", "operator": "matches", "value": "OnlyFans/(?<creator>[^/]+)/"}]
    assert by_path["actions"] == [{"do": "add", "kind": "creator", "capture": "creator"}]
    assert (by_path["kind"], by_path["is_enabled"], by_path["priority"]) == ("path_match", True, 100)
    assert by_size["conditions"] == [
        {"field": "width", "operator": "is", "value": 3840},
        {"field": "height", "operator": "is", "value": 2160},
    ]
    assert by_size["actions"] == [{"do": "add", "kind": "tag", "id": Ref("tags", "1")}]
    assert (odd["kind"], odd["is_enabled"], odd["conditions"]) == ("manual", False, [])
    assert clean["tagging_rules", "3"].kept["conditions"][0]["condition_type"] == "moon"
    parts = [clean[f"tagging_rule_{name}", "1"].skipped for name in ("conditions", "actions")]
    assert parts == ["taken_along", "taken_along"]
    assert clean["tagging_rule_log", "1"].skipped == "no_place_yet"


@pytest.mark.parametrize("shape", [1, 2, 3, 4])
def test_all_four_shapes_of_faces_become_the_same(files: dict[int, Path], shape: int) -> None:
    found = read(files[shape])

    face, reference = values_of(found, "video_face_detections", 1), values_of(found, "creator_face_embeddings", 1)

    box = {name: pytest.approx(face[name]) for name in ("left", "top", "width", "height")}
    assert box == {"left": 0.25, "top": 0.5, "width": 0.1, "height": 0.2}
    assert (face["time_seconds"], face["quality"], face["confidence"]) == (10.0, 0.7, 0.8)
    assert (face["status"], face["creator"]) == ("matched", Ref("creators", "1"))
    assert face["embedding"] == reference["embedding"] == made.vector(1)
    assert face["model_name"] == reference["model_name"] == "buffalo_l"
    assert (reference["creator"], reference["quality"]) == (Ref("creators", "1"), 0.9)
    assert reference["source"] == {1: "profile_picture", 2: "profile_picture", 3: "manual", 4: "manual"}[shape]


def test_words_of_a_face_map_to_ours_and_stay_readable(files: dict[int, Path]) -> None:
    first, third = read(files[1]), read(files[3])

    def words(found: Read) -> list[tuple[str, str]]:
        faces = [values_of(found, "video_face_detections", number) for number in (1, 2, 3, 4)]
        return [(face["imported_status"], face["status"]) for face in faces]

    assert words(first) == [
        ("matched", "matched"), ("pending", "pending"), ("rejected", "rejected"), ("manual", "manual"),
    ]  # fmt: skip
    assert words(third) == [
        ("confirmed", "matched"), ("pending", "pending"), ("rejected", "rejected"), ("no_match", "pending"),
    ]  # fmt: skip


def test_faces_of_a_look_that_was_never_published_are_left_out(files: dict[int, Path]) -> None:
    found = read(files[4])

    assert found["video_face_detections", "6"].skipped == "unfinished"
    assert found["face_images", "1"].skipped == "not_imported"


def test_looks_for_faces_that_ended_are_jobs_and_the_last_good_one_counts(files: dict[int, Path]) -> None:
    second, third = read(files[2]), read(files[3])

    assert second["face_match_queue", "2"].skipped == "unfinished"
    assert values_of(second, "face_match_queue", 1, "look") == {
        "file": Ref("videos", "1", "file"), "state": "done", "frames_to_process": 5, "frames_processed": 5,
        "faces_detected": 3, "faces_matched": 1,
    }  # fmt: skip
    failed = values_of(third, "face_extraction_jobs", 2)
    assert (failed["status"], failed["attempts"], failed["error"]) == ("failed", 4, "service down")
    assert len(third["face_extraction_jobs", "2"].records) == 1


def test_both_thresholds_of_faces_come_together(clean: Read) -> None:
    both = {"match_threshold": 0.65, "auto_tag_threshold": 0.75}

    assert values_of(clean, "face_recognition_config", "match_threshold") == both
    assert values_of(clean, "face_recognition_config", "auto_tag_threshold") == both
    assert values_of(clean, "face_recognition_config", "min_face_size") == {"min_face_size": 70}
    assert values_of(clean, "face_recognition_config", "enabled") == {"is_enabled": True}


# Completeness


def test_every_table_of_every_release_is_known_with_all_its_columns() -> None:
    for shape in FACES:
        for name, text in schema(shape).items():
            assert set(columns_of(text)) <= BY_NAME[name].columns, name


def test_parents_are_read_before_what_points_to_them() -> None:
    order = list(BY_NAME)

    for text_of in (SCHEMA, *FACES.values()):
        for name, text in text_of.items():
            parents = {part.split(">")[1] for part in text.split() if ">" in part} - {name}
            assert all(order.index(parent) < order.index(name) for parent in parents), name


def test_records_name_fields_that_there_are(files: dict[int, Path]) -> None:
    extras = {
        "library.user": {"is_owner", "role"}, "library.video": {"file", "folder"}, "people.creator": {"picture"},
        "faces.reference": {"model_name", "model_version", "picture"},
        "faces.detection": {"model_name", "model_version", "status", "imported_status", "creator", "confidence"},
    }  # fmt: skip
    models = {"faces.reference": "faces.facereference", "faces.detection": "faces.facedetection"}

    for shape in files:
        for mapped in read(files[shape]).values():
            for record in mapped.records:
                known = {field.name for field in apps.get_model(models.get(record.kind, record.kind))._meta.fields}
                assert set(record.values) <= known | extras.get(record.kind, set()), record.kind


def test_reasons_have_sentences(dirty: Read) -> None:
    assert {reason for table, _ in dirty for reason in reasons(dirty, table)} <= set(REASONS)


# Carriers


def test_all_carriers_tell_the_same(files: dict[int, Path], tmp_path: Path) -> None:
    data = made.make(made.FEW, shape=4)
    folder = made.write_json(tmp_path, data)
    with other_database("video_streaming") as url:
        made.write_postgres(url, data, 4)
        stored, database = read(files[4]), read(url)
        with closing(open_source(url)) as source:
            identity = source.identity
            after = [row.key for row in source.rows("video_tags", "4:4")]
    dumps = read(folder)

    assert {key: mapped.records for key, mapped in dumps.items()} == {
        key: mapped.records for key, mapped in stored.items()
    }
    assert {key: mapped.records for key, mapped in database.items()} == {
        key: mapped.records for key, mapped in stored.items()
    }
    with closing(open_source(files[4])) as source:
        assert source.identity == identity
        assert [row.key for row in source.rows("video_tags", "4:4")] == after
    with closing(open_source(folder / "data" / "migration")) as source:
        assert source.identity == identity


@pytest.mark.parametrize("table", ["videos", "video_tags", "app_settings"])
def test_reading_goes_on_behind_any_row(files: dict[int, Path], tmp_path: Path, table: str) -> None:
    folder = made.write_json(tmp_path, made.make(made.FEW, shape=4))

    for location in (files[4], folder):
        with closing(open_source(location)) as source:
            keys = [row.key for row in source.rows(table)]
            for number, key in enumerate(keys):
                assert [row.key for row in source.rows(table, key)] == keys[number + 1 :]


def test_the_documented_volumes_are_read_whole(tmp_path: Path) -> None:
    path = made.build_clean(tmp_path / "old.db")

    with closing(open_source(path)) as source:
        rows = {table.name: table.rows for table in source.tables()}
        read = {name: [source.map(row) for row in source.rows(name)] for name in rows}

    assert {name: rows[name] for name in made.COUNTS} == made.COUNTS
    assert sum(made.COUNTS.values()) == 5640
    assert {name: len(found) for name, found in read.items()} == rows
    left = {mapped.skipped for found in read.values() for mapped in found}
    assert left == {"", "not_imported", "taken_along", "unfinished"}


def test_what_is_no_data_of_this_system_is_told(tmp_path: Path) -> None:
    (tmp_path / "library.json").write_text("[]")

    with pytest.raises(SourceError, match="no dumps of tables"):
        open_source(tmp_path)
    with pytest.raises(SourceError, match="isn't there"):
        open_source(tmp_path / "none.db")
    with pytest.raises(SourceError, match="no SQLite database"):
        open_source(tmp_path / "library.json")


# Bad input


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("app_settings", {"bad_number": 2, "no_place_yet": 1}),
        ("videos", {"bad_text": 1, "bad_date": 1, "bad_number": 1, "bad_boolean": 1, "too_long": 1,
                    "unknown_column": 1, "dangling_reference": 1}),
        ("creators", {"no_name": 1}),
        ("studios", {"bad_value": 1}),
        ("tags", {"bad_value": 1}),
        ("creator_platforms", {"duplicate": 1, "no_name": 1}),
        ("creator_social_links", {"no_name": 1}),
        ("video_tags", {"dangling_reference": 1, "bad_date": 1}),
        ("scan_logs", {"unfinished": 1, "bad_date": 2, "bad_number": 1}),
        ("video_stats", {"bad_number": 1, "bad_date": 1}),
        ("favorites", {"bad_date": 1}),
        ("bookmarks", {"bad_number": 1}),
        ("ratings", {"duplicate": 1, "bad_number": 1, "bad_date": 1}),
        ("triage_progress", {"dangling_reference": 1, "no_place_yet": 1}),
        ("conversion_jobs", {"bad_value": 1, "unfinished": 1, "bad_number": 1}),
        ("stats_storage_snapshots", {"duplicate": 1, "bad_json": 1}),
        ("stats_usage_snapshots", {"bad_value": 1, "bad_number": 1}),
        ("stats_content_snapshots", {"bad_date": 1}),
        ("video_face_detections", {"bad_vector": 2, "bad_number": 3, "bad_value": 1}),
        ("creator_face_embeddings", {"bad_value": 1, "bad_number": 1, "duplicate": 1}),
        ("watch_parties", {"unknown_table": 2}),
        ("notes", {"unknown_table": 2}),
    ],
)  # fmt: skip
def test_bad_input_is_counted_under_a_reason(dirty: Read, table: str, expected: dict[str, int]) -> None:
    assert reasons(dirty, table) == expected


def test_what_is_left_out_is_kept_as_it_was(dirty: Read) -> None:
    kept = {number: dirty["videos", str(number)].kept for number in range(1, 9)}

    assert kept[1]["title"] == {"escaped": "Fi\\x00lm"}
    assert kept[1]["description"] == {"base64": "Y2Fm6Q=="}
    assert kept[2]["indexed_at"] == "2024-02-30 12:00:00"
    assert (kept[3]["width"], kept[3]["fps"], kept[3]["is_available"]) == ("wide", -1.0, "maybe")
    assert kept[5]["title"] == "x" * 600
    assert kept[6]["mood"] == "blue"
    assert dirty["watch_parties", "row:" + _digest(dirty)].kept["guests"] == {"base64": "AP8="}
    assert dirty["video_face_detections", "2"].kept["embedding"] == "[0.5, 0.25"


def _digest(dirty: Read) -> str:
    return next(key for table, key in dirty if table == "watch_parties").removeprefix("row:")


def test_a_video_with_bad_columns_comes_with_the_rest(dirty: Read) -> None:
    assert values_of(dirty, "videos", 1)["title"] == "Fi\ufffdlm"
    assert values_of(dirty, "videos", 2)["created_at"] == _at("2024-01-01 08:14")
    assert values_of(dirty, "videos", 3)["file"].width is None
    assert values_of(dirty, "videos", 4)["title"] == "film 4.mp4"
    assert values_of(dirty, "videos", 4)["trashed_at"] == _at("2024-01-01 08:35")
    assert values_of(dirty, "videos", 4)["created_at"] == _at("2024-01-03 10:00").replace(microsecond=123_000)
    assert [record.part for record in dirty["videos", "5"].records] == [
        "", "theme:night", "themed:night", "theme:beach", "themed:beach",
    ]  # fmt: skip
    assert values_of(dirty, "videos", 7)["file"].is_missing


def test_circles_of_tags_are_opened_at_one_place(dirty: Read) -> None:
    parents = {number: values_of(dirty, "tags", number).get("parent") for number in (1, 2, 3, 4)}

    assert parents == {1: None, 2: None, 3: Ref("tags", "2"), 4: None}
    assert values_of(dirty, "tags", 3)["color"] == "#aabbcc"
    assert "color" not in values_of(dirty, "tags", 2)


def test_the_newest_stars_count(dirty: Read) -> None:
    assert dirty["ratings", "1"].skipped == "duplicate"
    assert values_of(dirty, "ratings", 2)["stars"] == 4
    assert values_of(dirty, "ratings", 4)["rated_at"] == _at("2024-01-01 08:00")


def test_places_in_a_list_are_made_unique(dirty: Read) -> None:
    places = [values_of(dirty, "playlist_videos", f"1:{number}")["position"] for number in range(1, 9)]

    assert places == [0, 1, 7, 2, 3, 4, 5, 6]


def test_a_scan_whose_error_is_no_list_failed(dirty: Read) -> None:
    assert values_of(dirty, "scan_logs", 1)["status"] == "failed"
    assert values_of(dirty, "scan_logs", 1)["error"] == "ENOENT: /srv/videos is gone"
    assert values_of(dirty, "scan_logs", 4)["started_at"] == values_of(dirty, "scan_logs", 4)["finished_at"]


def test_boxes_in_pixels_need_the_size_of_their_video(dirty: Read) -> None:
    assert dirty["video_face_detections", "4"].skipped == "bad_number"
    assert values_of(dirty, "video_face_detections", 5)["left"] == 0
    assert values_of(dirty, "video_face_detections", 5)["status"] == "pending"


def test_rows_of_one_key_are_told_apart(tmp_path: Path) -> None:
    data = made.make(made.FEW)
    data["videos"].append(data["videos"][0] | {"title": "Again"})
    data["notes"] = [{"text": "same"}, {"text": "same"}]

    found = read(made.write_json(tmp_path, data))

    assert found["videos", "1#2"].skipped == "duplicate"
    assert found["videos", "1#2"].kept["title"] == "Again"
    assert len([key for table, key in found if table == "notes"]) == 2


def test_a_dump_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    folder = made.write_json(tmp_path, made.make(made.FEW))
    path = folder / "data" / "migration" / "videos.json"
    path.write_text(path.read_text()[:-300])

    found = read(folder)

    videos = [mapped for (table, _), mapped in found.items() if table == "videos"]
    assert [mapped.skipped for mapped in videos] == [""] * 7 + ["cut_off"]
    assert '"film 8.mp4"' in videos[-1].kept["broken_text"]


def test_a_second_account_is_no_owner(tmp_path: Path) -> None:
    data = made.make(made.FEW)
    data["users"].insert(0, {"id": 2, "username": "guest", "password_hash": "md5", "created_at": made.moment(99)})

    found = read(made.write_json(tmp_path, data))

    guest = values_of(found, "users", 2)
    assert (guest["is_owner"], guest["role"], guest["password"]) == (False, "user", "")
    assert values_of(found, "users", 1)["is_owner"]
    assert "md5" not in str(found["users", "2"])


def test_folders_are_the_first_paths_that_are_shown(files: dict[int, Path]) -> None:
    with closing(open_source(files[1])) as source:
        paths = source.paths()

    assert paths[0] == "/srv/videos"
    assert "/srv/data/profile-pictures/1.webp" in paths
