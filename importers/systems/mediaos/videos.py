"""Library items of MediaOS: those with a film's file become videos, the others are kept."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from importers.records import FileFacts, Mapped, Record, Ref, SourcePicture, SourceRow
from importers.sources.cleaning import clean_integer, clean_json, clean_text
from importers.systems.cells import Cells, keepable, part_name
from importers.systems.endings import ending, file_title, may_be_video
from importers.systems.hiding import hide_secrets
from importers.systems.mediaos.context import Context

TABLE = "library_items"
_NOT_VIDEOS = frozenset({"music", "book"})
# What becomes a note of the video: the column or the member of `metadata`, and the note's name.
_NOTES = {
    "year": "year", "quality": "quality", "source": "source", "codec": "codec", "season": "season",
    "episode": "episode", "episodeTitle": "episode title", "artist": "artist", "album": "album", "track": "track",
    "author": "author", "backgroundUrl": "background",
}  # fmt: skip
_FILE_NAMES = ("filePath", "file_path")
_EARLIEST_YEAR, _LATEST_YEAR = 1870, 2200


def item_path(columns: Mapping[str, Any]) -> str:
    """Where the item's file lies; "" when nobody knows. The planned table has it in `metadata`."""
    metadata = clean_json(columns.get("metadata"), {})[0]
    for place in (columns, metadata if isinstance(metadata, dict) else {}):
        for name in _FILE_NAMES:
            if isinstance(place.get(name), str) and place[name].strip():
                return str(place[name])
    return ""


def is_video_item(columns: Mapping[str, Any]) -> bool:
    path = item_path(columns)
    return bool(path) and columns.get("kind") not in _NOT_VIDEOS and may_be_video(path)


def map_item(row: SourceRow, context: Context) -> Mapped:
    """A film with a file is a video; so is a series, of which MediaOS kept one file. Facts that we have no field for
    are notes."""
    title = clean_text(row.columns.get("title"), longest=300)[0].strip()
    if not is_video_item(row.columns):
        return Mapped(skipped="no_place_yet", kept=hide_secrets(keepable(dict(row.columns))), title=title)
    cells = Cells(row.columns)
    facts = _facts(cells)
    path = item_path(row.columns)
    kind = cells.line("kind")
    name = cells.line("title", longest=400) or file_title(clean_text(path)[0]) or path
    size, reason = clean_integer(facts.pop("fileSize", None))
    if reason:
        cells.notes.append(reason)
        cells.kept["fileSize"] = keepable(row.columns.get("fileSize"))
    values: dict[str, Any] = {
        "title": _title(name, facts) if kind == "series" else name,
        "original_file_name": clean_text(facts.pop("originalFilename", ""), longest=500)[0],
        "file": FileFacts(path=path, size_bytes=size, container=ending(path).lstrip(".")[:40]),
    }
    _put_dates(values, cells, facts, kind)
    folder = context.folder_of(path)
    values["folder"] = Ref("media_folders", folder) if folder else None
    poster = cells.line("posterUrl")
    if poster and "://" not in poster and not poster.startswith("data:"):
        values["cover"] = SourcePicture(path=poster)
    elif poster:
        facts["poster"] = poster
    cells.pass_over("id", "updatedAt")
    video = Ref(TABLE, row.key)
    records = [Record("library.video", values)]
    if kind == "series":
        records += _series_records(video, name)
    records += _notes(video, facts, cells)
    kept, notes = cells.finish()
    return Mapped(records=tuple(records), kept=kept, notes=notes, title=values["title"][:300])


def _facts(cells: Cells) -> dict[str, Any]:
    """What the item and its `metadata` say beyond what every item has, the item's own word first."""
    facts: dict[str, Any] = dict(cells.json("metadata", shape=dict))
    for name in (*_NOTES, "fileSize"):
        value = cells.raw(name)
        if value is not None and value != "":
            facts[name] = value
    cells.pass_over(*_FILE_NAMES)
    for name in (*_FILE_NAMES, "updatedAt"):
        facts.pop(name, None)
    return {name: value for name, value in facts.items() if value is not None and value != ""}


def _put_dates(values: dict[str, Any], cells: Cells, facts: dict[str, Any], kind: str) -> None:
    """A film's year is its release on 1 January; a series' year is that of the show and stays a note."""
    created = cells.moment("createdAt")
    if created:
        values["created_at"] = created
    year, _ = clean_integer(facts.get("year"), least=_EARLIEST_YEAR, most=_LATEST_YEAR)
    if year and kind != "series":
        values["release_date"] = date(year, 1, 1)


def _title(name: str, facts: Mapping[str, Any]) -> str:
    """ "Show S01E02 Title of the episode", as far as that is known."""
    season, _ = clean_integer(facts.get("season"))
    episode, _ = clean_integer(facts.get("episode"))
    number = f"S{season:02}" if season is not None else ""
    number += f"E{episode:02}" if episode is not None else ""
    words = (name, number, clean_text(facts.get("episodeTitle"), longest=80)[0].strip())
    return " ".join(word for word in words if word)


def _series_records(video: Ref, name: str) -> list[Record]:
    """The show as a tag, so that what comes of it later is found together."""
    tag = Ref(video.table, video.key, "series")
    return [
        Record("library.tag", {"name": name[:100].strip(), "parent": None}, part="series"),
        Record("library.videotag", {"video": video, "tag": tag, "source": "import"}, part="in series"),
        Record("library.videometadata", {"video": video, "key": "series", "value": name}, part="note series"),
    ]


def _notes(video: Ref, facts: Mapping[str, Any], cells: Cells) -> list[Record]:
    """Facts as notes, those that MediaOS doesn't write by itself too; lists and objects among them are kept."""
    records = []
    for name, value in facts.items():
        hidden = hide_secrets(value, name)
        if isinstance(value, dict | list) or hidden is not value:
            cells.kept[name] = keepable(hidden)
            continue
        text, reason = clean_text("yes" if value is True else "no" if value is False else value)
        key = _NOTES.get(name, clean_text(name, longest=100)[0].strip())
        if reason:
            cells.notes.append(reason)
            cells.kept[name] = keepable(value)
        if key and text.strip():
            note = {"video": video, "key": key, "value": text}
            records.append(Record("library.videometadata", note, part=part_name("note", key)))
    return records
