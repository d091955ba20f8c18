"""What people, rules and machines changed."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped


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
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False, related_name="change_batches"
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
