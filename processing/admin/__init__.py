"""The work in the admin. Thumbnails and storyboards are shown with their files."""

from django.contrib import admin

from library.admin.settings_row import SettingsRowAdmin
from processing.admin import sections
from processing.admin.jobs import JobAdmin
from processing.admin.ledger import StageRecordAdmin
from processing.admin.letters import DeadLetterAdmin
from processing.admin.queue_page import QueueControlAdmin
from processing.admin.queues import QueueDashboardAdmin
from processing.admin.stages import StageConfigAdmin
from processing.admin.workers import WorkerProcessAdmin
from processing.models import ProcessingSettings

__all__ = [
    "DeadLetterAdmin",
    "JobAdmin",
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
        ("Jobs", {"fields": ["job_history_days", "dead_letter_days"]}),
    ]
