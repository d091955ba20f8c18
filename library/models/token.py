"""Tokens by which programs use the API."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped


class TokenScope(models.TextChoices):
    """How far a token reaches, within what its account may."""

    READ = "read", "Only look"
    FULL = "full", "Everything that the account may"


# Revoked or made, whichever way; the library's function takes who did it from the context. Never the digest.
_AUDIT = """
    IF TG_OP = 'INSERT' THEN
        PERFORM library_audit('token_created', NEW.user_id, NEW.name,
                              jsonb_build_object('ends_in', NEW.last_four, 'scope', NEW.scope));
    ELSE
        PERFORM library_audit('token_revoked', NEW.user_id, NEW.name,
                              jsonb_build_object('ends_in', NEW.last_four, 'reason', NEW.revoked_reason));
    END IF;
    RETURN NULL;
"""


class ApiToken(TimeStamped):
    """A secret that stands for an account. Only its digest is kept: nobody can read it again, not even its owner.

    `digest` is the SHA-256 of 256 random bits, so it needs neither salt nor a slow hash. A token counts until it
    expires, is revoked, or its account is switched off. Whoever made it names it by `public_id`.
    """

    public_id = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="api_tokens"
    )
    name = models.CharField(max_length=100, help_text="What uses it.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(max_length=4, editable=False, help_text="Its last characters, to tell it by.")
    scope = models.CharField(max_length=10, choices=TokenScope.choices, default=TokenScope.FULL)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    last_used_address = models.GenericIPAddressField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    revoked_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta(TimeStamped.Meta):
        verbose_name = "API token"
        # Seeing is the list without secrets, changing is revoking.
        default_permissions = ("view", "change")
        ordering = ["-pk"]
        triggers = [
            *TimeStamped.Meta.triggers,
            pgtrigger.Trigger(name="audit_made", when=pgtrigger.After, operation=pgtrigger.Insert, func=_AUDIT),
            pgtrigger.Trigger(
                name="audit_revoked",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("revoked_at"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(old__revoked_at__isnull=True, new__revoked_at__isnull=False),
                func=_AUDIT,
            ),
        ]
        indexes = [
            # The account page's list, the latest first.
            models.Index(fields=["user", "-id"], name="library_token_of_user"),
            # The purge of what has long been over.
            models.Index(fields=["revoked_at"], condition=Q(revoked_at__isnull=False), name="library_token_revoked"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="library_token_expiry"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=TokenScope.values), name="%(app_label)s_%(class)s_scope"),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=False) | Q(revoked_by=None, revoked_reason=""),
                name="%(app_label)s_%(class)s_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_four})"
