"""Tags, their other names, and the videos that carry them."""

from collections.abc import Mapping, Sequence
from typing import Any

from importers.kinds.base import Kind, Match, Policy, Prepared
from importers.kinds.naming import AliasKind, TrashableKind
from importers.models import ImportRun
from importers.records import Record, Ref
from library.models import Tag, TagAlias, VideoTag
from library.models.change import ChangeSource
from library.models.names import name_key

_PART_CHARACTERS = 150


def alias_records(kind: str, owner: str, record: Record, row: Ref) -> tuple[Record, ...]:
    """The record without its `aliases`, and one for each of these."""
    values = dict(record.values)
    names = values.pop("aliases", None) or ()
    own = name_key(str(values.get("name") or ""))
    keys = {key: str(name) for name in names if name and (key := name_key(str(name))) and key != own}
    return (
        Record(record.kind, values, record.part),
        *(
            Record(kind, {owner: row, "name": name}, f"{row.part}alias:{key[:_PART_CHARACTERS]}")
            for key, name in keys.items()
        ),
    )


class TagKind(TrashableKind):
    """A tag: one of its name below its parent, else one that goes by that name too. Extra: `aliases`.

    One that a person said is another is called by where it came from too: names are told apart by nothing else here.
    """

    name = "library.tag"
    model = Tag
    natural_key = ("parent", "name_key")
    policies = {"position": Policy.GAPS, "color": Policy.FILL}
    worked_out = frozenset({"name"})

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        reasons = super().prepare(run, records)
        apart = [record for record in records if record.extra.get("is_new")]
        taken = [apart[index] for index in super().find(run, apart)]
        for record in taken:
            own = f" ({run.system} {record.key})"[:_PART_CHARACTERS]
            record.values["name"] = record.values["name"][: self.fields["name"].max_length - len(own)] + own
        super().prepare(run, taken)
        return reasons

    def expand(self, run: ImportRun, record: Record, row: Ref) -> tuple[Record, ...]:
        return alias_records("library.tagalias", "tag", record, row)

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        found = super().find(run, records)
        open_records: dict[str, list[int]] = {}
        for index, record in enumerate(records):
            if index not in found:
                open_records.setdefault(record.values["name_key"], []).append(index)
        rows = TagAlias.objects.filter(name_key__in=open_records, tag__trashed_at=None).order_by("-tag_id")
        for key, pk, parent in rows.values_list("name_key", "tag_id", "tag__parent_id"):
            for index in open_records[key]:
                if records[index].values.get("parent") in (None, parent):
                    records[index].extra["goes_by"] = True
                    found[index] = Match(pk, "goes by that name too", 0.8)
        return found

    def attributes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        attributes = super().attributes(values)
        if not attributes.get("color", True):
            del attributes["color"]
        return attributes


class TagAliasKind(AliasKind):
    """Another word for a tag."""

    name = "library.tagalias"
    model = TagAlias
    natural_key = ("tag", "name_key")


class VideoTagKind(Kind):
    """A tag on a video."""

    name = "library.videotag"
    model = VideoTag
    natural_key = ("video", "tag")
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values.setdefault("source", ChangeSource.IMPORT.value)
        return {}
