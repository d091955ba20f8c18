"""A file on disk."""

import os

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import MD5, Left

from library.models.base import TimeStamped
from library.models.folder import Folder
from library.models.names import is_json
from library.models.search_text import FILES, link_touches, text_triggers
from library.models.tracking import tracked
from library.models.triggers import planned_anew, statement_trigger
from library.models.video import Video
from library.paths import decode_path, display_path


class FileState(models.TextChoices):
    """How far a file has come."""

    NEW = "new", "Waiting"
    PROBED = "probed", "Making pictures"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class VideoFileQuerySet(models.QuerySet["VideoFile"]):
    def present(self) -> "VideoFileQuerySet":
        """Files that were there at the last look."""
        return self.filter(missing_since=None)

    def missing(self) -> "VideoFileQuerySet":
        """Files that a scan could not find where they were; nothing else about them is lost."""
        return self.exclude(missing_since=None)

    def unfinished(self) -> "VideoFileQuerySet":
        """Files that still wait for a stage."""
        return self.filter(state__in=(FileState.NEW, FileState.PROBED))


# A merge moves files from video to video; everything else about them is written by scans and stages.
_MACHINE_COLUMNS = (
    "folder", "relative_path", "size_bytes", "mtime_ns", "oshash", "content_hash", "packet_hash", "phash",
    "missing_since", "state", "error", "notes", "container", "duration_seconds", "width", "height", "rotation",
    "frame_rate", "bit_rate", "video_codec", "audio_codec", "is_hdr", "hdr_format", "streams", "chapters",
    "embedded_title", "embedded_created_at", "probed_at", "processing_seconds",
)  # fmt: skip

# The videos in `touched` get the state of their files: missing since the last of them is.
_MISSING = """
    UPDATE library_video AS video SET missing_since = state.since
      FROM (
        SELECT ids.video_id, CASE WHEN bool_or(file.id IS NOT NULL AND file.missing_since IS NULL) THEN NULL
               ELSE COALESCE(max(file.missing_since), now()) END AS since
          FROM ({touched}) AS ids LEFT JOIN library_videofile AS file ON file.video_id = ids.video_id
         WHERE ids.video_id IS NOT NULL GROUP BY ids.video_id
      ) AS state
     WHERE video.id = state.video_id AND video.missing_since IS DISTINCT FROM state.since
"""


def _follow_missing(name: str, operation: pgtrigger.Operation, touched: str, **tables: str) -> pgtrigger.Trigger:
    func = planned_anew(_MISSING.format(touched=touched)) + " RETURN NULL;"
    return statement_trigger(name, operation, func, tables)


@tracked(ignoring=_MACHINE_COLUMNS, only_in_batches=True)
class VideoFile(TimeStamped):
    """A file that holds a video. Its identity is its content (size and oshash); the path is where it was last seen.

    `relative_path` counts from the folder and is stored as `library.paths.encode_path` writes it. `video` is set once
    the file has been probed. Units: seconds, bytes, bit/s, pixels; `width` and `height` are after rotation.
    """

    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, related_name="files")
    video = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, related_name="files")
    is_primary = models.BooleanField(default=False, help_text="The file that is played and shown.")
    relative_path = models.TextField()
    size_bytes = models.BigIntegerField()
    mtime_ns = models.BigIntegerField(help_text="Time of last change in nanoseconds, as the file system gives it.")
    oshash = models.CharField(max_length=16, blank=True, help_text="Empty when the file could not be read.")
    content_hash = models.CharField(
        max_length=32,
        blank=True,
        help_text="xxh3-128 of the whole file; of small files, and where another has its size and oshash.",
    )
    packet_hash = models.CharField(
        max_length=32, blank=True, help_text="Of keyframe packets: the same after a remux. Empty when there are none."
    )
    phash = models.BigIntegerField(null=True, help_text="64-bit perceptual hash as a signed number.")
    missing_since = models.DateTimeField(null=True)
    trashed_at = models.DateTimeField(null=True, help_text="A copy that a person doesn't want to keep.")
    state = models.CharField(max_length=8, choices=FileState.choices, default=FileState.NEW)
    error = models.TextField(blank=True, help_text="Why the file failed, in a sentence.")
    notes = models.JSONField(default=list, blank=True, help_text="What is worth knowing about a file that works.")

    container = models.CharField(max_length=40, blank=True)
    duration_seconds = models.FloatField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    rotation = models.PositiveSmallIntegerField(default=0, help_text="Degrees clockwise to show it upright.")
    frame_rate = models.FloatField(null=True)
    bit_rate = models.BigIntegerField(null=True)
    video_codec = models.CharField(max_length=40, blank=True)
    audio_codec = models.CharField(max_length=40, blank=True)
    is_hdr = models.BooleanField(default=False)
    hdr_format = models.CharField(max_length=20, blank=True)
    streams = models.JSONField(default=list, blank=True)
    chapters = models.JSONField(default=list, blank=True)
    embedded_title = models.TextField(blank=True)
    embedded_created_at = models.DateTimeField(null=True)
    probed_at = models.DateTimeField(null=True)
    processing_seconds = models.FloatField(default=0, help_text="Spent on it by all stages.")

    objects = VideoFileQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        indexes = [
            # Scan: is this content known (moves and copies)? Probe: which video has it?
            models.Index(fields=["size_bytes", "oshash"], name="library_file_content"),
            # Probe: whose remux is it?
            models.Index(fields=["packet_hash"], condition=~Q(packet_hash=""), name="library_file_packets"),
            # Filter by a folder within a folder. The beginning only: a path can be longer than a B-tree entry.
            models.Index(
                OpClass(Left("relative_path", 300), name="text_pattern_ops"), "folder", name="library_file_place"
            ),
            # Exact duplicates: groups of equal content.
            models.Index(fields=["content_hash"], condition=~Q(content_hash=""), name="library_file_full_hash"),
            # Near duplicates: hashes at most 3 bits apart share one of four bands; files of about the same length.
            GinIndex(
                Func(F("phash"), function="videothek_phash_bands"),
                condition=Q(phash__isnull=False),
                name="library_file_phash_bands",
                fastupdate=False,
            ),
            models.Index(
                fields=["duration_seconds"],
                include=["phash", "video"],
                condition=Q(phash__isnull=False),
                name="library_file_phash_length",
            ),
            # Progress on every page and the list of failed files: only rows that aren't finished well.
            models.Index(fields=["state", "id"], condition=~Q(state="ready"), name="library_file_unready"),
            # Admin: the list of missing files.
            models.Index(
                fields=["missing_since"], condition=Q(missing_since__isnull=False), name="library_file_missing"
            ),
            # The trash of single files, and what of it is due for the purge.
            models.Index(fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="library_file_trashed"),
        ]
        triggers = [
            *TimeStamped.Meta.triggers,
            _follow_missing(
                "missing_after_insert", pgtrigger.Insert, "SELECT DISTINCT video_id FROM new_rows", new="new_rows"
            ),
            _follow_missing(
                "missing_after_update",
                pgtrigger.Update,
                """SELECT unnest(ARRAY[o.video_id, n.video_id]) AS video_id
                 FROM old_rows AS o JOIN new_rows AS n USING (id)
                WHERE o.video_id IS DISTINCT FROM n.video_id
                   OR o.missing_since IS DISTINCT FROM n.missing_since GROUP BY 1""",
                old="old_rows",
                new="new_rows",
            ),
            _follow_missing(
                "missing_after_delete", pgtrigger.Delete, "SELECT DISTINCT video_id FROM old_rows", old="old_rows"
            ),
            *text_triggers(FILES, **link_touches("relative_path")),
        ]
        constraints = [
            # Only of files that are there: where a missing one was last seen, another may lie now. Over a digest: a
            # path can be longer than a B-tree entry (about 2,700 bytes).
            models.UniqueConstraint(
                models.F("folder"),
                MD5("relative_path"),
                condition=Q(missing_since__isnull=True),
                name="%(app_label)s_%(class)s_path",
            ),
            models.UniqueConstraint(
                fields=["video"], condition=Q(is_primary=True), name="%(app_label)s_%(class)s_one_primary"
            ),
            models.CheckConstraint(condition=Q(state__in=FileState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(
                condition=Q(rotation__in=(0, 90, 180, 270)), name="%(app_label)s_%(class)s_rotation"
            ),
            models.CheckConstraint(condition=Q(size_bytes__gte=0), name="%(app_label)s_%(class)s_size"),
            models.CheckConstraint(
                condition=Q(duration_seconds__isnull=True) | Q(duration_seconds__gte=0),
                name="%(app_label)s_%(class)s_duration",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") | Q(error=""), name="%(app_label)s_%(class)s_error_when_failed"
            ),
            is_json("streams", "array"),
            is_json("chapters", "array"),
            is_json("notes", "array"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def fs_path(self) -> str:
        """Absolute path as `os` functions take it. Reads the folder."""
        return os.path.join(self.folder.fs_path, decode_path(self.relative_path))

    @property
    def shown_path(self) -> str:
        """Path below the folder as people read it."""
        return display_path(self.relative_path)

    @property
    def shown_name(self) -> str:
        return display_path(os.path.basename(self.relative_path))

    @property
    def phash_hex(self) -> str:
        """Sixteen hexadecimal digits, or an empty text while there is no hash."""
        return "" if self.phash is None else f"{self.phash & 0xFFFFFFFFFFFFFFFF:016x}"


class OldPath(TimeStamped):
    """Where a file used to be: kept at a move, a relocation of its folder and an import, so that others find it."""

    file = models.ForeignKey(VideoFile, on_delete=models.CASCADE, db_index=False, related_name="old_paths")
    path = models.TextField(help_text="Absolute, stored as `library.paths.encode_path` writes it.")
    left_at = models.DateTimeField(help_text="When it was noticed to be elsewhere.")

    class Meta(TimeStamped.Meta):
        ordering = ["-left_at", "-pk"]
        indexes = [
            # Import: which file was there?
            models.Index(MD5("path"), name="library_oldpath_path"),
        ]
        constraints = [
            models.UniqueConstraint("file", MD5("path"), name="%(app_label)s_%(class)s_once"),
        ]

    def __str__(self) -> str:
        return display_path(self.path)


class IgnoredFile(TimeStamped):
    """Content that was purged from the library but is still on disk, where a scan must not take it for new."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, db_index=False, related_name="ignored_files")
    relative_path = models.TextField()
    size_bytes = models.BigIntegerField()
    oshash = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=200, help_text="Why it is still there, in a sentence.")

    class Meta(TimeStamped.Meta):
        constraints = [
            models.UniqueConstraint("folder", MD5("relative_path"), name="%(app_label)s_%(class)s_path"),
        ]

    def __str__(self) -> str:
        return display_path(self.relative_path)
