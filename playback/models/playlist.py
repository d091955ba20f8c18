"""Lists of videos that users make."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from library.models import TimeStamped, Video
from library.models.names import NameField, NameKey
from library.models.tracking import tracked


class Visibility(models.TextChoices):
    PRIVATE = "private", "Only me"
    PUBLIC = "public", "Everybody who logs in"


@tracked()
class Playlist(TimeStamped):
    """A user's list of videos, in order."""

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="playlists"
    )
    name = NameField(max_length=200)
    name_key = NameKey()
    description = models.TextField(blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE)

    class Meta(TimeStamped.Meta):
        default_permissions = ("add", "change", "delete", "view")
        permissions = [("view_public_playlist", "Can see other users' public playlists")]
        ordering = ["name", "pk"]
        indexes = [
            # The playlists that everybody sees.
            models.Index(fields=["name"], condition=Q(visibility="public"), name="playback_playlist_public"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name_key"],
                name="%(app_label)s_%(class)s_name",
                violation_error_message="You have a playlist of that name already.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="%(app_label)s_%(class)s_visibility"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class PlaylistItem(TimeStamped):
    """A video in a playlist, once; `position` counts from 0 and may have gaps."""

    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, db_index=False, related_name="items")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="playlist_items")
    position = models.PositiveIntegerField()

    class Meta(TimeStamped.Meta):
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["playlist", "video"], name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(
                fields=["playlist", "position"],
                deferrable=models.Deferrable.DEFERRED,
                name="%(app_label)s_%(class)s_position",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.video_id} at {self.position}"
