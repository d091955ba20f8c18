"""Searches that people keep."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.names import NameField, NameKey, check_json_object, is_json
from library.models.tracking import tracked


@tracked()
class SavedSearch(TimeStamped):
    """A filter with its order under a name. `filter` is what `library.filters` parses: nested all/any/not of facets."""

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="saved_searches"
    )
    name = NameField(max_length=100)
    name_key = NameKey()
    filter = models.JSONField(default=dict, blank=True, validators=[check_json_object])
    sort = models.CharField(max_length=30, blank=True, help_text="Name of an order; empty for the newest first.")
    is_shared = models.BooleanField(default=False, help_text="Shown to everybody who may see the library.")

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "saved searches"
        ordering = ["name"]
        indexes = [
            # The searches of everybody; one's own are found by the unique constraint.
            models.Index(fields=["user"], condition=Q(is_shared=True), name="library_savedsearch_shared"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name_key"],
                name="%(app_label)s_%(class)s_name",
                violation_error_message="You have a search of that name already.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
            is_json("filter", "object"),
        ]

    def __str__(self) -> str:
        return self.name
