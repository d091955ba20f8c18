"""Timed marks in videos."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from library.models import Tag, TimeStamped, Video
from library.models.names import HEX_COLOR, hex_color
from library.models.tracking import tracked


@tracked()
class Marker(TimeStamped):
    """A user's mark at a time of a video, perhaps with an end. Seconds from the start."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="markers")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="markers")
    start_seconds = models.FloatField()
    end_seconds = models.FloatField(null=True, blank=True)
    label = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    color = models.CharField(max_length=7, default="#FFFFFF", validators=[hex_color])

    class Meta(TimeStamped.Meta):
        ordering = ["start_seconds", "pk"]
        indexes = [
            # The marks on a video's seek bar, in order.
            models.Index(fields=["video", "user", "start_seconds"], name="playback_marker_of_video"),
            # A user's labels, the most used first, and the marks of one.
            models.Index(fields=["user", "label"], name="playback_marker_label"),
            # A user's marks over all videos, the latest first.
            models.Index(fields=["user", "-id"], name="playback_marker_of_user"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(start_seconds__gte=0), name="%(app_label)s_%(class)s_start"),
            models.CheckConstraint(
                condition=Q(end_seconds=None) | Q(end_seconds__gte=F("start_seconds")),
                name="%(app_label)s_%(class)s_end",
                violation_error_message="A mark ends after it begins.",
            ),
            models.CheckConstraint(condition=Q(color__regex=HEX_COLOR), name="%(app_label)s_%(class)s_color"),
        ]

    def __str__(self) -> str:
        return self.label or f"{self.start_seconds:.0f} s"


@tracked()
class MarkerTag(TimeStamped):
    """A tag on a mark; `is_from_label` when it came with the mark's label."""

    marker = models.ForeignKey(Marker, on_delete=models.CASCADE, db_index=False, related_name="marker_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, db_index=False, related_name="marker_tags")
    is_from_label = models.BooleanField(default=False)

    class Meta(TimeStamped.Meta):
        indexes = [
            # Marks of a tag.
            models.Index(fields=["tag", "marker"], name="playback_markertag_of_tag"),
        ]
        constraints = [models.UniqueConstraint(fields=["marker", "tag"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on mark {self.marker_id}"


@tracked()
class MarkerLabelTag(TimeStamped):
    """A tag that a user's new marks of one label get by themselves."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="marker_label_tags"
    )
    label = models.CharField(max_length=100)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="marker_label_tags")

    class Meta(TimeStamped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["user", "label", "tag"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=~Q(label=""), name="%(app_label)s_%(class)s_label"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.tag_id}"
