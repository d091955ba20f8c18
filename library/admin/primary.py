"""Inlines one of whose rows stands for the whole: a person's picture, their profile."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from unfold.widgets import UnfoldBooleanWidget


class PrimaryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row with a tick instead of its `is_primary`, which the formset writes when all rows are saved."""

    chosen = forms.BooleanField(required=False, label="Main one", widget=UnfoldBooleanWidget)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["chosen"].initial = self.instance.is_primary


class PrimaryFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Exactly one row is the main one, as long as there are any: the one that was ticked last, else the first."""

    def clean(self) -> None:
        super().clean()
        ticked = [form for form in self._kept() if form.cleaned_data.get("chosen")]
        if len([form for form in ticked if "chosen" in form.changed_data]) > 1:
            raise ValidationError("Tick one main one only.")

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit)
        if commit:
            self._choose()
        return saved

    def _kept(self) -> list[Any]:
        forms_left = [form for form in self.forms if getattr(form, "cleaned_data", None)]
        return [form for form in forms_left if not form.cleaned_data.get("DELETE")]

    def _choose(self) -> None:
        """One statement where nothing changes, three where another is chosen."""
        ticked = [form for form in self._kept() if form.cleaned_data.get("chosen") and form.instance.pk]
        ticked.sort(key=lambda form: "chosen" not in form.changed_data)
        rows = self.model._default_manager.filter(**{self.fk.name: self.instance})
        chosen = (
            ticked[0].instance.pk if ticked else rows.order_by("-is_primary", "pk").values_list("pk", flat=True).first()
        )
        if chosen is None or rows.filter(pk=chosen, is_primary=True).exists():
            return
        rows.filter(is_primary=True).update(is_primary=False)
        rows.filter(pk=chosen).update(is_primary=True)
