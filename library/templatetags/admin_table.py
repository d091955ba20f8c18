"""The rows of the admin's lists.

By Python and not by Unfold's template and tag: for each row they made all column heads anew, rendered a template for
the box in front of it and for each label, and asked the template language sixty things. That took half of a list's
time. The HTML is the same.
"""

from collections.abc import Callable, Hashable
from datetime import date, time
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_hidden_fields
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import DateField, ForeignKey, ManyToOneRel, Model, TimeField
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.templatetags.unfold_list import CHECKBOX_CLASSES, LINK_CLASSES, ROW_CLASSES, result_headers, result_list
from unfold.utils import display_for_dropdown, display_for_field, display_for_header, display_for_label
from unfold.utils import display_for_value as shown_value

register = template.Library()
_ANY_KEY = "987654321"
_LINK_CLASSES = " ".join(LINK_CLASSES)
_ROW = (
    '<tr class="data-row block border border-base-200 mb-3 relative rounded-default lg:table-row lg:border-none'
    ' lg:mb-0 lg:rounded-none dark:border-base-800">'
)
_BODY = '<tbody class="block relative lg:table-row-group {}" x-data="{{rowOpen: false}}">'
_BODIES = (_BODY.format(""), _BODY.format("bg-base-50 dark:bg-white/[.02]"))


@register.simple_tag(takes_context=True)
def list_table(context: Context) -> str:
    """The table of the changelist `cl`, or what stands in its place when it is empty."""
    cl = context["cl"]
    special = ("ordering_field", "list_sections")
    if cl.formset or context.get("actions_row") or any(getattr(cl.model_admin, name, None) for name in special):
        values: dict[str, Any] = {**context.flatten(), **result_list(context, cl)}  # type: ignore[dict-item]
        return render_to_string("admin/change_list_results.html", values, context["request"])
    heads = list(result_headers(cl))
    values = {
        **context.flatten(),  # type: ignore[dict-item]
        "result_headers": heads,
        "num_sorted_fields": sum(1 for head in heads if head["sortable"] and head["sorted"]),
        "result_hidden_fields": list(result_hidden_fields(cl)),
        "has_rows": bool(len(cl.result_list)),
        "rows": _rows(cl, heads),
    }
    if not values["has_rows"]:
        values["has_add_permission"] = cl.model_admin.has_add_permission(context["request"])
    return render_to_string("admin/library/list_table.html", values)


def _rows(cl: Any, heads: list[dict[str, Any]]) -> SafeString:
    columns = [_Column(cl, index, name, heads[index]["text"]) for index, name in enumerate(cl.list_display)]
    parts = []
    for number, row in enumerate(cl.result_list):
        parts += [_BODIES[number % 2], _ROW, *[column.cell(row) for column in columns], "</tr></tbody>"]
    return mark_safe("".join(parts))


class _Column:
    """One column of a list; what is the same for all rows is made once."""

    def __init__(self, cl: Any, index: int, name: Any, text: Any) -> None:
        self.cl, self.name, self.admin = cl, name, cl.model_admin
        self.field = _field(cl.lookup_opts, name)
        links = cl.list_display_links or ()
        self.is_link = name in links
        is_first_link = self.is_link and not any(before in links for before in cl.list_display[:index])
        self.tag = "th" if is_first_link else "td"
        self.classes = f"field-{_class_of(name, index)} {' '.join(ROW_CLASSES)}"
        if name == "action_checkbox":
            self.classes = " ".join(CHECKBOX_CLASSES)
        label = text if self.is_link or index else "Select record"
        self.label = conditional_escape(label)
        self.ask = self._asked_for()

    def cell(self, row: Model) -> str:
        """The whole cell."""
        shown, classes = self._shown(row)
        text: str = conditional_escape(shown)
        if self.is_link:
            text = self._linked(row, text)
        return f'<{self.tag} class="{classes}" data-label="{self.label}">{text}</{self.tag}>'

    def _asked_for(self) -> Callable[[Any], tuple[Any, Any]]:
        """What gives the value of a row that is no column of its table, and what says how it is shown."""
        if callable(self.name):
            return lambda row: (self.name(row), self.name)
        # By its module, since Unfold's imports the tags of all apps.
        if self.name == "action_checkbox" and type(self.admin).action_checkbox.__module__ == "unfold.admin":
            before, after = _box_around(self.admin)
            return lambda row: (mark_safe(f"{before}{conditional_escape(str(row.pk))}{after}"), None)
        method = getattr(self.admin, self.name, None) if self.name != "__str__" else None
        if callable(method):
            return lambda row: (method(row), method)

        def looked_up(row: Any) -> tuple[Any, Any]:
            _, attribute, value = lookup_field(self.name, row, self.admin)
            return value, attribute

        return looked_up

    def _shown(self, row: Model) -> tuple[Any, str]:
        """What the cell says, and its classes."""
        empty, classes = self.admin.get_empty_value_display(), self.classes
        try:
            if self.field is not None:
                value = getattr(row, self.field.name)
                if isinstance(self.field, DateField | TimeField | ForeignKey):
                    classes += " nowrap"
                if isinstance(self.field.remote_field, ManyToOneRel):
                    return (empty if value is None else value), classes
                return display_for_field(value, self.field, empty), classes
            value, how = self.ask(row)
        except ObjectDoesNotExist:
            return empty, classes
        if isinstance(value, date | time):
            classes += " nowrap"
        return _by(how, row, self.name, value, getattr(how, "empty_value_display", empty)), classes

    def _linked(self, row: Model, text: str) -> str:
        try:
            address = self.cl.url_for_result(row)
        except NoReverseMatch:
            return text
        address = add_preserved_filters({"preserved_filters": self.cl.preserved_filters, "opts": self.cl.opts}, address)
        opener = ""
        if self.cl.is_popup:
            key = row.serializable_value(str(self.cl.to_field or self.cl.lookup_opts.pk.attname))
            opener = format_html(' data-popup-opener="{}"', key)
        return format_html('<a href="{}" class="{}" {}>{}</a>', address, _LINK_CLASSES, opener, text)


def _class_of(name: Any, index: int) -> str:
    """As Django's own lists call a column that a function makes."""
    if not callable(name):
        return str(name)
    return str(index) if name.__name__ == "<lambda>" else str(name.__name__)


def _field(opts: Any, name: Any) -> Any:
    """The column of the table that is shown as it is; None for what is asked of a method or of another table."""
    if callable(name):
        return None
    try:
        field = opts.get_field(name)
    except FieldDoesNotExist:
        return None
    is_plain = field.concrete and not field.auto_created and not field.many_to_many
    return field if is_plain and field.name == name else None


def _by(how: Any, row: Model, name: Any, value: Any, empty: str) -> Any:
    """A value in the way that Unfold's decorator of its column asks for."""
    if label := getattr(how, "label", False):
        return _label(value, empty, label)
    if getattr(how, "dropdown", False):
        return display_for_dropdown(row, name, value, empty)
    if getattr(how, "header", False):
        return display_for_header(value, empty)
    if getattr(how, "boolean", False):
        return _tick(value)
    return shown_value(value, empty)


def _label(value: Any, empty: str, label: Any) -> SafeString:
    kinds = tuple(sorted(label.items(), key=str)) if isinstance(label, dict) else None
    if _can_be_kept(value) and _can_be_kept(kinds):
        return _kept_label(value, type(value).__name__, empty, kinds)
    return SafeString(display_for_label(value, empty, label))


def _can_be_kept(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_can_be_kept(one) for one in value)
    return value is None or isinstance(value, str | bool | int)


@lru_cache(maxsize=2_000)
def _kept_label(value: Hashable, kind: str, empty: str, kinds: tuple[Any, ...] | None) -> SafeString:
    return SafeString(display_for_label(value, empty, True if kinds is None else dict(kinds)))


@lru_cache(maxsize=8)
def _tick(value: bool | None) -> SafeString:
    return SafeString(shown_value(value, "", boolean=True))


@cache
def _box_around(admin: Hashable) -> tuple[str, str]:
    """The HTML before and after the key in the box that chooses a row for an action."""
    box: str = admin.action_checkbox(SimpleNamespace(pk=_ANY_KEY))  # type: ignore[attr-defined]
    before, _, after = box.partition(_ANY_KEY)
    return before, after
