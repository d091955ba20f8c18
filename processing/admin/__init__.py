"""The work in the admin. Thumbnails and storyboards are shown with their files."""

from django.contrib import admin

from library.admin.settings_row import SettingsRowAdmin
from processing.admin import sections
from processing.admin.jobs import JobAdmin
from processing.admin.plugins import PluginAdmin, PluginMetadataAdmin
from processing.admin.queues import QueueDashboardAdmin
from processing.admin.workers import WorkerProcessAdmin
from processing.models import ProcessingSettings

__all__ = [
    "JobAdmin",
    "PluginAdmin",
    "PluginMetadataAdmin",
    "ProcessingSettingsAdmin",
    "QueueDashboardAdmin",
    "WorkerProcessAdmin",
    "sections",
]


@admin.register(ProcessingSettings)
class ProcessingSettingsAdmin(SettingsRowAdmin):
    fieldsets = [
        ("Stills", {"fields": ["thumbnail_small_px", "thumbnail_large_px", "thumbnail_quality"]}),
        ("Storyboards", {"fields": ["storyboard_tiles", "sprite_quality"]}),
        ("Jobs", {"fields": ["job_history_days"]}),
    ]
