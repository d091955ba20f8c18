"""What full text search looks in."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func

from library.models.base import TimeStamped
from library.models.video import Video


class VideoText(TimeStamped):
    """The words of one video, folded (`videothek_fold`) and kept by triggers: nothing else writes them.

    `people_text` is filled by the triggers of the app that knows people. `document` weighs the title A, names of tags,
    people and studios B, everything else C.
    """

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="text")
    title_text = models.TextField(blank=True, db_default="")
    own_text = models.TextField(blank=True, db_default="", help_text="Description and first file name.")
    file_text = models.TextField(blank=True, db_default="", help_text="Paths of its files.")
    tag_text = models.TextField(blank=True, db_default="", help_text="Tags and their other names.")
    people_text = models.TextField(blank=True, db_default="", help_text="People, studios and their other names.")
    document = models.GeneratedField(
        expression=Func(
            *(F(column) for column in ("title_text", "tag_text", "people_text", "own_text", "file_text")),
            function="videothek_document",
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta(TimeStamped.Meta):
        indexes = [
            # Every search for words.
            GinIndex(fields=["document"], name="library_text_document"),
            # Videos without a tag.
            models.Index(fields=["video"], condition=models.Q(tag_text=""), name="library_text_untagged"),
        ]

    def __str__(self) -> str:
        return self.title_text
