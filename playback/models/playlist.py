"""Lists of videos that users make."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from library.models import SavedSearch, Tag, TimeStamped, Video
from library.models.names import NameField, NameKey
from library.models.tracking import tracked


class Visibility(models.TextChoices):
    PRIVATE = "private", "Only me"
    PUBLIC = "public", "Everybody who logs in"


@tracked()
class Playlist(TimeStamped):
    """A user's list of videos: chosen and ordered by hand, or, when it is smart, what a saved search finds now.

    A smart one whose search was deleted is empty until another search is chosen.
    """

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="playlists"
    )
    name = NameField(max_length=200)
    name_key = NameKey()
    description = models.TextField(blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE)
    is_smart = models.BooleanField(default=False)
    saved_search = models.ForeignKey(
        SavedSearch, on_delete=models.SET_NULL, null=True, blank=True, related_name="playlists"
    )

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
            models.CheckConstraint(
                condition=Q(is_smart=True) | Q(saved_search=None), name="%(app_label)s_%(class)s_smart"
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


@tracked()
class PlaylistTag(TimeStamped):
    """A tag on a playlist."""

    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, db_index=False, related_name="playlist_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="playlist_tags")

    class Meta(TimeStamped.Meta):
        constraints = [models.UniqueConstraint(fields=["playlist", "tag"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on playlist {self.playlist_id}"


@tracked()
class PlaylistLike(TimeStamped):
    """A user likes a playlist; there is a row, or there isn't."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="playlist_likes"
    )
    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="likes")
    added_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        constraints = [models.UniqueConstraint(fields=["user", "playlist"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.user_id} likes playlist {self.playlist_id}"


class PlaylistProgress(TimeStamped):
    """Where a user is in a playlist: the video they watched last in it, and the place in that. Players write it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="playlist_progress"
    )
    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="progress")
    video = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, related_name="playlist_progress")
    position_seconds = models.FloatField(default=0)
    watched_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["user", "playlist"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(position_seconds__gte=0), name="%(app_label)s_%(class)s_position"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in playlist {self.playlist_id}"
