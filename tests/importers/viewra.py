"""Genuine data of Viewra: databases as its program makes them, and as its document has them."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

MEDIA = "/mnt/media"
FILM, CUT, EPISODE, SONG, LOOSE, PICTURE = "f-film", "f-cut", "f-episode", "f-song", "f-loose", "f-picture"
HASH = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
WHEN = "2025-06-24 17:25:29.123456-04:00"

# As GORM makes them; DATETIME stands for the moments, which SQLite has as text and PostgreSQL as timestamptz.
_STAMPS = "created_at DATETIME, updated_at DATETIME"
SCHEMA = {
    "users": f"id INTEGER PRIMARY KEY, username TEXT, email TEXT, password TEXT, {_STAMPS}",
    "media_libraries": f"id INTEGER PRIMARY KEY, path TEXT, type TEXT, {_STAMPS}",
    "scan_jobs": "id INTEGER PRIMARY KEY, library_id INTEGER, status TEXT, progress REAL, files_found INTEGER,"
    " files_processed INTEGER, files_skipped INTEGER, bytes_processed BIGINT, error_message TEXT, status_message TEXT,"
    f" started_at DATETIME, resumed_at DATETIME, completed_at DATETIME, {_STAMPS}",
    "media_files": "id TEXT PRIMARY KEY, media_id TEXT, media_type TEXT, library_id INTEGER, scan_job_id INTEGER,"
    " path TEXT UNIQUE, container TEXT, video_codec TEXT, audio_codec TEXT, channels TEXT, sample_rate INTEGER,"
    " resolution TEXT, duration INTEGER, size_bytes BIGINT, bitrate_kbps INTEGER, language TEXT, hash TEXT,"
    " version_name TEXT, technical_info TEXT, video_streams TEXT, video_width INTEGER, video_height INTEGER,"
    f" video_framerate TEXT, last_seen DATETIME, {_STAMPS}",
    "movies": "id TEXT PRIMARY KEY, title TEXT, original_title TEXT, overview TEXT, tagline TEXT,"
    " release_date DATETIME, runtime INTEGER, rating TEXT, tmdb_rating REAL, vote_count INTEGER, budget BIGINT,"
    " poster TEXT, genres TEXT, keywords TEXT, main_cast TEXT, main_crew TEXT, tmdb_id TEXT, imdb_id TEXT,"
    f" external_ids TEXT, awards TEXT, {_STAMPS}",
    "tv_shows": "id TEXT PRIMARY KEY, title TEXT, description TEXT, first_air_date DATETIME, status TEXT, poster TEXT,"
    f" tmdb_id TEXT, {_STAMPS}",
    "seasons": "id TEXT PRIMARY KEY, tv_show_id TEXT, season_number INTEGER, description TEXT, air_date DATETIME,"
    f" {_STAMPS}",
    "episodes": "id TEXT PRIMARY KEY, season_id TEXT, title TEXT, episode_number INTEGER, air_date DATETIME,"
    f" description TEXT, duration INTEGER, still_image TEXT, {_STAMPS}",
    "artists": f"id TEXT PRIMARY KEY, name TEXT, description TEXT, image TEXT, {_STAMPS}",
    "albums": f"id TEXT PRIMARY KEY, title TEXT, artist_id TEXT, release_date DATETIME, artwork TEXT, {_STAMPS}",
    "tracks": "id TEXT PRIMARY KEY, title TEXT, album_id TEXT, artist_id TEXT, track_number INTEGER, duration INTEGER,"
    f" lyrics TEXT, {_STAMPS}",
    "people": f"id TEXT PRIMARY KEY, name TEXT, birthdate DATETIME, image TEXT, {_STAMPS}",
    "roles": f"person_id TEXT, media_id TEXT, media_type TEXT, role TEXT, {_STAMPS}",
    "media_assets": "id TEXT PRIMARY KEY, entity_type TEXT, entity_id TEXT, type TEXT, source TEXT, path TEXT,"
    f" preferred NUMERIC, width INTEGER, height INTEGER, {_STAMPS}",
    "media_external_ids": f"media_id TEXT, media_type TEXT, source TEXT, external_id TEXT, {_STAMPS}",
    "media_enrichments": "media_id TEXT, media_type TEXT, plugin TEXT, payload TEXT, updated_at DATETIME",
    "tmdb_enrichments": "id INTEGER PRIMARY KEY, media_file_id TEXT, tm_db_id TEXT, tm_db_type TEXT, title TEXT,"
    " overview TEXT, genres TEXT, external_ids TEXT, confidence_score REAL, source_plugin TEXT, processed_at DATETIME",
    "plugins": "id INTEGER PRIMARY KEY, plugin_id TEXT UNIQUE, name TEXT, version TEXT, description TEXT, type TEXT,"
    f" status TEXT, config_data TEXT, {_STAMPS}",
    "playback_sessions": "id TEXT PRIMARY KEY, media_file_id TEXT, user_id TEXT, device_id TEXT, method TEXT,"
    " start_time DATETIME, end_time DATETIME, last_activity DATETIME, position INTEGER, duration INTEGER, state TEXT,"
    f" played_duration INTEGER, completed NUMERIC, ip_address TEXT, user_agent TEXT, {_STAMPS}, deleted_at DATETIME",
    "user_media_progresses": "id TEXT PRIMARY KEY, user_id TEXT, media_file_id TEXT, position INTEGER,"
    f" duration INTEGER, completed NUMERIC, {_STAMPS}, deleted_at DATETIME",
    "playback_histories": "id TEXT PRIMARY KEY, user_id TEXT, media_file_id TEXT, media_title TEXT, media_type TEXT,"
    " played_at DATETIME, duration INTEGER, played_seconds INTEGER, completed NUMERIC, last_position INTEGER,"
    " device_type TEXT, quality TEXT",
    "session_events": "id TEXT PRIMARY KEY, session_id TEXT, event_type TEXT, event_time DATETIME, data TEXT",
    "transcode_sessions": f"id TEXT PRIMARY KEY, {_STAMPS}, provider TEXT, status TEXT, request TEXT, result TEXT",
    "user_preferences": "id INTEGER PRIMARY KEY, user_id TEXT, preferred_genres TEXT",
}
# As the document has them.
DOCUMENTED = {
    "media_libraries": "id TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL UNIQUE, type TEXT NOT NULL,"
    " scan_interval INTEGER DEFAULT 3600, last_scan TIMESTAMP, created_at TIMESTAMP, updated_at TIMESTAMP",
    "media_files": "id TEXT PRIMARY KEY, library_id TEXT, path TEXT NOT NULL, filename TEXT NOT NULL, size INTEGER,"
    " mime_type TEXT, container TEXT, duration INTEGER, width INTEGER, height INTEGER, video_codec TEXT,"
    " audio_codec TEXT, created_at TIMESTAMP, updated_at TIMESTAMP, UNIQUE(library_id, path)",
    "movies": "id TEXT PRIMARY KEY, media_file_id TEXT, title TEXT NOT NULL, original_title TEXT, overview TEXT,"
    ' release_date DATE, runtime INTEGER, genres TEXT, director TEXT, "cast" TEXT, rating REAL, poster_path TEXT,'
    " backdrop_path TEXT, tmdb_id INTEGER, imdb_id TEXT",
    "playback_sessions": "id TEXT PRIMARY KEY, media_file_id TEXT, user_id TEXT, device_id TEXT, method TEXT,"
    " state TEXT, position REAL, duration REAL, start_time TIMESTAMP, last_activity TIMESTAMP, end_time TIMESTAMP",
    "user_media_progress": "user_id TEXT, media_file_id TEXT, position REAL, completed BOOLEAN, updated_at TIMESTAMP,"
    " PRIMARY KEY (user_id, media_file_id)",
    "playback_history": "id TEXT PRIMARY KEY, user_id TEXT, media_file_id TEXT, played_at TIMESTAMP,"
    " duration_watched INTEGER, completed BOOLEAN",
    "plugins": "id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, version TEXT, enabled BOOLEAN,"
    " config TEXT",
    "plugin_metadata": "id TEXT PRIMARY KEY, plugin_id TEXT, media_file_id TEXT, metadata_type TEXT, metadata TEXT,"
    " confidence REAL, created_at TIMESTAMP",
    "transcode_cache": "id TEXT PRIMARY KEY, media_file_id TEXT, content_hash TEXT UNIQUE",
}
Rows = dict[str, list[dict[str, Any]]]


def rows() -> Rows:
    """A small library of everything, as the program leaves it."""
    at = {"created_at": WHEN, "updated_at": WHEN}
    file = {"library_id": 1, "container": "mkv", "video_codec": "hevc", "audio_codec": "aac", **at}
    return {
        "users": [
            {"id": 1, "username": "me", "email": "me@example.org", "password": HASH, **at},
            {"id": 2, "username": "kid", "email": "", "password": "in clear", **at},
        ],
        "media_libraries": [
            {"id": 1, "path": f"{MEDIA}/films", "type": "movie", **at},
            {"id": 2, "path": f"{MEDIA}/shows/", "type": "tv", **at},
            {"id": 3, "path": f"{MEDIA}/music", "type": "music", **at},
        ],
        "scan_jobs": [
            {
                "id": 1, "library_id": 1, "status": "completed", "files_found": 12, "files_skipped": 2,
                "started_at": WHEN, "completed_at": WHEN, **at,
            },
            {"id": 2, "library_id": 2, "status": "paused", "files_found": 3, "started_at": WHEN, **at},
        ],
        "media_files": [
            {
                **file, "id": FILM, "media_id": "m-film", "media_type": "movie", "path": f"{MEDIA}/films/Keeper.mkv",
                "duration": 5400, "size_bytes": 4_000_000_000, "bitrate_kbps": 5900, "video_width": 1920,
                "video_height": 1080, "video_framerate": "24000/1001", "channels": "6", "last_seen": WHEN,
                "version_name": "", "language": "", "hash": "",
            },
            {
                **file, "id": CUT, "media_id": "m-film", "media_type": "movie", "version_name": "Director's Cut",
                "path": f"{MEDIA}/films/Keeper cut.mkv", "duration": 6000, "size_bytes": 5_000_000_000,
                "created_at": "2025-07-01 10:00:00Z",
            },
            {
                **file, "id": EPISODE, "media_id": "e-1", "media_type": "episode", "library_id": 2,
                "path": f"{MEDIA}/shows/Lights/S02E05.mkv", "duration": 1800, "size_bytes": 700_000_000,
            },
            {
                **file, "id": SONG, "media_id": "t-1", "media_type": "track", "library_id": 3, "container": "flac",
                "path": f"{MEDIA}/music/waves.flac", "duration": 200, "size_bytes": 30_000_000, "video_codec": "",
            },
            {"id": LOOSE, "media_id": "", "media_type": "", "path": f"{MEDIA}/films/new one.mp4", **at},
            {"id": PICTURE, "media_id": "", "media_type": "image", "path": f"{MEDIA}/films/poster.jpg", **at},
        ],
        "movies": [
            {
                "id": "m-film", "title": "The Keeper", "original_title": "Väktaren", "overview": "A lighthouse.",
                "release_date": "1999-01-01 00:00:00+00:00", "runtime": 90, "rating": "PG-13", "tmdb_rating": 7.5,
                "genres": json.dumps(["Drama", "Sea"]), "keywords": json.dumps([{"id": 1, "name": "storm"}]),
                "main_cast": json.dumps([{"name": "Ann Actor", "character": "Keeper"}]), "awards": "",
                "main_crew": json.dumps([{"name": "Dan Director", "job": "Director"}]), "tmdb_id": "603",
                "imdb_id": "tt0133093", "external_ids": json.dumps({"wikidata_id": "Q1"}), "vote_count": 9, **at,
            },
            {"id": "m-lost", "title": "No File", "genres": json.dumps(["Drama"]), **at},
        ],
        "tv_shows": [{"id": "s-1", "title": "Harbour Lights", "description": "Boats.", "tmdb_id": "42", **at}],
        "seasons": [{"id": "s-1-2", "tv_show_id": "s-1", "season_number": 2, **at}],
        "episodes": [
            {
                "id": "e-1", "season_id": "s-1-2", "title": "The Storm", "episode_number": 5, "description": "Wind.",
                "air_date": "2013-02-08 00:00:00+00:00", **at,
            }
        ],
        "artists": [{"id": "a-1", "name": "The Band", "description": "Loud.", "image": "", **at}],
        "albums": [{"id": "al-1", "title": "Sea", "artist_id": "a-1", **at}],
        "tracks": [{"id": "t-1", "title": "Waves", "album_id": "al-1", "artist_id": "a-1", "track_number": 3, **at}],
        "people": [
            {"id": "p-1", "name": "Ann Actor", "birthdate": "1960-05-04 00:00:00+00:00", "image": "", **at},
            {"id": "p-2", "name": "Uma Unknown", "birthdate": None, "image": "https://img.example.org/u.jpg", **at},
        ],
        "roles": [
            {"person_id": "p-1", "media_id": "m-film", "media_type": "movie", "role": "Actor", **at},
            {"person_id": "p-1", "media_id": "m-film", "media_type": "movie", "role": "Producer", **at},
            {"person_id": "p-2", "media_id": "s-1", "media_type": "tv_show", "role": "Actor", **at},
        ],
        "media_assets": [
            _asset("as-1", "movie", "m-film", "poster", "movie/ab/poster_tmdb_0011.webp", 1),
            _asset("as-2", "movie", "m-film", "poster", "movie/ab/poster_local_0022.webp", 0),
            _asset("as-3", "actor", "p-1", "headshot", "actor/cd/headshot_tmdb_0033.webp", 1),
            _asset("as-4", "album", "al-1", "cover", "album/ef/cover_embedded_0044.webp", 1),
        ],
        "media_external_ids": [
            {"media_id": "e-1", "media_type": "episode", "source": "tvdb", "external_id": "9001", **at},
            {"media_id": "a-1", "media_type": "artist", "source": "musicbrainz", "external_id": "mb-7", **at},
            {"media_id": "s-1", "media_type": "tv_show", "source": "tmdb", "external_id": "42", **at},
        ],
        "media_enrichments": [
            _enrichment("2025-06-24 17:00:00-04:00", {"title": "Old Title"}),
            _enrichment("2025-06-24 22:00:00Z", {"title": "The Keeper", "genres": ["Drama", "Sea"], "year": 1999}),
            {
                "media_id": "e-1", "media_type": "episode", "plugin": "tv_structure", "updated_at": WHEN,
                "payload": json.dumps({"title": "The Storm", "year": "2013", "source": "filename"}),
            },
        ],
        "tmdb_enrichments": [
            {
                "id": 1, "media_file_id": FILM, "tm_db_id": "603", "tm_db_type": "movie", "title": "The Keeper",
                "overview": "A lighthouse.", "genres": "[18]", "external_ids": json.dumps({"imdb_id": "tt0133093"}),
                "confidence_score": 1.0, "processed_at": WHEN,
            }
        ],
        "plugins": [
            {
                "id": 1, "plugin_id": "tmdb_enricher_v2", "name": "TMDb Enricher", "version": "2.1.0",
                "type": "external", "status": "enabled", "config_data": json.dumps({"api_key": "plugin-api-key"}), **at,
            }
        ],
        "playback_sessions": [
            _session("ps-1", FILM, "1", "2025-05-01 20:00:00Z", ended="2025-05-01 21:00:00Z"),
            _session("ps-2", EPISODE, "1", "2025-05-02 20:00:00Z", ended="2025-05-02 20:20:00Z", deleted_at=WHEN),
            _session("ps-3", FILM, "kid", "2025-05-03 20:00:00Z", ended=None),
        ],
        "user_media_progresses": [
            _progress("pr-1", "1", 100, "2025-05-01 21:00:00Z"),
            _progress("pr-2", "1", 900, "2025-05-01 18:00:00-04:00"),
            _progress("pr-3", "living room", 300, "2025-05-01 21:00:00Z"),
        ],
        "playback_histories": [
            {
                "id": "h-1", "user_id": "1", "media_file_id": FILM, "media_title": "The Keeper", "completed": 0,
                "played_at": "2025-05-01 20:00:05Z", "duration": 5400, "played_seconds": 3000, "last_position": 3100,
                "quality": "1080p", "device_type": "tv",
            }
        ],
        "session_events": [{"id": "se-1", "session_id": "ps-1", "event_type": "start", "event_time": WHEN, "data": ""}],
        "transcode_sessions": [{"id": "ts-1", "provider": "file_pipeline", "status": "completed", **at}],
        "user_preferences": [],
    }  # fmt: skip


def dirty_rows() -> Rows:
    """What goes wrong, beside what doesn't."""
    found = rows()
    at = {"created_at": WHEN, "updated_at": WHEN}
    found["media_libraries"].append({"id": 4, "path": f"{MEDIA}/films/", "type": "movie", **at})
    found["media_files"] += [
        {
            "id": "f-orphan",
            "media_id": "m-gone",
            "media_type": "movie",
            "library_id": 77,
            "duration": -5,
            "path": f"{MEDIA}/elsewhere/Orphan.mkv",
            "video_framerate": "25/0",
            "size_bytes": 5,
            "created_at": "soon",
        },
        {"id": "f-empty", "media_id": "", "media_type": "movie", "path": "", **at},
    ]
    found["movies"][0] |= {"main_cast": '[{"name": "Ann', "awards": "{", "release_date": "1999-02-30 00:00:00+00:00"}
    found["episodes"].append({"id": "e-2", "season_id": "s-gone", "title": "", "episode_number": 1, **at})
    found["media_files"].append(
        {
            "id": "f-e2",
            "media_id": "e-2",
            "media_type": "episode",
            "path": f"{MEDIA}/shows/x.mkv",
            "library_id": 2,
            **at,
        }
    )
    found["people"].append({"id": "p-3", "name": "", "birthdate": None, **at})
    found["media_enrichments"].append(
        {
            "media_id": "m-film",
            "media_type": "movie",
            "plugin": "filename",
            "payload": '{title: "x"',
            "updated_at": WHEN,
        }
    )
    found["user_media_progresses"].append(
        _progress("pr-4", "2", 5, "2025-05-01 21:00:00Z") | {"media_file_id": "f-gone"}
    )
    return found


def build_clean(path: Path) -> Path:
    return build(path, SCHEMA, rows())


def build_dirty(path: Path) -> Path:
    """With a table that nobody knows, and a column too. SQLite takes what PostgreSQL wouldn't."""
    build(path, SCHEMA, dirty_rows())
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE media_files ADD COLUMN mood TEXT")
        connection.execute("UPDATE media_files SET mood = 'blue' WHERE id = ?", [FILM])
        connection.execute("CREATE TABLE watch_parties (host TEXT, guest TEXT, access_token TEXT)")
        connection.executemany(
            "INSERT INTO watch_parties VALUES (?, ?, ?)", [("me", None, "tok-1"), ("me", None, "tok-1")]
        )
        connection.execute("UPDATE artists SET description = 'nul ' || char(0) || ' here'")
    connection.close()
    return path


def build_documented(path: Path) -> Path:
    return build(path, DOCUMENTED, documented_rows())


def documented_rows() -> Rows:
    at = "2025-01-02 03:04:05"
    return {
        "media_libraries": [
            {
                "id": "lib", "name": "Films", "path": f"{MEDIA}/films", "type": "movie", "scan_interval": 3600,
                "last_scan": at, "created_at": at,
            }
        ],
        "media_files": [
            {
                "id": "f1", "library_id": "lib", "path": "Keeper.mkv", "filename": "Keeper.mkv", "size": 123,
                "mime_type": "video/x-matroska", "duration": 5400, "width": 1920, "height": 800, "created_at": at,
            },
            {"id": "f2", "library_id": "lib", "path": f"{MEDIA}/films/b.mp4", "filename": "b.mp4", "size": 5},
        ],
        "movies": [
            {
                "id": "m1", "media_file_id": "f1", "title": "The Keeper", "release_date": "1999-05-06", "rating": 7.5,
                "genres": '["Drama"]', "director": "Dan Director", "cast": '["Ann Actor", "Dan Director"]',
                "tmdb_id": 603, "imdb_id": "tt0133093",
            }
        ],
        "playback_sessions": [
            {"id": "s1", "media_file_id": "f1", "user_id": "x", "state": "stopped", "position": 12.5, "start_time": at}
        ],
        "user_media_progress": [
            {"user_id": "x", "media_file_id": "f1", "position": 12.5, "completed": 0, "updated_at": at}
        ],
        "playback_history": [
            {"id": "h1", "user_id": "x", "media_file_id": "f2", "played_at": at, "duration_watched": 60, "completed": 1}
        ],
        "plugins": [{"id": "pl", "name": "TMDb", "type": "enrichment", "version": "1"}],
        "plugin_metadata": [
            {
                "id": "pm1", "plugin_id": "pl", "media_file_id": "f1", "metadata_type": "movie", "confidence": 0.9,
                "metadata": '{"title": "The Keeper", "tags": ["sea", "light"]}', "created_at": at,
            },
            {
                "id": "pm2", "plugin_id": "pl", "media_file_id": "f1", "metadata_type": "external_ids",
                "metadata": '{"wikidata": "Q1"}', "created_at": at,
            },
        ],
        "transcode_cache": [{"id": "c1", "media_file_id": "f1", "content_hash": "abc"}],
    }  # fmt: skip


def build_large(path: Path, files: int = 50_000) -> Path:
    """That many films with a file each: twice as many rows, and a few more."""

    def movies() -> Iterable[dict[str, Any]]:
        for number in range(files):
            yield {
                "id": f"m{number:07}", "title": f"Film {number:07}", "overview": "A film.", "tmdb_id": str(number + 1),
                "release_date": f"{1950 + number % 70}-01-01 00:00:00+00:00", "created_at": WHEN,
                "genres": json.dumps([f"Genre {number % 20}"]),
            }  # fmt: skip

    def media() -> Iterable[dict[str, Any]]:
        for number in range(files):
            yield {
                "id": f"f{number:07}", "media_id": f"m{number:07}", "media_type": "movie", "library_id": 1,
                "path": f"{MEDIA}/films/{number % 100:02}/Film {number:07}.mkv", "container": "mkv", "duration": 5400,
                "size_bytes": 1_000_000 + number, "video_framerate": "25/1", "created_at": WHEN,
            }  # fmt: skip

    small = rows()
    found: dict[str, Iterable[Mapping[str, Any]]] = {name: small[name] for name in ("users", "media_libraries")}
    return build(path, SCHEMA, {**found, "movies": movies(), "media_files": media()})


def build(path: Path, schema: Mapping[str, str], data: Mapping[str, Iterable[Mapping[str, Any]]]) -> Path:
    with sqlite3.connect(path) as connection:
        for table, columns in schema.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        for table, found in data.items():
            for row in found:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))
    connection.close()
    return path


def fill_postgres(url: str, data: Rows | None = None) -> None:
    """The program's tables in an empty database."""
    with psycopg.connect(url) as connection:
        for table, columns in SCHEMA.items():
            connection.execute(f"CREATE TABLE {table} ({columns.replace('DATETIME', 'TIMESTAMPTZ')})")
        for table, found in (data or rows()).items():
            for row in found:
                statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(sql.Placeholder() * len(row)),
                )
                connection.execute(statement, list(row.values()))


def _asset(key: str, owner: str, entity: str, kind: str, path: str, preferred: int) -> dict[str, Any]:
    return {
        "id": key, "entity_type": owner, "entity_id": entity, "type": kind, "source": "plugin", "path": path,
        "preferred": preferred,
    }  # fmt: skip


def _enrichment(moment: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    payload = {
        "source": "tmdb", "source_priority": 1, "fields": fields, "external_ids": {"tmdb": "603"},
        "confidence_score": 0.93, "updated_at": moment,
    }  # fmt: skip
    return {
        "media_id": "m-film", "media_type": "movie", "plugin": "tmdb_enricher_v2", "payload": json.dumps(payload),
        "updated_at": moment,
    }  # fmt: skip


def _session(key: str, file: str, user: str, start: str, *, ended: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": key, "media_file_id": file, "user_id": user, "state": "ended" if ended else "playing",
        "start_time": start, "end_time": ended, "position": 600, "played_duration": 500, "completed": 0,
        "ip_address": "10.0.0.7", **more,
    }  # fmt: skip


def _progress(key: str, user: str, position: int, moment: str) -> dict[str, Any]:
    return {
        "id": key, "user_id": user, "media_file_id": FILM, "position": position, "duration": 5400, "completed": 0,
        "created_at": moment, "updated_at": moment,
    }  # fmt: skip
