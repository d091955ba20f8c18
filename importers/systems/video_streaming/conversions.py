"""Conversions that ended, with what their history says."""

from typing import Any

from importers.records import Mapped, Record, Ref, SourcePath, SourceRow
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields

_ENDED = {"completed": "completed", "failed": "failed", "cancelled": "cancelled", "canceled": "cancelled"}
_UNFINISHED = frozenset({"pending", "processing", "queued", "running"})
_CODECS = {"h264": "h264", "h265": "hevc", "hevc": "hevc", "av1": "av1"}


def map_job(fields: Fields, facts: Facts) -> Mapped:
    """Only jobs that ended. A batch's number and whether the output was deleted are kept with the row."""
    video, word = fields.ref("videos", "video_id"), fields.text("status").lower()
    preset = fields.text("preset", longest=40)
    if word in _UNFINISHED:
        return fields.skip("unfinished", title=preset)
    if word not in _ENDED:
        return fields.skip("bad_value", title=preset)
    history = Fields(SourceRow("conversion_history", fields.key, facts.histories.get(fields.key, {})))
    values = _asked(fields, history, video, preset, facts) | {
        "is_replacing": fields.boolean("delete_original", default=False),
        "status": _ENDED[word],
        "error": fields.text("error_message"),
        "percent": round(fields.number("progress_percent", most=100) or 0),
        "ffmpeg_output": fields.text("ffmpeg_output"),
    }
    return fields.done(Record("processing.conversion", values), title=preset)


def map_history(fields: Fields, facts: Facts) -> Mapped:
    """What its job has taken along isn't written twice; one whose job was deleted is a conversion of its own."""
    if fields.key in facts.ids("conversion_jobs"):
        return fields.skip("taken_along")
    fields.pass_over("id", "source_file_name", "size_delta_bytes", "size_change_percent")
    preset = fields.text("preset", longest=40)
    values = _asked(fields, fields, fields.ref("videos", "video_id"), preset, facts)
    values |= {"status": "completed", "percent": 100}
    return fields.done(Record("processing.conversion", values), title=preset)


def _asked(fields: Fields, history: Fields, video: Ref | None, preset: str, facts: Facts) -> dict[str, Any]:
    """What both tables have. The history knows what the source was before; else the video tells it as it is now."""
    path, size = facts.paths.get(video.key if video else "", ("", 0))
    source = history.text("source_file_path") or path
    output = fields.text("output_path", "output_file_path") or history.text("output_file_path")
    started, finished = fields.moment("started_at"), fields.moment("completed_at")
    codec = fields.text("codec", longest=40).lower()
    values: dict[str, Any] = {
        "video": video,
        "title": source.rsplit("/", 1)[-1][:500] or preset or "?",
        "source_path": SourcePath(source) if source else "",
        "source_bytes": history.integer("original_size_bytes") or size,
        "output_path": SourcePath(output) if output else "",
        "output_bytes": fields.integer("output_size_bytes"),
        "preset_key": preset,
        "preset_settings": {"codec": _CODECS.get(codec, codec)} if codec else {},
        "target_resolution": fields.text("target_resolution", longest=20),
        "command": history.text("ffmpeg_command"),
        "started_at": started,
        "finished_at": finished,
    }
    milliseconds = history.number("conversion_duration_ms")
    if milliseconds is not None:
        values["encode_seconds"] = milliseconds / 1000
    if (made := fields.moment("created_at")) is not None:
        values["created_at"] = made
    return values
