"""When a video counts as begun and as finished."""

import pghistory
from django.db import models
from django.db.models import Q

from library.models import SettingsRow
from library.models.settings import in_range, within


@pghistory.track()
class PlaybackSettings(SettingsRow):
    """When a video counts as begun and as finished."""

    resume_after_seconds = models.PositiveSmallIntegerField(
        default=5, validators=within(0, 600), help_text="A video left earlier than this starts from its beginning."
    )
    completed_percent = models.PositiveSmallIntegerField(
        default=90, validators=within(50, 100), help_text="Watched to here counts as finished."
    )

    class Meta(SettingsRow.Meta):
        verbose_name = "playback settings"
        verbose_name_plural = "playback settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),
            in_range("resume_after_seconds", 0, 600),
            in_range("completed_percent", 50, 100),
        ]
