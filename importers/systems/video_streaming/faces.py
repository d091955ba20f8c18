"""Faces of known people and faces in videos, in the four shapes that their tables had.

1. bbox_x, bbox_y, bbox_width, bbox_height and match_status: the seed; 2. bounding_box_* in pixels and is_verified;
3. bbox_x1 to bbox_y2 and text for vectors; 4. as 3 with is_published. A column that a shape lacks says nothing, so one
reading of all names serves them all; what differs is the box and who was sure.
"""

from typing import Any

from importers.records import Mapped, Record, Ref, SourcePicture
from importers.sources.cleaning import clean_boolean, clean_number, clean_text
from importers.systems.video_streaming.facts import Facts, Shape
from importers.systems.video_streaming.fields import Fields
from importers.systems.video_streaming.names import made

DEFAULT_MODEL = "buffalo_l"
_SOURCES = {
    "profile_picture": "profile_picture",
    "video_frame": "video_frame",
    "video_detection": "video_frame",
    "manual": "manual",
    "manual_upload": "manual",
}
_STATUSES = {
    "matched": "matched", "confirmed": "matched", "manual": "manual", "pending": "pending", "no_match": "pending",
    "rejected": "rejected",
}  # fmt: skip
# Their keys, which are our columns too, and the bounds of our checks; whole numbers where those are.
_SETTINGS: dict[str, tuple[float, float]] = {
    "match_threshold": (0.0, 1.0),
    "auto_tag_threshold": (0.0, 1.0),
    "frames_per_video": (1, 40),
    "min_face_size": (8, 1000),
}
_THRESHOLDS = ("match_threshold", "auto_tag_threshold")
_JOB_WORDS = {"completed": "completed", "failed": "failed", "skipped": "cancelled", "cancelled": "cancelled"}
_MOST = 2**31 - 1
# Corners that lie a little outside of the picture belong to a face at its edge.
_LEAST_SIDE = 1e-4


def map_reference(fields: Fields, facts: Facts) -> Mapped:
    creator = fields.ref("creators", "creator_id")
    if creator is None:
        return fields.skip("dangling_reference")
    vector = fields.vector("embedding")
    if vector is None:
        return fields.skip("bad_vector")
    video, path = fields.ref("videos", "source_video_id"), fields.text("source_path", "source_image_path")
    values: dict[str, Any] = {
        "creator": creator,
        "embedding": vector,
        "source": _source(fields, video, path),
        "time_seconds": fields.number("source_timestamp_seconds", most=1e9),
        "path": path,
        "quality": fields.number("quality_score", "det_score", "confidence", most=1),
        "is_primary": _is_primary(fields, facts),
        **_model(fields),
        **made(fields),
    }
    if video is not None:
        values["video"] = video
    if picture := fields.text("thumbnail_path"):
        values["picture"] = SourcePicture(path=picture)
    return fields.done(Record("faces.reference", values))


def map_detection(fields: Fields, facts: Facts) -> Mapped:
    """A face in a video. One of a look that was never published is left out, as the system never showed it."""
    video = fields.ref("videos", "video_id")
    if video is None:
        return fields.skip("dangling_reference")
    if not fields.boolean("is_published", default=True):
        return fields.skip("unfinished")
    vector = fields.vector("embedding")
    if vector is None:
        return fields.skip("bad_vector")
    box = _box(fields, facts.shapes.get(video.key, Shape()))
    if box is None:
        return fields.skip("bad_number")
    creator = fields.ref("creators", "matched_creator_id")
    status, word = _status(fields, creator)
    score = fields.number("quality_score", "det_score", "confidence", most=1)
    values: dict[str, Any] = {
        "video": video,
        "time_seconds": fields.number("frame_timestamp", "timestamp_seconds", most=1e9) or 0.0,
        **box,
        "score": score or 0.0,
        "quality": score or 0.0,
        "embedding": vector,
        "status": status,
        "imported_status": word,
        "creator": creator,
        "confidence": fields.number("match_confidence", least=-1, most=1),
        **_model(fields),
        **made(fields, "detected_at", "created_at"),
    }
    return fields.done(Record("faces.detection", values))


def map_setting(fields: Fields, facts: Facts) -> Mapped:
    """Both thresholds come together, since one may never be above the other, not even between two rows."""
    name = fields.text("key")
    fields.pass_over("id")
    if name == "enabled":
        is_on, reason = clean_boolean(fields.raw("value"))
        if is_on is None or reason:
            return fields.skip(reason or "bad_boolean", title=name)
        return fields.done(Record("faces.facesettings", {"is_enabled": is_on}), title=name)
    if name not in _SETTINGS:
        return fields.skip("no_place_yet", title=name)
    fields.raw("value")
    names = _THRESHOLDS if name in _THRESHOLDS else (name,)
    values = {one: value for one in names if (value := _setting(one, facts)) is not None}
    if name not in values:
        return fields.skip("bad_number", title=name)
    # Ours are 0.5 and 0.7 where theirs says nothing.
    if name in _THRESHOLDS and values.get("match_threshold", 0.5) > values.get("auto_tag_threshold", 0.7):
        return fields.skip("bad_value", title=name)
    return fields.done(Record("faces.facesettings", values), title=name)


def map_job(fields: Fields, facts: Facts) -> Mapped:
    """Looks for faces that ended: what they came to, and for the last good one of a video that it was looked at."""
    video, word = fields.ref("videos", "video_id"), fields.text("status").lower()
    if video is None:
        return fields.skip("dangling_reference")
    if word in ("pending", "processing"):
        return fields.skip("unfinished")
    if word not in _JOB_WORDS:
        return fields.skip("bad_value")
    finished = fields.moment("completed_at") or fields.moment("created_at")
    if finished is None:
        return fields.skip("bad_date")
    counts = _counts(fields)
    attempts = fields.integer("retry_count", most=1000)
    values: dict[str, Any] = {
        "stage": "faces",
        "queue": "faces",
        "target_kind": "file",
        "target_id": Ref("videos", video.key, "file"),
        "label": facts.paths.get(video.key, ("", 0))[0].rsplit("/", 1)[-1],
        "status": _JOB_WORDS[word],
        "attempts": min((attempts or 0) + 1, 32_767),
        "started_at": fields.moment("started_at"),
        "finished_at": finished,
        "error": fields.text("error_message"),
        "result": counts,
        **made(fields),
    }
    records = [Record("processing.job", values)]
    if facts.newest_looks(fields.table).get(video.key) == fields.key:
        look = {"file": Ref("videos", video.key, "file"), "state": "done", **counts}
        records.append(Record("faces.facelook", look, part="look"))
    return fields.done(*records)


def _counts(fields: Fields) -> dict[str, int]:
    """Pictures done are never more than those there were: ours says so by a check."""
    done = fields.integer("frames_processed", "processed_frames", most=_MOST) or 0
    there = fields.integer("frames_to_process", "total_frames", most=_MOST) or 0
    return {
        "frames_to_process": max(there, done),
        "frames_processed": done,
        "faces_detected": fields.integer("faces_detected", most=_MOST) or 0,
        "faces_matched": fields.integer("faces_matched", most=_MOST) or 0,
    }


def _setting(name: str, facts: Facts) -> float | None:
    least, most = _SETTINGS[name]
    value = clean_number(clean_text(facts.face_settings.get(name))[0], least=least, most=most)[0]
    return value if value is None or isinstance(least, float) else round(value)


def _model(fields: Fields) -> dict[str, str]:
    """Vectors of different models are never compared, so each keeps the name of the one that made it."""
    return {
        "model_name": fields.text("model_name", "embedding_model", "model", longest=100) or DEFAULT_MODEL,
        "model_version": fields.text("model_version", longest=32),
    }


def _source(fields: Fields, video: Ref | None, path: str) -> str:
    """Where the face is from; the shape without a word for it tells by what it has."""
    word = fields.text("source_type").lower()
    if word and word not in _SOURCES:
        fields.refuse("bad_value", "source_type")
    return _SOURCES.get(word) or ("video_frame" if video is not None else "profile_picture" if path else "manual")


def _is_primary(fields: Fields, facts: Facts) -> bool:
    """Of several main faces of a person the first stays it."""
    is_primary = fields.boolean("is_primary", default=False)
    if is_primary and fields.key not in facts.primary_references:
        fields.refuse("duplicate", "is_primary")
        return False
    return is_primary


def _status(fields: Fields, creator: Ref | None) -> tuple[str, str]:
    """Ours, and the word as it was. The shape without a word says whether somebody was sure."""
    word = fields.text("match_status", longest=50)
    if word:
        if word.lower() not in _STATUSES:
            fields.refuse("bad_value", "match_status")
        return _STATUSES.get(word.lower(), "pending"), word
    if fields.has("is_verified") and fields.boolean("is_verified", default=False) and creator is not None:
        return "matched", "verified"
    return "pending", ""


def _box(fields: Fields, shape: Shape) -> dict[str, float] | None:
    """The face's place as fractions of the picture; None where it can't be told, or lies outside of it."""
    numbers = {"least": -1e6, "most": 1e6}
    if fields.has("bbox_x1", "bbox_x2"):
        corners = [fields.number(f"bbox_{name}", **numbers) for name in ("x1", "y1", "x2", "y2")]
        sides = None
    else:
        corners = [fields.number(f"bbox_{name}", f"bounding_box_{name}", **numbers) for name in ("x", "y")]
        sides = [fields.number(f"bbox_{name}", f"bounding_box_{name}", **numbers) for name in ("width", "height")]
    if any(number is None for number in [*corners, *(sides or ())]):
        return None
    if sides is not None:
        corners += [corner + side for corner, side in zip(corners, sides, strict=True)]  # type: ignore[operator]
    left, top, right, bottom = (number or 0.0 for number in corners)
    # Pixels, unless everything is a fraction: a box of one pixel is no face.
    if max(left, top, right, bottom) > 1.5:
        if shape.width is None or shape.height is None:
            return None
        left, right, top, bottom = left / shape.width, right / shape.width, top / shape.height, bottom / shape.height
    left, top = max(left, 0.0), max(top, 0.0)
    right, bottom = min(right, 1.0), min(bottom, 1.0)
    if right - left < _LEAST_SIDE or bottom - top < _LEAST_SIDE:
        return None
    return {"left": left, "top": top, "width": round(right - left, 9), "height": round(bottom - top, 9)}
