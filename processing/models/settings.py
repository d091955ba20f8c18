"""Settings of what is made from a file."""

import pghistory
from django.db import models
from django.db.models import Q

from library.models import SettingsRow
from library.models.settings import in_range, within
from processing.models.media_settings import DerivedSettings, derived_checks

SMALL_SIZES = (160, 240, 320, 480)
LARGE_SIZES = (640, 720, 960, 1280, 1920)


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
        ]
