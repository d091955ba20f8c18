"""Who is watching what, right now and in the past."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models import TimeStamped, Video, VideoFile
from library.models.tracking import tracked


class PlayState(models.TextChoices):
    PLAYING = "playing", "Playing"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"


class PlayMethod(models.TextChoices):
    UNKNOWN = "", "Not said"
    DIRECT = "direct", "Sent as it is"
    REMUX = "remux", "Repacked"
    TRANSCODE = "transcode", "Converted"


class DeviceKind(models.TextChoices):
    UNKNOWN = "", "Not known"
    DESKTOP = "desktop", "Computer"
    PHONE = "phone", "Phone"
    TABLET = "tablet", "Tablet"
    TELEVISION = "television", "Television"


@tracked(only_in_batches=True)
class PlaybackSession(TimeStamped):
    """One player of one user with one video, from its first play to its end. The player makes `public_id`.

    `reported_seconds` is what the player says it has played in all, `watched_seconds` how much of that was believed:
    nobody watches more in a minute than a minute at twice the speed. A player that falls silent is stopped later.
    """

    public_id = models.UUIDField(unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="playback_sessions"
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="playback_sessions")
    file = models.ForeignKey(VideoFile, on_delete=models.SET_NULL, null=True, related_name="playback_sessions")
    state = models.CharField(max_length=10, choices=PlayState.choices, default=PlayState.PLAYING)
    method = models.CharField(max_length=10, choices=PlayMethod.choices, default=PlayMethod.UNKNOWN, blank=True)
    rendition = models.CharField(max_length=100, blank=True, help_text="Key of the stream; empty for the file itself.")
    device = models.CharField(max_length=100, blank=True, help_text="Chrome on Linux.")
    device_kind = models.CharField(max_length=10, choices=DeviceKind.choices, default=DeviceKind.UNKNOWN, blank=True)
    browser = models.CharField(max_length=40, blank=True)
    system = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    position_seconds = models.FloatField(default=0)
    duration_seconds = models.FloatField(null=True, help_text="The length that the player saw.")
    reported_seconds = models.FloatField(default=0)
    watched_seconds = models.FloatField(default=0)
    sequence = models.PositiveBigIntegerField(default=0, help_text="The last message's number, where messages have.")
    started_at = models.DateTimeField()
    last_activity_at = models.DateTimeField(help_text="When the player last told.")
    ended_at = models.DateTimeField(null=True)
    stop_asked_at = models.DateTimeField(null=True, help_text="Somebody asked that it stops; its next message is told.")

    class Meta(TimeStamped.Meta):
        permissions = [("stop_playbacksession", "Can stop what others watch")]
        indexes = [
            # Who is watching now, and who fell silent: few.
            models.Index(
                fields=["last_activity_at"], condition=Q(ended_at__isnull=True), name="playback_session_active"
            ),
            # What a user watched; deleting a user.
            models.Index(fields=["user", "-started_at"], name="playback_session_of_user"),
            # Those that are old enough to go, and statistics of a time.
            models.Index(fields=["started_at"], name="playback_session_started"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PlayState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(condition=Q(method__in=PlayMethod.values), name="%(app_label)s_%(class)s_method"),
            models.CheckConstraint(
                condition=Q(device_kind__in=DeviceKind.values), name="%(app_label)s_%(class)s_device_kind"
            ),
            models.CheckConstraint(
                condition=Q(position_seconds__gte=0, watched_seconds__gte=0, reported_seconds__gte=0),
                name="%(app_label)s_%(class)s_seconds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.video}, {self.user}"

    @property
    def watched_percent(self) -> int:
        """How far the player is, 0 to 100; 0 where the length isn't known."""
        return min(100, round(100 * self.position_seconds / self.duration_seconds)) if self.duration_seconds else 0
