"""Changes as the admin's pages show them: words with links."""

from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from library.admin.columns import link_to
from library.models import ChangeBatch
from library.queries_history import ObjectEvent, RowChange, Value


def author_of(batch: ChangeBatch) -> str:
    """Who made the change: the account's name, also when it is gone; else what decided it."""
    return batch.user_name or str(batch.get_source_display())


def shown_change(change: RowChange) -> dict[str, Any]:
    """A change with links for the templates."""
    return {
        "verb": change.verb,
        "kind": change.kind,
        "subject": shown_value(change.subject),
        "owners": [shown_value(owner) for owner in change.owners],
        "is_link": bool(change.owners) and change.subject.text == ", ".join(owner.text for owner in change.owners),
        "fields": [(field.label, shown_value(field.old), shown_value(field.new)) for field in change.fields],
    }


def shown_event(event: ObjectEvent) -> dict[str, Any]:
    """An event of an object's history for its template."""
    return {
        "at": event.at,
        "batch": event.batch,
        "who": author_of(event.batch) if event.batch else "",
        "rows": [shown_change(event.change)],
    }


def shown_value(value: Value) -> SafeString | str:
    """A value, linked when it names a row that has a page."""
    address = page_of(value.model, value.pk) if value.model is not None else ""
    return link_to(address, value.text) if address else value.text


def page_of(model: type[Model], pk: Any) -> str:
    """The admin's page of a row; empty for kinds that have none."""
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=(pk,))
    except NoReverseMatch:
        return ""
