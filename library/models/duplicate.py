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
    LINKED = "linked", "Clip of the other"


_MACHINE_COLUMNS = (
    "kind", "distance", "confidence", "wasted_bytes", "is_first_smaller",
    "first_from_seconds", "first_to_seconds", "second_from_seconds", "second_to_seconds",
)  # fmt: skip


@tracked(ignoring=_MACHINE_COLUMNS, only_in_batches=True)
class DuplicatePair(TimeStamped):
    """Two videos that seem to show the same; `first` is the one with the lower id. An answered pair never comes back.

    `confidence` (0 to 1) is how sure the search is. `distance` counts differing bits (0 to 64) of the perceptual
    hashes, on average where several were compared; None where packets or bytes were. For contained ones the ranges say
    which seconds of one are which of the other. `wasted_bytes` is the size of the smaller one's file.
    """

    first = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=DuplicateKind.choices)
    verdict = models.CharField(max_length=10, choices=DuplicateVerdict.choices, default=DuplicateVerdict.OPEN)
    confidence = models.FloatField(default=1)
    distance = models.FloatField(null=True)
    wasted_bytes = models.BigIntegerField(default=0)
    is_first_smaller = models.BooleanField(default=False)
    first_from_seconds = models.FloatField(null=True)
    first_to_seconds = models.FloatField(null=True)
    second_from_seconds = models.FloatField(null=True)
    second_to_seconds = models.FloatField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        indexes = [
            # The list of open pairs, the surest first, whole and by kind; by the bytes to win.
            models.Index(fields=["-confidence", "-id"], condition=Q(verdict="open"), name="library_pair_sure"),
            models.Index(fields=["kind", "-confidence", "-id"], condition=Q(verdict="open"), name="library_pair_open"),
            models.Index(fields=["-wasted_bytes", "-id"], condition=Q(verdict="open"), name="library_pair_wasted"),
            # The list of answers, the latest first.
            models.Index(fields=["-decided_at", "-id"], condition=~Q(verdict="open"), name="library_pair_decided"),
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
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="%(app_label)s_%(class)s_confidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.kind}"
