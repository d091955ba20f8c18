"""What people, rules and machines changed, and what happened to accounts."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.names import is_json


class ChangeSource(models.TextChoices):
    """Who or what decided a change."""

    MANUAL = "manual", "By hand"
    RULE = "rule", "Rule"
    FACE = "face", "Face"
    SUGGESTION = "suggestion", "Suggestion"
    IMPORT = "import", "Import"
    SYSTEM = "system", "Videothek"


class ChangeBatch(TimeStamped):
    """Changes that belong together and are undone together. Its events carry its id as their `pgh_context_id`.

    `summary` is a sentence in the past tense ("Tagged 312 videos with Beach"). `undoes` is set on the batch that an
    undo is; undoing that one is the redo.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="change_batches"
    )
    user_name = models.CharField(max_length=150, blank=True, help_text="Kept when the account goes.")
    source = models.CharField(max_length=10, choices=ChangeSource.choices, default=ChangeSource.MANUAL)
    summary = models.CharField(max_length=500)
    change_count = models.PositiveIntegerField(default=0, help_text="Rows that were added, changed or removed.")
    undoes = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="undone_by")
    undone_at = models.DateTimeField(null=True)
    can_undo = models.BooleanField(default=True, help_text="Purges can't be undone.")

    class Meta(TimeStamped.Meta):
        verbose_name = "change"
        ordering = ["-created_at"]
        indexes = [
            # The history, newest first, page after page.
            models.Index(fields=["-created_at", "id"], name="library_batch_newest"),
            # A user's own latest change, which the undo button takes back.
            models.Index(fields=["user", "-created_at"], name="library_batch_of_user"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(source__in=ChangeSource.values), name="%(app_label)s_%(class)s_source"),
            models.CheckConstraint(condition=~Q(summary=""), name="%(app_label)s_%(class)s_summary"),
        ]

    def __str__(self) -> str:
        return self.summary


class AuditEvent(TimeStamped):
    """Something that happened to accounts, access or the library as a whole. Append-only: the database refuses more."""

    kind = models.CharField(max_length=40, help_text="login, login_failed, role_changed, purge ...")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="As typed, for a login that failed.")
    address = models.GenericIPAddressField(null=True)
    subject = models.CharField(max_length=300, blank=True, help_text="Whom or what it happened to.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta(TimeStamped.Meta):
        ordering = ["-created_at", "-pk"]
        indexes = [
            # The audit list, newest first, whole and by kind.
            models.Index(fields=["-created_at", "-id"], name="library_audit_newest"),
            models.Index(fields=["kind", "-created_at"], name="library_audit_kind"),
            # What happened to and by one account.
            models.Index(fields=["user", "-created_at"], name="library_audit_user"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(kind=""), name="%(app_label)s_%(class)s_kind"),
            is_json("detail", "object"),
        ]
        triggers = [
            *TimeStamped.Meta.triggers,
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject or self.actor_name}".strip()
