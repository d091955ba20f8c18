"""Statistics in the admin: a card on the first page, and how long snapshots are kept."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from library.admin.dashboard import Section, register_section
from library.admin.settings_row import SettingsRowAdmin
from stats.models import StatsSettings
from stats.queries.summary import coverage

_SHOWN = 4
_DAYS = 7


@admin.register(StatsSettings)
class StatsSettingsAdmin(SettingsRowAdmin):
    """How long snapshots are kept."""


def load_coverage(request: HttpRequest) -> dict[str, Any] | None:
    """How organised the library is by the newest snapshot; two queries of one row each."""
    found = coverage(days=_DAYS)
    return {"coverage": found[:_SHOWN], "days": _DAYS} if found else None


register_section(
    Section(
        "coverage",
        "How organised it is",
        "admin/dashboard/coverage.html",
        load_coverage,
        ("stats.view_statistics",),
        order=15,
    )
)
