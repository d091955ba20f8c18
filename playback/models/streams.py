"""Streams that are made of files for browsers that can't play them as they are."""

from django.db import models
from django.db.models import Q

from library.models import TimeStamped, VideoFile
from library.models.names import is_json


class StreamRendition(TimeStamped):
    """One way a file may be streamed. Only keys that have a row are ever served."""

    key = models.CharField(max_length=32, unique=True, help_text="Stands for the file's content and all parameters.")
    file = models.ForeignKey(VideoFile, on_delete=models.CASCADE, related_name="stream_renditions")
    source = models.CharField(max_length=80, help_text="What the file was; another content gets other keys.")
    parameters = models.JSONField(help_text="Which tracks, and what happens to each.")
    has_few_keyframes = models.BooleanField(
        default=False, db_default=False, help_text="Its pictures can't be copied in parts, it turned out."
    )

    class Meta(TimeStamped.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(key__regex=r"^[0-9a-f]{32}$"), name="%(app_label)s_%(class)s_key"),
            is_json("parameters", "object"),
        ]

    def __str__(self) -> str:
        return self.key


class SessionState(models.TextChoices):
    """How far a session is."""

    RUNNING = "running", "Running"
    ENDED = "ended", "Ended"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"


class StreamSession(TimeStamped):
    """One FFmpeg that makes, or made, the parts of a stream from some place on. The streamer writes it every second;
    `position_seconds` is how far it has come in the film, `speed` in seconds of film per second."""

    run_id = models.UUIDField(unique=True)
    rendition = models.ForeignKey(StreamRendition, on_delete=models.CASCADE, related_name="sessions")
    state = models.CharField(max_length=8, choices=SessionState.choices, default=SessionState.RUNNING)
    encoder = models.CharField(max_length=40, help_text="What makes the picture; copy where it is taken over.")
    viewers = models.PositiveSmallIntegerField(default=0)
    position_seconds = models.FloatField(default=0)
    speed = models.FloatField(default=0)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField()
    last_asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        ordering = ["-started_at", "-pk"]
        indexes = [
            # What runs now: looked at by the streamer every second.
            models.Index(fields=["run_id"], condition=Q(state="running"), name="playback_session_running"),
            # The list in the admin, and which have ended long ago.
            models.Index(fields=["-started_at"], name="playback_session_latest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SessionState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(
                condition=Q(position_seconds__gte=0, speed__gte=0), name="%(app_label)s_%(class)s_figures"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None) | Q(~Q(state="running"), ended_at__isnull=False),
                name="%(app_label)s_%(class)s_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rendition.file.shown_name}, {self.encoder}"
