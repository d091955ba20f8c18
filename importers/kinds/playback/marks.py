"""Timed marks in videos."""

from collections.abc import Mapping, Sequence

from importers.kinds.base import Kind, Policy, Prepared
from importers.models import ImportRun
from playback.models import Marker, MarkerLabelTag, MarkerTag


class MarkerKind(Kind):
    """The same mark is at the same time with the same label. An end before the beginning is none."""

    name = "playback.marker"
    model = Marker
    natural_key = ("user", "video", "start_seconds", "label")
    required = ("start_seconds",)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            values.setdefault("label", "")
            if values.get("start_seconds") is not None:
                values["start_seconds"] = float(values["start_seconds"])
            end = values.get("end_seconds")
            if end is not None and end < values.get("start_seconds", 0):
                values["end_seconds"] = None
                record.notes.append("bad_number")
        return {index: "bad_number" for index, one in enumerate(records) if (one.values.get("start_seconds") or 0) < 0}


class MarkerTagKind(Kind):
    name = "playback.markertag"
    model = MarkerTag
    natural_key = ("marker", "tag")
    policies = {"is_from_label": Policy.OURS}


class MarkerLabelTagKind(Kind):
    name = "playback.markerlabeltag"
    model = MarkerLabelTag
    natural_key = ("user", "label", "tag")
    required = ("label",)
