"""What becomes of the rows of MediaOS that are no library items."""

from collections.abc import Callable
from typing import Any

from importers.records import Mapped, Record, Secret, SourcePath, SourceRow
from importers.services.secrets import read_mediaos
from importers.sources.cleaning import clean_text
from importers.systems.cells import Cells, keepable
from importers.systems.endings import file_title
from importers.systems.hiding import hide_secrets
from importers.systems.mediaos.carriers import EXTRA, TORN
from importers.systems.mediaos.context import Context
from importers.systems.mediaos.findings import map_result, map_verify_job
from importers.systems.mediaos.videos import map_item
from library.hashers import as_stored

Mapper = Callable[[SourceRow, Context], Mapped]

ROLES = {"admin": "admin", "moderator": "moderator", "member": "user", "guest": "user", "user": "user"}
# Tables with no place here yet: later rooms of Videothek may adopt their rows.
NO_PLACE = (
    "settings", "downloaders", "indexer_servers", "indexers", "quality_profiles", "quality", "grabs", "verify",
    "metadata", "organizer", "subtitle_automation", "monitor",
)  # fmt: skip
# Members that MediaOS encrypts, and the planned columns.
_SECRETS = ("password", "apiKey", "encryptedPassword", "encryptedApiKey")


def map_user(row: SourceRow, context: Context) -> Mapped:
    cells = Cells(row.columns)
    email = cells.line("email", longest=254)
    name = cells.line("username", longest=150) or email[:150]
    if not name:
        return keep_whole(row, "no_name", context)
    role = cells.line("role")
    values: dict[str, Any] = {
        "username": name,
        "email": email if "@" in email else "",
        "password": _password(cells),
        "role": ROLES.get(role, "user"),
        "is_owner": row.key == context.owner,
        "last_login": cells.moment("lastLoginAt"),
    }
    if role not in ROLES:
        cells.notes.append("bad_value")
        cells.keep("role")
    created = cells.moment("createdAt")
    if created:
        values |= {"created_at": created, "date_joined": created}
    cells.pass_over("id", "updatedAt")
    kept, notes = cells.finish()
    return Mapped(records=(Record("library.user", values),), kept=kept, notes=notes, title=name)


def map_folder(row: SourceRow, context: Context) -> Mapped:
    """MediaOS scanned a folder that was switched off too, so its videos stay to be seen; it isn't scanned by itself."""
    cells = Cells(row.columns)
    path = cells.text("path")
    if not path.startswith("/"):
        return keep_whole(row, "bad_value", context)
    kind = cells.line("type")
    path = path.rstrip("/") or "/"
    values: dict[str, Any] = {
        "path": SourcePath(path),
        "name": (file_title(path) or path)[:200],
        "kind": kind if kind in ("movies", "series", "music") else "videos",
        "is_active": True,
        "is_auto_scanned": cells.boolean("enabled", default=True),
    }
    if context.scanned_at:
        values["last_scanned_at"] = context.scanned_at
    kept, notes = cells.finish()
    return Mapped(records=(Record("library.folder", values),), kept=kept, notes=notes, title=path[:300])


def keep_whole(row: SourceRow, reason: str, context: Context) -> Mapped:
    """The row as it was, what MediaOS encrypted in clear text for our own encryption."""
    notes: list[str] = []
    kept = keepable(_opened(dict(row.columns), context.secret, notes))
    title = str(row.columns.get("name") or row.columns.get("title") or row.key)
    return Mapped(skipped=reason, kept=hide_secrets(kept), notes=tuple(notes), title=clean_text(title, longest=300)[0])


def keep_no_place(row: SourceRow, context: Context) -> Mapped:
    return keep_whole(row, "no_place_yet", context)


def keep_wanted(row: SourceRow, context: Context) -> Mapped:
    """Without what a scan is said to have found: MediaOS made those numbers up."""
    made_up = {"lastScan", "lastSearchAt"} & row.columns.keys()
    columns = {name: value for name, value in row.columns.items() if name not in made_up}
    mapped = keep_whole(SourceRow(row.table, row.key, columns), "no_place_yet", context)
    notes = (*mapped.notes, *(["not_imported"] if made_up else []))
    return Mapped(skipped=mapped.skipped, kept=mapped.kept, notes=notes, title=mapped.title)


def keep_unknown(row: SourceRow, context: Context) -> Mapped:
    return keep_whole(row, "unknown_table", context)


def leave_out(row: SourceRow, context: Context) -> Mapped:
    return Mapped(skipped="not_imported", title=row.key[:300])


def _password(cells: Cells) -> str:
    """What a login is verified by, "" for none (then only a reset link leads in)."""
    found = cells.line("passwordHash", "password")
    stored = as_stored(found)
    if found and not stored:
        cells.notes.append("bad_value")
    return stored


def _opened(value: Any, key: str, notes: list[str]) -> Any:
    """The value with each secret of MediaOS's in clear text; one that the key doesn't open stays as it was."""
    if isinstance(value, list):
        return [_opened(item, key, notes) for item in value]
    if not isinstance(value, dict):
        return value
    opened = {}
    for name, item in value.items():
        if name in _SECRETS and isinstance(item, str) and item:
            opened[name], reason = read_mediaos(item, key)
            notes += [reason] if reason else []
        else:
            opened[name] = _opened(item, key, notes)
    return opened


def _odd_rows_kept(mapper: Mapper) -> Mapper:
    """Parts of a file that are no rows never reach a mapper: what is torn may hold secrets, so all of it is hidden."""

    def mapped(row: SourceRow, context: Context) -> Mapped:
        if TORN in row.columns:
            torn = row.columns[TORN]
            text = Secret(clean_text(torn)[0]) if torn else ""
            return Mapped(skipped="cut_off", kept={"text": text, "position": row.columns["position"]}, title=row.key)
        if EXTRA in row.columns:
            reason = "unknown_table" if mapper is keep_unknown else "unknown_column"
            return keep_whole(SourceRow(row.table, row.key, {"value": row.columns[EXTRA]}), reason, context)
        return mapper(row, context)

    return mapped


_BY_TABLE: dict[str, Mapper] = {
    "users": map_user,
    "media_folders": map_folder,
    "library_items": map_item,
    "verify_results": map_result,
    "verify_jobs": map_verify_job,
    "wanted_items": keep_wanted,
    "sessions": leave_out,
    **dict.fromkeys(NO_PLACE, keep_no_place),
}
MAPPERS: dict[str, Mapper] = {table: _odd_rows_kept(mapper) for table, mapper in _BY_TABLE.items()}
UNKNOWN: Mapper = _odd_rows_kept(keep_unknown)
