"""How well the library is described."""

from django.db import models

from library.models.names import is_json
from stats.models.base import DailySnapshot


class ContentSnapshot(DailySnapshot):
    """What videos outside the trash have and lack, how many names there are, and what machines and people found.

    `top_tags`, `top_creators` and `top_studios` list {id, name, video_count}, at most ten, the most first; ids of
    creators and studios are their public ones. `providers` lists {provider, accepted, rejected, open, precision} of
    suggestions; `precision` is None where nothing was answered. `triage_queues` lists {queue, label, left} of what
    there is to go through; `triage_answers` and `triage_seconds` are of the day before `taken_at`.
    """

    video_count = models.PositiveIntegerField(default=0)
    without_tags = models.PositiveIntegerField(default=0)
    without_creators = models.PositiveIntegerField(default=0)
    without_studios = models.PositiveIntegerField(default=0)
    without_ratings = models.PositiveIntegerField(default=0)
    without_thumbnails = models.PositiveIntegerField(default=0)
    without_storyboards = models.PositiveIntegerField(default=0)
    organised_count = models.PositiveIntegerField(default=0, help_text="With a tag, a person and a studio.")
    tag_count = models.PositiveIntegerField(default=0)
    creator_count = models.PositiveIntegerField(default=0)
    studio_count = models.PositiveIntegerField(default=0)
    playlist_count = models.PositiveIntegerField(default=0)
    marker_count = models.PositiveIntegerField(default=0)
    faces_detected = models.PositiveIntegerField(default=0)
    faces_named = models.PositiveIntegerField(default=0, help_text="Appearances whose person is known.")
    faces_pending = models.PositiveIntegerField(default=0)
    face_clusters = models.PositiveIntegerField(default=0)
    suggestions_open = models.PositiveIntegerField(default=0)
    suggestions_accepted = models.PositiveIntegerField(default=0)
    suggestions_rejected = models.PositiveIntegerField(default=0)
    changes_by_people = models.PositiveIntegerField(default=0, help_text="Batches of the day before `taken_at`.")
    triage_left = models.PositiveIntegerField(default=0, help_text="Of the fullest queue.")
    triage_answers = models.PositiveIntegerField(default=0, help_text="Videos that were answered in triage.")
    triage_seconds = models.FloatField(default=0, help_text="What that took.")
    top_tags = models.JSONField(default=list)
    top_creators = models.JSONField(default=list)
    top_studios = models.JSONField(default=list)
    providers = models.JSONField(default=list)
    triage_queues = models.JSONField(default=list)

    class Meta(DailySnapshot.Meta):
        constraints = [
            is_json(name, "array", of="object")
            for name in ("top_tags", "top_creators", "top_studios", "providers", "triage_queues")
        ]
