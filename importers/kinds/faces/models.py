"""The packs that vectors of other systems were made by: kept by name, never compared with vectors of another."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from faces.models import FaceModel
from importers.kinds.base import Kind, Policy, Prepared
from importers.kinds.faces.vectors import SAME_COSINE, cosine, is_vector, unit_vector, vector_digest
from importers.models import ImportRun
from importers.services.context import Made, context_of

UNNAMED = "unknown"


class FaceModelKind(Kind):
    """Made by the way, for vectors that name it."""

    name = "faces.model"
    model = FaceModel
    natural_key = ("name", "version")
    required = ("name",)
    policies = {"is_current": Policy.OURS}


class VectorKind(Kind):
    """A row with a vector. Extras: `model_name` and `model_version` of the pack that made it."""

    extras: ClassVar[tuple[str, ...]] = ("model_name", "model_version")

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        bad = {index: "bad_vector" for index, one in enumerate(records) if not is_vector(one.values.get("embedding"))}
        fit = [record for index, record in enumerate(records) if index not in bad]
        models = _models(run, {_named(record.values) for record in fit})
        for record in fit:
            record.extra["source_vector"] = record.values["embedding"]
            record.values["embedding"] = unit_vector(record.values["embedding"])
            record.values["model"] = models[_named(record.values)]
            record.values.pop("model_name", None)
            record.values.pop("model_version", None)
        return bad

    def encode(self, name: str, value: Any) -> Any:
        return vector_digest(value) if name == "embedding" and value is not None else super().encode(name, value)

    def is_same(self, record: Prepared, name: str, ours: Any) -> bool:
        if name != "embedding":
            return super().is_same(record, name, ours)
        return ours is not None and cosine(record.extra["source_vector"], ours) >= SAME_COSINE


def _named(values: Mapping[str, Any]) -> tuple[str, str]:
    return str(values.get("model_name") or UNNAMED)[:100], str(values.get("model_version") or "")[:32]


def _models(run: ImportRun, names: set[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
    """The keys of these packs by name and version; what there isn't is made and noted as made by the run."""
    found = FaceModel.objects.filter(name__in={name for name, _ in names}).values_list("name", "version", "pk")
    known = {(name, version): pk for name, version, pk in found}
    for name, version in sorted(names - known.keys()):
        model = FaceModel.objects.create(name=name, version=version)
        known[name, version] = model.pk
        made = Made(FaceModelKind.name, f"{name}:{version}", model.pk, {"name": name, "version": version})
        context_of(run).made.append(made)
    return known
