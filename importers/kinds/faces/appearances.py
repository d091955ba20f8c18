"""Faces that were seen in videos: each is an appearance of its own, until a look at the video makes better ones."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from faces.models import FaceDetection, FaceTrack
from faces.models.track import NAMED, TrackStatus
from importers.kinds.base import Prepared
from importers.kinds.faces.models import VectorKind
from importers.kinds.faces.vectors import is_vector
from importers.models import ImportRun
from importers.records import Record, Ref

TRACK = "track"
_OF_TRACK = ("creator", "confidence", "imported_status")
_STATUS_CHARACTERS = FaceTrack._meta.get_field("imported_status").max_length


class FaceTrackKind(VectorKind):
    """Made of a detection (see `FaceDetectionKind`). One whose person isn't there waits for a name."""

    name = "faces.track"
    model = FaceTrack
    worked_out = frozenset({"status"})

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            if values.get("creator") is None and values.get("status") in NAMED:
                values["status"] = TrackStatus.PENDING.value
        return super().prepare(run, records)


class FaceDetectionKind(VectorKind):
    """Extras: `status` (one of ours), `imported_status` (the word as it was), `creator` and `confidence` go to the
    appearance, the record's part "track"; `model_name` and `model_version` to both. Only a named appearance has a
    person: who was merely proposed is proposed anew by what compares faces here. Without a vector, or with a box that
    can't be, neither is made."""

    name = "faces.detection"
    model = FaceDetection
    required = ("time_seconds",)
    extras: ClassVar[tuple[str, ...]] = ("model_name", "model_version", "status", *_OF_TRACK)

    def expand(self, run: ImportRun, record: Record, row: Ref) -> tuple[Record, ...]:
        values = record.values
        if _flaw(values):
            return (record,)
        ref = Ref(row.table, row.key, TRACK)
        own = {name: value for name, value in values.items() if name not in ("status", *_OF_TRACK)}
        detection = Record(record.kind, {**own, "track": ref}, record.part)
        return detection, Record(FaceTrackKind.name, _track_of(values), TRACK)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        flaws = {index: flaw for index, one in enumerate(records) if (flaw := _flaw(one.values))}
        for record in records:
            values = record.values
            quality = _share(values.get("quality"))
            values["quality"] = 0.0 if quality is None else quality
            score = _share(values.get("score"))
            values["score"] = values["quality"] if score is None else score
        return {**super().prepare(run, records), **flaws}


def _track_of(values: Mapping[str, Any]) -> dict[str, Any]:
    status = values.get("status") or TrackStatus.PENDING.value
    made = {
        "video": values.get("video"),
        "start_seconds": values.get("time_seconds"),
        "end_seconds": values.get("time_seconds"),
        "status": status,
        "confidence": _likeness(values.get("confidence")),
        "embedding": values.get("embedding"),
        "quality": _share(values.get("quality")) or 0.0,
        "detection_count": 1,
        "imported_status": str(values.get("imported_status") or "")[:_STATUS_CHARACTERS],
    }
    made |= {name: values[name] for name in ("model_name", "model_version", "created_at") if name in values}
    return made | ({"creator": values["creator"]} if status in NAMED and values.get("creator") is not None else {})


def _flaw(values: Mapping[str, Any]) -> str:
    """The reason why it can't be a face here, "" when it can."""
    if not is_vector(values.get("embedding")):
        return "bad_vector"
    box = [values.get(name) for name in ("left", "top", "width", "height")]
    if any(number is None for number in (*box, values.get("time_seconds"))):
        return "bad_number"
    left, top, width, height = (float(number or 0) for number in box)
    fits = 0 <= left <= 1 and 0 <= top <= 1 and width > 0 and height > 0 and float(values["time_seconds"]) >= 0
    return "" if fits else "bad_number"


def _share(value: Any) -> float | None:
    return None if value is None else min(max(float(value), 0.0), 1.0)


def _likeness(value: Any) -> float | None:
    return None if value is None else min(max(float(value), -1.0), 1.0)
