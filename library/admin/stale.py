"""Two people editing one thing: what the later one typed meets what the earlier one saved, field by field.

A page carries the values that it was loaded with. When it is saved, a field that only one of the two changed keeps that
change, sets (tags, people) take the changes of both, and a field that both changed differently is a clash: nothing is
saved, and whoever came later chooses.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest

LOADED = "_loaded"
KEEP = "_keep"


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that two people changed differently; the values are as people read them. `name` is of the choice's
    inputs in the form."""

    name: str
    label: str
    before: str
    theirs: str
    mine: str


class GuardedForm(forms.ModelForm):  # type: ignore[type-arg]
    """Mixed into the model forms of a curated page, its inlines' too."""

    clashes: list[Clash]

    def _post_clean(self) -> None:
        self.clashes = []
        loaded = loaded_values(self)
        if loaded is not None:
            for name in [name for name in self.fields if name in loaded and name in self.cleaned_data]:
                self._meet(name, loaded[name])
        super()._post_clean()  # type: ignore[misc]

    def _meet(self, name: str, before: Any) -> None:
        """Settles one field: leaves what was typed, takes what is stored, joins two sets, or notes a clash."""
        field = self.fields[name]
        theirs, mine = plain(field, self.get_initial_for_field(field, name)), self._mine(name, before)
        choice = f"{KEEP}:{key_of(self)}:{name}"
        if self.data.get(choice) == "theirs":
            self._take(name, theirs)
        elif mine in (theirs, before):
            # Also what a browser writes otherwise than it is stored: line ends, a colour's capitals.
            self._take(name, theirs)
        elif theirs == before:
            return
        elif isinstance(before, list) and isinstance(theirs, list) and isinstance(mine, list):
            self._take(
                name, [*(one for one in theirs if one in mine or one not in before), *_added(mine, theirs, before)]
            )
        else:
            label = str(field.label or name)
            self.clashes.append(Clash(choice, label, *(self._shown(name, value) for value in (before, theirs, mine))))
            # A browser forgets the chosen file when a form comes back.
            again = " To keep yours, choose the picture again." if isinstance(field, forms.FileField) else ""
            self.add_error(name, f"Somebody else changed this while you were editing.{again}")

    def _mine(self, name: str, before: Any) -> Any:
        """What was typed. A picture that was sent has no stored name yet, one that wasn't sent stays."""
        field, value = self.fields[name], self.cleaned_data[name]
        if isinstance(field, forms.FileField):
            return str(value or "") if name in self.changed_data else before
        return plain(field, value)

    def _take(self, name: str, value: Any) -> None:
        """The field gets a stored value; one that is stored already counts as unchanged."""
        field = self.fields[name]
        is_column = any(column.name == name for column in self._meta.model._meta.concrete_fields)
        self.cleaned_data[name] = getattr(self.instance, name) if is_column else field.clean(value)
        if value == plain(field, self.get_initial_for_field(field, name)):
            self.changed_data = [one for one in self.changed_data if one != name]

    def _shown(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            chosen = field.queryset.filter(pk__in=value if isinstance(value, list) else [value or None])  # type: ignore[union-attr]
            return ", ".join(map(str, chosen)) or "nothing"
        if isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            return str(dict(choices).get(value, value))
        if isinstance(field, forms.FileField):
            return "a picture" if value else "nothing"
        return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value) or "nothing"


def guarded(form: type[Any]) -> type[Any]:
    """The form class with the guard; the same when it has it already."""
    if issubclass(form, GuardedForm):
        return form
    return type(form.__name__, (GuardedForm, form), {})


def remember(pages_forms: Iterable[Any]) -> str:
    """What the forms of a page show of stored rows, for its hidden field."""
    values = {
        key_of(form): {
            name: plain(field, form.get_initial_for_field(field, name))
            for name, field in form.fields.items()
            if not field.disabled and not getattr(field, "joins_itself", False)
        }
        for form in pages_forms
        if form.instance.pk is not None and not form.instance._state.adding
    }
    return json.dumps(values, cls=DjangoJSONEncoder)


def loaded_values(form: Any) -> dict[str, Any] | None:
    """What the page showed of the form's row when it was loaded; None for new rows and pages that don't tell."""
    if form.instance.pk is None or form.instance._state.adding:
        return None
    try:
        values = json.loads(form.data.get(LOADED) or "{}").get(key_of(form))
    except (ValueError, AttributeError):
        return None
    return values if isinstance(values, dict) else None


def key_of(form: Any) -> str:
    """What the form's row is called in the page's hidden field."""
    return f"{form._meta.model._meta.label_lower}:{form.instance.pk}"


def plain(field: forms.Field, value: Any) -> Any:
    """A value as JSON, the same for what is stored and what is typed when they mean the same."""
    prepared = field.prepare_value(value)
    if getattr(field.widget, "input_type", "") == "color":
        return str(prepared or "").lower()
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(plain_one(one) for one in prepared or [])
    return [plain_one(one) for one in prepared] if isinstance(prepared, list | tuple) else plain_one(prepared)


def plain_one(value: Any) -> Any:
    """A single value as JSON; times in UTC to the second, texts with simple line ends, None as an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0).isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    if hasattr(value, "_meta"):
        return plain_one(value.pk)
    return str(value).replace("\r\n", "\n")


def all_forms(adminform: Any, inline_formsets: Iterable[Any]) -> list[Any]:
    """The page's own form and those of the rows in its inlines."""
    inner = [form for inline in inline_formsets for form in inline.formset.initial_forms]
    return [adminform.form, *inner]


def clashes_of(request: HttpRequest, page_forms: Iterable[Any]) -> list[Clash]:
    """The clashes of a page that was just refused; none before it was sent."""
    if request.method != "POST":
        return []
    return [clash for form in page_forms for clash in getattr(form, "clashes", [])]


def _added(mine: list[Any], theirs: list[Any], before: list[Any]) -> list[Any]:
    return [one for one in mine if one not in before and one not in theirs]
