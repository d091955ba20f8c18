"""Conversions of files, asked for one by one or in batches."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from library.models import ChangeBatch, TimeStamped, Video, VideoFile
from library.models.names import is_json
from library.paths import display_path
from processing.models.job import ACTIVE, Job, JobStatus, TargetKind
from processing.models.preset import Preset

# The job says how far a conversion is; its row repeats it, because jobs are forgotten after some days. A trigger,
# because jobs are claimed, cancelled and given up by statements over many rows and by whoever comes.
_FOLLOW = """
    UPDATE processing_conversion
       SET status = NEW.status, error = NEW.error, started_at = NEW.started_at, finished_at = NEW.finished_at
     WHERE id = NEW.target_id;
    RETURN NULL;
"""
CONVERSION_STAGE = "conversion"
_OF_CONVERSIONS = pgtrigger.Q(new__target_kind=TargetKind.CONVERSION.value, new__stage=CONVERSION_STAGE)
pgtrigger.register(
    pgtrigger.Trigger(
        name="conversion_after_insert",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        condition=_OF_CONVERSIONS,
        func=_FOLLOW,
    ),
    pgtrigger.Trigger(
        name="conversion_after_update",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("status"),  # type: ignore[no-untyped-call]
        condition=_OF_CONVERSIONS & pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
        func=_FOLLOW,
    ),
)(Job)


class ConversionBatch(TimeStamped):
    """Videos that somebody wants to convert together: a draft until it is confirmed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    video_ids = ArrayField(models.BigIntegerField())
    preset = models.ForeignKey(Preset, on_delete=models.SET_NULL, null=True, related_name="batches")
    is_replacing = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "conversion batches"
        indexes = [
            # The drafts that nobody went on with, which the next one clears away.
            models.Index(fields=["updated_at"], condition=Q(confirmed_at=None), name="processing_batch_draft"),
        ]

    def __str__(self) -> str:
        return f"Conversion of {len(self.video_ids):,} videos"


class ConversionQuerySet(models.QuerySet["Conversion"]):
    def active(self) -> "ConversionQuerySet":
        """Waiting or running."""
        return self.filter(status__in=ACTIVE)


class Conversion(TimeStamped):
    """One file made into another by a preset: what was asked for, how far it is, what came of it.

    `status`, `error`, `started_at` and `finished_at` repeat those of its job and are kept by triggers of Job. The rest
    stays when video, files and preset go: title, paths (absolute, stored form) and settings are copies. Bytes, seconds.
    """

    video = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, related_name="conversions")
    title = models.CharField(max_length=500)
    source_file = models.ForeignKey(VideoFile, on_delete=models.SET_NULL, null=True, related_name="conversions")
    source_path = models.TextField()
    source_bytes = models.BigIntegerField()
    output_file = models.ForeignKey(VideoFile, on_delete=models.SET_NULL, null=True, related_name="made_by")
    output_path = models.TextField(blank=True)
    output_bytes = models.BigIntegerField(null=True)
    preset = models.ForeignKey(Preset, on_delete=models.SET_NULL, null=True, related_name="conversions")
    preset_key = models.SlugField(max_length=40, db_index=False)
    preset_name = models.CharField(max_length=100)
    preset_settings = models.JSONField(default=dict)
    is_replacing = models.BooleanField(default=False, help_text="The output is to take the place of the original.")
    has_replaced = models.BooleanField(default=False)
    batch = models.ForeignKey(ConversionBatch, on_delete=models.SET_NULL, null=True, related_name="conversions")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    status = models.CharField(max_length=10, choices=JobStatus.choices, default=JobStatus.PENDING)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    percent = models.PositiveSmallIntegerField(default=0)
    speed = models.FloatField(null=True, help_text="Seconds of video for each second of work.")
    left_seconds = models.FloatField(null=True)

    target_resolution = models.CharField(max_length=20, blank=True, help_text="1920x-2, -2x1920 or original.")
    encoder = models.CharField(max_length=40, blank=True)
    rung = models.CharField(max_length=100, blank=True, help_text="Who decoded and encoded, in words.")
    attempts = models.JSONField(default=list, blank=True, help_text="Each rung that was tried, and why it failed.")
    command = models.TextField(blank=True)
    ffmpeg_output = models.TextField(blank=True)
    encode_seconds = models.FloatField(null=True)
    losses = models.JSONField(
        default=list, blank=True, help_text="What the output lacks, in sentences; with any, the original stays."
    )
    notes = models.JSONField(default=list, blank=True)
    partial_path = models.TextField(blank=True, help_text="What is being written; to be removed after a crash.")
    change = models.ForeignKey(ChangeBatch, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ConversionQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        permissions = [("convert_video", "Can convert videos")]
        indexes = [
            # Admin: those of one state, newest first.
            models.Index(fields=["status", "-id"], name="processing_conversion_state"),
            # What was saved in which week.
            models.Index(
                fields=["finished_at"],
                include=["source_bytes", "output_bytes"],
                condition=Q(status="completed", output_bytes__isnull=False),
                name="processing_conversion_saved",
            ),
            # Unfinished files that crashes left.
            models.Index(fields=["id"], condition=~Q(partial_path=""), name="processing_conversion_part"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["video", "preset_key"],
                condition=Q(status__in=ACTIVE),
                name="%(app_label)s_%(class)s_one_active",
                violation_error_message="That conversion is waiting or running already.",
            ),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(condition=Q(percent__range=(0, 100)), name="%(app_label)s_%(class)s_percent"),
            models.CheckConstraint(
                condition=Q(source_bytes__gte=0) & (Q(output_bytes__isnull=True) | Q(output_bytes__gte=0)),
                name="%(app_label)s_%(class)s_bytes",
            ),
            is_json("preset_settings", "object"),
            is_json("attempts", "array"),
            is_json("losses", "array"),
            is_json("notes", "array"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.preset_name}"

    @property
    def is_active(self) -> bool:
        """Waiting or running."""
        return self.status in ACTIVE

    @property
    def saved_bytes(self) -> int | None:
        """How much smaller the output is; negative when it is larger, None without one."""
        return None if self.output_bytes is None else self.source_bytes - self.output_bytes

    @property
    def shown_source(self) -> str:
        """The source's path as people read it."""
        return display_path(self.source_path)

    @property
    def shown_output(self) -> str:
        """The output's path as people read it; empty without one."""
        return display_path(self.output_path)


class ProofKind(models.TextChoices):
    ENCODER = "encoder", "Encoder"
    DECODER = "decoder", "Decoder"


class EncoderProof(TimeStamped):
    """Whether an encoder or hardware decoder worked when it was last tried on a machine, and if not, why."""

    host = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=ProofKind.choices)
    name = models.CharField(max_length=40)
    codec = models.CharField(max_length=10)
    family = models.CharField(max_length=10)
    is_proven = models.BooleanField()
    has_ten_bit = models.BooleanField(default=False, help_text="10 bits work as well, as HDR needs.")
    reason = models.TextField(blank=True)
    command = models.TextField(blank=True)
    program = models.CharField(max_length=200, blank=True, help_text="Which FFmpeg it was.")
    seconds = models.FloatField(default=0)
    proven_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        verbose_name = "encoder"
        ordering = ["host", "-kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["host", "kind", "name"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(kind__in=ProofKind.values), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(
                condition=Q(is_proven=True, reason="") | Q(is_proven=False),
                name="%(app_label)s_%(class)s_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"
