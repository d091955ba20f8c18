"""Which pack of models made a vector: only vectors of one pack compare."""

from django.db import models
from django.db.models import Q

from library.models import TimeStamped


class FaceModel(TimeStamped):
    """A pack that was used here, by its name and the version of its files. The newest used one is the current one."""

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=32)
    is_current = models.BooleanField(default=False)
    grouped_state = models.CharField(max_length=200, blank=True, help_text="What the last grouping of faces saw.")
    matched_state = models.CharField(max_length=200, blank=True, help_text="What the last comparison knew.")

    class Meta(TimeStamped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="%(app_label)s_%(class)s_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.version[:8]})"
