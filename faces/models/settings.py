"""How faces are found and what likeness is enough."""

import pghistory
from django.db import models
from django.db.models import F, Q

from library.models import SettingsRow
from library.models.settings import in_range, within


@pghistory.track()
class FaceSettings(SettingsRow):
    """How faces are found and what likeness is enough. Likeness is the cosine of two faces' vectors."""

    is_enabled = models.BooleanField(
        "look for faces", default=True, help_text="Off, no new faces are looked for; what was found stays."
    )
    match_threshold = models.FloatField(
        default=0.5, validators=within(0, 1), help_text="From here on a known person is proposed."
    )
    auto_tag_threshold = models.FloatField(
        default=0.7, validators=within(0, 1), help_text="From here on they are named without asking. Can be undone."
    )
    appearance_threshold = models.FloatField(
        default=0.6, validators=within(0, 1), help_text="From here on a face counts as them in searches."
    )
    cluster_threshold = models.FloatField(
        default=0.7, validators=within(0, 1), help_text="From here on two unknown faces are taken for one person."
    )
    frames_per_video = models.PositiveSmallIntegerField(
        default=5, validators=within(1, 200), help_text="The fewest pictures of a video that are looked at."
    )
    most_frames_per_video = models.PositiveSmallIntegerField(
        default=40, validators=within(1, 400), help_text="The most pictures of a video that are looked at."
    )
    min_face_size = models.PositiveSmallIntegerField(
        "smallest face", default=64, validators=within(8, 1000), help_text="Pixels; smaller faces are passed over."
    )

    class Meta(SettingsRow.Meta):
        verbose_name = "face settings"
        verbose_name_plural = "face settings"
        permissions = [("wipe_faces", "Wipe what is known of faces")]
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),
            *(
                in_range(name, 0, 1)
                for name in ("match_threshold", "auto_tag_threshold", "appearance_threshold", "cluster_threshold")
            ),
            in_range("frames_per_video", 1, 200),
            in_range("most_frames_per_video", 1, 400),
            in_range("min_face_size", 8, 1000),
            models.CheckConstraint(
                condition=Q(match_threshold__lte=F("auto_tag_threshold")),
                name="%(app_label)s_%(class)s_order",
                violation_error_message="Naming without asking needs at least the likeness that a proposal needs.",
            ),
            models.CheckConstraint(
                condition=Q(frames_per_video__lte=F("most_frames_per_video")),
                name="%(app_label)s_%(class)s_frames",
                violation_error_message="The fewest pictures are at most the most.",
            ),
        ]
