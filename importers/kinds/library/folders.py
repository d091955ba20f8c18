"""Folders of the library."""

from collections.abc import Mapping, Sequence
from typing import Any

from importers.kinds.base import Kind, Match, Policy, Prepared
from importers.models import ImportRun
from importers.services.context import context_of
from importers.services.places import folder_name, is_folder
from library.models import Folder
from library.paths import decode_path

_OURS = ("name", "is_active", "is_default", "is_auto_scanned", "scan_interval_minutes", "kind")


class FolderKind(Kind):
    """A watched folder, known by its path on this machine. One that isn't on the disk is made and not scanned."""

    name = "library.folder"
    model = Folder
    natural_key = ("path",)
    required = ("path",)
    policies = {**dict.fromkeys(_OURS, Policy.OURS), "last_scanned_at": Policy.GREATER}
    worked_out = frozenset({"is_default"})

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        has_default = Folder.objects.in_library().filter(is_default=True).exists()
        for record in records:
            values = record.values
            path = decode_path(values["path"]) if values.get("path") else ""
            values["name"] = values.get("name") or folder_name(path)
            if not is_folder(path):
                values["is_active"] = False
            if values.get("is_default"):
                values["is_default"], has_default = not has_default, True
            values.setdefault("removed_at", None)
        return {}

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        # One that was removed comes back as it was; one that is there goes before it.
        rows = Folder.objects.filter(path__in=[record.values["path"] for record in records])
        keys = dict(rows.order_by("removed_at", "pk").values_list("path", "pk"))
        return {
            index: Match(keys[record.values["path"]], "same path")
            for index, record in enumerate(records)
            if record.values["path"] in keys
        }

    def decide(self, record: Prepared, values: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
        changes = super().decide(record, values, current)
        if current.get("removed_at") is not None:
            changes["removed_at"] = None
        return changes

    def is_same(self, record: Prepared, name: str, ours: Any) -> bool:
        # It was scanned here since.
        if name == "last_scanned_at" and ours is not None and record.values[name] is not None:
            return bool(ours >= record.values[name])
        return super().is_same(record, name, ours)

    def create(self, run: ImportRun, records: Sequence[Prepared]) -> list[int]:
        context_of(run).places.forget()
        return super().create(run, records)
