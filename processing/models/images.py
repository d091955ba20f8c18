"""Pictures made from a file. They lie in the `derived` storage and can always be made again."""

from django.core.files.storage import storages
from django.core.files.storage.base import Storage
from django.db import models
from django.db.models import Q

from library.models import TimeStamped, VideoFile


def derived_storage() -> Storage:
    """The storage of everything that can be made again."""
    return storages["derived"]


class Thumbnail(TimeStamped):
    """A still of a file in two sizes, WebP."""

    file = models.OneToOneField(VideoFile, on_delete=models.CASCADE, related_name="thumbnail")
    input_key = models.CharField(max_length=32, help_text="Digest of what it was made from and how.")
    small = models.FileField(storage=derived_storage, max_length=200)
    small_width = models.PositiveSmallIntegerField()
    small_height = models.PositiveSmallIntegerField()
    large = models.FileField(storage=derived_storage, max_length=200)
    large_width = models.PositiveSmallIntegerField()
    large_height = models.PositiveSmallIntegerField()
    time_seconds = models.FloatField(help_text="Where in the video it was taken.")

    class Meta(TimeStamped.Meta):
        constraints = [models.CheckConstraint(condition=Q(time_seconds__gte=0), name="%(app_label)s_%(class)s_time")]

    def __str__(self) -> str:
        return str(self.small.name)


class Storyboard(TimeStamped):
    """Tiles at even times in one WebP sprite, and the WebVTT file that says which is when."""

    file = models.OneToOneField(VideoFile, on_delete=models.CASCADE, related_name="storyboard")
    input_key = models.CharField(max_length=32, help_text="Digest of what it was made from and how.")
    sprite = models.FileField(storage=derived_storage, max_length=200)
    vtt = models.FileField(storage=derived_storage, max_length=200)
    tile_width = models.PositiveSmallIntegerField()
    tile_height = models.PositiveSmallIntegerField()
    tile_count = models.PositiveIntegerField()
    columns = models.PositiveSmallIntegerField()
    rows = models.PositiveSmallIntegerField()
    interval_seconds = models.FloatField(help_text="Seconds from one tile to the next.")
    is_exact = models.BooleanField(default=True, help_text="Every tile is less than half an interval from its time.")

    class Meta(TimeStamped.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(tile_count__gte=1), name="%(app_label)s_%(class)s_tiles"),
            models.CheckConstraint(condition=Q(interval_seconds__gt=0), name="%(app_label)s_%(class)s_interval"),
        ]

    def __str__(self) -> str:
        return str(self.sprite.name)


class Preview(TimeStamped):
    """A short clip of a file without sound, MP4: what the library shows under the pointer."""

    file = models.OneToOneField(VideoFile, on_delete=models.CASCADE, related_name="preview")
    input_key = models.CharField(max_length=32, help_text="Digest of what it was made from and how.")
    clip = models.FileField(storage=derived_storage, max_length=200)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    seconds = models.FloatField()
    size_bytes = models.PositiveIntegerField()

    class Meta(TimeStamped.Meta):
        constraints = [models.CheckConstraint(condition=Q(seconds__gt=0), name="%(app_label)s_%(class)s_seconds")]

    def __str__(self) -> str:
        return str(self.clip.name)
