"""Edits of many videos at once, as somebody asked for them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from library.models.base import TimeStamped
from library.models.change import ChangeBatch
from library.models.names import check_json_object, is_json


class BulkEdit(TimeStamped):
    """Which videos, and what to do with each. Applied once, as one change; a draft until then.

    `operation` is what `library.services.bulk_edit.check_operation` accepts. The ids are those that matched when the
    edit was begun: what comes into the filter later isn't touched.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bulk_edits")
    video_ids = ArrayField(models.BigIntegerField())
    operation = models.JSONField(default=dict, blank=True, validators=[check_json_object])
    confirmed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    video_count = models.PositiveIntegerField(default=0, help_text="Videos that it changed.")
    batch = models.ForeignKey(ChangeBatch, on_delete=models.SET_NULL, null=True, related_name="bulk_edits")

    class Meta(TimeStamped.Meta):
        verbose_name = "edit of many videos"
        verbose_name_plural = "edits of many videos"
        indexes = [
            # The drafts that nobody went on with, which the next edit clears away.
            models.Index(fields=["updated_at"], condition=models.Q(confirmed_at=None), name="library_bulkedit_draft"),
        ]
        constraints = [is_json("operation", "object")]

    def __str__(self) -> str:
        return f"Edit of {len(self.video_ids):,} videos"
