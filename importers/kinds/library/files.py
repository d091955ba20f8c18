"""Files of videos, and the places where they used to be."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from importers.kinds.base import Kind, Match, Policy, Prepared
from importers.kinds.naming import keep_one_primary
from importers.models import ImportRun
from importers.records import FileFacts, Record, Ref
from importers.services.context import Made, context_of
from importers.services.matching import at_places
from importers.services.places import Place, folder_name, is_folder, storable_path
from library.models import Folder, OldPath, VideoFile
from library.models.file import FileState
from library.paths import encode_path

# Stands for a time of last change that isn't known: the next scan looks at the file, and has it read.
LOOK_AGAIN = -1
# What the other system knew of the file itself; ours are called the same.
FACTS = ("duration_seconds", "width", "height", "frame_rate", "bit_rate", "video_codec", "audio_codec")

_OURS = (
    "folder", "relative_path", "size_bytes", "mtime_ns", "oshash", "content_hash", "missing_since", "state",
)  # fmt: skip


class VideoFileKind(Kind):
    """A file of a video: that which lies at its place, else one of the video's that has its size and name.

    Extras: `file` FileFacts, `folder` (where the file is put follows from its path), `version_name`. A file that isn't
    there is kept as missing.
    """

    name = "library.videofile"
    model = VideoFile
    natural_key = ("folder", "relative_path")
    needs = ("video",)
    extras = ("file", "version_name")
    worked_out = frozenset({"is_primary", *_OURS})
    measured_at = "probed_at"
    default_policy = Policy.GAPS
    # Where a file lies, and whether it is there, is what our scans say of those that we have.
    policies = dict.fromkeys(
        ("folder", "relative_path", "size_bytes", "mtime_ns", "oshash", "content_hash", "missing_since", "state"),
        Policy.OURS,
    )

    def expand(self, run: ImportRun, record: Record, row: Ref) -> tuple[Record, ...]:
        facts = record.values.get("file")
        if not isinstance(facts, FileFacts) or not facts.path:
            return (record,)
        old = Record(
            "library.oldpath", {"file": row, "path": encode_path(storable_path(facts.path))}, f"{row.part}oldpath"
        )
        return (Record(record.kind, {n: v for n, v in record.values.items() if n != "folder"}, record.part), old)

    def scout(self, run: ImportRun, records: Sequence[Record]) -> None:
        context_of(run).look_at(record.values.get("file") for record in records)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        reasons = {}
        for index, record in enumerate(records):
            facts = record.values.get("file")
            if not isinstance(facts, FileFacts) or not facts.path:
                reasons[index] = "bad_value"
                continue
            self._place(run, record, facts)
            self._describe(run, record, facts)
        keep_one_primary(self, [record for index, record in enumerate(records) if index not in reasons], "video")
        return reasons

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        wanted: dict[tuple[int, str], list[int]] = {}
        for index, record in enumerate(records):
            wanted.setdefault((record.values["folder"], record.values["relative_path"]), []).append(index)
        rows = at_places(wanted)
        found: dict[int, Match] = {}
        # Present ones last, so that they win over missing ones of the same place.
        for pk, folder, path in (
            rows.order_by("missing_since", "-pk").reverse().values_list("pk", "folder_id", "relative_path")
        ):
            for index in wanted.get((folder, path), ()):
                found[index] = Match(pk, "same path")
        return found | self._of_video(records, found)

    def identity(self, record: Prepared) -> Hashable | None:
        return record.values["folder"], record.values["relative_path"]

    def _of_video(self, records: Sequence[Prepared], found: Mapping[int, Match]) -> dict[int, Match]:
        """Files that their video has already, elsewhere: of the same content, else of the same size and name."""
        left = {index: record for index, record in enumerate(records) if index not in found}
        rows = VideoFile.objects.filter(video__in={record.values["video"] for record in left.values()})
        known: dict[tuple[Any, ...], int] = {}
        columns = ("pk", "video_id", "size_bytes", "oshash", "relative_path")
        for pk, video, size, digest, path in rows.order_by("-pk").values_list(*columns):
            known[video, size, path.rpartition("/")[2]] = pk
            if digest:
                known[video, size, digest, True] = pk
        matches = {}
        for index, record in left.items():
            values = record.values
            size, name = values["size_bytes"], values["relative_path"].rpartition("/")[2]
            pk = known.get((values["video"], size, values["oshash"], True)) or known.get((values["video"], size, name))
            if pk is not None:
                matches[index] = Match(pk, "same file elsewhere", 0.9)
        return matches

    def _place(self, run: ImportRun, record: Prepared, facts: FileFacts) -> None:
        place = place_of(run, facts)
        record.values |= {"folder": place.folder_id, "relative_path": place.relative_path}

    def _describe(self, run: ImportRun, record: Prepared, facts: FileFacts) -> None:
        context, values = context_of(run), record.values
        look = context.looks.get(context.places.local(facts.path))
        values |= {"state": FileState.NEW.value, "container": facts.container[:40]}
        for name in FACTS:
            value = getattr(facts, name)
            values[name] = value[:40] if isinstance(value, str) else value
        if look is not None:
            values |= {"size_bytes": look.found.size_bytes, "mtime_ns": LOOK_AGAIN, "oshash": look.oshash}
            values |= {"content_hash": look.content_hash, "missing_since": None}
            return
        since = facts.last_seen_at or run.started_at or timezone.now()
        values |= {"size_bytes": facts.size_bytes or 0, "mtime_ns": _nanoseconds(facts.modified_at), "oshash": ""}
        values |= {"content_hash": "", "missing_since": since}


class OldPathKind(Kind):
    """Where the file was in the other system."""

    name = "library.oldpath"
    model = OldPath
    worked_out = frozenset({"left_at"})
    natural_key = ("file", "path")
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values.setdefault("left_at", run.started_at or timezone.now())
        return {}


def place_of(run: ImportRun, facts: FileFacts) -> Place:
    """The file's place in the library. Where no folder holds it one is made, which is scanned if it is there."""
    context = context_of(run)
    path = context.places.local(facts.path)
    place = context.places.find(path)
    if place is None:
        root = context.places.root_for(path)
        values = {"path": encode_path(root), "name": folder_name(root), "is_active": is_folder(root)}
        folder = Folder.objects.create(**values)
        context.made.append(Made("library.folder", root, folder.pk, values))
        context.places.forget()
        place = context.places.find(path)
    if place is None:
        raise ValueError(f"There is no folder for {path!r}.")
    return place


def _nanoseconds(moment: datetime | None) -> int:
    return LOOK_AGAIN if moment is None else int(moment.timestamp()) * 10**9 + moment.microsecond * 1000
