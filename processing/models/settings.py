"""Settings of what is made from a file."""

import pghistory
from django.db import models
from django.db.models import Q

from library.models import SettingsRow
from library.models.settings import in_range, within
from processing.models.media_settings import DerivedSettings, derived_checks

SMALL_SIZES = (160, 240, 320, 480)
LARGE_SIZES = (640, 720, 960, 1280, 1920)


class ConversionPlace(models.TextChoices):
    """Where an added file lies."""

    DEFAULT_FOLDER = "default", "In the default folder, below Converted"
    BESIDE = "beside", "Beside its original"


@pghistory.track()
class ProcessingSettings(DerivedSettings, SettingsRow):
    """Sizes, qualities and limits of what is made, how files are looked after, and how long jobs are kept."""

    thumbnail_small_px = models.PositiveSmallIntegerField(
        default=320, choices=[(n, f"{n} px") for n in SMALL_SIZES], help_text="Longest side."
    )
    thumbnail_large_px = models.PositiveSmallIntegerField(
        default=1280, choices=[(n, f"{n} px") for n in LARGE_SIZES], help_text="Longest side."
    )
    thumbnail_quality = models.PositiveSmallIntegerField(
        default=82, validators=within(1, 100), help_text="WebP, 1-100."
    )
    sprite_quality = models.PositiveSmallIntegerField(default=75, validators=within(1, 100), help_text="WebP, 1-100.")
    storyboard_tiles = models.PositiveSmallIntegerField(
        default=120, validators=within(10, 600), help_text="Most tiles of one storyboard."
    )
    job_history_days = models.PositiveSmallIntegerField(
        default=7, validators=within(1, 365), help_text="Finished jobs are kept this long."
    )
    dead_letter_days = models.PositiveSmallIntegerField(
        default=7,
        validators=within(0, 365),
        help_text="Dead letters that nobody looks at are abandoned after this long; 0 keeps them for ever.",
    )

    conversion_place = models.CharField(
        default=ConversionPlace.DEFAULT_FOLDER,
        max_length=10,
        choices=ConversionPlace.choices,
        help_text="Where files lie that are added by a conversion. One that replaces its original lies beside it.",
    )
    disk_margin_gb = models.PositiveSmallIntegerField(
        default=5, validators=within(0, 10000), help_text="Conversions leave this much room on a disk."
    )
    is_output_decoded = models.BooleanField(
        default=False,
        help_text="Every converted file is decoded to its end before it counts; otherwise it is looked at in five "
        "places.",
    )
    max_suggestions = models.PositiveSmallIntegerField(
        default=200,
        validators=within(1, 1000),
        help_text="So many of the largest videos are looked at to suggest what to convert.",
    )
    downscale_inactive_days = models.PositiveSmallIntegerField(
        default=90, validators=within(1, 3650), help_text="Not played for this long, a video counts as forgotten."
    )
    barely_watched_seconds = models.PositiveIntegerField(
        default=60, validators=within(1, 36000), help_text="Watched for less than this, a video counts as unseen."
    )

    class Meta(SettingsRow.Meta):
        verbose_name = "processing settings"
        verbose_name_plural = "processing settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),
            models.CheckConstraint(
                condition=Q(thumbnail_small_px__in=SMALL_SIZES), name="%(app_label)s_%(class)s_small_px"
            ),
            models.CheckConstraint(
                condition=Q(thumbnail_large_px__in=LARGE_SIZES), name="%(app_label)s_%(class)s_large_px"
            ),
            in_range("thumbnail_quality", 1, 100),
            in_range("sprite_quality", 1, 100),
            in_range("storyboard_tiles", 10, 600),
            in_range("job_history_days", 1, 365),
            in_range("dead_letter_days", 0, 365),
            *derived_checks(),
            models.CheckConstraint(
                condition=Q(conversion_place__in=ConversionPlace.values),
                name="%(app_label)s_%(class)s_conversion_place",
            ),
            in_range("disk_margin_gb", 0, 10000),
            in_range("max_suggestions", 1, 1000),
            in_range("downscale_inactive_days", 1, 3650),
            in_range("barely_watched_seconds", 1, 36000),
        ]
