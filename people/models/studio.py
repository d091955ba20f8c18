"""Studios: who made the videos."""

from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse

from library.models import TimeStamped, Video
from library.models.change import ChangeSource
from library.models.names import FoldedName, NameField, NameKey
from library.models.picture import PictureField
from library.models.search_text import alias_touches, link_touches, named_touches, text_triggers
from library.models.tracking import tracked
from library.models.tree import lies_below, no_cycle
from people.models.creator import Creator
from people.search_text import PEOPLE

_PART_OF_ITSELF = "A studio can't be part of itself."
_OWN_NETWORK = "A studio can't be in a network that it contains."


class StudioQuerySet(models.QuerySet["Studio"]):
    def in_use(self) -> "StudioQuerySet":
        """Studios that are not in the trash."""
        return self.filter(trashed_at=None)


@tracked()
class Studio(TimeStamped):
    """A studio, perhaps part of another (`parent`) and of a network. `rating` is the owner's word, not an average."""

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    name = NameField(max_length=200)
    name_key = NameKey()
    name_folded = FoldedName()
    disambiguation = NameField(max_length=200, blank=True)
    short_name = models.CharField(max_length=50, blank=True)
    url = models.URLField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="children")
    network = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="members")
    rating = models.DecimalField(
        max_digits=3,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(10)],
        help_text="0 to 10.",
    )
    is_verified = models.BooleanField(default=False, help_text="You are sure that the facts are right.")
    logo = PictureField(upload_to="studios/", max_length=200, blank=True, longest_px=800)
    favicon = PictureField(upload_to="studios/", max_length=200, blank=True, longest_px=256)
    poster = PictureField(upload_to="studios/", max_length=200, blank=True)
    trashed_at = models.DateTimeField(null=True, editable=False)

    objects = StudioQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        ordering = ["name", "pk"]
        triggers = [
            *TimeStamped.Meta.triggers,
            no_cycle("parent", message=_PART_OF_ITSELF),
            no_cycle("network", message=_OWN_NETWORK),
            *text_triggers(PEOPLE, **named_touches("people_videostudio", "studio_id", "short_name")),
        ]
        indexes = [
            # The list of studios by name, page after page.
            models.Index(fields=["name", "id"], name="people_studio_by_name"),
            # Suggestions by the beginning of the name, accents or not; the name itself is found by its constraint.
            models.Index(fields=["name_folded"], name="people_studio_folded", opclasses=["text_pattern_ops"]),
            # The trash, and what of it is due for the purge.
            models.Index(fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="people_studio_trashed"),
        ]
        constraints = [
            models.UniqueConstraint(
                F("name_key"),
                Lower("disambiguation"),
                name="%(app_label)s_%(class)s_name",
                violation_error_message="There is a studio of that name already: tell them apart, or merge them.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__gte=0, rating__lte=10), name="%(app_label)s_%(class)s_rating"
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                name="%(app_label)s_%(class)s_own_parent",
                violation_error_message=_PART_OF_ITSELF,
            ),
            models.CheckConstraint(
                condition=Q(network=None) | ~Q(network=F("pk")),
                name="%(app_label)s_%(class)s_own_network",
                violation_error_message=_OWN_NETWORK,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.disambiguation})" if self.disambiguation else self.name

    def get_absolute_url(self) -> str:
        return reverse("studio", args=[self.public_id])

    def clean(self) -> None:
        """Raises ValidationError where the studio would be part of itself. A query for each of parent and network."""
        if lies_below(Studio, row_id=self.parent_id, above_id=self.pk):
            raise ValidationError({"parent": _PART_OF_ITSELF})
        if lies_below(Studio, row_id=self.network_id, above_id=self.pk, field="network"):
            raise ValidationError({"network": _OWN_NETWORK})


@tracked()
class StudioAlias(TimeStamped):
    """Another name of a studio: found by search and by find-or-create."""

    studio = models.ForeignKey(Studio, on_delete=models.CASCADE, db_index=False, related_name="aliases")
    name = NameField(max_length=200)
    name_key = NameKey()
    name_folded = FoldedName()

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "studio aliases"
        ordering = ["name"]
        triggers = [
            *TimeStamped.Meta.triggers,
            *text_triggers(PEOPLE, **alias_touches("people_videostudio", "studio_id")),
        ]
        indexes = [
            # As of studios.
            models.Index(fields=["name_key"], name="people_studio_alias", opclasses=["text_pattern_ops"]),
            models.Index(fields=["name_folded"], name="people_studio_alias_fold", opclasses=["text_pattern_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["studio", "name_key"], name="%(app_label)s_%(class)s_name"),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class VideoStudio(TimeStamped):
    """A studio of a video; one of them is the primary one."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="video_studios")
    studio = models.ForeignKey(Studio, on_delete=models.CASCADE, db_index=False, related_name="video_studios")
    is_primary = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=ChangeSource.choices, default=ChangeSource.MANUAL)

    class Meta(TimeStamped.Meta):
        triggers = [*TimeStamped.Meta.triggers, *text_triggers(PEOPLE, **link_touches("studio_id"))]
        indexes = [
            # Videos of a studio (its page, filters).
            models.Index(fields=["studio", "video"], name="people_videostudio_of"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["video", "studio"], name="%(app_label)s_%(class)s_once"),
            models.UniqueConstraint(
                fields=["video"], condition=Q(is_primary=True), name="%(app_label)s_%(class)s_one_primary"
            ),
            models.CheckConstraint(condition=Q(source__in=ChangeSource.values), name="%(app_label)s_%(class)s_source"),
        ]

    def __str__(self) -> str:
        return f"{self.studio_id} of {self.video_id}"


@tracked()
class CreatorStudio(TimeStamped):
    """A person who works with a studio."""

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, db_index=False, related_name="creator_studios")
    studio = models.ForeignKey(Studio, on_delete=models.CASCADE, db_index=False, related_name="creator_studios")

    class Meta(TimeStamped.Meta):
        indexes = [
            # People of a studio.
            models.Index(fields=["studio", "creator"], name="people_creatorstudio_of"),
        ]
        constraints = [models.UniqueConstraint(fields=["creator", "studio"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.creator_id} at {self.studio_id}"
