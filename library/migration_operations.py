"""Operations for migrations that would take long one by one."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.compiler import Trigger
from pgtrigger.migrations import AddTrigger


class AddTriggers(Operation):
    """Many triggers at once: `triggers` holds (model name, compiled trigger) in the order of making.

    The same as one AddTrigger for each, without building Django's picture of all models anew after each of them: a
    trigger changes nothing in it (200 triggers: 0.5 s instead of 9 s).
    """

    def __init__(self, triggers: Sequence[tuple[str, Trigger]]) -> None:
        self.triggers = triggers

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for model_name, trigger in self.triggers:
            options = state.models[app_label, model_name.lower()].options
            options["triggers"] = [*options.get("triggers", []), trigger]

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self._single():
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self._single()):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {len(self.triggers)} triggers"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [], {"triggers": self.triggers}

    def _single(self) -> list[AddTrigger]:
        return [AddTrigger(model_name=model_name, trigger=trigger) for model_name, trigger in self.triggers]
