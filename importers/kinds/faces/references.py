"""Faces that are surely somebody's."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from faces.models import FaceReference
from importers.kinds.base import Match, Policy, Prepared
from importers.kinds.faces.models import VectorKind
from importers.kinds.faces.vectors import vector_digest
from importers.models import ImportRun


class FaceReferenceKind(VectorKind):
    """The same vector of the same person by the same pack is the same reference. The one that is shown as their face
    stays the one that is.

    Extra: `picture`. It isn't the upright face that a later pack needs (FaceReference.crop), so no file is made of it;
    people's own pictures come with `people.creator`.
    """

    name = "faces.reference"
    model = FaceReference
    required = ("source",)
    policies = dict.fromkeys(("is_primary", "quality", "source", "path"), Policy.OURS)
    extras: ClassVar[tuple[str, ...]] = (*VectorKind.extras, "picture")

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        bad = super().prepare(run, records)
        creators = {record.values.get("creator") for record in records} - {None}
        shown = set(
            FaceReference.objects.filter(creator__in=creators, is_primary=True).values_list("creator", flat=True)
        )
        for index, record in enumerate(records):
            record.values.pop("picture", None)
            quality = record.values.get("quality")
            if quality is not None:
                record.values["quality"] = min(max(float(quality), 0.0), 1.0)
            creator = record.values.get("creator")
            if index not in bad and creator is not None and record.values.get("is_primary"):
                record.values["is_primary"] = creator not in shown
                shown.add(creator)
        return bad

    def identity(self, record: Prepared) -> Hashable | None:
        values = record.values
        return values.get("creator"), values["model"], vector_digest(values["embedding"])

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        wanted: dict[Any, list[int]] = {}
        for index, record in enumerate(records):
            wanted.setdefault(self.identity(record), []).append(index)
        rows = FaceReference.objects.filter(
            creator__in={key[0] for key in wanted}, model__in={key[1] for key in wanted}
        ).values_list("pk", "creator", "model", "embedding")
        return {
            index: Match(pk, "same face")
            for pk, creator, model, vector in rows
            for index in wanted.get((creator, model, vector_digest(vector)), ())
        }
