"""What users think of videos, people and studios."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models import TimeStamped, Video
from library.models.tracking import tracked
from people.models import Creator, Studio
from people.models.link import exactly_one, unique_for_each

_TARGETS = ("video", "creator", "studio")


class Stars(models.TextChoices):
    """Half steps from 0.5 to 5.0."""

    HALF = "0.5", "½"
    ONE = "1.0", "1"
    ONE_AND_A_HALF = "1.5", "1½"
    TWO = "2.0", "2"
    TWO_AND_A_HALF = "2.5", "2½"
    THREE = "3.0", "3"
    THREE_AND_A_HALF = "3.5", "3½"
    FOUR = "4.0", "4"
    FOUR_AND_A_HALF = "4.5", "4½"
    FIVE = "5.0", "5"


@tracked()
class Rating(TimeStamped):
    """One user's stars for a video, a creator or a studio: 0.5 to 5.0 in half steps, and a comment."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="ratings")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, null=True, blank=True, related_name="ratings")
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, null=True, blank=True, related_name="ratings")
    studio = models.ForeignKey(Studio, on_delete=models.CASCADE, null=True, blank=True, related_name="ratings")
    stars = models.DecimalField(max_digits=2, decimal_places=1)
    comment = models.TextField(blank=True)
    rated_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        indexes = [
            # Filter and sort a library by a user's stars.
            models.Index(fields=["user", "stars", "video"], name="playback_rating_of_user"),
        ]
        constraints = [
            exactly_one(*_TARGETS),
            *unique_for_each(_TARGETS, "user"),
            models.CheckConstraint(
                condition=Q(stars__in=[Decimal(value) for value in Stars.values]),
                name="%(app_label)s_%(class)s_stars",
                violation_error_message="Stars go from 0.5 to 5 in half steps.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.video or self.creator or self.studio}, {self.user}"


@tracked()
class Favorite(TimeStamped):
    """A user likes a video, a creator or a studio; there is a row, or there isn't."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="favorites"
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, null=True, blank=True, related_name="favorites")
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, null=True, blank=True, related_name="favorites")
    studio = models.ForeignKey(Studio, on_delete=models.CASCADE, null=True, blank=True, related_name="favorites")
    added_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        indexes = [
            # A user's favourites, the latest first.
            models.Index(fields=["user", "-added_at"], name="playback_favorite_of_user"),
        ]
        constraints = [exactly_one(*_TARGETS), *unique_for_each(_TARGETS, "user")]

    def __str__(self) -> str:
        return f"{self.video or self.creator or self.studio}, {self.user}"


@tracked()
class Tally(TimeStamped):
    """A user's own counter on a video. It only goes up, by one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="tallies")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="tallies")
    count = models.PositiveIntegerField(default=0)

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "tallies"
        indexes = [
            # Filter a library by a user's count.
            models.Index(fields=["user", "count", "video"], name="playback_tally_of_user"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="%(app_label)s_%(class)s_user_video")]

    def __str__(self) -> str:
        return f"{self.video}, {self.user}"
