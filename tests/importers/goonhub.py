"""Genuine databases of GoonHub on the tests' own PostgreSQL: by its document, and with what its document lacks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bcrypt
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from config import paths

# As its migrations leave it; `build` takes the later columns and tables away again for a database from before.
_DDL = """
CREATE TABLE users (id BIGSERIAL PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), username VARCHAR(255) NOT NULL UNIQUE,
    password VARCHAR(255) NOT NULL,
    role VARCHAR(50) NOT NULL DEFAULT 'user', last_login_at TIMESTAMPTZ);
CREATE TABLE user_settings (id BIGSERIAL PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), user_id BIGINT NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
    autoplay BOOLEAN NOT NULL DEFAULT false, default_volume INTEGER NOT NULL DEFAULT 100,
    loop BOOLEAN NOT NULL DEFAULT true, videos_per_page INTEGER NOT NULL DEFAULT 20,
    default_sort_order VARCHAR(50) NOT NULL DEFAULT 'created_at_desc',
    default_tag_sort VARCHAR(10) NOT NULL DEFAULT 'az', marker_thumbnail_cycling BOOLEAN NOT NULL DEFAULT true,
    homepage_config JSONB NOT NULL DEFAULT '{"show_upload": true, "sections": [{"id": "default-latest", "type":
    "latest", "title": "Latest Uploads", "enabled": true, "limit": 12, "order": 0, "sort": "created_at_desc",
    "config": {}}]}');
CREATE TABLE roles (id BIGSERIAL PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), name VARCHAR(50) NOT NULL UNIQUE, description VARCHAR(255));
CREATE TABLE permissions (id BIGSERIAL PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    name VARCHAR(100) NOT NULL UNIQUE, description VARCHAR(255));
CREATE TABLE role_permissions (id BIGSERIAL PRIMARY KEY, role_id BIGINT NOT NULL REFERENCES roles ON DELETE CASCADE,
    permission_id BIGINT NOT NULL REFERENCES permissions ON DELETE CASCADE, UNIQUE (role_id, permission_id));
CREATE TABLE revoked_tokens (id BIGSERIAL PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    token_hash VARCHAR(64) NOT NULL UNIQUE, expires_at TIMESTAMPTZ NOT NULL, reason VARCHAR(255));
CREATE TABLE storage_paths (id SERIAL PRIMARY KEY, name VARCHAR(100) NOT NULL, path VARCHAR(500) NOT NULL UNIQUE,
    is_default BOOLEAN NOT NULL DEFAULT false, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE tags (id SERIAL PRIMARY KEY, name VARCHAR(100) NOT NULL UNIQUE,
    color VARCHAR(7) NOT NULL DEFAULT '#6B7280', created_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE studios (id BIGSERIAL PRIMARY KEY, uuid UUID NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    deleted_at TIMESTAMPTZ, name VARCHAR(255) NOT NULL, short_name VARCHAR(100), url VARCHAR(512), description TEXT,
    rating DECIMAL(3,1), logo VARCHAR(512), favicon VARCHAR(512), poster VARCHAR(512), porndb_id VARCHAR(100),
    parent_id BIGINT REFERENCES studios, network_id BIGINT REFERENCES studios);
CREATE TABLE actors (id BIGSERIAL PRIMARY KEY, uuid UUID NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    deleted_at TIMESTAMPTZ, name VARCHAR(255) NOT NULL, image_url VARCHAR(512), gender VARCHAR(50), birthday DATE,
    date_of_death DATE, astrology VARCHAR(50), birthplace VARCHAR(255), ethnicity VARCHAR(100),
    nationality VARCHAR(100), career_start_year INTEGER, career_end_year INTEGER, height_cm INTEGER,
    weight_kg INTEGER, measurements VARCHAR(50), cupsize VARCHAR(10), hair_color VARCHAR(50), eye_color VARCHAR(50),
    tattoos TEXT, piercings TEXT, fake_boobs BOOLEAN NOT NULL DEFAULT false,
    same_sex_only BOOLEAN NOT NULL DEFAULT false);
CREATE TABLE scenes (id BIGSERIAL PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), deleted_at TIMESTAMPTZ, trashed_at TIMESTAMPTZ, title VARCHAR(255),
    description TEXT NOT NULL DEFAULT '', original_filename VARCHAR(255), stored_path VARCHAR(512),
    storage_path_id INTEGER REFERENCES storage_paths, size BIGINT DEFAULT 0, view_count BIGINT DEFAULT 0,
    duration INTEGER DEFAULT 0, width INTEGER DEFAULT 0, height INTEGER DEFAULT 0,
    frame_rate DOUBLE PRECISION NOT NULL DEFAULT 0, bit_rate BIGINT NOT NULL DEFAULT 0,
    video_codec TEXT NOT NULL DEFAULT '', audio_codec TEXT NOT NULL DEFAULT '', file_hash TEXT NOT NULL DEFAULT '',
    file_created_at TIMESTAMPTZ, release_date DATE, thumbnail_path VARCHAR(512), thumbnail_width INTEGER DEFAULT 0,
    thumbnail_height INTEGER DEFAULT 0, sprite_sheet_path VARCHAR(512), sprite_sheet_count INTEGER DEFAULT 0,
    vtt_path VARCHAR(512), cover_image_path TEXT NOT NULL DEFAULT '', studio TEXT NOT NULL DEFAULT '',
    studio_id BIGINT REFERENCES studios ON DELETE SET NULL, tags TEXT[] NOT NULL DEFAULT '{}',
    actors TEXT[] NOT NULL DEFAULT '{}', origin VARCHAR(100), type VARCHAR(50),
    porndb_scene_id TEXT NOT NULL DEFAULT '', processing_status VARCHAR(50) DEFAULT 'pending', processing_error TEXT,
    is_corrupted BOOLEAN NOT NULL DEFAULT FALSE);
CREATE INDEX idx_scenes_size_filename ON scenes (size, original_filename);
CREATE TABLE scene_tags (id SERIAL PRIMARY KEY, scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE,
    tag_id BIGINT NOT NULL REFERENCES tags ON DELETE CASCADE, UNIQUE (scene_id, tag_id));
CREATE TABLE scene_actors (id BIGSERIAL PRIMARY KEY, scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE,
    actor_id BIGINT NOT NULL REFERENCES actors ON DELETE CASCADE, UNIQUE (scene_id, actor_id));
CREATE TABLE share_links (id BIGSERIAL PRIMARY KEY, token VARCHAR(32) NOT NULL UNIQUE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    share_type VARCHAR(20) NOT NULL DEFAULT 'public' CHECK (share_type IN ('public', 'auth_required')),
    expires_at TIMESTAMPTZ, view_count BIGINT NOT NULL DEFAULT 0, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE user_scene_ratings (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE,
    rating DECIMAL(2,1) NOT NULL CHECK (rating >= 0.5 AND rating <= 5.0),
    created_at TIMESTAMP NOT NULL DEFAULT NOW(), updated_at TIMESTAMP NOT NULL DEFAULT NOW(),
    UNIQUE (user_id, scene_id));
CREATE TABLE user_scene_likes (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE, created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    UNIQUE (user_id, scene_id));
CREATE TABLE user_scene_jizzed (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE, count INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL DEFAULT NOW(), updated_at TIMESTAMP NOT NULL DEFAULT NOW(),
    UNIQUE (user_id, scene_id));
CREATE TABLE user_scene_watches (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE, watched_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    watch_duration INTEGER NOT NULL DEFAULT 0, last_position INTEGER NOT NULL DEFAULT 0,
    completed BOOLEAN NOT NULL DEFAULT false, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE user_scene_view_counts (id BIGSERIAL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE, last_counted_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), UNIQUE (user_id, scene_id));
CREATE TABLE user_scene_markers (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE, timestamp INTEGER NOT NULL CHECK (timestamp >= 0),
    label VARCHAR(100), color VARCHAR(7) NOT NULL DEFAULT '#FFFFFF', thumbnail_path VARCHAR(255),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE marker_tags (id SERIAL PRIMARY KEY,
    marker_id BIGINT NOT NULL REFERENCES user_scene_markers ON DELETE CASCADE,
    tag_id BIGINT NOT NULL REFERENCES tags ON DELETE CASCADE, is_from_label BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), UNIQUE (marker_id, tag_id));
CREATE TABLE marker_label_tags (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    label VARCHAR(100) NOT NULL, tag_id BIGINT NOT NULL REFERENCES tags ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), UNIQUE (user_id, label, tag_id));
CREATE TABLE user_actor_ratings (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    actor_id BIGINT NOT NULL REFERENCES actors ON DELETE CASCADE,
    rating DECIMAL(2,1) NOT NULL CHECK (rating >= 0.5 AND rating <= 5.0),
    created_at TIMESTAMP NOT NULL DEFAULT NOW(), updated_at TIMESTAMP NOT NULL DEFAULT NOW(),
    UNIQUE (user_id, actor_id));
CREATE TABLE user_actor_likes (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    actor_id BIGINT NOT NULL REFERENCES actors ON DELETE CASCADE, created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    UNIQUE (user_id, actor_id));
CREATE TABLE user_studio_ratings (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    studio_id BIGINT NOT NULL REFERENCES studios ON DELETE CASCADE,
    rating DECIMAL(2,1) NOT NULL CHECK (rating >= 0.5 AND rating <= 5.0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    UNIQUE (user_id, studio_id));
CREATE TABLE user_studio_likes (id SERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    studio_id BIGINT NOT NULL REFERENCES studios ON DELETE CASCADE, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    UNIQUE (user_id, studio_id));
CREATE TABLE saved_searches (id BIGSERIAL PRIMARY KEY, uuid UUID NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE, name VARCHAR(255) NOT NULL,
    filters JSONB NOT NULL DEFAULT '{}', created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE job_history (id BIGSERIAL PRIMARY KEY, job_id VARCHAR(36) NOT NULL UNIQUE, scene_id BIGINT NOT NULL,
    scene_title VARCHAR(255) NOT NULL DEFAULT '', phase VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending', priority INTEGER NOT NULL DEFAULT 0, error_message TEXT,
    progress INTEGER NOT NULL DEFAULT 0, retry_count INTEGER NOT NULL DEFAULT 0,
    max_retries INTEGER NOT NULL DEFAULT 0, next_retry_at TIMESTAMPTZ, is_retryable BOOLEAN NOT NULL DEFAULT true,
    started_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), completed_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE UNIQUE INDEX idx_job_history_scene_phase_active ON job_history (scene_id, phase)
    WHERE status IN ('pending', 'running');
CREATE TABLE dead_letter_queue (id BIGSERIAL PRIMARY KEY, job_id VARCHAR(36) NOT NULL UNIQUE,
    scene_id BIGINT NOT NULL, scene_title VARCHAR(255) NOT NULL DEFAULT '', phase VARCHAR(20) NOT NULL,
    original_error TEXT NOT NULL, failure_count INTEGER NOT NULL DEFAULT 1, last_error TEXT NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending_review', created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), abandoned_at TIMESTAMPTZ);
CREATE TABLE pool_config (id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    metadata_workers INTEGER NOT NULL DEFAULT 3, thumbnail_workers INTEGER NOT NULL DEFAULT 1,
    sprites_workers INTEGER NOT NULL DEFAULT 1, updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE processing_config (id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    max_frame_dimension_sm INTEGER NOT NULL DEFAULT 320, max_frame_dimension_lg INTEGER NOT NULL DEFAULT 1280,
    frame_quality_sm INTEGER NOT NULL DEFAULT 85, frame_quality_lg INTEGER NOT NULL DEFAULT 85,
    frame_quality_sprites INTEGER NOT NULL DEFAULT 75, sprites_concurrency INTEGER NOT NULL DEFAULT 0,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE trigger_config (id SERIAL PRIMARY KEY, phase VARCHAR(20) NOT NULL UNIQUE,
    trigger_type VARCHAR(20) NOT NULL DEFAULT 'on_import', after_phase VARCHAR(20), cron_expression VARCHAR(100),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE retry_config (id SERIAL PRIMARY KEY, phase VARCHAR(20) NOT NULL UNIQUE,
    max_retries INTEGER NOT NULL DEFAULT 3, initial_delay_seconds INTEGER NOT NULL DEFAULT 30,
    max_delay_seconds INTEGER NOT NULL DEFAULT 3600, backoff_factor DECIMAL(3,1) NOT NULL DEFAULT 2.0,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE scan_history (id SERIAL PRIMARY KEY, status VARCHAR(20) NOT NULL DEFAULT 'running',
    started_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), completed_at TIMESTAMPTZ, paths_scanned INT NOT NULL DEFAULT 0,
    files_found INT NOT NULL DEFAULT 0, videos_added INT NOT NULL DEFAULT 0, videos_skipped INT NOT NULL DEFAULT 0,
    videos_removed INT NOT NULL DEFAULT 0, videos_moved INT NOT NULL DEFAULT 0, errors INT NOT NULL DEFAULT 0,
    error_message TEXT, current_path VARCHAR(500), current_file VARCHAR(500),
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE app_settings (id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    trash_retention_days INTEGER NOT NULL DEFAULT 7, updated_at TIMESTAMPTZ DEFAULT NOW());
CREATE TABLE search_config (id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    max_total_hits INTEGER NOT NULL DEFAULT 100000, updated_at TIMESTAMPTZ DEFAULT NOW());
CREATE TABLE schema_migrations (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL);
"""
# Of migrations that its document doesn't tell of.
_LATER = """
ALTER TABLE actors ADD COLUMN aliases TEXT[];
ALTER TABLE scenes ADD COLUMN preview_video_path VARCHAR(255);
ALTER TABLE user_scene_markers ADD COLUMN animated_thumbnail_path VARCHAR(255);
ALTER TABLE job_history ADD COLUMN force_target VARCHAR(20) NOT NULL DEFAULT '';
ALTER TABLE user_settings ADD COLUMN parsing_rules JSONB NOT NULL DEFAULT '{}',
    ADD COLUMN sort_preferences JSONB NOT NULL DEFAULT '{}',
    ADD COLUMN playlist_auto_advance VARCHAR(20) NOT NULL DEFAULT 'countdown',
    ADD COLUMN playlist_countdown_seconds INTEGER NOT NULL DEFAULT 5,
    ADD COLUMN show_page_size_selector BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN scene_card_config JSONB NOT NULL DEFAULT '{}',
    ADD COLUMN ab_loop_controls BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE pool_config ADD COLUMN animated_thumbnails_workers INTEGER NOT NULL DEFAULT 1;
ALTER TABLE processing_config ADD COLUMN marker_thumbnail_type VARCHAR(10) NOT NULL DEFAULT 'static',
    ADD COLUMN marker_animated_duration INTEGER NOT NULL DEFAULT 10,
    ADD COLUMN scene_preview_enabled BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN scene_preview_segments INTEGER NOT NULL DEFAULT 12,
    ADD COLUMN scene_preview_segment_duration DOUBLE PRECISION NOT NULL DEFAULT 1.0,
    ADD COLUMN marker_preview_crf INTEGER NOT NULL DEFAULT 32, ADD COLUMN scene_preview_crf INTEGER NOT NULL DEFAULT 27;
ALTER TABLE app_settings ADD COLUMN serve_og_metadata BOOLEAN NOT NULL DEFAULT true;
CREATE TABLE playlists (id BIGSERIAL PRIMARY KEY, uuid UUID NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE, name VARCHAR(255) NOT NULL,
    description TEXT NOT NULL DEFAULT '', visibility VARCHAR(20) NOT NULL DEFAULT 'private',
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE playlist_scenes (playlist_id BIGINT NOT NULL REFERENCES playlists ON DELETE CASCADE,
    scene_id BIGINT NOT NULL REFERENCES scenes ON DELETE CASCADE, position INTEGER NOT NULL,
    added_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), UNIQUE (playlist_id, position));
CREATE TABLE playlist_tags (playlist_id BIGINT NOT NULL REFERENCES playlists ON DELETE CASCADE,
    tag_id BIGINT NOT NULL REFERENCES tags ON DELETE CASCADE, PRIMARY KEY (playlist_id, tag_id));
CREATE TABLE playlist_likes (user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    playlist_id BIGINT NOT NULL REFERENCES playlists ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), PRIMARY KEY (user_id, playlist_id));
CREATE TABLE playlist_progress (user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    playlist_id BIGINT NOT NULL REFERENCES playlists ON DELETE CASCADE,
    last_scene_id BIGINT REFERENCES scenes ON DELETE SET NULL, last_position_s DOUBLE PRECISION NOT NULL DEFAULT 0,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), PRIMARY KEY (user_id, playlist_id));
"""
_LATER_TABLES = ("playlists", "playlist_scenes", "playlist_tags", "playlist_likes", "playlist_progress")
UUIDS = {
    "anna": "a0000000-0000-4000-8000-000000000001",
    "other anna": "a0000000-0000-4000-8000-000000000002",
    "gone": "a0000000-0000-4000-8000-000000000003",
    "studio": "b0000000-0000-4000-8000-000000000001",
    "network": "b0000000-0000-4000-8000-000000000002",
    "search": "c0000000-0000-4000-8000-000000000001",
    "playlist": "d0000000-0000-4000-8000-000000000001",
}
TOKEN = "AbCdEfGhIjKlMnOpQrStU-"
PASSWORD = "Old password 1"
# The most is forgotten by what is made for tests alone; bcrypt's least is still slow enough to be made only once.
_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode().replace("$2b$", "$2a$", 1)


@contextmanager
def made_database(name: str = "test_goonhub") -> Iterator[str]:
    """The address of an empty database on the tests' server; gone afterwards."""
    place = f"host={paths.socket_folder()} user=videothek"
    with psycopg.connect(f"{place} dbname=postgres", autocommit=True) as server:
        for verb in ("DROP DATABASE IF EXISTS {}", "CREATE DATABASE {} TEMPLATE template0"):
            server.execute(sql.SQL(verb).format(sql.Identifier(name)))
        try:
            yield f"postgresql://videothek@/{name}?host={paths.socket_folder()}"
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class Builder:
    """Writes rows by the names since migration 34; with `is_old` they land in a database from before."""

    def __init__(self, connection: psycopg.Connection, *, is_old: bool) -> None:
        self.connection, self.is_old = connection, is_old

    def add(self, table: str, **values: Any) -> None:
        if self.is_old and table in _LATER_TABLES:
            return
        names = [sql.Identifier(self._renamed(name)) for name in values]
        given = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
        self.connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(self._renamed(table)),
                sql.SQL(", ").join(names),
                sql.SQL(", ").join([sql.Placeholder()] * len(names)),
            ),
            given,
        )

    def run(self, statement: str, *values: Any) -> None:
        self.connection.execute(self._renamed(statement), values)

    def _renamed(self, text: str) -> str:
        return before_migration_34(text) if self.is_old else text


def before_migration_34(text: str) -> str:
    """A name, or whole statements, as they were when scenes were called videos."""
    return text.replace("scenes", "videos").replace("scene_", "video_")


def build(url: str, *, is_old: bool = False, schema: str = "public", has_old_letters: bool = False) -> Builder:
    """The empty tables. With `has_old_letters` the dead letters are those that migration 34 forgot."""
    connection = psycopg.connect(url, autocommit=True, options=f"-c search_path={schema}")
    if schema != "public":
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    connection.execute(before_migration_34(_DDL) if is_old else _DDL + _LATER)
    if has_old_letters:
        connection.execute("ALTER TABLE dead_letter_queue RENAME scene_id TO video_id")
        connection.execute("ALTER TABLE dead_letter_queue RENAME scene_title TO video_title")
    return Builder(connection, is_old=is_old)


def build_clean(url: str, *, is_old: bool = False, schema: str = "public", media: str = "/srv/goonhub/videos") -> None:
    """A small installation with something in every table."""
    to = build(url, is_old=is_old, schema=schema, has_old_letters=not is_old)
    with to.connection.transaction():
        _accounts(to)
        _names(to)
        _scenes(to, media)
        _opinions(to)
        _lists(to)
        _settings(to)
        _work(to)
    to.connection.close()


def _accounts(to: Builder) -> None:
    for number, (name, role) in enumerate([("anna", "admin"), ("Ben", "user"), ("cleo", "curator")], start=1):
        to.add("users", id=number, username=name, password=_HASH, role=role,
               created_at=f"2023-01-0{number} 10:00:00+00", last_login_at="2024-06-01 08:00:00+02")  # fmt: skip
    for number, name in enumerate(["admin", "moderator", "user", "curator"], start=1):
        to.add("roles", id=number, name=name, description=f"The role {name}")
    what = "videos" if to.is_old else "scenes"
    rights = [f"{what}:view", f"{what}:upload", f"{what}:trash", "users:manage", "playlists:create"]
    for number, name in enumerate(rights, start=1):
        to.add("permissions", id=number, name=name)
        to.add("role_permissions", role_id=1, permission_id=number)
    for number in (1, 3, 5):
        to.add("role_permissions", role_id=4, permission_id=number)
    to.add("revoked_tokens", token_hash="0" * 64, expires_at="2024-01-01")


def _names(to: Builder) -> None:
    for number, (name, color) in enumerate([("Beach", "#112233"), ("Night", "#6B7280")], start=1):
        to.add("tags", id=number, name=name, color=color, created_at="2023-02-01 10:00:00+00")
    to.add("studios", id=1, uuid=UUIDS["studio"], name="Blue Door", short_name="BD", url="https://blue.example",
           description="They film doors.", rating="7.5", logo="/srv/goonhub/data/logos/1.png", porndb_id="s-77",
           parent_id=None, network_id=None, created_at="2023-03-01 10:00:00+00")  # fmt: skip
    to.add("studios", id=2, uuid=UUIDS["network"], name="Doors United", deleted_at="2024-01-01 00:00:00+00")
    to.run("UPDATE studios SET network_id = 2, parent_id = 2 WHERE id = 1")
    extra = {} if to.is_old else {"aliases": ["Annie", "A. Berg"]}
    to.add("actors", id=1, uuid=UUIDS["anna"], name="Anna Berg", image_url="/srv/goonhub/data/actors/1.webp",
           gender="female", birthday="1990-05-31", astrology="Gemini", birthplace="Oslo", ethnicity="White",
           nationality="Norwegian", career_start_year=2010, career_end_year=2020, height_cm=170, weight_kg=60,
           measurements="90-60-90", cupsize="C", hair_color="brown", eye_color="green", tattoos="A door",
           piercings="None", fake_boobs=True, created_at="2023-03-02 10:00:00+00", **extra)  # fmt: skip
    to.add("actors", id=2, uuid=UUIDS["other anna"], name="anna berg", birthday="1971-01-02",
           image_url="https://pictures.example/2.jpg", gender="Genderfluid")  # fmt: skip
    to.add("actors", id=3, uuid=UUIDS["gone"], name="Carl", deleted_at="2024-02-02 10:00:00+00")


def _scenes(to: Builder, media: str) -> None:
    to.add("storage_paths", id=1, name="Disk", path=media, is_default=True, created_at="2023-01-01 10:00:00+00")
    facts = {"size": 1000, "duration": 600, "width": 1920, "height": 1080, "frame_rate": 25.0, "bit_rate": 4_000_000,
             "video_codec": "h264", "audio_codec": "aac", "origin": "web", "type": "amateur"}  # fmt: skip
    to.add("scenes", id=1, title="At the sea", description="Waves.", original_filename="sea.mp4",
           stored_path=f"{media}/sea.mp4", storage_path_id=1, view_count=12, studio_id=1, studio="Blue Door",
           release_date="2022-08-09", cover_image_path="/srv/goonhub/data/covers/1.webp", tags=["beach", "Old word"],
           actors=["Anna Berg", "Dora"], porndb_scene_id="p-1", file_created_at="2022-08-01 12:00:00+00",
           thumbnail_path="/srv/goonhub/data/thumbnails/1_thumb_sm.webp", thumbnail_width=320,
           processing_status="completed", created_at="2023-04-01 10:00:00+00", **facts)  # fmt: skip
    to.add("scenes", id=2, title="", original_filename="upload.mkv", stored_path=f"{media}/uuid_upload.mkv",
           studio="Old Studio", thumbnail_path="/srv/goonhub/data/thumbnails/chosen.png",
           trashed_at="2024-05-01 10:00:00+00", created_at="2023-04-02 10:00:00+00", **facts)  # fmt: skip
    to.add("scenes", id=3, title="Gone", stored_path=f"{media}/gone.avi", storage_path_id=1, is_corrupted=True,
           deleted_at="2024-03-01 10:00:00+00", studio="Something else", studio_id=1,
           processing_error="Unreadable", created_at="2023-04-03 10:00:00+00")  # fmt: skip
    for scene, tag in ((1, 1), (2, 2)):
        to.add("scene_tags", scene_id=scene, tag_id=tag)
    for scene, actor in ((1, 1), (2, 2)):
        to.add("scene_actors", scene_id=scene, actor_id=actor)


def _opinions(to: Builder) -> None:
    at = {"created_at": "2024-01-01 12:00:00", "updated_at": "2024-01-02 12:00:00"}
    to.add("user_scene_ratings", user_id=1, scene_id=1, rating="4.5", **at)
    to.add("user_scene_likes", user_id=2, scene_id=1, created_at=at["created_at"])
    to.add("user_scene_jizzed", user_id=1, scene_id=1, count=3, **at)
    to.add("user_actor_ratings", user_id=1, actor_id=1, rating="5.0", **at)
    to.add("user_actor_likes", user_id=1, actor_id=2, created_at=at["created_at"])
    to.add("user_studio_ratings", user_id=1, studio_id=1, rating="0.5", created_at="2024-01-01 12:00:00+00",
           updated_at="2024-01-02 12:00:00+00")  # fmt: skip
    to.add("user_studio_likes", user_id=2, studio_id=1, created_at="2024-01-01 12:00:00+00")
    for day, position, is_completed in ((1, 100, False), (2, 590, True), (3, 50, False)):
        to.add("user_scene_watches", user_id=1, scene_id=1, watched_at=f"2024-02-0{day} 20:00:00+00",
               watch_duration=60, last_position=position, completed=is_completed)  # fmt: skip
    to.add("user_scene_watches", user_id=2, scene_id=1, watched_at="2024-02-01 20:00:00+00", watch_duration=600,
           last_position=598, completed=True)  # fmt: skip
    to.add("user_scene_view_counts", user_id=1, scene_id=1, last_counted_at="2024-02-03 20:00:00+00")


def _lists(to: Builder) -> None:
    to.add("user_scene_markers", id=1, user_id=1, scene_id=1, timestamp=90, label="Wave", color="#00FF00",
           thumbnail_path="/srv/goonhub/data/markers/marker_1.webp")  # fmt: skip
    to.add("marker_tags", marker_id=1, tag_id=1, is_from_label=True)
    to.add("marker_label_tags", user_id=1, label="Wave", tag_id=1)
    filters = {
        "query": "sea", "match_type": "broad", "selected_tags": ["Beach"], "selected_actors": ["Anna Berg", "Nobody"],
        "studio": "Blue Door", "resolution": "1080p", "min_duration": 120, "max_duration": 3600,
        "min_date": "2023-01-01", "max_date": "2023-12-31", "liked": True, "min_rating": 3, "max_jizz_count": 5,
        "sort": "view_count_desc",
    }  # fmt: skip
    to.add("saved_searches", id=1, uuid=UUIDS["search"], user_id=1, name="Mine", filters=filters)
    to.add("saved_searches", id=2, user_id=1, name="mine", filters={"sort": "random_12"})
    to.add("playlists", id=1, uuid=UUIDS["playlist"], user_id=1, name="Evening", description="Short ones",
           visibility="public")  # fmt: skip
    to.add("playlists", id=2, user_id=1, name="evening")
    for scene, position in ((2, 0), (1, 1)):
        to.add("playlist_scenes", playlist_id=1, scene_id=scene, position=position, added_at="2024-01-01 12:00:00+00")
    to.add("playlist_tags", playlist_id=1, tag_id=2)
    to.add("playlist_likes", user_id=2, playlist_id=1, created_at="2024-01-01 12:00:00+00")
    to.add("playlist_progress", user_id=2, playlist_id=1, last_scene_id=1, last_position_s=12.5,
           updated_at="2024-01-03 12:00:00+00")  # fmt: skip
    to.add("share_links", token=TOKEN, scene_id=1, user_id=1, share_type="public", view_count=4,
           created_at="2024-01-01 12:00:00+00")  # fmt: skip
    to.add("share_links", token="0123456789012345678901", scene_id=1, user_id=2, share_type="auth_required",
           expires_at="2024-02-01 12:00:00+00")  # fmt: skip


def _settings(to: Builder) -> None:
    kinds = [("latest", {}), ("actor", {"actor_uuid": UUIDS["anna"]}), ("studio", {"studio_uuid": UUIDS["studio"]}),
             ("tag", {"tag_id": 1}), ("saved_search", {"saved_search_uuid": UUIDS["search"]}),
             ("playlist", {"filter": "public"}), ("tag", {"tag_id": 99}), ("liked", {})]  # fmt: skip
    sections = [
        {"id": f"row-{number}", "type": kind, "title": f"Row {number}", "enabled": kind != "liked", "limit": 12,
         "order": 20 - number, "sort": "created_at_desc", "config": config}
        for number, (kind, config) in enumerate(kinds, start=1)
    ]  # fmt: skip
    rules = {
        "presets": [{"id": "p", "name": "Mine", "isBuiltIn": False, "rules": [
            {"id": "r", "type": "remove_brackets", "enabled": True, "order": 0, "config": {}}]}],
        "activePresetId": "p",
    }  # fmt: skip
    later = {} if to.is_old else {
        "parsing_rules": rules, "sort_preferences": {"actors": "scene_count_desc", "actor_scenes": "title_asc"},
        "scene_card_config": {"show_views": True, "show_tags": False, "layout": "wide"}, "ab_loop_controls": True,
        "playlist_auto_advance": "manual", "playlist_countdown_seconds": 9, "show_page_size_selector": True,
    }  # fmt: skip
    to.add("user_settings", user_id=1, autoplay=True, default_volume=40, loop=False, videos_per_page=50,
           default_sort_order="title_asc", default_tag_sort="count", marker_thumbnail_cycling=False,
           homepage_config={"show_upload": True, "sections": sections}, **later)  # fmt: skip
    to.add("user_settings", user_id=2)
    to.add("pool_config", id=1, metadata_workers=5)
    later = {} if to.is_old else {"marker_thumbnail_type": "animated", "scene_preview_enabled": True}
    to.add("processing_config", id=1, max_frame_dimension_sm=480, frame_quality_lg=90, sprites_concurrency=4, **later)
    to.add("app_settings", id=1, trash_retention_days=30)
    to.add("search_config", id=1)
    for phase, trigger, after, cron in (("metadata", "on_import", None, None), ("thumbnail", "after_job", "metadata",
        None), ("sprites", "manual", None, None), ("scan", "scheduled", None, "0 4 * * *")):  # fmt: skip
        to.add("trigger_config", phase=phase, trigger_type=trigger, after_phase=after, cron_expression=cron)
    for phase, retries, first, longest in (("metadata", 5, 10, 600), ("thumbnail", 3, 60, 3600), ("sprites", 2, 120,
        7200), ("scan", 3, 60, 3600)):  # fmt: skip
        to.add("retry_config", phase=phase, max_retries=retries, initial_delay_seconds=first,
               max_delay_seconds=longest)  # fmt: skip
    to.add("schema_migrations", version=33 if to.is_old else 60, dirty=False)


def _work(to: Builder) -> None:
    scans = [("completed", True), ("failed", True), ("cancelled", True), ("running", False)]
    for day, (status, ended) in enumerate(scans, start=1):
        to.add("scan_history", status=status, started_at=f"2024-01-0{day} 03:00:00+00",
               completed_at=f"2024-01-0{day} 03:10:00+00" if ended else None, paths_scanned=1, files_found=9,
               videos_added=2, videos_skipped=5, videos_removed=1, videos_moved=1, errors=1,
               error_message="Disk" if status == "failed" else None)  # fmt: skip
    jobs = [("metadata", "completed", 1), ("thumbnail", "failed", 1), ("sprites", "timed_out", 2),
            ("animated_thumbnails", "cancelled", 1), ("metadata", "pending", 3), ("sprites", "running", 3),
            ("scan", "completed", 0)]  # fmt: skip
    for number, (phase, status, scene) in enumerate(jobs, start=1):
        to.add("job_history", job_id=f"job-{number}", scene_id=scene, scene_title=f"Scene {scene}", phase=phase,
               status=status, priority=number % 2, progress=100 if status == "completed" else 10, retry_count=1,
               max_retries=3, error_message="No luck" if status == "failed" else None,
               started_at="2024-01-01 03:00:00+00", completed_at="2024-01-01 03:01:00+00",
               created_at="2024-01-01 02:59:00+00")  # fmt: skip
    names = ("scene_id", "scene_title") if to.is_old else ("video_id", "video_title")
    for number, status in enumerate(("pending_review", "retrying", "abandoned"), start=1):
        to.add("dead_letter_queue", job_id=f"dead-{number}", phase="metadata", original_error="First", failure_count=3,
               last_error="Last", status=status, updated_at="2024-01-05 03:00:00+00",
               abandoned_at="2024-01-06 03:00:00+00" if status == "abandoned" else None,
               **dict(zip(names, (number, f"Scene {number}"), strict=True)))  # fmt: skip


def build_dirty(url: str, *, schema: str = "public") -> None:
    """What a database can hold that its own program didn't mean: constraints are gone, as in a copy without them."""
    to = build(url, schema=schema)
    with to.connection.transaction():
        _unbind(to)
        to.add("users", id=1, username="  ", password="")
        to.add("users", id=2, username="x" * 200, password="plain", role="Boss", created_at="infinity")
        to.add("storage_paths", id=1, name="", path="./data/videos", is_default=True)
        to.add("tags", id=1, name="Beach", color="red")
        to.add("tags", id=2, name="beach", color="#123456")
        to.add("tags", id=3, name=" \n ", color="#123456")
        to.add("actors", id=1, name="A" * 240, birthday="1990-01-01", date_of_death="1980-01-01", height_cm=-3,
               career_start_year=2020, career_end_year=2010, weight_kg=10**9, gender="robot")  # fmt: skip
        for number, (parent, network) in enumerate([(2, 1), (3, None), (1, 99)], start=1):
            to.add("studios", id=number, name=f"Ring {number}", parent_id=parent, network_id=network, rating="99.9")
        to.add("scenes", id=1, title=None, original_filename=None, stored_path=None, size=-5, duration=-1,
               frame_rate="NaN", origin="somewhere", type="odd", release_date="0044-03-15 BC",
               created_at="10000-01-01 00:00:00+00", tags=["", "Beach", "beach", "new"], studio_id=77,
               storage_path_id=None)  # fmt: skip
        to.add("scenes", id=2, title="Below", stored_path="./data/videos/a.mp4", file_hash="ABCDEF")
        to.add("scene_tags", scene_id=1, tag_id=404)
        to.add("scene_tags", scene_id=404, tag_id=1)
        to.add("user_scene_ratings", user_id=2, scene_id=2, rating="3.7")
        to.add("user_scene_ratings", user_id=2, scene_id=1, rating="9.9")
        to.add("user_scene_ratings", user_id=404, scene_id=1, rating="1.0")
        to.add("user_scene_markers", id=1, user_id=2, scene_id=2, timestamp=-5)
        to.add("user_scene_watches", user_id=2, scene_id=2, watched_at="-infinity", last_position=-4)
        to.add("marker_label_tags", user_id=2, label="", tag_id=1)
        to.add("share_links", token="short", scene_id=2, user_id=2, share_type="secret")
        to.add("saved_searches", id=1, user_id=2, name="Odd", filters={"min_date": "2023-02-30", "min_rating": "many",
               "query": "!!!", "resolution": "3p", "studio": "Nobody", "future": [1]})  # fmt: skip
        to.add("user_settings", user_id=2, default_volume=900, default_tag_sort="upwards", videos_per_page=-1,
               default_sort_order="by mood", homepage_config={"sections": ["x", {"type": "warp"}]},
               parsing_rules={"presets": 7}, playlist_countdown_seconds=99)  # fmt: skip
        to.add("job_history", job_id="1", scene_id=1, phase="warp", status="completed")
        to.add("job_history", job_id="2", scene_id=404, phase="metadata", status="exploded")
        to.add("trigger_config", phase="metadata", trigger_type="manual")
        to.add("trigger_config", phase="scan", trigger_type="scheduled", cron_expression="often")
        to.add("retry_config", phase="scan", max_retries=99, initial_delay_seconds=100, max_delay_seconds=5)
        to.add("processing_config", id=1, max_frame_dimension_sm=333, scene_preview_segments=99)
        to.run("ALTER TABLE scenes ADD COLUMN mood TEXT")
        to.run("UPDATE scenes SET mood = 'fine' WHERE id = 2")
        to.run("CREATE TABLE wishes (what JSON, wanted_by TEXT)")
        for _ in range(2):
            to.run("INSERT INTO wishes VALUES (%s, %s)", json.dumps({"a": "\0"}), "anna")
        to.run("CREATE TABLE empty_one (id INTEGER PRIMARY KEY)")
    to.connection.close()


def _unbind(to: Builder) -> None:
    """Takes away foreign keys, checks and uniqueness but for primary keys."""
    found = to.connection.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'c', 'u')"
    ).fetchall()
    for table, name in sorted(found, key=lambda one: one[1]):
        to.connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def build_large(url: str, *, rows: int, schema: str = "public") -> None:
    """About so many rows: a tenth scenes, and what hangs on them."""
    to, scenes = build(url, schema=schema), max(rows // 10, 10)
    with to.connection.transaction():
        to.add("users", id=1, username="anna", password=_HASH, role="admin", created_at="2023-01-01 10:00:00+00")
        to.add("storage_paths", id=1, name="Disk", path="/srv/goonhub/videos", is_default=True)
        to.run("INSERT INTO tags (id, name) SELECT n, 'Tag ' || n FROM generate_series(1, 100) AS n")
        to.run("INSERT INTO actors (id, name) SELECT n, 'Person ' || n FROM generate_series(1, %s) AS n", scenes // 10)
        to.run("INSERT INTO studios (id, name) SELECT n, 'Studio ' || n FROM generate_series(1, 50) AS n")
        to.run(
            "INSERT INTO scenes (id, title, original_filename, stored_path, storage_path_id, size, duration, width,"
            " height, video_codec, studio_id, created_at) SELECT n, 'Scene ' || n, n || '.mp4',"
            " '/srv/goonhub/videos/' || n || '.mp4', 1, 1000000 + n, 60 + n %% 3600, 1920, 1080, 'h264', 1 + n %% 50,"
            " '2023-01-01 00:00:00+00'::timestamptz + n * interval '1 minute' FROM generate_series(1, %s) AS n",
            scenes,
        )
        to.run(
            "INSERT INTO scene_tags (scene_id, tag_id) SELECT n, 1 + (n * 7 + k) %% 100"
            " FROM generate_series(1, %s) AS n, generate_series(1, 4) AS k",
            scenes,
        )
        to.run(
            "INSERT INTO scene_actors (scene_id, actor_id) SELECT n, 1 + n %% %s FROM generate_series(1, %s) AS n",
            scenes // 10, scenes,
        )  # fmt: skip
        for table, column, value in (
            ("user_scene_ratings", "rating", "0.5 * (1 + n %% 10)"),
            ("user_scene_watches", "last_position", "n %% 60"),
            ("user_scene_markers", "timestamp", "n %% 60"),
        ):
            to.run(
                f"INSERT INTO {table} (user_id, scene_id, {column}) SELECT 1, n, {value}"
                " FROM generate_series(1, %s) AS n",
                scenes,
            )
    to.connection.close()
