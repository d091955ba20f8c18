"""The work in the admin. Thumbnails and storyboards are shown with their files."""

from django.contrib import admin

from library.admin.settings_row import SettingsRowAdmin
from processing.admin import sections
from processing.admin.conversions import ConversionAdmin
from processing.admin.encoders import EncoderProofAdmin
from processing.admin.jobs import JobAdmin
from processing.admin.presets import PresetAdmin
from processing.admin.queues import QueueDashboardAdmin
from processing.admin.workers import WorkerProcessAdmin
from processing.models import ProcessingSettings

__all__ = [
    "ConversionAdmin",
    "EncoderProofAdmin",
    "JobAdmin",
    "PresetAdmin",
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
        ("Conversions", {"fields": ["conversion_place", "disk_margin_gb", "is_output_decoded"]}),
        (
            "What is worth converting",
            {"fields": ["max_suggestions", "downscale_inactive_days", "barely_watched_seconds"]},
        ),
    ]
