"""Statistics in the admin: what its first page begins with, and how long snapshots are kept."""

from django.contrib import admin

from library.admin.settings_row import SettingsRowAdmin
from stats.admin import front as front
from stats.models import StatsSettings


@admin.register(StatsSettings)
class StatsSettingsAdmin(SettingsRowAdmin):
    """How long snapshots are kept."""
