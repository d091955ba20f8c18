"""What people watched with Viewra, and its scans."""

from typing import Any

from importers.records import Mapped, Record, Ref, SourceRow
from importers.systems.cells import Cells, row_key
from importers.systems.viewra.index import Index, day_of
from importers.systems.viewra.keeping import keep_row
from importers.systems.viewra.titles import FILES

_ENDED = frozenset({"ended", "stopped", "abandoned", "completed"})
_SCANS = {"completed": "completed", "failed": "failed"}


def map_history(row: SourceRow, index: Index) -> Mapped:
    cells = Cells(row.columns)
    values = _who_and_what(cells, index)
    moment = cells.moment("played_at", "created_at")
    if values is None or moment is None:
        return _not_ours(row, index, values)
    values |= {
        "watched_at": moment,
        "watched_seconds": cells.number("played_seconds", "duration_watched") or 0.0,
        "position_seconds": cells.number("last_position") or 0.0,
        "is_completed": cells.boolean("completed"),
    }
    cells.pass_over("id", "media_type", "duration", "thumbnail_path", "created_at", "updated_at", "deleted_at")
    title = cells.line("media_title", longest=300)
    cells.keep("device_type", "quality")
    kept, notes = cells.finish()
    return Mapped((Record("playback.watch", values),), kept=kept, notes=notes, title=title)


def map_session(row: SourceRow, index: Index) -> Mapped:
    """One that ended is a sitting, unless the history has it. Viewra took old ones out of sight by `deleted_at`; they
    happened all the same. Addresses stay behind."""
    cells = Cells(row.columns)
    started, ended = cells.moment("start_time"), cells.moment("end_time")
    if ended is None and cells.line("state").lower() not in _ENDED:
        return keep_row(_without_address(row), "unfinished")
    values = _who_and_what(cells, index)
    if values is None or started is None:
        return _not_ours(_without_address(row), index, values)
    user, file = row_key(row.columns.get("user_id")), row_key(row.columns.get("media_file_id"))
    if {(user, file, day_of(started)), (user, file, day_of(ended))} & index.played:
        return keep_row(_without_address(row), "duplicate")
    values |= {
        "watched_at": started,
        "watched_seconds": cells.number("played_duration") or 0.0,
        "position_seconds": cells.number("position") or 0.0,
        "is_completed": cells.boolean("completed"),
    }
    kept = keep_row(_without_address(row), "").kept
    return Mapped((Record("playback.watch", values),), kept={**kept, **cells.kept}, notes=tuple(cells.notes))


def map_progress(row: SourceRow, index: Index) -> Mapped:
    """Where somebody is in a video: the newest row of them and the file."""
    if not row.columns.get("_is_newest", True):
        return keep_row(row, "duplicate")
    cells = Cells(row.columns)
    if cells.moment("deleted_at"):
        return keep_row(row, "not_imported")
    values = _who_and_what(cells, index)
    moment = cells.moment("updated_at", "created_at")
    if values is None or moment is None:
        return _not_ours(row, index, values)
    values |= {
        "watched_at": moment,
        "position_seconds": cells.number("position") or 0.0,
        "duration_seconds": cells.number("duration") or None,
        "is_completed": cells.boolean("completed"),
    }
    cells.pass_over("id", "created_at", "updated_at", "deleted_at")
    kept, notes = cells.finish()
    return Mapped((Record("playback.watchprogress", values),), kept=kept, notes=notes)


def map_scan(row: SourceRow, index: Index) -> Mapped:
    cells = Cells(row.columns)
    status = _SCANS.get(cells.line("status").lower())
    started = cells.moment("started_at") or cells.moment("created_at")
    finished = cells.moment("completed_at") or cells.moment("updated_at") or started
    if status is None or started is None or finished is None:
        return keep_row(row, "unfinished" if status is None else "bad_date")
    library = index.libraries.get(row_key(row.columns.get("library_id")))
    if library is None:
        return keep_row(row, "dangling_reference")
    values: dict[str, Any] = {
        "folder": Ref("media_libraries", library.key),
        "status": status,
        "trigger": "manual",
        "started_at": started,
        "finished_at": finished,
        "files_seen": cells.integer("files_found", most=2**31 - 1) or 0,
        "error": cells.text("error_message"),
    }
    cells.pass_over("id", "library_id", "created_at", "updated_at", "progress")
    cells.keep("files_processed", "files_skipped", "bytes_processed", "status_message", "resumed_at")
    kept, notes = cells.finish()
    return Mapped((Record("library.scanlog", values),), kept=kept, notes=notes)


def _who_and_what(cells: Cells, index: Index) -> dict[str, Any] | None:
    """Whose it is and which video; None when the file isn't one of a video. A user whom nobody knows is the owner:
    Viewra's players said whatever they liked, and it mostly had no accounts. What they said is kept."""
    named, file = row_key(cells.raw("user_id")), row_key(cells.raw("media_file_id"))
    first = index.first_of_file.get(file)
    if first is None:
        return None
    account = index.users.get(named) or index.users.get(named.lower())
    if account is None:
        cells.keep("user_id")
    return {"user": Ref("users", account) if account else index.owner, "video": Ref(FILES, first)}


def _not_ours(row: SourceRow, index: Index, values: dict[str, Any] | None) -> Mapped:
    if values is not None:
        return keep_row(row, "bad_date")
    known = index.by_id(FILES, {row_key(row.columns.get("media_file_id"))})
    return keep_row(row, "no_place_yet" if known else "dangling_reference")


def _without_address(row: SourceRow) -> SourceRow:
    hidden = ("ip_address", "location", "debug_info")
    return SourceRow(row.table, row.key, {name: value for name, value in row.columns.items() if name not in hidden})
