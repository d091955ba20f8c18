"""Finished jobs, dead letters, and what was set for stages, pictures and the trash."""

from collections.abc import Callable, Mapping
from typing import Any

from importers.records import Mapped, Record
from importers.sources.cleaning import clean_integer, clean_number
from importers.systems.goonhub.row import Row
from library.models.settings import LibrarySettings
from processing.models import Priority
from processing.models.settings import LARGE_SIZES, SMALL_SIZES
from processing.stages.registry import Stage, all_stages

# A phase and the stage of ours that does it; one decode of ours makes both stills and sprites.
_STAGES: Mapping[str, str] = {
    "metadata": "probe",
    "thumbnail": "frames",
    "sprites": "frames",
    "animated_thumbnails": "preview",
    "scan": "scan",
}
# Only these phases set a stage: what is set for sprites has none of its own.
_SETTING = ("metadata", "thumbnail", "animated_thumbnails", "scan")
_ENDED = ("completed", "failed", "cancelled", "timed_out")
_TRIGGERS = {"on_import": "on_import", "after_job": "after", "manual": "manual", "scheduled": "cron"}
_SMALL = 32767


def map_job(row: Row) -> Mapped:
    """A job that has ended, as history; what waits or runs isn't brought along."""
    status, title = row.text("status").strip().lower(), row.text("scene_title")
    if status in ("pending", "running"):
        return row.left_out("unfinished", title=title)
    stage = _stage(row)
    if stage is None or status not in _ENDED:
        return row.left_out("bad_value", title=title)
    started, finished = row.moment("started_at"), row.moment("completed_at")
    created = row.moment_of("created_at", "started_at")
    # When it would have been tried again, or ended: history is listed and purged by its end.
    finished = finished or started or created
    seconds = (finished - started).total_seconds() if started else None
    row.keep("phase", row.text("phase"))
    row.keep("job_id", row.raw("job_id"))
    values = {
        "stage": stage.name,
        "queue": stage.queue,
        **_target(row),
        "label": title,
        "status": status,
        "priority": Priority.MANUAL if row.count("priority") else Priority.AUTOMATIC,
        "error": row.text("error_message"),
        "progress_done": row.count("progress"),
        "progress_total": 100,
        "attempts": row.count("retry_count", _SMALL - 1) + 1,
        "max_attempts": row.count("max_retries", _SMALL - 1) + 1,
        "due_at": row.moment("next_retry_at") or created,
        "started_at": started,
        "finished_at": finished,
        "duration_seconds": seconds if seconds is not None and seconds >= 0 else None,
        "created_at": created,
    }
    row.made_again("is_retryable")
    return row.mapped(Record("processing.job", values), title=f"{stage.label}: {title}")


def map_dead_letter(row: Row) -> Mapped:
    title, stage = row.text("scene_title"), _stage(row)
    if stage is None:
        return row.left_out("bad_value", title=title)
    row.keep("phase", row.text("phase"))
    row.keep("job_id", row.raw("job_id"))
    failed = row.moment_of("updated_at", "created_at")
    abandoned = row.moment("abandoned_at")
    # One that was just being tried again waits to be looked at.
    words = {"pending_review": "pending_review", "retrying": "pending_review", "abandoned": "abandoned"}
    status = row.word("status", words, "pending_review")
    closed = {"closed_at": abandoned or failed} if status == "abandoned" else {}
    values = {
        "stage": stage.name,
        **_target(row),
        "label": title,
        "status": status,
        "failures": row.count("failure_count") or 1,
        "attempts": row.count("failure_count") or 1,
        "first_error": row.text("original_error"),
        "error": row.text("last_error"),
        "failed_at": failed,
        **closed,
    }
    return row.mapped(Record("processing.deadletter", row.made_at(values)), title=f"{stage.label}: {title}")


def map_stage_setting(row: Row) -> Mapped:
    """What both tables say of the phase; the second of them finds the stage set already."""
    phase = row.text("phase")
    stage = _stage(row)
    if stage is None or phase not in _SETTING:
        return row.left_out("no_place_yet", title=phase)
    said = row.lookups.stages.get(phase, {})
    trigger = _trigger(row, stage, said)
    row.made_again(*(name for name in said if name != "phase"), "updated_at")
    values = {"stage": stage.name, **trigger, **_retries(row, said)}
    return row.mapped(Record("processing.stageconfig", values), title=phase)


def map_processing_config(row: Row) -> Mapped:
    values: dict[str, Any] = {
        "thumbnail_small_px": _one_of(row, "max_frame_dimension_sm", SMALL_SIZES),
        "thumbnail_large_px": _one_of(row, "max_frame_dimension_lg", LARGE_SIZES),
        "thumbnail_quality": row.integer("frame_quality_lg", least=1, most=100),
        "sprite_quality": row.integer("frame_quality_sprites", least=1, most=100),
        "marker_pictures": row.word("marker_thumbnail_type", {"static": "static", "animated": "animated"}, None),
        "marker_clip_seconds": row.number("marker_animated_duration", least=3, most=15),
        "scene_preview_enabled": None if row.raw("scene_preview_enabled") is None
        else row.boolean("scene_preview_enabled", False),
        "preview_segments": row.integer("scene_preview_segments", least=2, most=24),
        "preview_segment_seconds": row.number("scene_preview_segment_duration", least=0.75, most=5),
        "marker_crf": row.integer("marker_preview_crf", least=18, most=40),
        "preview_crf": row.integer("scene_preview_crf", least=18, most=40),
    }  # fmt: skip
    said = {name: value for name, value in values.items() if value is not None}
    return row.mapped(Record("processing.processingsettings", said), title="Pictures and clips")


def map_app_settings(row: Row) -> Mapped:
    days = row.integer("trash_retention_days", most=3650)
    library = {"trash_days": LibrarySettings._meta.get_field("trash_days").default if days is None else days}
    shares = None
    if row.raw("serve_og_metadata") is not None:
        told = {"serve_og_metadata": row.boolean("serve_og_metadata", True)}
        shares = Record("playback.playbacksettings", told, part="sharing")
    return row.mapped(Record("library.librarysettings", library), shares, title="The trash")


def _stage(row: Row) -> Stage | None:
    name = _STAGES.get(row.text("phase").strip().lower())
    return next((stage for stage in all_stages() if stage.name == name), None)


def _target(row: Row) -> dict[str, Any]:
    """The file of the scene; a scan is of everything. History has a scene's name also when the scene is gone."""
    scene = row.raw("scene_id")
    if row.text("phase") == "scan" or not scene:
        return {"target_kind": "library", "target_id": 0}
    return {"target_kind": "file", "target_id": row.lookups.ref("scenes", scene, "file")}


def _trigger(row: Row, stage: Stage, said: Mapping[str, Any]) -> dict[str, Any]:
    """What begins the stage; nothing where ours can't be begun by that."""
    given = str(said.get("trigger_type") or "")
    trigger = _TRIGGERS.get(given)
    after = _STAGES.get(str(said.get("after_phase") or ""), "")
    cron = " ".join(str(said.get("cron_expression") or "").split())
    is_possible = (
        trigger in stage.triggers
        and (trigger != "after" or after not in ("", stage.name))
        and (trigger != "cron" or len(cron.split()) == 5)
    )
    if not is_possible:
        if given:
            row.keep("trigger", {"trigger_type": given, "after_phase": said.get("after_phase"), "cron": cron})
        return {}
    return {
        "trigger": trigger,
        "after": [after] if trigger == "after" else [],
        "cron": cron if trigger == "cron" else "",
    }


def _retries(row: Row, said: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (ours, clean) in _RETRIES.items():
        if said.get(name) is None:
            continue
        value, reason = clean(said[name])
        if reason:
            row.keep(name, said[name], reason)
        else:
            found[ours] = value
    first, longest = found.get("first_delay_seconds"), found.get("max_delay_seconds")
    if first is not None and longest is not None and longest < first:
        row.keep("max_delay_seconds", longest, "bad_number")
        found["max_delay_seconds"] = first
    return found


_RETRIES: Mapping[str, tuple[str, Callable[[Any], tuple[Any, str]]]] = {
    "max_retries": ("max_retries", lambda value: clean_integer(value, most=10)),
    "initial_delay_seconds": ("first_delay_seconds", lambda value: clean_number(value, least=1, most=3600)),
    "max_delay_seconds": ("max_delay_seconds", lambda value: clean_number(value, least=1, most=86400)),
    "backoff_factor": ("delay_factor", lambda value: clean_number(value, least=1, most=5)),
}


def _one_of(row: Row, name: str, sizes: tuple[int, ...]) -> int | None:
    value = row.integer(name)
    if value is None or value in sizes:
        return value
    row.keep(name, value, "bad_value")
    return None
