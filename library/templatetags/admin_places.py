"""Where one is in the admin: the head line of its pages and the browser's title."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import Model
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

register = template.Library()


@dataclass(frozen=True, slots=True)
class Step:
    """A page on the way to this one; `link` is empty for this one itself."""

    text: str
    link: str = ""


@register.simple_tag(takes_context=True)
def way_here(context: Context) -> list[Step]:
    """The list, the row and what is done to it, under the names that the sidebar gives them."""
    title = str(context.get("title") or "")
    opts = context.get("opts")
    if opts is None:
        return [Step(title)] if title else []
    list_link = _address(opts, "changelist")
    name = _name_in_sidebar(context, list_link) or str(capfirst(opts.verbose_name_plural))
    if context.get("cl") is not None:
        return [Step(name)]
    row = context.get("original") or context.get("object")
    if not isinstance(row, Model):
        # A page in place of a list is that place itself.
        return [Step(name)] if title == name else [Step(name, list_link), Step(title)]
    if str(row) == str(opts.verbose_name):
        # A page of settings: there is no list of them.
        return [Step(capfirst(str(row)))]
    if context.get("adminform") is not None and context.get("original") is not None:
        return [Step(name, list_link), Step(str(row))]
    steps = [Step(name, list_link), Step(title)]
    if str(row) not in title:
        steps.insert(1, Step(str(row), _address(row._meta, "change", row.pk)))
    return steps


@register.simple_tag(takes_context=True)
def page_title(context: Context) -> str:
    """For the browser's tab: what is nearest first, "Arrival in Lisbon · Videos"."""
    return " · ".join(step.text for step in reversed(way_here(context)))


def _address(opts: Any, page: str, *args: Any) -> str:
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)
    except NoReverseMatch:
        return ""


def _name_in_sidebar(context: Context, link: str) -> str:
    items = (item for group in context.get("sidebar_navigation") or [] for item in group.get("items", []))
    return next((str(item["title"]) for item in items if link and str(item.get("link")) == link), "")
