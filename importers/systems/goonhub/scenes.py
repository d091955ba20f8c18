"""Scenes, their tags, people and studios; storage paths and scans."""

import os.path
from typing import Any

from importers.records import FileFacts, Mapped, Record, Ref, SourcePath
from importers.systems.goonhub.names import external_id
from importers.systems.goonhub.row import Row, absolute
from library.models.names import clean_name, name_key
from library.models.video import Origin, VideoType

# What `Source.rows` puts beside the columns of a scene: the ids that the tables of its links already have.
LINKED_TAGS, LINKED_ACTORS = "(tags)", "(actors)"
_INT64 = 2**63 - 1
_SECONDS_OF_A_YEAR = 366 * 24 * 3600


def map_storage_path(row: Row) -> Mapped:
    path = row.named("path", 4000)
    values = row.made_at(
        {
            "path": SourcePath(absolute(path)),
            "name": row.text("name", 200) or os.path.basename(path) or path,
            "is_default": row.boolean("is_default", False),
        }
    )
    return row.mapped(Record("library.folder", values), title=path)


def map_scene(row: Row) -> Mapped:
    """The video with its file; its studio, and what only the old lists name, as parts."""
    file_name = row.text("original_filename", 500)
    path = row.text("stored_path")
    title = row.text("title", 500).strip() or _stem(file_name or path) or f"Scene {row.key}"
    is_deleted = row.moment("deleted_at")
    values: dict[str, Any] = row.made_at(
        {
            "title": title,
            "description": row.text("description"),
            "release_date": row.date("release_date"),
            "origin": row.word("origin", {word: word for word in Origin.values}, Origin.UNKNOWN.value),
            "type": row.word("type", {word: word for word in VideoType.values if word}, ""),
            "trashed_at": row.moment("trashed_at"),
            "view_count": row.count("view_count", _INT64),
            "is_corrupted": row.boolean("is_corrupted", False),
            "original_file_name": file_name,
            "file_date": row.moment("file_created_at"),
            "file": _facts(row, path, is_missing=is_deleted is not None),
            "folder": _folder(row, path),
        }
    )
    if is_deleted:
        row.keep("deleted_at", is_deleted.isoformat())
    if cover := _cover(row):
        values["cover"] = cover
    row.made_again(
        "thumbnail_width", "thumbnail_height", "sprite_sheet_path", "sprite_sheet_count", "vtt_path",
        "preview_video_path", "processing_status", LINKED_TAGS, LINKED_ACTORS,
    )  # fmt: skip
    video = Ref(row.name, row.key)
    return row.mapped(
        Record("library.video", values),
        external_id(row, "porndb_scene_id", {"video": video}),
        _studio(row, video),
        *_legacy(row, video, "tags", LINKED_TAGS, "library.videotag", "tag"),
        *_legacy(row, video, "actors", LINKED_ACTORS, "people.credit", "creator"),
        title=title,
    )


def map_scene_tag(row: Row) -> Mapped:
    values = {"video": row.ref("scene_id", "scenes"), "tag": row.ref("tag_id", "tags"), "source": "import"}
    return row.mapped(Record("library.videotag", row.made_at(values)))


def map_scene_actor(row: Row) -> Mapped:
    values = {"video": row.ref("scene_id", "scenes"), "creator": row.ref("actor_id", "actors"), "source": "import"}
    return row.mapped(Record("people.credit", row.made_at(values)))


def map_scan(row: Row) -> Mapped:
    """A scan of the default folder: which ones it went through, only their number was kept."""
    status = row.text("status")
    folder = row.lookups.default_folder
    if status == "running":
        return row.left_out("unfinished")
    if folder is None:
        return row.left_out("dangling_reference")
    started = row.moment_of("started_at", "created_at")
    error = row.text("error_message")
    if status == "cancelled":
        error = f"It was cancelled. {error}".strip()
    elif status not in ("completed", "failed"):
        row.keep("status", status, "bad_value")
    values = {
        "folder": folder,
        "trigger": "manual",
        "status": "completed" if status == "completed" else "failed",
        "error": error,
        "started_at": started,
        "finished_at": row.moment("completed_at") or started,
        "files_seen": row.count("files_found"),
        "files_new": row.count("videos_added"),
        "files_unchanged": row.count("videos_skipped"),
        "files_missing": row.count("videos_removed"),
        "files_moved": row.count("videos_moved"),
        "files_unreadable": row.count("errors"),
    }
    return row.mapped(Record("library.scanlog", row.made_at(values)), title=f"Scan of {started:%Y-%m-%d %H:%M}")


def _facts(row: Row, path: str, *, is_missing: bool) -> FileFacts | None:
    """None where the scene has no file; its numbers are then kept."""
    facts: dict[str, Any] = {
        "size_bytes": row.positive("size", _INT64),
        "duration_seconds": float(seconds) if (seconds := row.positive("duration", _SECONDS_OF_A_YEAR)) else None,
        "width": row.positive("width"),
        "height": row.positive("height"),
        "frame_rate": row.number("frame_rate", most=10_000) or None,
        "bit_rate": row.positive("bit_rate", _INT64),
        "video_codec": row.text("video_codec", 40),
        "audio_codec": row.text("audio_codec", 40),
    }
    digest = row.text("file_hash").strip().lower()
    if not path:
        for name, value in facts.items():
            if value:
                row.keep(name, value)
        return None
    return FileFacts(
        path=absolute(path),
        container=os.path.splitext(path)[1].removeprefix(".").lower(),
        modified_at=row.moment("file_created_at"),
        added_at=row.moment("created_at"),
        is_missing=is_missing,
        hashes={"sha256": digest} if digest else {},
        **facts,
    )


def _folder(row: Row, path: str) -> Ref | None:
    """An upload has no storage path and lies in the one that holds it."""
    known = row.raw("storage_path_id")
    if known is not None:
        return row.lookups.ref("storage_paths", known)
    inside = absolute(path)
    for folder, key in row.lookups.folders:
        if folder and inside.startswith(f"{absolute(folder).rstrip('/')}/"):
            return row.lookups.ref("storage_paths", key)
    return None


def _cover(row: Row) -> Any:
    """The cover that somebody chose, or a still that isn't called as those that GoonHub makes itself."""
    still = row.text("thumbnail_path").strip()
    if cover := row.picture("cover_image_path"):
        return cover
    made = {f"{row.key}_thumb_{size}.webp" for size in ("sm", "lg")}
    return row.picture("thumbnail_path") if still and os.path.basename(still) not in made else None


def _studio(row: Row, video: Ref) -> Record | None:
    """By its id; by the old text only where there is none."""
    text, known = clean_name(row.text("studio")), row.raw("studio_id")
    named = row.lookups.named("studios", text) if text else []
    if known is None:
        studio = named[0] if named else None
    else:
        studio = row.lookups.ref("studios", known)
        if text and studio not in named:
            row.keep("studio", text, "studio_conflict")
    if studio is None:
        return None
    values = {"video": video, "studio": studio, "is_primary": True, "source": "import"}
    return Record("people.videostudio", values, part="studio")


def _legacy(row: Row, video: Ref, table: str, linked: str, kind: str, field: str) -> list[Record]:
    """Links of the old list that the table of links doesn't have."""
    there = {row.lookups.ref(table, one) for one in row.raw(linked) or ()}
    records = []
    for name in row.texts(table):
        found = row.lookups.named(table, name)
        if not found or there.intersection(found):
            continue
        there.add(found[0])
        values = {"video": video, field: found[0], "source": "import"}
        records.append(Record(kind, values, part=f"{field}:{name_key(name)}"[:200]))
    return records


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0].strip()
