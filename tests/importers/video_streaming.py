"""Genuine databases of the "video streaming" backend: its SQLite file, its JSON dumps, its PostgreSQL."""

import json
import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from tests.importers.video_streaming_schema import columns_of, create_table, schema

Data = dict[str, list[dict[str, Any]]]

# What its overview counts, table by table. Their sum is 5,640; the overview's own is one less.
COUNTS = {
    "users": 1, "sessions": 15, "app_settings": 6, "watched_directories": 1, "videos": 2091, "creators": 161,
    "studios": 22, "platforms": 7, "tags": 10, "video_creators": 214, "video_studios": 143, "video_tags": 25,
    "creator_platforms": 6, "creator_studios": 2, "creator_social_links": 9, "studio_social_links": 1,
    "scan_logs": 123, "video_stats": 290, "playlists": 1, "playlist_videos": 18, "favorites": 15, "bookmarks": 2,
    "ratings": 0, "video_metadata": 0, "triage_progress": 0, "thumbnails": 2089, "storyboards": 294,
    "conversion_jobs": 38, "stats_storage_snapshots": 41, "stats_library_snapshots": 5, "stats_content_snapshots": 5,
    "stats_usage_snapshots": 5,
}  # fmt: skip
FEW = {name: min(count, 8) for name, count in COUNTS.items()} | {
    "app_settings": 6, "ratings": 3, "video_metadata": 2, "triage_progress": 2, "creators": 3, "studios": 3,
    "tags": 4, "users": 1, "sessions": 2, "playlists": 1, "watched_directories": 1,
}  # fmt: skip
HASH = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$0f6XUCHbJ0gTBhLVSAhzq1lFxHmz2CfTNHbJ4p2bJVs"
_START = datetime(2024, 1, 1, 8)
_SETTINGS = {
    "min_watch_seconds": "45", "short_video_watch_seconds": "12", "short_video_duration_seconds": "90",
    "downscale_inactive_days": "120", "watch_session_gap_minutes": "20", "max_suggestions": "150",
}  # fmt: skip
_PLATFORMS = ("Patreon", "OnlyFans", "Fansly", "ManyVids", "Clips4Sale", "Twitter", "Reddit")


def build_clean(path: Path, counts: Mapping[str, int] = COUNTS, shape: int = 1) -> Path:
    """A SQLite file at the documented volumes."""
    return write_sqlite(path, make(counts, shape=shape), shape)


def build_large(path: Path, rows: int = 100_000) -> Path:
    """A SQLite file with that many rows in all, most of them links and plays."""
    videos = rows // 5
    counts = FEW | {
        "videos": videos, "creators": rows // 50, "studios": rows // 200, "tags": rows // 200,
        "video_creators": videos, "video_studios": videos // 2, "video_tags": videos, "video_stats": videos // 2,
        "thumbnails": videos // 2,
    }  # fmt: skip
    counts["favorites"] = max(rows - sum(counts.values()) + FEW["favorites"], 0)
    return write_sqlite(path, make(counts, faces=0), 1)


def make(counts: Mapping[str, int] = FEW, *, shape: int = 1, faces: int = 6) -> Data:
    """Rows by table, all as they should be. Deterministic."""
    dice = random.Random(f"{shape}")
    data: Data = {name: [] for name in schema(shape)}
    for name, count in counts.items():
        data[name] = [{"id": number} for number in range(1, count + 1)]
    _fill_core(data, counts)
    _fill_links(data, counts, dice)
    _fill_watching(data, counts, dice)
    _fill_processing(data)
    _fill_snapshots(data)
    fill_faces(data, shape, faces)
    if shape > 1:
        fill_rules(data)
    return data


def write_sqlite(path: Path, data: Data, shape: int, *, wal: bool = False) -> Path:
    """A new file with the release's tables; a table that the schema lacks gets the columns of its rows."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
        for name, text in schema(shape).items():
            connection.execute(create_table(name, text, "sqlite"))
        for name, rows in data.items():
            if rows and name not in schema(shape):
                connection.execute(f"CREATE TABLE {name} ({', '.join(_names(rows))})")
            elif more := set(_names(rows)) - set(columns_of(schema(shape)[name])):
                connection.execute(f"ALTER TABLE {name} ADD COLUMN {more.pop()}")
            for columns, same in _by_columns(rows):
                marks = ", ".join("?" * len(columns))
                values = ([_for_sqlite(row[column]) for column in columns] for row in same)
                connection.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", values)
        connection.commit()
    return path


def write_json(folder: Path, data: Data) -> Path:
    """The dumps: an array of rows for each table, booleans and vectors as JSON has them."""
    dumps = folder / "data" / "migration"
    dumps.mkdir(parents=True)
    for name, rows in data.items():
        (dumps / f"{name}.json").write_text(json.dumps(rows, indent=2))
    return folder


def write_postgres(url: str, data: Data, shape: int) -> None:
    """Into an empty database, by COPY."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        for name, text in schema(shape).items():
            connection.execute(create_table(name, text, "postgres"))
        for name, rows in data.items():
            for columns, same in _by_columns(rows):
                statement = f"COPY {name} ({', '.join(columns)}) FROM STDIN"
                with connection.cursor().copy(statement) as copy:
                    for row in same:
                        copy.write_row([_for_postgres(row[column]) for column in columns])


def moment(number: int) -> str:
    """Another minute for each number, as SQLite writes it."""
    return f"{_START + timedelta(minutes=7 * number):%Y-%m-%d %H:%M:%S}"


@cache
def vector(number: int) -> list[float]:
    dice = random.Random(number)
    return [round(dice.uniform(-1, 1), 5) for _ in range(512)]


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _by_columns(rows: list[dict[str, Any]]) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    yield from ((list(columns), same) for columns, same in groups.items())


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, list | dict) else value


def _for_postgres(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def _fill_core(data: Data, counts: Mapping[str, int]) -> None:
    for row in data["users"]:
        row |= {"username": f"owner{row['id']}" if row["id"] > 1 else "owner", "password_hash": HASH,
                "created_at": moment(0), "updated_at": moment(1)}  # fmt: skip
    for row in data["sessions"]:
        row |= {"id": f"0b6d-{row['id']}", "user_id": 1, "expires_at": moment(900), "created_at": moment(5)}
    data["app_settings"] = [{"key": key, "value": value, "updated_at": moment(2)} for key, value in _SETTINGS.items()][
        : counts["app_settings"]
    ]
    for row in data["watched_directories"]:
        row |= {"path": f"/srv/videos{row['id'] if row['id'] > 1 else ''}", "is_active": True, "auto_scan": True,
                "scan_interval_minutes": 30, "last_scan_at": moment(50), "added_at": moment(1)}  # fmt: skip
    for row in data["videos"]:
        number = row["id"]
        row |= {
            "file_path": f"/srv/videos/set {number % 40}/film {number}.mp4", "file_name": f"film {number}.mp4",
            "directory_id": 1, "file_size_bytes": 3_000_000_000 + number, "file_hash": f"{number:032x}",
            "duration_seconds": 600.0 + number, "width": 1920, "height": 1080, "codec": "h264", "bitrate": 8_000_000,
            "fps": 29.97, "audio_codec": "aac", "title": f"Film {number}", "description": None,
            "themes": "Beach, night" if number % 500 == 1 else None, "is_available": number % 100 != 99,
            "is_deleted": False, "last_verified_at": moment(number + 2), "indexed_at": moment(number),
            "created_at": moment(number), "updated_at": moment(number + 1),
        }  # fmt: skip
    for row in data["creators"]:
        picture = f"/srv/data/profile-pictures/{row['id']}.webp" if row["id"] % 3 == 1 else None
        row |= {"name": f"Person {row['id']}", "description": "Met in Rome.", "profile_picture_path": picture,
                "is_verified": row["id"] % 2 == 0, "created_at": moment(row["id"])}  # fmt: skip
    for row in data["studios"]:
        row |= {"name": f"Studio {row['id']}", "created_at": moment(row["id"]), "is_verified": False,
                "parent_studio_id": 1 if row["id"] == 3 else None}  # fmt: skip
    for row in data["platforms"]:
        name = _PLATFORMS[row["id"] - 1] if row["id"] <= len(_PLATFORMS) else f"Site {row['id']}"
        row |= {"name": name, "base_url": f"https://{name.lower().replace(' ', '')}.com", "created_at": moment(0)}
    for row in data["tags"]:
        row |= {"name": f"tag {row['id']}", "parent_id": 1 if row["id"] in (2, 3) else None, "color": "#3366ff",
                "description": None, "created_at": moment(row["id"])}  # fmt: skip


def _pairs(count: int, first: int, second: int) -> list[tuple[int, int]]:
    """Different pairs, spread over both."""
    return [(number % first + 1, (number // first + number) % second + 1) for number in range(count)]


def _fill_links(data: Data, counts: Mapping[str, int], dice: random.Random) -> None:
    for table, first, second in (
        ("video_creators", "video_id", "creator_id"), ("video_studios", "video_id", "studio_id"),
        ("video_tags", "video_id", "tag_id"), ("creator_studios", "creator_id", "studio_id"),
    ):  # fmt: skip
        sizes = [counts[{"video_id": "videos", "creator_id": "creators", "studio_id": "studios", "tag_id": "tags"}[one]]
                 for one in (first, second)]  # fmt: skip
        data[table] = [
            {first: one, second: other, "added_at": moment(number)}
            for number, (one, other) in enumerate(_pairs(counts[table], *sizes))
        ]
    for row in data["creator_platforms"]:
        row |= {"creator_id": (row["id"] - 1) % counts["creators"] + 1, "username": f"person{row['id']}",
                "platform_id": (row["id"] - 1) // counts["creators"] + 1, "is_primary": row["id"] <= counts["creators"],
                "profile_url": f"https://patreon.com/person{row['id']}", "created_at": moment(9)}  # fmt: skip
    for owner in ("creator", "studio"):
        for row in data[f"{owner}_social_links"]:
            row |= {f"{owner}_id": (row["id"] - 1) % counts[f"{owner}s"] + 1, "platform_name": "Mastodon",
                    "url": f"https://example.com/@{owner}{row['id']}", "created_at": moment(9)}  # fmt: skip
    for row in data["scan_logs"]:
        # The only moments that the system wrote as ISO.
        started = _START + timedelta(hours=row["id"])
        row |= {"directory_id": 1, "files_found": 2000, "files_added": 2000, "files_updated": 0, "files_removed": 1,
                "errors": json.dumps(["/srv/videos/bad.mp4: moov atom not found"]) if row["id"] % 5 == 0 else None,
                "started_at": f"{started:%Y-%m-%dT%H:%M:%S.000Z}",
                "completed_at": f"{started + timedelta(minutes=3):%Y-%m-%d %H:%M:%S}"}  # fmt: skip


def _fill_watching(data: Data, counts: Mapping[str, int], dice: random.Random) -> None:
    data["video_stats"] = [
        {"user_id": 1, "video_id": number, "play_count": number % 4, "total_watch_seconds": 200.5,
         "session_watch_seconds": 20.0, "session_play_counted": number % 2 == 0, "last_position_seconds": 33.0,
         "last_played_at": moment(number), "last_watch_at": moment(number + 1), "created_at": moment(number),
         "updated_at": moment(number + 1)}
        for number in range(1, counts["video_stats"] + 1)
    ]  # fmt: skip
    for row in data["playlists"]:
        row |= {"user_id": 1, "name": f"List {row['id']}", "created_at": moment(3)}
    data["playlist_videos"] = [
        {"playlist_id": 1, "video_id": number, "position": number, "added_at": moment(number)}
        for number in range(1, counts["playlist_videos"] + 1)
    ]
    data["favorites"] = [
        {"user_id": 1, "video_id": number, "added_at": moment(number)} for number in range(1, counts["favorites"] + 1)
    ]
    for row in data["bookmarks"]:
        row |= {"video_id": row["id"], "user_id": 1, "timestamp_seconds": 12.5, "name": "The good part",
                "description": "Look", "created_at": moment(4)}  # fmt: skip
    for row in data["ratings"]:
        row |= {"video_id": row["id"], "rating": row["id"] % 5 + 1, "comment": "Fine", "rated_at": moment(row["id"])}
    for row in data["video_metadata"]:
        row |= {"video_id": row["id"], "key": "camera", "value": "A7"}
    for row, key in zip(data["triage_progress"], ("videos_without_tags", "new_videos"), strict=False):
        row |= {"user_id": 1, "filter_key": key, "last_video_id": 2, "processed_count": 2, "total_count": 80,
                "created_at": moment(5), "updated_at": moment(6)}  # fmt: skip


def _fill_processing(data: Data) -> None:
    for row in data["thumbnails"]:
        number = row["id"]
        # Every hundredth is of a moment that somebody chose.
        seconds = 42.0 if number % 100 == 2 else (600.0 + number) / 5
        row |= {"video_id": number, "file_path": f"/srv/data/thumbnails/thumbnail_{number}_1.webp",
                "timestamp_seconds": seconds, "width": 320, "height": 180, "auto_generated": True,
                "generated_at": moment(number)}  # fmt: skip
    for row in data["storyboards"]:
        row |= {"video_id": row["id"], "sprite_path": f"/srv/data/storyboards/{row['id']}.webp",
                "vtt_path": f"/srv/data/storyboards/{row['id']}.vtt", "tile_width": 256, "tile_height": 144,
                "tile_count": 120, "interval_seconds": 5.0}  # fmt: skip
    words = ("completed", "failed", "cancelled", "completed", "pending")
    for row in data["conversion_jobs"]:
        word = words[(row["id"] - 1) % len(words)]
        row |= {"video_id": row["id"], "status": word, "preset": "1080p_av1", "codec": "av1",
                "target_resolution": "1920x1080" if row["id"] % 2 else "1920x-2", "progress_percent": 100,
                "output_path": f"/srv/converted/{row['id']}.mkv" if word == "completed" else None,
                "output_size_bytes": 900_000_000 if word == "completed" else None,
                "error_message": "No space left" if word == "failed" else None, "delete_original": False,
                "batch_id": "b-1", "started_at": moment(8), "completed_at": moment(9),
                "created_at": moment(7)}  # fmt: skip


def _fill_snapshots(data: Data) -> None:
    for row in data["stats_storage_snapshots"]:
        row |= {"total_video_size_bytes": 3 * 10**12, "total_video_count": 2091, "thumbnails_size_bytes": 4000,
                "storyboards_size_bytes": 9000, "profile_pictures_size_bytes": 50, "converted_size_bytes": 10**9,
                "database_size_bytes": 5 * 10**8, "directory_breakdown": json.dumps(
                    [{"directory_id": 1, "path": "/srv/videos", "size_bytes": 3 * 10**12, "video_count": 2091}]),
                "created_at": f"{_START + timedelta(hours=row['id']):%Y-%m-%d %H:%M:%S}"}  # fmt: skip
    for name in ("library", "content", "usage"):
        for row in data[f"stats_{name}_snapshots"]:
            row["created_at"] = f"{_START + timedelta(days=row['id']):%Y-%m-%d} 00:00:00"
    for row in data["stats_library_snapshots"]:
        # Both shapes: what the code wrote, and what the documents say.
        sizes: Any = {"1080p": 1500, "4K": 500, "Unknown": 91}
        if row["id"] % 2:
            sizes = [{"resolution": key, "count": count, "percentage": 1.0} for key, count in sizes.items()]
        row |= {"total_video_count": 2091, "available_video_count": 2070, "unavailable_video_count": 21,
                "total_size_bytes": 3 * 10**12, "average_size_bytes": 1_434_720_229,
                "total_duration_seconds": 4e6, "average_duration_seconds": 1913.0,
                "resolution_breakdown": json.dumps(sizes),
                "codec_breakdown": json.dumps([{"codec": "h264", "count": 2091, "percentage": 100}])}  # fmt: skip
    for row in data["stats_content_snapshots"]:
        row |= {"videos_without_tags": 2066, "videos_without_creators": 1880, "videos_without_ratings": 2091,
                "videos_without_thumbnails": 2, "videos_without_storyboards": 1797, "total_tags": 10,
                "total_creators": 161, "total_studios": 22, "total_playlists": 1,
                "top_tags": json.dumps([{"id": 1, "name": "tag 1", "video_count": 9}]),
                "top_creators": json.dumps([{"name": "Person 1", "count": 12}])}  # fmt: skip
    for row in data["stats_usage_snapshots"]:
        row |= {"total_watch_time_seconds": 58_145.0, "total_play_count": 430, "unique_videos_watched": 217,
                "videos_never_watched": 1874, "average_completion_rate": 23.5,
                "top_watched": json.dumps([{"video_id": 1, "title": "Film 1", "play_count": 9,
                                            "total_watch_seconds": 800}]),
                "activity_by_hour": json.dumps({"9" if row["id"] % 2 else "09": 3, "21": 40})}  # fmt: skip


def fill_faces(data: Data, shape: int, count: int) -> None:
    """References and detections in one of the four shapes, of the same faces."""
    numbers = range(1, count + 1)
    data["creator_face_embeddings"] = [_reference(number, shape) for number in numbers[:2]]
    data["video_face_detections"] = [_detection(number, shape) for number in numbers]
    config = {"match_threshold": "0.65", "auto_tag_threshold": "0.75", "frames_per_video": "8", "min_face_size": "70",
              "enabled": "true"}  # fmt: skip
    if shape < 3 and count:
        data["face_recognition_config"] = [
            {**({"id": number} if shape == 2 else {}), "key": key, "value": value}
            for number, (key, value) in enumerate(config.items(), 1)
        ]
    looked = {"status": "completed", "faces_detected": 3, "started_at": moment(8), "completed_at": moment(9),
              "created_at": moment(7)}  # fmt: skip
    if shape == 2:
        data["face_match_queue"] = [
            {"id": 1, "video_id": 1, "frames_to_process": 5, "frames_processed": 5, "faces_matched": 1, **looked},
            {"id": 2, "video_id": 2, **looked, "status": "pending", "completed_at": None},
        ]
    elif shape > 2:
        data["face_extraction_jobs"] = [
            {"id": 1, "video_id": 1, "total_frames": 5, "processed_frames": 5, "retry_count": 0, **looked},
            {"id": 2, "video_id": 2, "retry_count": 3, **looked, "status": "failed", "error_message": "service down"},
        ]
    if shape == 4:
        data["face_images"] = [{"id": 1, "detection_id": 1, "file_path": "/srv/data/faces/1.webp"}]


def _reference(number: int, shape: int) -> dict[str, Any]:
    path = f"/srv/data/p/{number}.webp"
    row = {"id": number, "creator_id": number, "embedding": vector(number), "created_at": moment(number)}
    if shape == 1:
        return row | {
            "source_type": "profile_picture",
            "source_path": path,
            "quality_score": 0.9,
        }
    if shape == 2:
        return row | {"source_image_path": path, "confidence": 0.9, "is_verified": True}
    return row | {"source_type": "manual_upload", "det_score": 0.9, "is_primary": True, "estimated_gender": "F"}


def _detection(number: int, shape: int) -> dict[str, Any]:
    """The same box in all shapes, as fractions or as pixels of 1920 × 1080."""
    row = {"id": number, "video_id": (number - 1) % 3 + 1, "embedding": vector(number), "match_confidence": 0.8}
    row |= {"matched_creator_id": None if number % 3 == 0 else 1}
    if shape == 1:
        words = ("matched", "pending", "rejected", "manual")
        return row | {"frame_timestamp": 10.0 * number, "bbox_x": 0.25, "bbox_y": 0.5, "bbox_width": 0.1,
                      "bbox_height": 0.2, "quality_score": 0.7, "match_status": words[(number - 1) % 4],
                      "created_at": moment(number)}  # fmt: skip
    if shape == 2:
        return row | {"timestamp_seconds": 10.0 * number, "bounding_box_x": 480, "bounding_box_y": 540,
                      "bounding_box_width": 192, "bounding_box_height": 216, "confidence": 0.7,
                      "is_verified": number % 2 == 1, "detected_at": moment(number)}  # fmt: skip
    words = ("confirmed", "pending", "rejected", "no_match")
    row |= {"timestamp_seconds": 10.0 * number, "frame_index": number, "bbox_x1": 480.0, "bbox_y1": 540.0,
            "bbox_x2": 672.0, "bbox_y2": 756.0, "det_score": 0.7, "match_status": words[(number - 1) % 4],
            "created_at": moment(number)}  # fmt: skip
    return row | ({"face_extraction_job_id": 1, "is_published": number != 6} if shape == 4 else {})


def fill_rules(data: Data) -> None:
    """The three rules that the system came with, and the history of a conversion."""
    data["tagging_rules"] = [
        {"id": 1, "name": "OnlyFans", "rule_type": "path_match", "is_enabled": True, "priority": 100},
        {"id": 2, "name": "4K", "rule_type": "metadata_match", "is_enabled": True, "priority": 10},
        {"id": 3, "name": "Odd", "rule_type": "metadata_match", "is_enabled": True, "priority": 5},
    ]
    data["tagging_rule_conditions"] = [
        {"id": 1, "rule_id": 1, "condition_type": "path", "operator": "regex", "value": "OnlyFans/(?<creator>[^/]+)/"},
        {"id": 2, "rule_id": 2, "condition_type": "resolution", "operator": "equals", "value": "3840x2160"},
        {"id": 3, "rule_id": 3, "condition_type": "moon", "operator": "equals", "value": "full"},
    ]
    data["tagging_rule_actions"] = [
        {"id": 1, "rule_id": 1, "action_type": "add_creator", "target_id": None, "target_name": None,
         "dynamic_value": "$creator"},
        {"id": 2, "rule_id": 2, "action_type": "add_tag", "target_id": 1, "target_name": None, "dynamic_value": None},
        {"id": 3, "rule_id": 3, "action_type": "add_tag", "target_id": None, "target_name": "moon",
         "dynamic_value": None},
    ]  # fmt: skip
    data["tagging_rule_log"] = [{"id": 1, "rule_id": 1, "video_id": 1, "applied_at": moment(9), "success": True}]
    data["conversion_history"] = [
        {"id": number, "conversion_job_id": job, "video_id": 1, "source_file_path": "/srv/videos/old/film 1.avi",
         "preset": "1080p_av1", "codec": "av1", "ffmpeg_command": "ffmpeg -i x", "original_size_bytes": 4 * 10**9,
         "output_size_bytes": 10**9, "conversion_duration_ms": 90_500, "created_at": moment(9)}
        for number, job in ((1, 1), (2, 77))
    ]  # fmt: skip


def build_dirty(path: Path) -> Path:
    """A SQLite file, of the third release, with everything that has been seen to be wrong in one."""
    return write_sqlite(path, make_dirty(), 3)


def make_dirty() -> Data:
    """Bad values in rows that are there, rows that point to nothing, columns and tables that nobody knows."""
    data = make(FEW, shape=3)
    _spoil_core(data)
    _spoil_links(data)
    _spoil_figures(data)
    return data


def _spoil_core(data: Data) -> None:
    videos = data["videos"]
    videos[0] |= {"title": "Fi\x00lm", "description": b"caf\xe9"}
    videos[1] |= {"indexed_at": "2024-02-30 12:00:00", "last_verified_at": "0000-00-00 00:00:00"}
    videos[2] |= {"width": "wide", "fps": -1, "is_available": "maybe"}
    videos[3] |= {"title": None, "is_deleted": "true", "indexed_at": "2024-01-03T10:00:00.123Z"}
    videos[4] |= {"title": "x" * 600, "directory_id": 99, "themes": " Night ,, night,Beach "}
    videos[5] |= {"mood": "blue"}
    videos[6] |= {"is_available": "0", "duration_seconds": None, "width": None}
    data["app_settings"][0]["value"] = "soon"
    data["app_settings"][1]["value"] = "99999"
    data["app_settings"].append({"key": "stash_auto_sync", "value": "true", "updated_at": moment(3)})
    logs = data["scan_logs"]
    logs[0] |= {"errors": "ENOENT: /srv/videos is gone"}
    logs[1] |= {"completed_at": None}
    logs[2] |= {"completed_at": "2024-13-01 00:00:00"}
    logs[3] |= {"started_at": "yesterday", "files_found": "many"}
    data["watch_parties"] = [{"id": 1, "guests": b"\x00\xff"}, {"id": 2, "guests": None}]
    data["notes"] = [{"text": "same"}, {"text": "same"}]


def _spoil_links(data: Data) -> None:
    data["tags"][1] |= {"parent_id": 3, "color": "red"}
    data["tags"][2] |= {"parent_id": 2, "color": "#abc"}
    data["tags"][3] |= {"name": "tag 1", "parent_id": None}
    data["creators"][0] |= {"name": " ", "is_verified": "perhaps"}
    data["studios"][0] |= {"parent_studio_id": 1}
    data["studios"][1] |= {"created_at": 1_704_096_000}
    data["creator_platforms"][3] |= {"creator_id": 1, "is_primary": True}
    data["creator_platforms"][4] |= {"username": ""}
    data["creator_social_links"][0] |= {"url": ""}
    data["video_tags"] += [{"video_id": 999, "tag_id": 1, "added_at": "never"}, {"video_id": None, "tag_id": 1}]
    data["playlist_videos"][1] |= {"position": 1}
    data["playlist_videos"][2] |= {"position": 70}
    data["favorites"][0] |= {"added_at": "2024-06-31 00:00:00"}
    data["bookmarks"][0] |= {"timestamp_seconds": "later"}
    data["ratings"] = [
        {"id": 1, "video_id": 1, "rating": 2, "rated_at": moment(5)},
        {"id": 2, "video_id": 1, "rating": 4, "rated_at": moment(9)},
        {"id": 3, "video_id": 2, "rating": 9, "rated_at": moment(9)},
        {"id": 4, "video_id": 3, "rating": "5", "rated_at": "0000-00-00"},
    ]
    data["triage_progress"][0] |= {"last_video_id": 999}
    data["triage_progress"][1] |= {"filter_key": "videos_of_the_moon"}


def _spoil_figures(data: Data) -> None:
    data["video_stats"][0] |= {"total_watch_seconds": -5, "play_count": "3", "session_play_counted": "1"}
    data["video_stats"][1] |= {"last_watch_at": "2024-01-05T10:00:00Z", "last_played_at": "infinity"}
    data["conversion_jobs"][0] |= {"status": "exploded"}
    data["conversion_jobs"][1] |= {"progress_percent": 900, "video_id": 999}
    data["stats_storage_snapshots"][1] |= {"created_at": data["stats_storage_snapshots"][0]["created_at"]}
    data["stats_storage_snapshots"][2] |= {"directory_breakdown": '[{"directory_id": 1'}
    data["stats_usage_snapshots"][0] |= {"activity_by_hour": '{"25": 1, "7": 2}', "average_completion_rate": 900}
    data["stats_content_snapshots"][0] |= {"created_at": None}
    faces = data["video_face_detections"]
    faces[0]["embedding"] = vector(1)[:511]
    faces[1]["embedding"] = "[0.5, 0.25"
    faces[2] |= {"bbox_x2": 480.0}
    faces[3] |= {"video_id": 7}
    faces[4] |= {"match_status": "dreamt", "bbox_x1": -20.0}
    data["creator_face_embeddings"][0] |= {"source_type": "dream", "det_score": 7}
    data["creator_face_embeddings"][1] |= {"creator_id": 1}
