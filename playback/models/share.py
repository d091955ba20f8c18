"""Links that let people without an account, or without a right of their own, watch one thing."""

import hashlib
import re

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from library.models import TimeStamped, Video
from playback.models.marker import Marker
from playback.models.playlist import Playlist
from processing.models.images import derived_storage

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class ShareTarget(models.TextChoices):
    """What a link shows."""

    VIDEO = "video", "Video"
    CLIP = "clip", "Clip"
    PLAYLIST = "playlist", "Playlist"


class ShareAccess(models.TextChoices):
    """Who may open a link."""

    PUBLIC = "public", "Anyone with the link"
    AUTH_REQUIRED = "auth_required", "Anyone with an account here"


def digest_of(token: str) -> str:
    """What the database keeps of a token: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether it could be a token: 22 characters of base64url, 16 bytes."""
    return _TOKEN.fullmatch(text) is not None


def check_base_url(value: str) -> None:
    """Raises ValidationError for anything but http(s)://name[:port][/path]."""
    URLValidator(schemes=["http", "https"])(value)
    if "?" in value or "#" in value:
        raise ValidationError("Give the address without anything behind “?” or “#”.")


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def live(self) -> "ShareLinkQuerySet":
        """Links that can be opened: neither taken back nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)


class ShareLink(TimeStamped):
    """A link to a video, to a clip (a mark with an end) or to a playlist; at most one of them is there.

    The token itself isn't kept: `token_digest` finds the link, and the token is made again from `public_id` and the
    server's secret key (`playback.services.sharing.tokens`), so whoever reads the database can open nothing. Which kind
    of thing it is stays in `target` when the thing is deleted.
    """

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="share_links"
    )
    target = models.CharField(max_length=10, choices=ShareTarget.choices)
    video = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, related_name="share_links")
    marker = models.ForeignKey(Marker, on_delete=models.SET_NULL, null=True, related_name="share_links")
    playlist = models.ForeignKey(Playlist, on_delete=models.SET_NULL, null=True, related_name="share_links")
    access = models.CharField(max_length=15, choices=ShareAccess.choices, default=ShareAccess.AUTH_REQUIRED)
    password = models.CharField(max_length=128, blank=True, help_text="Hashed; empty: none is asked for.")
    expires_at = models.DateTimeField(null=True, help_text="Empty: never.")
    view_count = models.PositiveIntegerField(default=0, help_text="How often its page was opened.")
    last_viewed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ShareLinkQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        default_permissions = ("add", "view", "delete")
        permissions = [("add_public_sharelink", "Can make share links that need no account")]
        ordering = ["-pk"]
        indexes = [
            # A user's own links, the newest first.
            models.Index(fields=["owner", "-id"], name="playback_sharelink_of_owner"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(target__in=ShareTarget.values), name="%(app_label)s_%(class)s_target"),
            models.CheckConstraint(condition=Q(access__in=ShareAccess.values), name="%(app_label)s_%(class)s_access"),
            # Nothing else than what it was made for; nothing at all once that is deleted.
            models.CheckConstraint(
                condition=Q(target="video", marker=None, playlist=None)
                | Q(target="clip", video=None, playlist=None)
                | Q(target="playlist", video=None, marker=None),
                name="%(app_label)s_%(class)s_one_target",
            ),
            models.CheckConstraint(
                condition=Q(token_digest__regex=r"^[0-9a-f]{64}$"), name="%(app_label)s_%(class)s_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_target_display()} link {str(self.public_id)[:8]}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and not self.is_expired


class SharedClip(TimeStamped):
    """The range of a shared clip as a film of its own, which is all that its link gives out; can be made again."""

    marker = models.OneToOneField(Marker, on_delete=models.CASCADE, related_name="shared_clip")
    input_key = models.CharField(max_length=32, help_text="Digest of what it was made from and how.")
    film = models.FileField(storage=derived_storage, max_length=200)
    image = models.FileField(storage=derived_storage, max_length=200)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    seconds = models.FloatField()
    size_bytes = models.BigIntegerField()

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(seconds__gt=0), name="%(app_label)s_%(class)s_seconds")]

    def __str__(self) -> str:
        return str(self.film.name)


class SharedStream(TimeStamped):
    """Somebody at an address is being sent a shared video; of several requests for the same one only the first counts.

    It is over when nothing of it was asked for during half a minute.
    """

    address = models.CharField(max_length=60, help_text="Of IPv6 the /64 network; empty where there is none.")
    subject = models.CharField(max_length=40, help_text="The video or clip.")
    last_asked_at = models.DateTimeField(db_default=Now())

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        indexes = [
            # Those that run, and those that are over.
            models.Index(fields=["last_asked_at"], name="playback_sharedstream_asked"),
        ]
        constraints = [models.UniqueConstraint(fields=["address", "subject"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.subject} to {self.address}"
