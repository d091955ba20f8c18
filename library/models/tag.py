"""Tags: a tree of words that videos and markers carry."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse

from library.models.base import TimeStamped
from library.models.change import ChangeSource
from library.models.names import HEX_COLOR, FoldedName, NameField, NameKey, hex_color
from library.models.search_text import TAGS, alias_touches, link_touches, named_touches, text_triggers
from library.models.tracking import tracked
from library.models.tree import lies_below, no_cycle
from library.models.video import Video

DEFAULT_COLOR = "#6B7280"
_BELOW_ITSELF = "A tag can't lie below itself."


class TagQuerySet(models.QuerySet["Tag"]):
    def in_use(self) -> "TagQuerySet":
        """Tags that are not in the trash."""
        return self.filter(trashed_at=None)


@tracked()
class Tag(TimeStamped):
    """A word for videos. Among the children of one parent (and among the roots) a name occurs once, whatever its case.

    The database refuses a tag below itself; `library.services.tags` says so in a sentence.
    """

    name = NameField(max_length=100)
    name_key = NameKey()
    name_folded = FoldedName()
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="children"
    )
    color = models.CharField(max_length=7, default=DEFAULT_COLOR, validators=[hex_color])
    description = models.TextField(blank=True)
    position = models.IntegerField(default=0, help_text="Order among its siblings; equal ones go by name.")
    trashed_at = models.DateTimeField(null=True, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        ordering = ["position", "name", "pk"]
        triggers = [
            *TimeStamped.Meta.triggers,
            no_cycle("parent", message=_BELOW_ITSELF),
            *text_triggers(TAGS, **named_touches("library_videotag", "tag_id")),
        ]
        indexes = [
            # Find-or-create by the name; suggestions by the beginning of it, accents or not.
            models.Index(fields=["name_key"], name="library_tag_name_prefix", opclasses=["text_pattern_ops"]),
            models.Index(fields=["name_folded"], name="library_tag_folded", opclasses=["text_pattern_ops"]),
            # The trash, and what of it is due for the purge.
            models.Index(fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="library_tag_trashed"),
        ]
        constraints = [
            models.UniqueConstraint(
                F("parent"),
                F("name_key"),
                name="%(app_label)s_%(class)s_name",
                nulls_distinct=False,
                violation_error_message="There is a tag of that name here already; case doesn't count.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
            models.CheckConstraint(
                condition=Q(color__regex=HEX_COLOR),
                name="%(app_label)s_%(class)s_color",
                violation_error_message="Give a colour as six hexadecimal digits, #6B7280 say.",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
                name="%(app_label)s_%(class)s_own_parent",
                violation_error_message=_BELOW_ITSELF,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tag", args=[self.pk])

    def clean(self) -> None:
        """Raises ValidationError where the tag would lie below itself. One query when it has a parent."""
        if lies_below(Tag, row_id=self.parent_id, above_id=self.pk):
            raise ValidationError({"parent": _BELOW_ITSELF})


@tracked()
class TagAlias(TimeStamped):
    """Another word for a tag: found by search and by find-or-create."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, db_index=False, related_name="aliases")
    name = NameField(max_length=100)
    name_key = NameKey()
    name_folded = FoldedName()

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "tag aliases"
        ordering = ["name"]
        triggers = [
            *TimeStamped.Meta.triggers,
            *text_triggers(TAGS, **alias_touches("library_videotag", "tag_id")),
        ]
        indexes = [
            # As of tags.
            models.Index(fields=["name_key"], name="library_tag_alias_prefix", opclasses=["text_pattern_ops"]),
            models.Index(fields=["name_folded"], name="library_tag_alias_folded", opclasses=["text_pattern_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tag", "name_key"], name="%(app_label)s_%(class)s_name"),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class VideoTag(TimeStamped):
    """A tag on a video, and who or what put it there."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="video_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, db_index=False, related_name="video_tags")
    source = models.CharField(max_length=10, choices=ChangeSource.choices, default=ChangeSource.MANUAL)

    class Meta(TimeStamped.Meta):
        triggers = [*TimeStamped.Meta.triggers, *text_triggers(TAGS, **link_touches("tag_id"))]
        indexes = [
            # Videos of a tag, the newest first (tag page, filters).
            models.Index(fields=["tag", "video"], name="library_videotag_of_tag"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["video", "tag"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(source__in=ChangeSource.values), name="%(app_label)s_%(class)s_source"),
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.video_id}"


@tracked()
class VideoMetadata(TimeStamped):
    """A free note on a video: a name with a value, each name once."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="metadata")
    key = NameField(max_length=100)
    value = models.TextField(blank=True)

    class Meta(TimeStamped.Meta):
        verbose_name = "note"
        ordering = ["key"]
        indexes = [
            # Search for videos that have a note of that name, whatever its case.
            models.Index(Upper("key"), name="library_metadata_key"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["video", "key"],
                name="%(app_label)s_%(class)s_key",
                violation_error_message="That video has a note of that name already.",
            ),
            models.CheckConstraint(condition=~Q(key=""), name="%(app_label)s_%(class)s_key_given"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"
