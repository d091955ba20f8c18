"""People, their other names and pictures, and the videos that they are in."""

from collections.abc import Mapping, Sequence

from importers.kinds.base import Kind, Policy, Prepared
from importers.kinds.library.tags import alias_records
from importers.kinds.naming import AliasKind, keep_one_primary
from importers.kinds.people.named import DisambiguatedKind
from importers.kinds.pictures import bring_pictures
from importers.models import ImportRun
from importers.records import Record, Ref, SourcePicture
from library.models.change import ChangeSource
from people.models import Creator, CreatorAlias, CreatorPicture, Credit
from people.models.creator import PictureSource


class CreatorKind(DisambiguatedKind):
    """A person. Extras: `aliases`, `picture` SourcePicture: parts `alias:NAME` and `picture`."""

    name = "people.creator"
    model = Creator
    natural_key = ("name_key", "disambiguation")
    policies = {"is_verified": Policy.GREATER}
    alias_model = CreatorAlias
    alias_owner = "creator"
    telling = ("birth_date", "gender")

    def expand(self, run: ImportRun, record: Record, row: Ref) -> tuple[Record, ...]:
        values = dict(record.values)
        picture = values.pop("picture", None)
        records = alias_records("people.creatoralias", "creator", Record(record.kind, values, record.part), row)
        if not isinstance(picture, SourcePicture):
            return records
        shown = Record(
            "people.creatorpicture", {"creator": row, "image": picture, "is_primary": True}, f"{row.part}picture"
        )
        return (*records, shown)


class CreatorAliasKind(AliasKind):
    """Another name of a person."""

    name = "people.creatoralias"
    model = CreatorAlias
    natural_key = ("creator", "name_key")


class CreatorPictureKind(Kind):
    """A picture of a person; it is their primary one where they have none."""

    name = "people.creatorpicture"
    model = CreatorPicture
    natural_key = ("creator", "image")
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        reasons = {}
        for index, record in enumerate(records):
            record.values.setdefault("source", PictureSource.IMPORT.value)
            if reason := bring_pictures(run, self, record, ("image",)):
                reasons[index] = reason
        keep_one_primary(self, [record for index, record in enumerate(records) if index not in reasons], "creator")
        return reasons


class CreditKind(Kind):
    """A person in a video."""

    name = "people.credit"
    model = Credit
    natural_key = ("video", "creator")
    policies = {"source": Policy.OURS, "confidence": Policy.OURS, "role": Policy.GAPS}

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values.setdefault("source", ChangeSource.IMPORT.value)
        return {}
