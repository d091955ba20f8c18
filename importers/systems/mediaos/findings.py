"""What MediaOS's verifications found."""

from collections.abc import Sequence
from typing import Any

from importers.records import Mapped, Record, Ref, SourceRow
from importers.sources.cleaning import clean_text
from importers.systems.cells import Cells, keepable, row_key
from importers.systems.hiding import hide_secrets
from importers.systems.mediaos.context import Context
from importers.systems.mediaos.videos import TABLE

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
    """A member of verify-results.json: a finding for each of its issues that we know, about the item's file."""
    item = row_key(row.columns.get("id") or row.key.partition(":")[2])
    return _mapped(row, context, item, row.columns.get("issues"), ("analyzedAt",))


def map_verify_job(row: SourceRow, context: Context) -> Mapped:
    """A row of the planned table. Only what has ended comes along."""
    status = str(row.columns.get("status") or "")
    if status in ("pending", "queued", "running"):
        return Mapped(skipped="unfinished", kept=_whole(row), title=_title(row))
    result = Cells(row.columns).json("result", shape=dict)
    item = row_key(row.columns.get("libraryItemId"))
    return _mapped(row, context, item, result.get("issues"), ("completedAt", "createdAt"))


def _mapped(row: SourceRow, context: Context, item: str, issues: Any, moments: Sequence[str]) -> Mapped:
    """The whole row is kept as well: its phase, and issues that have no place."""
    cells = Cells(row.columns)
    found_at = cells.moment(*moments)
    records: dict[tuple[str, str], Record] = {}
    notes = list(cells.notes)
    for issue in issues if isinstance(issues, list) else []:
        values = _finding(issue)
        if values is None:
            notes.append("no_place_yet")
            continue
        if (place := (values["kind"], values["code"])) in records:
            notes.append("duplicate")
            continue
        values["file"] = Ref(TABLE, item, "file")
        if found_at:
            values["found_at"] = found_at
        records[place] = Record("processing.integrityfinding", values, part=values["code"] if records else "")
    if item not in context.videos or not records:
        return Mapped(skipped="no_place_yet", kept=_whole(row), notes=tuple(cells.notes), title=_title(row))
    return Mapped(records=tuple(records.values()), kept=_whole(row), notes=tuple(notes), title=_title(row))


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
