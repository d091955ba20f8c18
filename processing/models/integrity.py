"""What looking after files found out. Machine tables: each run replaces what the one before it wrote."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from library.models import TimeStamped, VideoFile
from processing.models.media_settings import CheckDepth


class FindingKind(models.TextChoices):
    """Which look found it; a look replaces only what it found before."""

    CONTENT = "content", "Content"
    DAMAGE = "damage", "Damage"
    CHECKSUM = "checksum", "Checksum"


class Severity(models.TextChoices):
    INFO = "info", "Note"
    WARNING = "warning", "Warning"
    ERROR = "error", "Error"
    CRITICAL = "critical", "Dangerous"


# What people are asked to look at; notes are only told where the file is shown.
PROBLEMS = (Severity.WARNING, Severity.ERROR, Severity.CRITICAL)
# What makes a file count as damaged.
SERIOUS = (Severity.ERROR, Severity.CRITICAL)


class FindingCode(models.TextChoices):
    DISGUISED_EXECUTABLE = "disguised_executable", "A program, not a video"
    DISGUISED_ARCHIVE = "disguised_archive", "An archive, not a video"
    DOUBLE_EXTENSION = "double_extension", "Two endings in its name"
    SUSPICIOUS_NAME = "suspicious_name", "Suspicious name"
    UNREADABLE = "unreadable", "Can't be read"
    NO_DURATION = "no_duration", "No length"
    VERY_SHORT_DURATION = "very_short_duration", "Very short"
    SHORT_DURATION = "short_duration", "Short"
    DURATION_MISMATCH = "duration_mismatch", "Picture ends early"
    SUSPICIOUS_ASPECT_RATIO = "suspicious_aspect_ratio", "Suspicious shape"
    UNUSUAL_ASPECT_RATIO = "unusual_aspect_ratio", "Unusual shape"
    QUALITY_MISMATCH = "quality_mismatch", "Smaller than its name says"
    BITRATE_MISMATCH = "bitrate_mismatch", "Poorer than its name says"
    LOW_BITRATE = "low_bitrate", "Low bit rate"
    NO_AUDIO = "no_audio", "No sound"
    FILE_TRUNCATED = "file_truncated", "Cut off"
    FILE_CORRUPTED = "file_corrupted", "Damaged"
    BIT_ROT = "bit_rot", "Changed on the disk by itself"


class FileCheck(TimeStamped):
    """When a file was last looked after, and which content that was about."""

    file = models.OneToOneField(VideoFile, on_delete=models.CASCADE, related_name="check_state")
    size_bytes = models.BigIntegerField(help_text="Of the content that was looked at.")
    mtime_ns = models.BigIntegerField(help_text="Of the content that was looked at.")
    verified_at = models.DateTimeField(null=True, help_text="When all of it was last read and its checksum compared.")
    checked_at = models.DateTimeField(null=True, help_text="When it was last looked at for damage.")
    depth = models.CharField(
        max_length=10, blank=True, choices=CheckDepth.choices, help_text="Of the last look for damage."
    )

    class Meta(TimeStamped.Meta):
        indexes = [
            # Verifying again, the oldest first; the filters by when a file was verified.
            models.Index(fields=["verified_at", "file"], name="processing_check_verified"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(depth__in=["", *CheckDepth.values]), name="%(app_label)s_%(class)s_depth"
            ),
            models.CheckConstraint(
                condition=Q(depth="", checked_at=None) | (~Q(depth="") & Q(checked_at__isnull=False)),
                name="%(app_label)s_%(class)s_checked",
            ),
        ]

    def __str__(self) -> str:
        return f"checks of file {self.file_id}"


class IntegrityFinding(TimeStamped):
    """Something that is wrong or odd about a file."""

    file = models.ForeignKey(VideoFile, on_delete=models.CASCADE, db_index=False, related_name="findings")
    kind = models.CharField(max_length=10, choices=FindingKind.choices)
    code = models.CharField(max_length=30, choices=FindingCode.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    sentence = models.TextField()
    found_at = models.DateTimeField(db_default=Now(), help_text="When it was first found.")

    class Meta(TimeStamped.Meta):
        verbose_name = "problem with a file"
        verbose_name_plural = "problems with files"
        indexes = [
            # The list of one kind of problem, and the filter by it.
            models.Index(fields=["code", "file"], name="processing_finding_code"),
            # Problems, not notes: the list and the filters by them.
            models.Index(fields=["severity", "file"], condition=~Q(severity="info"), name="processing_finding_problem"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["file", "kind", "code"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(kind__in=FindingKind.values), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(condition=Q(code__in=FindingCode.values), name="%(app_label)s_%(class)s_code"),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="%(app_label)s_%(class)s_severity"),
            models.CheckConstraint(condition=~Q(sentence=""), name="%(app_label)s_%(class)s_sentence"),
        ]

    def __str__(self) -> str:
        return self.sentence
