"""What MediaOS's verifications found."""

from datetime import datetime
from typing import Any

from importers.records import Mapped, Record, Ref, SourceRow
from importers.sources.cleaning import clean_text
from importers.systems.cells import Cells, keepable, row_key
from importers.systems.hiding import hide_secrets
from importers.systems.mediaos.context import Context
from importers.systems.mediaos.videos import TABLE

_KIND = "processing.integrityfinding"
# Their kinds of issue (of both engines that there were) and ours: the code, and which look finds it here. Kinds that
# aren't here have no place: `container_unsupported` comes of a mistake (every MKV has it), `file_not_found` is a state.
_CODES = {
    "wrong_content": ("suspicious_name", "content"),
    "encoding_low_quality": ("suspicious_name", "content"),
    "suspicious_filename": ("suspicious_name", "content"),
    "short_duration": ("short_duration", "content"),
    "duration_too_short": ("short_duration", "content"),
    "duration_too_long": ("duration_mismatch", "content"),
    "very_short_duration": ("very_short_duration", "content"),
    "suspicious_aspect_ratio": ("suspicious_aspect_ratio", "content"),
    "unusual_aspect_ratio": ("unusual_aspect_ratio", "content"),
    "quality_mismatch": ("quality_mismatch", "content"),
    "bitrate_mismatch": ("bitrate_mismatch", "content"),
    "encoding_low_bitrate": ("low_bitrate", "content"),
    "low_bitrate": ("low_bitrate", "content"),
    "no_audio": ("no_audio", "content"),
    "probe_failed": ("unreadable", "damage"),
    "file_corrupted": ("file_corrupted", "damage"),
}
_SEVERITIES = {
    "info": "info", "warn": "warning", "warning": "warning", "error": "error", "danger": "error",
    "critical": "critical",
}  # fmt: skip


def map_result(row: SourceRow, context: Context) -> Mapped:
    """A member of verify-results.json: a finding for each of its issues that we know, about the item's file. The whole
    row is kept as well: its phase, and issues that have no place."""
    item = row_key(row.columns.get("id") or row.key.partition(":")[2])
    cells = Cells(row.columns)
    found = _findings(row.columns.get("issues"), item, cells, cells.moment("analyzedAt"))
    if item not in context.videos or not found:
        return Mapped(skipped="no_place_yet", kept=_whole(row), title=_title(row))
    records = (Record(_KIND, found[0]), *(Record(_KIND, values, part=values["code"]) for values in found[1:]))
    return Mapped(records, kept=_whole(row), notes=tuple(cells.notes), title=_title(row))


def map_verify_job(row: SourceRow, context: Context) -> Mapped:
    """A row of the planned table: a job of the stage that looks at files, and what it found. Only what has ended comes
    along."""
    cells = Cells(row.columns)
    status, item = cells.line("status"), row_key(row.columns.get("libraryItemId"))
    if status not in ("completed", "failed"):
        return Mapped(skipped="unfinished", kept=_whole(row), title=_title(row))
    if item not in context.videos:
        return Mapped(skipped="no_place_yet", kept=_whole(row), title=_title(row))
    finished = cells.moment("completedAt", "createdAt")
    values = {
        "stage": "check", "status": status, "target_kind": "file", "target_id": Ref(TABLE, item, "file"),
        "label": _title(row), "error": cells.text("error"), "started_at": cells.moment("startedAt"),
        "finished_at": finished,
    }  # fmt: skip
    if created := cells.moment("createdAt"):
        values["created_at"] = created
    found = _findings(cells.json("result", shape=dict).get("issues"), item, cells, finished)
    records = [Record("processing.job", values), *(Record(_KIND, one, part=one["code"]) for one in found)]
    return Mapped(tuple(records), kept=_whole(row), notes=tuple(cells.notes), title=_title(row))


def _findings(issues: Any, item: str, cells: Cells, found_at: datetime | None) -> list[dict[str, Any]]:
    """One of each code; issues that have no place, and second ones of a code, are counted."""
    found: dict[str, dict[str, Any]] = {}
    for issue in issues if isinstance(issues, list) else ():
        values = _finding(issue)
        if values is None or values["code"] in found:
            cells.notes.append("no_place_yet" if values is None else "duplicate")
            continue
        values["file"] = Ref(TABLE, item, "file")
        if found_at:
            values["found_at"] = found_at
        found[values["code"]] = values
    return list(found.values())


def _finding(issue: Any) -> dict[str, Any] | None:
    """The issue in our words; None for one that we have no place for."""
    if not isinstance(issue, dict):
        return None
    name = str(issue.get("kind") or issue.get("type") or "")
    if name not in _CODES:
        return None
    code, kind = _CODES[name]
    sentence = clean_text(issue.get("message") or name.replace("_", " "))[0].strip()
    severity = _SEVERITIES.get(str(issue.get("severity") or "").lower(), "warning")
    return {"kind": kind, "code": code, "severity": severity, "sentence": sentence or name}


def _whole(row: SourceRow) -> Any:
    return hide_secrets(keepable(dict(row.columns)))


def _title(row: SourceRow) -> str:
    return clean_text(row.columns.get("title") or row.key, longest=300)[0]
