"""Where people, studios and videos are found elsewhere."""

from collections.abc import Sequence

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact

from library.models import TimeStamped, Video
from library.models.names import NameField, NameKey
from library.models.tracking import tracked
from people.models.creator import Creator
from people.models.studio import Studio


def exactly_one(*columns: str) -> models.CheckConstraint:
    """A row points to one thing: exactly one of these foreign keys is set."""
    filled = Func(*(F(column) for column in columns), function="num_nonnulls", output_field=models.IntegerField())
    return models.CheckConstraint(condition=Exact(filled, Value(1)), name="%(app_label)s_%(class)s_one_target")


def unique_for_each(columns: Sequence[str], *others: str, name: str = "once") -> list[models.UniqueConstraint]:
    """One unique constraint for each of the targets, together with the other columns."""
    return [
        models.UniqueConstraint(
            fields=[*others, column],
            condition=Q(**{f"{column}__isnull": False}),
            name=f"%(app_label)s_%(class)s_{name}_{column}",
        )
        for column in columns
    ]


@tracked()
class Platform(TimeStamped):
    """A site where creators have profiles."""

    name = NameField(max_length=100)
    name_key = NameKey()
    base_url = models.URLField(max_length=300, blank=True, help_text="What profile addresses begin with.")

    class Meta(TimeStamped.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="%(app_label)s_%(class)s_name",
                violation_error_message="There is a platform of that name already.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class CreatorProfile(TimeStamped):
    """A creator's profile on a platform, at most one on each."""

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, db_index=False, related_name="profiles")
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, db_index=False, related_name="profiles")
    username = models.CharField(max_length=200)
    profile_url = models.URLField(max_length=500)
    is_primary = models.BooleanField(default=False)

    class Meta(TimeStamped.Meta):
        indexes = [
            # Rules and imports: whose profile is it?
            models.Index(fields=["platform", "username"], name="people_profile_username"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "platform"],
                name="%(app_label)s_%(class)s_platform",
                violation_error_message="They have a profile on that platform already.",
            ),
            models.UniqueConstraint(
                fields=["creator"], condition=Q(is_primary=True), name="%(app_label)s_%(class)s_one_primary"
            ),
            models.CheckConstraint(condition=~Q(username=""), name="%(app_label)s_%(class)s_username"),
        ]

    def __str__(self) -> str:
        return f"{self.username} ({self.platform_id})"


@tracked()
class SocialLink(TimeStamped):
    """A link of a creator or a studio; the site is free text."""

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, null=True, blank=True, related_name="social_links")
    studio = models.ForeignKey(Studio, on_delete=models.CASCADE, null=True, blank=True, related_name="social_links")
    platform_name = models.CharField("site", max_length=100, blank=True)
    url = models.URLField(max_length=500)

    class Meta(TimeStamped.Meta):
        ordering = ["platform_name", "pk"]
        constraints = [exactly_one("creator", "studio"), *unique_for_each(("creator", "studio"), "url")]

    def __str__(self) -> str:
        return self.url


@tracked()
class ExternalId(TimeStamped):
    """What a video, a creator or a studio is called by another system. `source` names the system, in lower case."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, null=True, blank=True, related_name="external_ids")
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, null=True, blank=True, related_name="external_ids")
    studio = models.ForeignKey(Studio, on_delete=models.CASCADE, null=True, blank=True, related_name="external_ids")
    source = models.CharField(max_length=50)
    external_id = models.CharField(max_length=200)
    url = models.URLField(max_length=500, blank=True)

    class Meta(TimeStamped.Meta):
        ordering = ["source", "external_id"]
        indexes = [
            # Imports: which of ours is it?
            models.Index(fields=["source", "external_id"], name="people_externalid_lookup"),
        ]
        constraints = [
            exactly_one("video", "creator", "studio"),
            *unique_for_each(("video", "creator", "studio"), "source", "external_id"),
            models.CheckConstraint(condition=~Q(source="") & ~Q(external_id=""), name="%(app_label)s_%(class)s_given"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.external_id}"
