"""Operations for migrations that would take long one by one."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.compiler import Trigger
from pgtrigger.migrations import AddTrigger, RemoveTrigger


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


class AtOnce(Operation):
    """Many models, fields, indexes, constraints and triggers in one step, with what they do to the tables unchanged.

    Django builds its picture of all models anew after each single operation, for 60 ms each in a project of this size;
    here it does so once. A model is made as it is at the end of the step, so what the step adds to it later is there
    already.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Without a picture there is nothing to keep up to date; the next one who asks for it makes it.
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self._own():
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self._own()):
            # A trigger of a model that this step makes: before the step there is no such model to look at.
            before = from_state if isinstance(operation, AddTrigger) else to_state
            operation.database_backwards(app_label, schema_editor, from_state, before)

    def describe(self) -> str:
        return f"{len(self.operations)} changes of tables"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [], {"operations": self.operations}

    def _own(self) -> list[Operation]:
        """Those that have something left to do."""
        made = {operation.name.lower() for operation in self.operations if isinstance(operation, CreateModel)}
        return [
            operation
            for operation in self.operations
            if isinstance(operation, CreateModel | AddTrigger | RemoveTrigger)
            or getattr(operation, "model_name", "").lower() not in made
        ]


_GROUPED = (CreateModel, AddField, AddConstraint, AddIndex, AddTrigger, RemoveTrigger)


def at_once(operations: Sequence[Operation]) -> list[Operation]:
    """A migration's operations with each run of those that only add to tables, or change triggers, made one step."""
    grouped: list[Operation] = []
    for is_adding, run in groupby(operations, lambda operation: isinstance(operation, _GROUPED)):
        listed = list(run)
        grouped += [AtOnce(listed)] if is_adding and len(listed) > 1 else listed
    return grouped


class GrantRights(Operation):
    """Gives roles rights of an app: `grants` is role -> codenames for seeded roles; whoever holds one of the rights in
    `along` (codename -> codenames) gets those besides.

    With Django's own models as they are now, which a migration may rely on: RunPython would draw a picture of all
    models as they were then, for some seconds. Roles that the owner has removed are passed over.
    """

    reduces_to_sql = False
    reversible = True

    def __init__(
        self, rights_of: str, grants: Mapping[str, Sequence[str]], along: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.rights_of, self.grants, self.along = rights_of, grants, along or {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Models stay as they are."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self.grant()

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self.withdraw()

    def grant(self) -> None:
        create_permissions(apps.get_app_config(self.rights_of), verbosity=0)
        for group, permissions in self._pairs():
            group.permissions.add(*permissions)

    def withdraw(self) -> None:
        for group, permissions in self._pairs():
            group.permissions.remove(*permissions)

    def describe(self) -> str:
        return f"Give roles their rights of {self.rights_of}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.rights_of, self.grants], {"along": self.along} if self.along else {}

    def _pairs(self) -> Iterator[tuple[Group, list[Permission]]]:
        rights = Permission.objects.filter(content_type__app_label=self.rights_of)
        for group in Group.objects.filter(name__in=self.grants):
            yield group, list(rights.filter(codename__in=self.grants[group.name]))
        for held, codenames in self.along.items():
            for group in Group.objects.filter(permissions__in=rights.filter(codename=held)):
                yield group, list(rights.filter(codename__in=codenames))
