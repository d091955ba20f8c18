"""People in the videos."""

from django.contrib.postgres.functions import RandomUUID
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
from people.search_text import PEOPLE


class Gender(models.TextChoices):
    UNKNOWN = "", "Not said"
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    TRANS_FEMALE = "trans_female", "Trans woman"
    TRANS_MALE = "trans_male", "Trans man"
    NON_BINARY = "non_binary", "Non-binary"
    INTERSEX = "intersex", "Intersex"


class CreatorQuerySet(models.QuerySet["Creator"]):
    def in_use(self) -> "CreatorQuerySet":
        """Creators that are not in the trash."""
        return self.filter(trashed_at=None)


@tracked()
class Creator(TimeStamped):
    """A person in videos. Two of one name (whatever its case) are told apart by `disambiguation`."""

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    name = NameField(max_length=200)
    name_key = NameKey()
    name_folded = FoldedName()
    disambiguation = NameField(
        max_length=200, blank=True, help_text="What tells them from others of the same name: singer, born 1980 ..."
    )
    description = models.TextField(blank=True)
    is_verified = models.BooleanField(default=False, help_text="You are sure that the facts are right.")
    gender = models.CharField(max_length=15, choices=Gender.choices, default=Gender.UNKNOWN, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    death_date = models.DateField(null=True, blank=True)
    birthplace = models.CharField(max_length=200, blank=True)
    nationality = models.CharField(max_length=100, blank=True)
    ethnicity = models.CharField(max_length=100, blank=True)
    astrology = models.CharField("star sign", max_length=50, blank=True)
    career_start_year = models.PositiveSmallIntegerField(null=True, blank=True)
    career_end_year = models.PositiveSmallIntegerField(null=True, blank=True)
    height_cm = models.PositiveSmallIntegerField("height in cm", null=True, blank=True)
    weight_kg = models.PositiveSmallIntegerField("weight in kg", null=True, blank=True)
    measurements = models.CharField(max_length=50, blank=True)
    cup_size = models.CharField(max_length=20, blank=True)
    hair_color = models.CharField(max_length=50, blank=True)
    eye_color = models.CharField(max_length=50, blank=True)
    tattoos = models.TextField(blank=True)
    piercings = models.TextField(blank=True)
    has_implants = models.BooleanField("implants", null=True, blank=True)
    is_same_sex_only = models.BooleanField("same sex only", null=True, blank=True)
    image_url = models.URLField(max_length=500, blank=True, help_text="Where their picture came from.")
    trashed_at = models.DateTimeField(null=True, editable=False)

    objects = CreatorQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        ordering = ["name", "pk"]
        triggers = [
            *TimeStamped.Meta.triggers,
            *text_triggers(PEOPLE, **named_touches("people_credit", "creator_id")),
        ]
        indexes = [
            # The list of people by name, page after page.
            models.Index(fields=["name", "id"], name="people_creator_by_name"),
            # Suggestions by the beginning of the name, accents or not; the name itself is found by its constraint.
            models.Index(fields=["name_folded"], name="people_creator_folded", opclasses=["text_pattern_ops"]),
            # The trash, and what of it is due for the purge.
            models.Index(fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="people_creator_trashed"),
        ]
        constraints = [
            models.UniqueConstraint(
                F("name_key"),
                Lower("disambiguation"),
                name="%(app_label)s_%(class)s_name",
                violation_error_message="There is a person of that name already: tell them apart, or merge them.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
            models.CheckConstraint(condition=Q(gender__in=Gender.values), name="%(app_label)s_%(class)s_gender"),
            models.CheckConstraint(
                condition=Q(birth_date=None) | Q(death_date=None) | Q(death_date__gte=F("birth_date")),
                name="%(app_label)s_%(class)s_lifetime",
                violation_error_message="Nobody dies before they are born.",
            ),
            models.CheckConstraint(
                condition=Q(career_start_year=None)
                | Q(career_end_year=None)
                | Q(career_end_year__gte=F("career_start_year")),
                name="%(app_label)s_%(class)s_career",
                violation_error_message="The career can't end before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.disambiguation})" if self.disambiguation else self.name

    def get_absolute_url(self) -> str:
        return reverse("person", args=[self.public_id])


@tracked()
class CreatorAlias(TimeStamped):
    """Another name of a person: found by search and by find-or-create. Two people may share one."""

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, db_index=False, related_name="aliases")
    name = NameField(max_length=200)
    name_key = NameKey()
    name_folded = FoldedName()

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "creator aliases"
        ordering = ["name"]
        triggers = [
            *TimeStamped.Meta.triggers,
            *text_triggers(PEOPLE, **alias_touches("people_credit", "creator_id")),
        ]
        indexes = [
            # As of people.
            models.Index(fields=["name_key"], name="people_alias_prefix", opclasses=["text_pattern_ops"]),
            models.Index(fields=["name_folded"], name="people_alias_folded", opclasses=["text_pattern_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["creator", "name_key"], name="%(app_label)s_%(class)s_name"),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


class PictureSource(models.TextChoices):
    UPLOAD = "upload", "Uploaded"
    FRAME = "frame", "From a video"
    IMPORT = "import", "Imported"


@tracked()
class CreatorPicture(TimeStamped):
    """A picture of a person that somebody chose. The primary one stands for them everywhere."""

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="pictures")
    image = PictureField(upload_to="creators/", max_length=200)
    is_primary = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=PictureSource.choices, default=PictureSource.UPLOAD)

    class Meta(TimeStamped.Meta):
        ordering = ["-is_primary", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator"], condition=Q(is_primary=True), name="%(app_label)s_%(class)s_one_primary"
            ),
            models.CheckConstraint(condition=Q(source__in=PictureSource.values), name="%(app_label)s_%(class)s_source"),
        ]

    def __str__(self) -> str:
        return str(self.image.name)


@tracked()
class Credit(TimeStamped):
    """A person in a video, who or what says so, and how sure it is (0 to 1; None where nothing was measured)."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="credits")
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, db_index=False, related_name="credits")
    source = models.CharField(max_length=10, choices=ChangeSource.choices, default=ChangeSource.MANUAL)
    confidence = models.FloatField(null=True, blank=True)
    role = models.CharField(max_length=100, blank=True, help_text="What they do in it, when that matters.")

    class Meta(TimeStamped.Meta):
        triggers = [*TimeStamped.Meta.triggers, *text_triggers(PEOPLE, **link_touches("creator_id"))]
        indexes = [
            # Videos of a person (their page, filters).
            models.Index(fields=["creator", "video"], name="people_credit_of_creator"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["video", "creator"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(source__in=ChangeSource.values), name="%(app_label)s_%(class)s_source"),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=0, confidence__lte=1),
                name="%(app_label)s_%(class)s_confidence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator_id} in {self.video_id}"
