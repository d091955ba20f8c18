"""Conversions that ended elsewhere, as history."""

from collections.abc import Mapping, Sequence
from typing import Any

from importers.kinds.base import Kind, Prepared
from importers.models import ImportRun
from library.models import Video, VideoFile
from library.paths import encode_path
from processing.models import Conversion, Preset
from processing.models.job import ACTIVE


class ConversionKind(Kind):
    """`preset_key` names the preset; one that there isn't here leaves only its name. Title, source path and size are
    those of the video where the source doesn't say them."""

    name = "processing.conversion"
    model = Conversion
    required = ("status",)
    worked_out = frozenset({"title", "source_path", "source_bytes", "preset", "preset_key", "preset_name"})

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        videos = {record.values.get("video") for record in records} - {None}
        titles = dict(Video.objects.filter(pk__in=videos).values_list("pk", "title"))
        primary = VideoFile.objects.filter(video__in=videos, is_primary=True).select_related("folder")
        files = {file.video_id: file for file in primary}
        keys = {str(record.values.get("preset_key") or "") for record in records}
        presets = {preset.key: preset for preset in Preset.objects.filter(key__in=keys)}
        for record in records:
            _complete(record, titles, files, presets)
        return {index: "unfinished" for index, one in enumerate(records) if one.values.get("status") in ACTIVE}


def _complete(
    record: Prepared, titles: Mapping[int, str], files: Mapping[int | None, VideoFile], presets: Mapping[str, Preset]
) -> None:
    values = record.values
    video = values.get("video")
    file = files.get(video)
    preset = presets.get(str(values.get("preset_key") or ""))
    here: dict[str, Any] = {
        "title": titles.get(video or 0, ""),
        "source_path": encode_path(file.fs_path) if file else "",
        "source_bytes": (file.size_bytes or 0) if file else 0,
        "preset_key": "imported",
        "preset_name": preset.name if preset else (values.get("preset_key") or "Imported"),
    }
    if preset:
        here["preset"] = preset.pk
    missing = {name: value for name, value in here.items() if values.get(name) in (None, "")}
    values |= missing
