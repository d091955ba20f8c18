"""How long snapshots are kept."""

import pghistory
from django.db import models

from library.models.settings import SettingsRow, in_range, within


@pghistory.track()
class StatsSettings(SettingsRow):
    """How long snapshots are kept; older ones are thinned to the first of each month, which stay."""

    storage_days = models.PositiveSmallIntegerField(
        default=90, validators=within(1, 3650), help_text="Every hour's snapshot of the disks stays so long."
    )
    daily_days = models.PositiveSmallIntegerField(
        default=365, validators=within(1, 3650), help_text="Every day's snapshots stay so long."
    )
    derived_hours = models.PositiveSmallIntegerField(
        default=6,
        validators=within(1, 720),
        help_text="Pictures, previews and streams are measured anew after so many hours.",
    )

    class Meta(SettingsRow.Meta):
        verbose_name = "statistics settings"
        verbose_name_plural = "statistics settings"
        default_permissions = ("view", "change")
        permissions = [("view_statistics", "Can see the statistics of the library")]
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="%(app_label)s_%(class)s_one_row"),
            in_range("storage_days", 1, 3650),
            in_range("daily_days", 1, 3650),
            in_range("derived_hours", 1, 720),
        ]
