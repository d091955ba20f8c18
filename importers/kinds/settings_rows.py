"""Settings: what still says its default follows the source, what somebody set here stays."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from importers.kinds.base import Kind, Match, Prepared
from importers.models import ImportRun
from library.models import LibrarySettings


class ValidKind(Kind):
    """Values that the model's own fields refuse (a range, a choice) are left out, each with the note `bad_value`."""

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            for name in [name for name, value in record.values.items() if not self._is_valid(name, value)]:
                del record.values[name]
                record.notes.append("bad_value")
        return {}

    def _is_valid(self, name: str, value: Any) -> bool:
        field = self.fields.get(name)
        if field is None or field.is_relation:
            return True
        try:
            field.clean(value, None)
        except ValidationError:
            return False
        return True


class SettingsKind(ValidKind):
    """An app's one row of settings. Several rows of a source may each bring a part of it."""

    def identity(self, record: Prepared) -> Hashable | None:
        return 1

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        if not records or not self.model._default_manager.filter(pk=1).exists():
            return {}
        return {index: Match(1, "the only one") for index in range(len(records))}


class LibrarySettingsKind(SettingsKind):
    name = "library.librarysettings"
    model = LibrarySettings
