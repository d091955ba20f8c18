"""Videos with their files, themes and notes, and the pictures that somebody chose for them."""

from typing import Any

from importers.records import FileFacts, Mapped, Record, Ref, SourcePicture
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields
from importers.systems.video_streaming.names import made

# Codecs as FFmpeg names them, which is how the system stored them too; some wrote what people say.
_CODECS = {"avc": "h264", "avc1": "h264", "h.264": "h264", "x264": "h264", "h265": "hevc", "h.265": "hevc",
           "hvc1": "hevc", "hev1": "hevc", "x265": "hevc", "av01": "av1"}  # fmt: skip


def map_video(fields: Fields, facts: Facts) -> Mapped:
    """A video, its file, a tag for each theme, and the picture that somebody chose for it."""
    path = fields.text("file_path")
    name = fields.text("file_name", longest=500) or path.rsplit("/", 1)[-1][:500]
    title = fields.text("title", longest=500) or name
    if not title:
        return fields.skip("no_name")
    indexed = fields.moment("indexed_at")
    values: dict[str, Any] = {
        "title": title,
        "description": fields.text("description"),
        "original_file_name": name,
        "origin": "import",
        "last_verified_at": fields.moment("last_verified_at"),
        "file": _file(fields, path, indexed) if path else None,
        "folder": _folder(fields, facts),
        **({"created_at": indexed} if indexed else made(fields)),
    }
    if fields.boolean("is_deleted", default=False):
        values["trashed_at"] = fields.moment("updated_at") or fields.moment("created_at") or indexed
        if values["trashed_at"] is None:
            del values["trashed_at"]
            fields.refuse("bad_date", "is_deleted")
    if fields.key in facts.chosen_pictures:
        values["cover"] = SourcePicture(path=facts.chosen_pictures[fields.key][1])
    return fields.done(Record("library.video", values), *_themes(fields), title=title)


def map_thumbnail(fields: Fields, facts: Facts) -> Mapped:
    """The system's own choice is made again; a picture that somebody chose has come with its video."""
    video = fields.ref("videos", "video_id")
    if video is None or video.key not in facts.ids("videos"):
        return fields.skip("dangling_reference")
    if facts.chosen_pictures.get(video.key, ("",))[0] == fields.key:
        return fields.skip("taken_along")
    return fields.skip("not_imported", is_kept=False)


def map_metadata(fields: Fields, facts: Facts) -> Mapped:
    video, key = fields.ref("videos", "video_id"), fields.text("key", longest=100)
    if video is None:
        return fields.skip("dangling_reference", title=key)
    if not key:
        return fields.skip("no_name")
    values: dict[str, Any] = {"video": video, "key": key, "value": fields.text("value"), **made(fields)}
    return fields.done(Record("library.videometadata", values), title=key)


def _folder(fields: Fields, facts: Facts) -> Ref | None:
    """The path tells the folder too, so one that is gone is no reason to leave the video out."""
    folder = fields.ref("watched_directories", "directory_id")
    if folder is not None and folder.key not in facts.ids("watched_directories"):
        fields.refuse("dangling_reference", "directory_id")
        return None
    return folder


def _file(fields: Fields, path: str, indexed: Any) -> FileFacts:
    hashed = fields.text("file_hash", longest=200)
    return FileFacts(
        path=path,
        size_bytes=fields.integer("file_size_bytes"),
        duration_seconds=fields.number("duration_seconds", most=1e9),
        width=fields.integer("width", least=1, most=100_000),
        height=fields.integer("height", least=1, most=100_000),
        frame_rate=fields.number("fps", most=100_000),
        bit_rate=fields.integer("bitrate"),
        video_codec=_codec(fields.text("codec", longest=40)),
        audio_codec=_codec(fields.text("audio_codec", longest=40)),
        added_at=indexed,
        last_seen_at=fields.moment("last_verified_at"),
        is_missing=not fields.boolean("is_available", default=True),
        hashes={"xxh3": hashed} if hashed else {},
    )


def _codec(name: str) -> str:
    return _CODECS.get(name.lower(), name.lower())


def _themes(fields: Fields) -> list[Record]:
    """A tag and its link for each theme; the parts are by the theme's name, so that their order doesn't matter."""
    records = []
    themes: dict[str, str] = {}
    for theme in fields.text("themes").split(","):
        name = " ".join(theme.split())
        if len(name) > 100:
            fields.refuse("too_long", "themes")
        if name:
            themes.setdefault(name[:100].lower(), name[:100])
    for key, name in themes.items():
        tag = Ref("videos", fields.key, f"theme:{key}")
        records.append(Record("library.tag", {"name": name}, part=tag.part))
        link = {"video": Ref("videos", fields.key), "tag": tag, "source": "import"}
        records.append(Record("library.videotag", link, part=f"themed:{key}"))
    return records
