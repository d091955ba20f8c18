"""Videos, and the free notes on them."""

import posixpath
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from importers.kinds.base import Kind, Match, Policy, Prepared
from importers.kinds.library.files import FACTS
from importers.kinds.pictures import bring_pictures
from importers.models import ImportRun
from importers.records import FileFacts, Record, Ref
from importers.services.context import context_of
from importers.services.matching import match_videos
from importers.services.places import normal_path
from library.models import Video, VideoMetadata
from library.models.names import clean_name
from library.models.video import Origin
from library.paths import display_path, encode_path

_TITLE_CHARACTERS = Video._meta.get_field("title").max_length
_ID_CHARACTERS, _SOURCE_CHARACTERS = 200, 50


class VideoKind(Kind):
    """A video: see `importers.services.matching` for how one of ours is found.

    Extras: `file` FileFacts or None, `folder`. Its file, the place where that was, its hashes and its id in the other
    system are parts of their own: `file`, `oldpath`, `hash:NAME`, `id`.
    """

    name = "library.video"
    model = Video
    required = ("title",)
    extras = ("file",)
    policies = {
        "origin": Policy.GAPS,
        "view_count": Policy.GREATER,
        "original_file_name": Policy.GAPS,
        "last_verified_at": Policy.GREATER,
        "missing_since": Policy.OURS,
        "is_corrupted": Policy.GREATER,
        "trashed_at": Policy.OURS,
        "size_bytes": Policy.GAPS,
        "file_date": Policy.GAPS,
        **dict.fromkeys(FACTS, Policy.GAPS),
    }

    def expand(self, run: ImportRun, record: Record, row: Ref) -> tuple[Record, ...]:
        values = {name: value for name, value in record.values.items() if name != "folder"}
        parts = [_external(run.system, row.key, row, f"{row.part}id")]
        facts = values.get("file")
        if isinstance(facts, FileFacts):
            for name, value in facts.hashes.items():
                if value:
                    parts.append(_external(f"{run.system}:{name}", str(value), row, f"{row.part}hash:{name}"))
            if facts.path:
                parts.append(
                    Record("library.videofile", {"video": row, "file": facts, "is_primary": True}, f"{row.part}file")
                )
        return Record(record.kind, values, record.part), *parts

    def scout(self, run: ImportRun, records: Sequence[Record]) -> None:
        context_of(run).look_at(record.values.get("file") for record in records)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values, facts = record.values, record.values.get("file")
            name = file_name(facts.path) if isinstance(facts, FileFacts) else ""
            if isinstance(facts, FileFacts):
                self._describe(values, facts)
            values["title"] = (
                str(values.get("title") or "").strip() or posixpath.splitext(name)[0].strip() or "Untitled"
            )[:_TITLE_CHARACTERS]
            values["original_file_name"] = (values.get("original_file_name") or name)[:_TITLE_CHARACTERS]
            values.setdefault("origin", Origin.IMPORT.value)
            if reason := bring_pictures(run, self, record, ("cover",)):
                record.notes.append(reason)
        return {}

    def identity(self, record: Prepared) -> Hashable | None:
        return None

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        return match_videos(run, records)

    @staticmethod
    def _describe(values: dict[str, Any], facts: FileFacts) -> None:
        """The file's facts, which a video repeats, where the record doesn't say them."""
        for name in FACTS:
            value = getattr(facts, name)
            values.setdefault(name, value[:40] if isinstance(value, str) else value)
        values.setdefault("size_bytes", facts.size_bytes)
        values.setdefault("file_date", facts.modified_at)


class VideoMetadataKind(Kind):
    """A free note on a video."""

    name = "library.videometadata"
    model = VideoMetadata
    natural_key = ("video", "key")
    required = ("key",)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        longest = self.fields["key"].max_length
        for record in records:
            record.values["key"] = clean_name(str(record.values.get("key") or ""))[:longest].strip()
            record.values["value"] = str(record.values.get("value") or "")
        return {}


def file_name(path: str) -> str:
    """The last name of a path of the source, as people read it."""
    return display_path(encode_path(posixpath.basename(normal_path(path)))) if path else ""


def _external(source: str, value: str, video: Ref, part: str) -> Record:
    values = {"video": video, "source": source[:_SOURCE_CHARACTERS], "external_id": value[:_ID_CHARACTERS]}
    return Record("people.externalid", values, part)
