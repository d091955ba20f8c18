"""Studios, their other names, their videos and their people."""

from collections.abc import Mapping, Sequence

from importers.kinds.base import Kind, Policy, Prepared
from importers.kinds.library.tags import alias_records
from importers.kinds.naming import AliasKind, keep_one_primary
from importers.kinds.people.named import DisambiguatedKind
from importers.kinds.pictures import bring_pictures
from importers.models import ImportRun
from importers.records import Record, Ref
from library.models.change import ChangeSource
from people.models import CreatorStudio, Studio, StudioAlias, VideoStudio

_PICTURES = ("logo", "favicon", "poster")


class StudioKind(DisambiguatedKind):
    """A studio. Extra: `aliases`. What it is part of may come later."""

    name = "people.studio"
    model = Studio
    natural_key = ("name_key", "disambiguation")
    policies = {"is_verified": Policy.GREATER, **dict.fromkeys(_PICTURES, Policy.GAPS)}
    alias_model = StudioAlias
    alias_owner = "studio"

    def expand(self, run: ImportRun, record: Record, row: Ref) -> tuple[Record, ...]:
        return alias_records("people.studioalias", "studio", record, row)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            if reason := bring_pictures(run, self, record, _PICTURES):
                record.notes.append(reason)
        return super().prepare(run, records)


class StudioAliasKind(AliasKind):
    """Another name of a studio."""

    name = "people.studioalias"
    model = StudioAlias
    natural_key = ("studio", "name_key")


class VideoStudioKind(Kind):
    """A studio of a video; a video has one that is primary."""

    name = "people.videostudio"
    model = VideoStudio
    natural_key = ("video", "studio")
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values.setdefault("source", ChangeSource.IMPORT.value)
        keep_one_primary(self, records, "video")
        return {}


class CreatorStudioKind(Kind):
    """A person who works with a studio."""

    name = "people.creatorstudio"
    model = CreatorStudio
    natural_key = ("creator", "studio")
