"""Names that are taken and rows that are there twice, answered by the form: the database would only refuse them."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Lower
from django.forms import BaseInlineFormSet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from library.models.names import clean_name, key_of, name_key


class NamedForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a tag, a person or a studio. A name that is taken, whatever the case and the spaces, is answered with
    the row that has it: to open it, to merge the two, or to take it out of the trash.

    `beside` is the field that tells rows of one name apart: `parent` or `disambiguation`.
    """

    beside: ClassVar[str] = "disambiguation"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        other = self._of_that_name(cleaned) if cleaned.get("name") and self.beside in cleaned else None
        if other is not None:
            self.add_error("name", ValidationError(self._offer(other)))
        return cleaned

    def _of_that_name(self, cleaned: dict[str, Any]) -> Any:
        """The other row that the unique constraint would meet; None when the name is free. One query."""
        rows = self._meta.model._base_manager.filter(name_key=key_of(cleaned["name"])).exclude(pk=self.instance.pk)
        if self.beside == "parent":
            return rows.filter(parent=cleaned["parent"]).first()
        wanted = Lower(Value(clean_name(cleaned["disambiguation"])))
        return rows.alias(lower=Lower("disambiguation")).filter(lower=wanted).first()

    def _offer(self, other: Any) -> SafeString:
        meta = self._meta.model._meta
        if other.trashed_at is not None:
            address = f"{reverse('trash')}?{urlencode({'kind': meta.model_name})}"
            words = '{} has that name and lies in the <a class="v-link" href="{}">trash</a>: take it out instead.'
            return format_html(words, other, address)
        page = f"admin:{meta.app_label}_{meta.model_name}"
        opened = reverse(f"{page}_change", args=(other.pk,))
        found = format_html('<a class="v-link" href="{}">{}</a> has that name already.', opened, other)
        if self.instance.pk is None:
            return found
        merged = f"{reverse(f'{page}_merge')}?{urlencode({'id': [self.instance.pk, other.pk]}, doseq=True)}"
        return format_html('{} <a class="v-link" href="{}">Merge the two …</a>', found, merged)


class DistinctFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows of one thing of which no two say the same, new ones among each other too. `columns` tell them apart."""

    columns: ClassVar[tuple[str, ...]] = ("name",)

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.forms:
            given = getattr(form, "cleaned_data", None) or {}
            if given.get("DELETE") or not all(given.get(column) for column in self.columns):
                continue
            said = tuple(name_key(given[one]) if one == "name" else given[one] for one in self.columns)
            if said in seen:
                raise ValidationError(f"“{given[self.columns[-1]]}” is there twice.")
            seen.add(said)


class DistinctLinks(DistinctFormSet):
    columns = ("url",)


class DistinctIds(DistinctFormSet):
    columns = ("source", "external_id")
