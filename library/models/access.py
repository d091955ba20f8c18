"""Sessions, and the count of failed logins."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from library.models.base import TimeStamped


class UserSession(TimeStamped, AbstractBaseSession):
    """One browser that is logged in. Deleting the row ends the session; a changed password deletes the user's rows.

    `public_id` is what pages name it by: the key is the cookie's content and never shown.
    """

    public_id = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, db_index=False, related_name="sessions"
    )
    address = models.GenericIPAddressField(null=True, help_text="Where it was last seen.")
    device = models.CharField(max_length=300, blank=True, help_text="The browser's User-Agent at the login.")
    last_seen_at = models.DateTimeField(db_default=Now())

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        indexes = [
            # The account page's list, latest first.
            models.Index(fields=["user", "-last_seen_at"], name="library_session_of_user"),
        ]

    def __str__(self) -> str:
        return f"Session of user {self.user_id}"

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")


class LoginScope(models.TextChoices):
    """What failed logins are counted by."""

    ACCOUNT = "account", "Account"
    ADDRESS = "address", "Address"
    TOKEN = "token", "Address that sends tokens"


class LoginCounter(TimeStamped):
    """Tries to log in that failed or are still being judged, for one account's name or one address.

    A try is counted before its password is looked at and taken back when that was right, so that tries sent at once
    can't slip past the limit. `key` is the name in lower case, whether or not an account has it, or an address (of
    IPv6, the /64 network).
    """

    scope = models.CharField(max_length=10, choices=LoginScope.choices)
    key = models.CharField(max_length=200)
    failure_count = models.PositiveIntegerField()
    last_try_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
    refused_count = models.PositiveIntegerField(default=0, help_text="Tries that came while it was locked.")

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        constraints = [
            # Serves the upsert of each try and the unlocking by name.
            models.UniqueConstraint(fields=["scope", "key"], name="%(app_label)s_%(class)s_key"),
            models.CheckConstraint(condition=Q(scope__in=LoginScope.values), name="%(app_label)s_%(class)s_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} {self.key}"
