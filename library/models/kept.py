"""What a worker found once, for the pages to show."""

from django.db import models

from library.models.base import TimeStamped


class KeptResult(TimeStamped):
    """The last result of a look over the whole library, under its name. It can always be made again: pages say that
    nobody has looked yet where it is missing."""

    key = models.SlugField(max_length=60, unique=True, db_index=False)
    value = models.JSONField()

    class Meta(TimeStamped.Meta):
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
