"""Genuine data of MediaOS: the JSON files as its program wrote them, and the SQLite file that it planned."""

import base64
import hashlib
import json
import os
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

OLD_KEY = "an-old-key-of-mediaos-with-32-chars-and-more"
OTHER_KEY = "another key of 32 characters!!!!"
PASSWORD = "Sommer-2019!"
SECRETS = ("qbit-pass", "nzb-pass", "sab-key-1234", "prowlarr-key", "jackett-key", "indexer-key", "tmdb-key")
ADMIN = "user_1700000000000_a1b2"
VIEWER = "user_1710000000000_c3d4"
MEDIA = "/volume1/media"


# Once for each text: deriving keys takes long.
@cache
def encrypt(text: str, key: str = OLD_KEY) -> str:
    """As MediaOS did: base64 of salt, initialisation vector, tag and text."""
    salt, iv = os.urandom(32), os.urandom(16)
    derived = hashlib.pbkdf2_hmac("sha256", key.encode(), salt, 100_000, dklen=32)
    sealed = AESGCM(derived).encrypt(iv, text.encode(), None)
    return base64.b64encode(salt + iv + sealed[-16:] + sealed[:-16]).decode()


@cache
def hash_password(password: str) -> str:
    """As MediaOS did: the salt's hexadecimal text is the salt."""
    salt = os.urandom(16).hex()
    return f"{salt}:{hashlib.pbkdf2_hmac('sha512', password.encode(), salt.encode(), 100_000, dklen=64).hex()}"


def users() -> dict[str, Any]:
    return {
        ADMIN: {
            "id": ADMIN, "email": "Owner@example.org", "passwordHash": hash_password(PASSWORD), "role": "admin",
            "createdAt": "2023-11-14T22:13:20.000Z", "updatedAt": "2025-01-01T00:00:00.000Z",
            "lastLoginAt": "2025-03-01T18:30:00.000Z",
        },
        VIEWER: {
            "id": VIEWER, "email": "guest@example.org", "passwordHash": hash_password("Winter-2020!"), "role": "user",
            "createdAt": "2024-03-09T16:00:00.000Z", "updatedAt": "2024-03-09T16:00:00.000Z",
        },
    }  # fmt: skip


def library() -> list[dict[str, Any]]:
    return [
        {
            "id": "lq1film", "kind": "movie", "title": "The Lighthouse Keeper", "year": 1999, "quality": "1080p",
            "source": "BluRay", "posterUrl": "https://image.example.org/keeper.jpg",
            "filePath": f"{MEDIA}/movies/The Lighthouse Keeper (1999)/keeper.mkv", "fileSize": 4_294_967_296,
            "metadata": {"originalFilename": "keeper.mkv", "codec": "x265", "season": None, "track": None},
        },
        {
            "id": "lq2show", "kind": "series", "title": "Harbour Lights", "quality": "720p",
            "filePath": f"{MEDIA}/series/Harbour Lights/Season 02/hl.s02e05.mp4", "fileSize": 700_000_000,
            "metadata": {
                "originalFilename": "hl.s02e05.mp4", "season": 2, "episode": 5, "episodeTitle": "The Storm",
            },
        },
        {"id": "lq3wish", "kind": "movie", "title": "Never Bought", "posterUrl": "https://image.example.org/n.jpg"},
        {
            "id": "lq4song", "kind": "music", "title": "The Band - Waves", "filePath": f"{MEDIA}/music/waves.flac",
            "fileSize": 30_000_000, "metadata": {"artist": "The Band", "album": "Sea", "track": 3},
        },
        {"id": "lq5book", "kind": "book", "title": "An Author - A Book", "filePath": f"{MEDIA}/books/a.epub"},
    ]  # fmt: skip


def build_clean(path: Path) -> Path:
    """A folder config/ with every file there is. Returns it."""
    path.mkdir(parents=True, exist_ok=True)
    _write(path, "users", users())
    _write(path, "library", {"items": library()})
    _write(
        path, "downloaders",
        {
            "qbittorrent": {
                "enabled": True, "baseUrl": "http://nas:8080", "username": "me", "password": encrypt(SECRETS[0]),
                "timeoutMs": 8000, "category": "videos",
            },
            "nzbget": {"enabled": False, "baseUrl": "http://nas:6789", "username": "me", "password": SECRETS[1]},
            "sabnzbd": {"enabled": True, "baseUrl": "http://nas:8085", "apiKey": encrypt(SECRETS[2])},
        },
    )  # fmt: skip
    _write(
        path, "indexers",
        {
            "prowlarr": {"enabled": True, "baseUrl": "http://nas:9696", "apiKey": encrypt(SECRETS[3])},
            "jackett": {"enabled": False, "baseUrl": "http://nas:9117", "apiKey": SECRETS[4]},
            "indexers": [
                {"id": "prowlarr-1", "name": "One", "type": "prowlarr", "protocol": "torrent", "enabled": True},
                {
                    "id": "m9x", "name": "Mine", "type": "manual", "protocol": "both", "enabled": True, "priority": 5,
                    "baseUrl": "https://indexer.example.org/api", "apiKey": encrypt(SECRETS[5]),
                },
            ],
        },
    )  # fmt: skip
    _write(
        path, "wanted",
        {"items": [{
            "id": "lq3wish", "title": "Never Bought", "kind": "movie", "addedAt": "2024-05-01T10:00:00.000Z",
            "lastScan": {"at": "2024-05-02T10:00:00.000Z", "found": 7, "grabbed": 3},
        }]},
    )  # fmt: skip
    _write(path, "quality", {"movie": {"allowed": ["1080p", "720p"], "cutoff": "1080p"}})
    _write(
        path, "quality-profiles",
        {"profiles": [{
            "id": "hd-1080p", "name": "HD", "upgradeAllowed": True, "cutoff": "1080p",
            "qualities": [{"quality": "1080p", "allowed": True, "preferred": True}], "minSize": 500,
        }]},
    )  # fmt: skip
    _write(
        path, "verify",
        {"minDurationSec": 60, "minBitrateKbpsByHeight": {"720": 1500}, "allowedContainers": ["mp4", "mkv"]},
    )  # fmt: skip
    _write(
        path, "verify-results",
        {
            "movie:lq1film": {
                "phase": "all", "kind": "movie", "id": "lq1film", "title": "The Lighthouse Keeper",
                "analyzedAt": "2025-02-03T04:05:06.000Z", "topSeverity": "error",
                "issues": [
                    {"kind": "container_unsupported", "severity": "warn", "message": "matroska,webm"},
                    {"kind": "encoding_low_bitrate", "severity": "warn", "message": "900 kbps at 1080"},
                    {"kind": "wrong_content", "severity": "error", "message": "Title contains 'sample'"},
                ],
            },
            "music:lq4song": {
                "phase": "all", "kind": "music", "id": "lq4song", "title": "Waves", "topSeverity": "warn",
                "analyzedAt": "2025-02-03T04:05:06.000Z",
                "issues": [{"kind": "short_duration", "severity": "warn", "message": "30 s"}],
            },
        },
    )  # fmt: skip
    _write(
        path, "grabs",
        {"movie:lq3wish": {
            "kind": "movie", "id": "lq3wish", "title": "Never Bought", "ok": True, "status": "added",
            "link": "https://indexer.example.org/get?id=5&apikey=grab-api-key", "protocol": "usenet",
            "client": "sabnzbd", "at": "2024-05-03T10:00:00.000Z",
        }},
    )  # fmt: skip
    _write(
        path, "settings",
        {
            "setupCompleted": True, "lastScanDate": "2025-03-02T01:02:03.000Z",
            "mediaFolders": [
                {"path": f"{MEDIA}/movies", "type": "movies", "enabled": True},
                {"path": f"{MEDIA}/series", "type": "series", "enabled": False},
            ],
        },
    )  # fmt: skip
    _write(
        path, "metadata",
        {"tmdb": {"apiKey": encrypt(SECRETS[6]), "language": "en-US", "includeAdult": False},
         "musicbrainz": {"enabled": True}},
    )  # fmt: skip
    _write(path, "organizer", {"destinations": {"movies": f"{MEDIA}/movies"}, "defaultOperation": "hardlink"})
    _write(path, "subtitle-automation", {"enabled": True, "preferredLanguages": ["en"], "whisperModel": "base"})
    _write(path, "monitor", {"sab": {"done": ["SABnzbd_nzo_1", "SABnzbd_nzo_2"]}})
    return path


def build_dirty(path: Path) -> Path:
    """What goes wrong: a file that is cut off, odd values, members twice, unknown files, an unreadable secret."""
    build_clean(path)
    people = users()
    people[VIEWER] |= {"role": "emperor", "createdAt": "2024-02-30T10:00:00Z", "passwordHash": "short:abc"}
    people["user_nobody"] = {"id": "user_nobody", "email": "", "passwordHash": "secret-in-clear", "role": "user"}
    _write(path, "users", people)
    items = library()
    items[0] |= {"title": "Nul \x00 and \ud800 here", "fileSize": "much", "metadata": {"codec": "x264", "list": [1]}}
    items.append(dict(items[1]))
    items.append({"kind": "movie", "title": "", "filePath": f"{MEDIA}/movies/No Title.mkv", "filmRating": "12"})
    text = json.dumps({"version": 2, "items": items})
    (path / "library.json").write_text(text[: text.rindex("No Title")])
    _write(path, "downloaders", {"sabnzbd": {"enabled": "1", "apiKey": encrypt("lost", OTHER_KEY)}})
    (path / "wanted.json").write_text("")
    _write(path, "artwork", {"lq1film": {"url": "https://image.example.org/a.jpg", "apiToken": "art-token"}})
    _write(path, "settings", {"mediaFolders": [{"path": "relative", "type": "movies"}, "not an object"]})
    return path


def build_large(path: Path, rows: int = 100_000) -> Path:
    """A library of that many items, nine in ten of them films with files."""
    path.mkdir(parents=True, exist_ok=True)
    _write(path, "users", users())
    _write(path, "settings", {"mediaFolders": [{"path": f"{MEDIA}/movies", "type": "movies", "enabled": True}]})
    with (path / "library.json").open("w") as file:
        file.write('{"items": [\n')
        for number in range(rows):
            item: dict[str, Any] = {"id": f"m{number:07}", "kind": "movie", "title": f"Film {number:07}"}
            if number % 10:
                item |= {
                    "year": 1950 + number % 70, "quality": "1080p", "fileSize": 1_000_000 + number,
                    "filePath": f"{MEDIA}/movies/{number % 100:02}/Film {number:07}.mkv",
                    "metadata": {"originalFilename": f"Film {number:07}.mkv", "codec": "x264"},
                }  # fmt: skip
            file.write((",\n" if number else "") + json.dumps(item))
        file.write("\n]}\n")
    return path


def build_database(path: Path) -> Path:
    """The planned SQLite file, as its document has it, with a verification that ended and one that runs."""
    with sqlite3.connect(path) as connection:
        connection.executescript(_SCHEMA)
        for user in users().values():
            connection.execute(
                "INSERT INTO users VALUES (:id, :email, :passwordHash, :role, :createdAt, :updatedAt, :last)",
                {**user, "last": user.get("lastLoginAt")},
            )
        for item in library():
            facts = {name: item[name] for name in ("year", "quality", "filePath", "fileSize") if name in item}
            connection.execute(
                "INSERT INTO library_items VALUES (?, ?, ?, ?, NULL, ?, '2024-01-02 03:04:05', '2024-01-02 03:04:05')",
                [item["id"], item["kind"], item["title"], item.get("posterUrl"),
                 json.dumps({**item.get("metadata", {}), **facts})],
            )  # fmt: skip
        connection.execute("INSERT INTO sessions VALUES ('s1', ?, 'hash', '2025-01-01', '2024-12-01', NULL)", [ADMIN])
        connection.execute(
            "INSERT INTO downloaders (id, client_type, base_url, encrypted_password)"
            " VALUES ('d1', 'qbittorrent', 'http://nas:8080', ?)",
            [encrypt(SECRETS[0])],
        )
        connection.executemany(
            "INSERT INTO verify_jobs (id, library_item_id, kind, title, phase, status, result, completed_at)"
            " VALUES (?, 'lq1film', 'movie', 'The Lighthouse Keeper', 'all', ?, ?, '2025-02-03 04:05:06')",
            [
                (
                    "v1",
                    "completed",
                    json.dumps({"issues": [{"kind": "no_audio", "severity": "error", "message": "!"}]}),
                ),
                ("v2", "running", None),
            ],
        )
    connection.close()
    return path


def _write(path: Path, name: str, content: Any) -> None:
    (path / f"{name}.json").write_text(json.dumps(content, indent=2))


_SCHEMA = """
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT UNIQUE NOT NULL, password_hash TEXT NOT NULL, role TEXT NOT NULL,
  created_at DATETIME, updated_at DATETIME, last_login_at DATETIME);
CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, token_hash TEXT NOT NULL,
  expires_at DATETIME NOT NULL, created_at DATETIME, revoked_at DATETIME);
CREATE TABLE library_items (id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, poster_url TEXT,
  background_url TEXT, metadata JSONB, created_at DATETIME, updated_at DATETIME, UNIQUE(kind, title));
CREATE TABLE downloaders (id TEXT PRIMARY KEY, client_type TEXT NOT NULL, enabled BOOLEAN NOT NULL DEFAULT 1,
  base_url TEXT NOT NULL, username TEXT, encrypted_password TEXT, encrypted_api_key TEXT, category TEXT,
  timeout_ms INTEGER DEFAULT 5000, config JSONB, created_at DATETIME, updated_at DATETIME, UNIQUE(client_type));
CREATE TABLE indexers (id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, base_url TEXT NOT NULL,
  encrypted_api_key TEXT, enabled BOOLEAN NOT NULL DEFAULT 1, priority INTEGER DEFAULT 0, config JSONB,
  created_at DATETIME, updated_at DATETIME);
CREATE TABLE wanted_items (id TEXT PRIMARY KEY, library_item_id TEXT, title TEXT NOT NULL, kind TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'wanted', search_query TEXT, last_search_at DATETIME, added_at DATETIME, metadata JSONB);
CREATE TABLE quality_profiles (id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, description TEXT, min_quality TEXT,
  max_quality TEXT, preferred_qualities JSONB, config JSONB, created_at DATETIME, updated_at DATETIME);
CREATE TABLE verify_jobs (id TEXT PRIMARY KEY, library_item_id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
  phase TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending', result JSONB, started_at DATETIME, completed_at DATETIME,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
"""
