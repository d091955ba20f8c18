"""The work in the admin. Thumbnails and storyboards are shown with their files."""

from django.contrib import admin

from library.admin.settings_row import SettingsRowAdmin
from processing.admin import sections
from processing.admin.conversions import ConversionAdmin
from processing.admin.encoders import EncoderProofAdmin
from processing.admin.findings import IntegrityFindingAdmin
from processing.admin.jobs import JobAdmin
from processing.admin.ledger import StageRecordAdmin
from processing.admin.letters import DeadLetterAdmin
from processing.admin.plugins import PluginAdmin, PluginMetadataAdmin
from processing.admin.presets import PresetAdmin
from processing.admin.queue_page import QueueControlAdmin
from processing.admin.queues import QueueDashboardAdmin
from processing.admin.stages import StageConfigAdmin
from processing.admin.workers import WorkerProcessAdmin
from processing.models import ProcessingSettings

__all__ = [
    "ConversionAdmin",
    "DeadLetterAdmin",
    "EncoderProofAdmin",
    "IntegrityFindingAdmin",
    "JobAdmin",
    "PluginAdmin",
    "PluginMetadataAdmin",
    "PresetAdmin",
    "ProcessingSettingsAdmin",
    "QueueControlAdmin",
    "QueueDashboardAdmin",
    "StageConfigAdmin",
    "StageRecordAdmin",
    "WorkerProcessAdmin",
    "sections",
]


@admin.register(ProcessingSettings)
class ProcessingSettingsAdmin(SettingsRowAdmin):
    fieldsets = [
        ("Stills", {"fields": ["thumbnail_small_px", "thumbnail_large_px", "thumbnail_quality"]}),
        ("Storyboards", {"fields": ["storyboard_tiles", "sprite_quality"]}),
        (
            "Previews",
            {
                "fields": [
                    "scene_preview_enabled",
                    ("preview_segments", "preview_segment_seconds"),
                    ("preview_px", "preview_crf"),
                ]
            },
        ),
        ("Marks", {"fields": ["marker_pictures", "marker_clip_seconds", ("marker_px", "marker_crf")]}),
        (
            "Looking after files",
            {
                "fields": [
                    "verify_percent_per_day",
                    "check_depth",
                    ("check_decodes", "check_part_seconds"),
                    ("short_seconds", "very_short_seconds"),
                ]
            },
        ),
        ("Storage", {"fields": ["cleanup_grace_hours"]}),
        ("Jobs", {"fields": ["job_history_days", "dead_letter_days"]}),
        ("Conversions", {"fields": ["conversion_place", "disk_margin_gb", "is_output_decoded"]}),
        (
            "What is worth converting",
            {"fields": ["max_suggestions", "downscale_inactive_days", "barely_watched_seconds"]},
        ),
    ]
