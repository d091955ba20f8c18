"""What happened to accounts, access and the library as a whole."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.names import is_json

# The detail of a user's event: after a login the same password is kept in another form.
HASHED_ANEW = {"password": "hashed anew"}


class AuditKind(models.TextChoices):
    """What can happen. The database's triggers write those of users, roles and settings."""

    LOGIN = "login", "Login"
    LOGIN_FAILED = "login_failed", "Login failed"
    LOGIN_THROTTLED = "login_throttled", "Logins locked"
    LOGIN_UNLOCKED = "login_unlocked", "Logins unlocked"
    LOGOUT = "logout", "Logout"
    SESSION_ENDED = "session_ended", "Session ended"
    USER_CREATED = "user_created", "User created"
    USER_CHANGED = "user_changed", "User changed"
    USER_DELETED = "user_deleted", "User deleted"
    ROLE_CHANGED = "role_changed", "Role changed"
    SETTINGS_CHANGED = "settings_changed", "Settings changed"
    TOKEN_CREATED = "token_created", "Token created"
    TOKEN_REVOKED = "token_revoked", "Token revoked"
    TOKEN_PURGED = "token_purged", "Tokens forgotten"
    SHARE_LINK_CREATED = "share_link_created", "Share link created"
    SHARE_LINK_DELETED = "share_link_deleted", "Share link deleted"
    PURGE = "purge", "Purge"
    IMPORT = "import", "Import"


class AuditEvent(TimeStamped):
    """Something that happened. Append-only: the database refuses to change or delete a row.

    `user` did it (None is a command or somebody who isn't logged in), `account` is whom it happened to. Both stay when
    the account goes, so there may be no such user any more; the names in `actor_name` and `subject` stay too.
    """

    kind = models.CharField(max_length=40, choices=AuditKind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(max_length=150, db_default="", help_text="As typed, for a login that failed.")
    address = models.GenericIPAddressField(null=True)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    subject = models.CharField(max_length=300, db_default="", help_text="Whom or what it happened to.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta(TimeStamped.Meta):
        verbose_name = "audit event"
        default_permissions = ("view",)
        ordering = ["-pk"]
        indexes = [
            # The audit list of one kind, newest first; the whole list goes by the primary key.
            models.Index(fields=["kind", "-id"], name="library_audit_kind"),
            # What one account did, and what happened to it: the list's filter and the user's page.
            models.Index(fields=["user", "-id"], name="library_audit_user", condition=Q(user__isnull=False)),
            models.Index(fields=["account", "-id"], name="library_audit_account", condition=Q(account__isnull=False)),
            # The audit list of a range of days.
            models.Index(fields=["-created_at"], name="library_audit_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AuditKind.values), name="%(app_label)s_%(class)s_kind"),
            is_json("detail", "object"),
        ]
        triggers = [
            *TimeStamped.Meta.triggers,
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject or self.actor_name}".rstrip(": ")
