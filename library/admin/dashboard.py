"""The admin's first page: a list of sections that apps add in their admin modules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Section:
    """One card. `load` answers a small constant number of queries with what `template` shows as `data`; None leaves
    the card out. Whoever lacks one of `permissions` ("app.codename") doesn't see it. Cards stand in order of `order`;
    a wide one takes the whole row, and one that `refreshes` asks for itself again every few seconds.
    """

    key: str
    title: str
    template: str
    load: Callable[[HttpRequest], dict[str, Any] | None]
    permissions: tuple[str, ...] = ()
    order: int = 100
    is_wide: bool = False
    refreshes: bool = False


_sections: dict[str, Section] = {}


def register_section(section: Section) -> None:
    """Adds a card; a second one with the same key takes the first one's place."""
    _sections[section.key] = section


def sections_for(request: HttpRequest, *, only: str = "") -> list[tuple[Section, dict[str, Any]]]:
    """The cards that the user may see, with their data, in order. `only` is one card's key."""
    user: Any = request.user
    result = []
    for section in sorted(_sections.values(), key=lambda section: (section.order, section.key)):
        if (not only or section.key == only) and user.has_perms(section.permissions):
            data = section.load(request)
            if data is not None:
                result.append((section, data))
    return result


def add_sections(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK. `?section=<key>` asks for one card only (a card that refreshes itself does)."""
    context["title"] = "Overview"
    context["dashboard"] = sections_for(request, only=request.GET.get("section", ""))
    return context
