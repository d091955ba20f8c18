"""The settings of what is made from files besides their pictures, and of looking after the files themselves."""

from typing import Any

from django.db import models
from django.db.models import Q

from library.models.settings import in_range, within

CLIP_SIZES = (160, 240, 320, 480, 640)


class MarkerPictures(models.TextChoices):
    """What a mark is shown by."""

    STATIC = "static", "A picture"
    ANIMATED = "animated", "A short clip"


class CheckDepth(models.TextChoices):
    """How closely a file is looked at for damage."""

    QUICK = "quick", "Quick: read all of it, decode nothing"
    DEEP = "deep", "Deep: decode its pictures too"


class DecodedPart(models.TextChoices):
    """Of what a deep look decodes the pictures."""

    PARTS = "parts", "The beginning, the middle and the end"
    WHOLE = "whole", "Everything"


class DerivedSettings(models.Model):
    """Columns of ProcessingSettings."""

    scene_preview_enabled = models.BooleanField(
        "previews are made", default=False, help_text="A short clip of every new video, shown under the pointer."
    )
    preview_segments = models.PositiveSmallIntegerField(
        default=12, validators=within(2, 24), help_text="Parts of the video that a preview shows, 2-24."
    )
    preview_segment_seconds = models.FloatField(
        default=1.0, validators=within(0.75, 5), help_text="Length of each part, 0.75-5."
    )
    preview_px = models.PositiveSmallIntegerField(
        default=320, choices=[(n, f"{n} px") for n in CLIP_SIZES], help_text="Longest side."
    )
    preview_crf = models.PositiveSmallIntegerField(
        "preview CRF", default=27, validators=within(18, 40), help_text="18 is best and largest, 40 smallest."
    )
    marker_pictures = models.CharField(
        "marks have", max_length=10, choices=MarkerPictures.choices, default=MarkerPictures.STATIC
    )
    marker_clip_seconds = models.FloatField(
        default=10.0, validators=within(3, 15), help_text="Length of a mark's clip, 3-15; never past the mark's end."
    )
    marker_px = models.PositiveSmallIntegerField(
        "mark px", default=320, choices=[(n, f"{n} px") for n in CLIP_SIZES], help_text="Longest side."
    )
    marker_crf = models.PositiveSmallIntegerField(
        "mark CRF", default=32, validators=within(18, 40), help_text="18 is best and largest, 40 smallest."
    )
    check_depth = models.CharField(
        "a check for damage is", max_length=10, choices=CheckDepth.choices, default=CheckDepth.QUICK
    )
    check_decodes = models.CharField(
        "a deep check decodes", max_length=10, choices=DecodedPart.choices, default=DecodedPart.PARTS
    )
    check_part_seconds = models.PositiveSmallIntegerField(
        default=30, validators=within(1, 600), help_text="Length of each of the three parts, 1-600."
    )
    short_seconds = models.FloatField(
        "short video below seconds", default=10.0, validators=within(0, 3600), help_text="Shorter ones are a warning."
    )
    very_short_seconds = models.FloatField(
        "very short video below seconds",
        default=1.0,
        validators=within(0, 3600),
        help_text="Shorter ones are an error.",
    )
    verify_percent_per_day = models.FloatField(
        "verified each day percent",
        default=0.0,
        validators=within(0, 100),
        help_text="So much of the library is read again each day and compared with its checksums; 0 is never.",
    )
    cleanup_grace_hours = models.PositiveSmallIntegerField(
        default=24, validators=within(1, 720), help_text="Younger files are never cleaned up, 1-720."
    )

    class Meta:
        abstract = True


def derived_checks() -> list[models.CheckConstraint]:
    """What the database checks of these columns."""

    def one_of(field: str, values: Any) -> models.CheckConstraint:
        return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=f"%(app_label)s_%(class)s_{field}")

    return [
        in_range("preview_segments", 2, 24),
        in_range("preview_segment_seconds", 0.75, 5),
        one_of("preview_px", CLIP_SIZES),
        in_range("preview_crf", 18, 40),
        one_of("marker_pictures", MarkerPictures.values),
        in_range("marker_clip_seconds", 3, 15),
        one_of("marker_px", CLIP_SIZES),
        in_range("marker_crf", 18, 40),
        one_of("check_depth", CheckDepth.values),
        one_of("check_decodes", DecodedPart.values),
        in_range("check_part_seconds", 1, 600),
        in_range("short_seconds", 0, 3600),
        in_range("very_short_seconds", 0, 3600),
        in_range("verify_percent_per_day", 0, 100),
        in_range("cleanup_grace_hours", 1, 720),
    ]
