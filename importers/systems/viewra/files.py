"""Libraries and files of Viewra: folders and videos."""

import posixpath
from collections.abc import Mapping
from typing import Any

from importers.records import FileFacts, Mapped, Record, Ref, SourcePath, SourcePicture, SourceRow
from importers.sources.cleaning import clean_date, clean_text
from importers.systems.cells import Cells
from importers.systems.endings import ending, file_title
from importers.systems.viewra.index import Index, is_video_file
from importers.systems.viewra.keeping import keep_row

_KINDS = {"movie": "movies", "movies": "movies", "tv": "series", "tv_show": "series", "music": "music"}
# What our own look at the file finds anew.
_FOUND_ANEW = (
    "mime_type", "channels", "sample_rate", "resolution", "technical_info", "video_streams", "audio_streams",
    "subtitle_streams", "video_profile", "video_level", "video_bit_depth", "aspect_ratio", "pixel_format",
    "color_space", "color_primaries", "color_transfer", "hdr_format", "interlaced", "reference_frames",
    "audio_channels", "audio_layout", "audio_sample_rate", "audio_bit_depth", "audio_profile",
)  # fmt: skip
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}


def map_library(row: SourceRow, index: Index) -> Mapped:
    cells = Cells(row.columns)
    path = cells.text("path").rstrip("/") or "/"
    if not path.startswith("/"):
        return keep_row(row, "bad_value")
    library = index.libraries.get(row.key)
    if library and library.is_repeated:
        return keep_row(row, "duplicate", title=path)
    kind = cells.line("type").lower()
    seconds = cells.integer("scan_interval")
    values: dict[str, Any] = {
        "path": SourcePath(path),
        "name": (cells.line("name", longest=200) or posixpath.basename(path) or path)[:200],
        "kind": _KINDS.get(kind, "videos"),
        "scan_interval_minutes": max(1, round(seconds / 60)) if seconds else None,
        "last_scanned_at": cells.moment("last_scan"),
    }
    if created := cells.moment("created_at"):
        values["created_at"] = created
    cells.pass_over("id", "updated_at")
    kept, notes = cells.finish()
    return Mapped(records=(Record("library.folder", values),), kept=kept, notes=notes, title=path[:300])


def map_file(row: SourceRow, index: Index) -> Mapped:
    """The oldest file of a title becomes the video with what is known of the title; the others are files of it."""
    path = clean_text(row.columns.get("path"))[0]
    if not is_video_file(row.columns) or not path:
        is_picture = row.columns.get("media_type") == "image"
        return keep_row(row, "not_imported" if is_picture else "no_place_yet" if path else "no_name", title=path)
    cells = Cells(row.columns)
    library = index.library_of(row.columns)
    if row.columns.get("library_id") not in (None, "") and _named(row, index) is None:
        cells.notes.append("dangling_reference")
        cells.keep("library_id")
    facts = _facts(cells, index, library)
    version = cells.line("version_name", longest=100)
    common = {"file": facts, "folder": Ref("media_libraries", library) if library else None}
    first = index.first_of_file.get(row.key, row.key)
    if first != row.key:
        video = Ref(row.table, first)
        records = [Record("library.videofile", {"video": video, "version_name": version, **common})]
        title = file_title(facts.path)
    else:
        values = {**_title(row.columns, index), **common}
        if facts.added_at:
            values["created_at"] = facts.added_at
        values["original_file_name"] = cells.text("filename", longest=500) or posixpath.basename(path)[:500]
        video, title = Ref(row.table, row.key), values["title"]
        records = [Record("library.video", values), *_notes(video, cells, version)]
    cells.pass_over("id", "media_id", "media_type", "scan_job_id", "filename", "library_id", "updated_at", *_FOUND_ANEW)
    cells.keep("language", "audio_language")
    kept, notes = cells.finish()
    return Mapped(records=tuple(records), kept=kept, notes=notes, title=title[:300])


def frame_rate(text: Any) -> tuple[float | None, str]:
    """Pictures a second from "24000/1001", "25" or 25.0. Reason: `bad_number`."""
    if text is None or text == "":
        return None, ""
    above, _, below = str(text).partition("/")
    try:
        rate = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError, OverflowError):
        # ffprobe writes 0/0 where it knows none.
        return None, "" if str(text) == "0/0" else "bad_number"
    return (rate, "") if 0 < rate <= 1000 else (None, "" if rate == 0 else "bad_number")


def _named(row: SourceRow, index: Index) -> object:
    return index.libraries.get(str(row.columns.get("library_id")))


def _facts(cells: Cells, index: Index, library: str) -> FileFacts:
    path: str = cells.raw("path")
    path = path.replace("\x00", "\ufffd") if isinstance(path, str) else clean_text(path)[0]
    if not path.startswith("/"):
        # The document has paths below their library.
        root = next((one.path for one in index.libraries.values() if one.key == library), "")
        path = posixpath.join(root or "/", path)
    rate, reason = frame_rate(cells.raw("video_framerate"))
    if reason:
        cells.notes.append(reason)
        cells.keep("video_framerate")
    kilobits = cells.integer("bitrate_kbps", most=10**9)
    digest = cells.line("hash").lower()
    size = {name: cells.integer(*names, most=2**31 - 1) or None for name, names in _SIZES.items()}
    return FileFacts(
        path=path,
        size_bytes=cells.integer("size_bytes", "size"),
        # 0 is "unknown", as the empty text is.
        duration_seconds=cells.number("duration") or None,
        width=size["width"],
        height=size["height"],
        frame_rate=rate,
        bit_rate=kilobits * 1000 if kilobits else None,
        video_codec=cells.line("video_codec", longest=40).lower(),
        audio_codec=cells.line("audio_codec", longest=40).lower(),
        container=(cells.line("container", longest=40).lower() or ending(path).lstrip("."))[:40],
        added_at=cells.moment("created_at"),
        last_seen_at=cells.moment("last_seen"),
        hashes={_HASHES.get(len(digest), "hash"): digest[:200]} if digest else {},
    )


_SIZES = {"width": ("video_width", "width"), "height": ("video_height", "height")}


def _title(columns: Mapping[str, Any], index: Index) -> dict[str, Any]:
    """What the film or episode says, which `Source.rows` put beside the file."""
    of: Mapping[str, Any] = columns.get("_title") or {}
    cells = Cells(of)
    name = cells.line("title", longest=400)
    values: dict[str, Any] = {}
    if columns.get("_kind") == "episode":
        name = _episode_title(cells, name, index)
    elif columns.get("_kind") == "movie":
        day, _ = clean_date(of.get("release_date"))
        values = {"description": cells.text("overview"), "release_date": day}
    if columns.get("_kind") == "episode":
        day, _ = clean_date(of.get("air_date"))
        values = {"description": cells.text("description"), "release_date": day}
    cover = index.covers.get(str(columns.get("_key") or ""))
    if cover:
        values["cover"] = SourcePicture(path=cover[1])
    path = clean_text(columns.get("path"))[0]
    return {"title": name or file_title(path)[:400] or path[-400:], **values}


def _episode_title(cells: Cells, name: str, index: Index) -> str:
    """ "Show S02E05 The Storm", as far as that is known."""
    show, season = index.seasons.get(str(cells.raw("season_id") or ""), ("", None))
    episode = cells.integer("episode_number")
    number = f"S{season:02}" if season is not None else ""
    number += f"E{episode:02}" if episode is not None else ""
    return " ".join(word for word in (index.shows.get(show, "")[:200], number, name[:200]) if word)


def _notes(video: Ref, cells: Cells, version: str) -> list[Record]:
    if not version:
        return []
    return [Record("library.videometadata", {"video": video, "key": "version", "value": version}, part="note version")]
