"""Videos that show the same, and what people said about it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from library.models.base import TimeStamped
from library.models.tracking import tracked
from library.models.video import Video


class DuplicateKind(models.TextChoices):
    EXACT = "exact", "Same content"
    NEAR = "near", "Looks the same"
    CONTAINED = "contained", "Part of the other"


class DuplicateVerdict(models.TextChoices):
    OPEN = "open", "Not looked at"
    REJECTED = "rejected", "Not a duplicate"
    KEPT = "kept", "Keep both"


@tracked(ignoring=["distance", "first_from_seconds", "first_to_seconds", "second_from_seconds", "second_to_seconds"])
class DuplicatePair(TimeStamped):
    """Two videos that seem to show the same; `first` is the one with the lower id. A rejected pair never comes back.

    `distance` counts differing bits (0 to 64) of the perceptual hashes, on average where several were compared. For
    contained ones the ranges say which seconds of one are which of the other.
    """

    first = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=DuplicateKind.choices)
    verdict = models.CharField(max_length=10, choices=DuplicateVerdict.choices, default=DuplicateVerdict.OPEN)
    distance = models.FloatField(null=True)
    first_from_seconds = models.FloatField(null=True)
    first_to_seconds = models.FloatField(null=True)
    second_from_seconds = models.FloatField(null=True)
    second_to_seconds = models.FloatField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        indexes = [
            # The list of duplicates to decide, the surest first.
            models.Index(fields=["kind", "distance", "id"], condition=Q(verdict="open"), name="library_pair_open"),
            # All pairs of a video; the unique constraint serves the other side.
            models.Index(fields=["second"], name="library_pair_second"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="%(app_label)s_%(class)s_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="%(app_label)s_%(class)s_order"),
            models.CheckConstraint(condition=Q(kind__in=DuplicateKind.values), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(
                condition=Q(verdict__in=DuplicateVerdict.values), name="%(app_label)s_%(class)s_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.kind}"
