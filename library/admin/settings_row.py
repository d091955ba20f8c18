"""The form of an app's settings row, and below it who changed what and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Field, Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin

from library.models import SettingsRow, User

CHANGES_SHOWN = 30
_OWN_COLUMNS = {"id", "created_at", "updated_at"}
_UNITS = {
    "px": "px",
    "seconds": "seconds",
    "minutes": "minutes",
    "hours": "hours",
    "days": "days",
    "percent": "%",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One save: when, by whom (a name, or how it came about), and what changed as (label, from, to)."""

    at: datetime
    who: str
    fields: list[tuple[str, str, str]]


def setting_fields(model: type[Model]) -> "list[Field[Any, Any]]":
    """The columns that are settings, in the model's order."""
    return [field for field in model._meta.concrete_fields if field.name not in _OWN_COLUMNS]


def shown(field: "Field[Any, Any]", value: Any) -> str:
    """A value as the form shows it: the choice's words, a number without needless zeros."""
    choices: dict[Any, Any] = dict(field.flatchoices or [])
    if value in choices:
        return str(choices[value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def recent_changes(model: type[SettingsRow]) -> list[Change]:
    """The last changes of a settings row, newest first; two queries. A first save is told against the defaults."""
    events = list(
        model.pgh_event_model.objects.select_related("pgh_context").order_by("-pgh_id")[: CHANGES_SHOWN + 1]  # type: ignore[attr-defined]
    )
    names = who_changed(events)
    changes = []
    for index, event in enumerate(events[:CHANGES_SHOWN]):
        before = events[index + 1] if index + 1 < len(events) else model()
        pairs = [(field, getattr(before, field.name), getattr(event, field.name)) for field in setting_fields(model)]
        fields = [(label_of(field), shown(field, old), shown(field, new)) for field, old, new in pairs if old != new]
        if fields:
            changes.append(Change(event.pgh_created_at, names[event.pk], fields))
    return changes


def who_changed(events: Sequence[Any]) -> dict[int, str]:
    """Who made each event of a settings table, by its key; one query."""
    user_ids = {(event.pgh_context.metadata or {}).get("user") for event in events if event.pgh_context}
    names = dict(User.objects.filter(pk__in=user_ids - {None}).values_list("pk", "username"))
    return {event.pk: _who(event, names) for event in events}


def label_of(field: "Field[Any, Any]") -> str:
    """ "Scan interval (minutes)": units stand at the end of a column's name."""
    words = str(field.verbose_name).split()
    if words[-1] in _UNITS:
        return f"{_begun(words[:-1])} ({_UNITS[words[-1]]})"
    return _begun(words)


def _begun(words: list[str]) -> str:
    text = " ".join(words)
    return f"{text[:1].upper()}{text[1:]}"


def _who(event: Any, names: dict[int, str]) -> str:
    metadata = (event.pgh_context.metadata if event.pgh_context else None) or {}
    if "user" not in metadata:
        return "a command"
    return names.get(metadata["user"], "a user who was deleted")


class SettingsRowAdmin(ModelAdmin):
    """One form, no list: the row is made by its first save and never deleted."""

    change_form_outer_after_template = "admin/settings_changes.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> SettingsRow | None:
        return self.model.load() if object_id == "1" else None

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.label = label_of(db_field)
            field.help_text = f"{field.help_text} Default: {shown(db_field, db_field.get_default())}.".strip()
        return field

    def save_model(self, request: HttpRequest, obj: SettingsRow, form: "ModelForm[Any]", change: bool) -> None:
        if obj._state.adding:
            obj.save(force_insert=True)
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

    def response_change(self, request: HttpRequest, obj: SettingsRow) -> HttpResponse:
        messages.success(request, "Saved. It counts from the next use on; nothing needs a restart.")
        return HttpResponseRedirect(request.path)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(1,)))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": str(self.opts.verbose_name).capitalize(),
            "subtitle": None,
            "changes": recent_changes(self.model),
            "show_save_and_continue": False,
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]
