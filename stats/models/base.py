"""What all snapshots have."""

from django.db import models

from library.models import TimeStamped


class DailySnapshot(TimeStamped):
    """Figures of one day in UTC, as they were at `taken_at`. Made again on the same day it is replaced; a day on which
    none was made has none."""

    day = models.DateField(unique=True)
    taken_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        abstract = True
        ordering = ["-day"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.day.isoformat()
