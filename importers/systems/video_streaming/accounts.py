"""Accounts, settings, watched directories and their scans."""

from typing import Any

from importers.records import Mapped, Record, SourcePath
from importers.sources.cleaning import clean_integer, clean_json, clean_text
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields

# {their key: (kind, field, least, most)}: columns of ours and the bounds of their checks.
_SETTINGS = {
    "min_watch_seconds": ("playback.playbacksettings", "min_watch_seconds", 1, 3600),
    "short_video_watch_seconds": ("playback.playbacksettings", "short_video_watch_seconds", 1, 3600),
    "short_video_duration_seconds": ("playback.playbacksettings", "short_video_duration_seconds", 0, 3600),
    "watch_session_gap_minutes": ("playback.playbacksettings", "watch_session_gap_minutes", 0, 1440),
    "downscale_inactive_days": ("processing.processingsettings", "downscale_inactive_days", 1, 3650),
    "max_suggestions": ("processing.processingsettings", "max_suggestions", 1, 1000),
}
# How the hashes of Bun.password and its kin begin, and the algorithm's name before them in a password of Django's.
_HASHERS = (("$argon2", "argon2"), ("$2a$", "bcrypt"), ("$2b$", "bcrypt"), ("$2y$", "bcrypt"))


def map_user(fields: Fields, facts: Facts) -> Mapped:
    """The oldest account becomes the owner. A hash of an unknown form comes as none: a reset link is due."""
    name = fields.text("username", longest=150)
    if not name:
        return fields.skip("no_name", is_kept=False)
    stored = fields.text("password_hash")
    algorithm = next((name for start, name in _HASHERS if stored.startswith(start)), "")
    joined = fields.moment("created_at")
    values: dict[str, Any] = {
        "username": name,
        "email": "",
        "password": f"{algorithm}{stored}" if algorithm == "argon2" else f"{algorithm}${stored}" if algorithm else "",
        "is_active": True,
        "is_owner": facts.owner is not None and facts.owner.key == fields.key,
        "role": "admin" if facts.owner is not None and facts.owner.key == fields.key else "user",
    }
    if stored and (not algorithm or len(values["password"]) > 128):
        values["password"] = ""
        fields.note("bad_value")
    if joined is not None:
        values |= {"date_joined": joined, "created_at": joined}
    return fields.done(Record("library.user", values), title=name)


def map_setting(fields: Fields, facts: Facts) -> Mapped:
    name = fields.text("key")
    if name not in _SETTINGS:
        return fields.skip("no_place_yet", title=name)
    kind, field, least, most = _SETTINGS[name]
    text = clean_text(fields.raw("value"))[0]
    value, reason = clean_integer(clean_json(text, text)[0], least=least, most=most)
    if value is None:
        return fields.skip(reason or "bad_number", title=name)
    return fields.done(Record(kind, {field: value}), title=name)


def map_directory(fields: Fields, facts: Facts) -> Mapped:
    path = fields.text("path")
    if not path.startswith("/"):
        return fields.skip("bad_value" if path else "no_name", title=path)
    values: dict[str, Any] = {
        "path": SourcePath(path),
        "name": (path.rstrip("/").rsplit("/", 1)[-1] or path)[:200],
        "is_active": fields.boolean("is_active", default=True),
        "is_auto_scanned": fields.boolean("auto_scan", default=True),
        "scan_interval_minutes": fields.integer("scan_interval_minutes", most=10_080),
        "last_scanned_at": fields.moment("last_scan_at"),
        **_made(fields, "added_at", "created_at"),
    }
    return fields.done(Record("library.folder", values), title=path)


def map_scan(fields: Fields, facts: Facts) -> Mapped:
    """Only scans that ended. What they counted as added and updated was wrong, so it is only kept."""
    folder = fields.ref("watched_directories", "directory_id")
    started, finished = fields.moment("started_at"), fields.moment("completed_at")
    if folder is None:
        return fields.skip("dangling_reference")
    if finished is None:
        return fields.skip("bad_date" if fields.has("completed_at") else "unfinished")
    error, is_failed = _errors(fields)
    values = {
        "folder": folder,
        "status": "failed" if is_failed else "completed",
        "error": error,
        "started_at": min(started, finished) if started else finished,
        "finished_at": finished,
        "files_seen": fields.integer("files_found", most=2**31 - 1) or 0,
        "files_missing": fields.integer("files_removed", most=2**31 - 1) or 0,
        "created_at": started or finished,
    }
    return fields.done(Record("library.scanlog", values))


def _errors(fields: Fields) -> tuple[str, bool]:
    """The sentences, one a line, and whether the scan failed: then the text is no list."""
    raw = fields.raw("errors")
    parsed = clean_json(raw)[0]
    if isinstance(parsed, list):
        lines = [item if isinstance(item, str) else str(item) for item in parsed]
        return clean_text("\n".join(lines))[0], False
    text, reason = clean_text(raw)
    if reason:
        fields.refuse(reason, "errors")
    return text.strip(), bool(text.strip()) and parsed != {}


def _made(fields: Fields, *names: str) -> dict[str, Any]:
    moment = fields.moment(*names)
    return {"created_at": moment} if moment is not None else {}
