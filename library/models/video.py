"""What a person sees and curates."""

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q

from library.models.base import TimeStamped
from library.models.picture import PictureField
from library.models.search_text import VIDEO_TRIGGERS
from library.models.tracking import tracked
from library.models.triggers import planned_anew, statement_trigger


class Origin(models.TextChoices):
    """Where a video came from."""

    UNKNOWN = "unknown", "Unknown"
    PERSONAL = "personal", "Own recording"
    WEB = "web", "Web"
    DVD = "dvd", "DVD"
    UPLOAD = "upload", "Upload"
    SCAN = "scan", "Found by a scan"
    IMPORT = "import", "Imported"
    STASH = "stash", "Stash"


class VideoType(models.TextChoices):
    """What kind of work it is."""

    UNKNOWN = "", "Not said"
    STANDARD = "standard", "Standard"
    PROFESSIONAL = "professional", "Professional"
    AMATEUR = "amateur", "Amateur"
    COMPILATION = "compilation", "Compilation"
    PMV = "pmv", "Music video"
    VR = "vr", "Virtual reality"
    JAV = "jav", "JAV"
    HENTAI = "hentai", "Hentai"


class VideoQuerySet(models.QuerySet["Video"]):
    def in_library(self) -> "VideoQuerySet":
        """Videos that are not in the trash; missing ones too."""
        return self.filter(trashed_at=None)

    def missing(self) -> "VideoQuerySet":
        """Videos none of whose files could be found at the last look."""
        return self.exclude(missing_since=None)

    def trashed(self) -> "VideoQuerySet":
        """Videos that a person put into the trash."""
        return self.exclude(trashed_at=None)


# Written by scans, stages and players; a change of nothing else is no event of the video's history.
MACHINE_COLUMNS = (
    "duration_seconds", "width", "height", "is_hdr", "size_bytes", "video_codec", "audio_codec", "frame_rate",
    "bit_rate", "file_date", "original_file_name", "view_count", "is_corrupted", "last_verified_at", "missing_since",
)  # fmt: skip

# An undone merge brings a video back whose files point to it already; it was missing when it went, without them.
FILES_COME_BACK = statement_trigger(
    "present_after_insert",
    pgtrigger.Insert,
    planned_anew(
        """
    UPDATE library_video AS video SET missing_since = NULL FROM new_rows
     WHERE video.id = new_rows.id AND new_rows.missing_since IS NOT NULL
       AND EXISTS (SELECT FROM library_videofile AS file WHERE file.video_id = video.id AND file.missing_since IS NULL)
    """
    )
    + " RETURN NULL;",
    {"new": "new_rows"},
)


@tracked(ignoring=MACHINE_COLUMNS)
class Video(TimeStamped):
    """One work, whatever number of files hold it.

    The technical columns repeat those of the primary file, so that lists sort and filter without a join; they are
    written by `library.services` together with the file. `missing_since` is kept by triggers of VideoFile: set while
    none of the video's files is present. `trashed_at` is a wish of a person and independent of it.
    """

    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    release_date = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was recorded, from the file's own date if it has a plausible one."
    )
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.UNKNOWN)
    type = models.CharField(max_length=15, choices=VideoType.choices, default=VideoType.UNKNOWN, blank=True)
    cover = PictureField(
        upload_to="covers/", blank=True, max_length=200, help_text="Chosen by a person; shown instead of the still."
    )
    trashed_at = models.DateTimeField(null=True, editable=False)

    original_file_name = models.CharField(max_length=500, blank=True, editable=False, help_text="When first seen.")
    file_date = models.DateTimeField(null=True, editable=False, help_text="The primary file's time of last change.")
    view_count = models.PositiveBigIntegerField(default=0, editable=False, help_text="At most one per user and day.")
    is_corrupted = models.BooleanField(default=False, editable=False)
    last_verified_at = models.DateTimeField(null=True, editable=False, help_text="When a file of it was last read.")
    missing_since = models.DateTimeField(null=True, editable=False)
    duration_seconds = models.FloatField(null=True, editable=False)
    width = models.PositiveIntegerField(null=True, editable=False, help_text="Pixels, upright.")
    height = models.PositiveIntegerField(null=True, editable=False, help_text="Pixels, upright.")
    is_hdr = models.BooleanField(default=False, editable=False)
    size_bytes = models.BigIntegerField(null=True, editable=False)
    video_codec = models.CharField(max_length=40, blank=True, editable=False)
    audio_codec = models.CharField(max_length=40, blank=True, editable=False)
    frame_rate = models.FloatField(null=True, editable=False)
    bit_rate = models.BigIntegerField(null=True, editable=False, help_text="Bit/s.")
    title_key = models.GeneratedField(
        expression=Func(F("title"), function="videothek_sort_key"),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = VideoQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        permissions = [
            ("upload_video", "Can upload videos"),
            ("reprocess_video", "Can make a video's pictures and facts again"),
            ("trash_video", "Can put videos into the trash and take them out"),
            ("triage_video", "Can organise videos in triage: their tags, people, studios and what is suggested"),
        ]
        triggers = [*TimeStamped.Meta.triggers, *VIDEO_TRIGGERS, FILES_COME_BACK]
        indexes = [
            # Library page, newest first (the default), page after page.
            models.Index(fields=["created_at", "id"], name="library_video_newest"),
            # Library page by title, by length, by size, by views and by date.
            # Searches by title read all of the first until they have their words: nothing but the index.
            models.Index(fields=["title_key", "id"], include=["trashed_at"], name="library_video_title"),
            models.Index(fields=["duration_seconds", "id"], name="library_video_duration"),
            models.Index(fields=["size_bytes", "id"], name="library_video_size"),
            models.Index(fields=["view_count", "id"], name="library_video_views"),
            models.Index(fields=["recorded_at", "id"], name="library_video_recorded"),
            models.Index(fields=["release_date", "id"], name="library_video_released"),
            # The list of missing videos; the trash, and what of it is due for the purge.
            models.Index(
                fields=["missing_since"], condition=Q(missing_since__isnull=False), name="library_video_missing"
            ),
            models.Index(fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="library_video_trashed"),
            # Filters that select few.
            models.Index(fields=["id"], condition=Q(is_corrupted=True), name="library_video_corrupted"),
            models.Index(fields=["id"], condition=Q(is_hdr=True), name="library_video_hdr"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(duration_seconds__isnull=True) | models.Q(duration_seconds__gte=0),
                name="%(app_label)s_%(class)s_duration",
            ),
            models.CheckConstraint(
                condition=~models.Q(title=""),
                name="%(app_label)s_%(class)s_title",
                violation_error_message="A video needs a title.",
            ),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="%(app_label)s_%(class)s_origin"),
            models.CheckConstraint(condition=Q(type__in=VideoType.values), name="%(app_label)s_%(class)s_type"),
            models.CheckConstraint(
                condition=Q(size_bytes__isnull=True) | Q(size_bytes__gte=0), name="%(app_label)s_%(class)s_size"
            ),
        ]

    def __str__(self) -> str:
        return self.title
