"""What conversions make."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from library.models.tracking import tracked
from processing.media.encode.presets import (
    LEAST_QP,
    MOST_QP,
    AudioMode,
    Codec,
    Container,
    Effort,
    EncodeSettings,
    HdrMode,
)

CODECS = [(Codec.H264.value, "H.264"), (Codec.HEVC.value, "HEVC (H.265)"), (Codec.AV1.value, "AV1")]
CONTAINERS = [(Container.MATROSKA.value, "Matroska (.mkv)"), (Container.MP4.value, "MP4")]
AUDIO_MODES = [
    (AudioMode.COPY.value, "Keep as it is where the file can hold it"),
    (AudioMode.OPUS.value, "Opus"),
    (AudioMode.AAC.value, "AAC"),
]
HDR_MODES = [(HdrMode.KEEP.value, "Keep"), (HdrMode.TONE_MAP.value, "Make it SDR")]
EFFORTS = [
    (Effort.FAST.value, "Fast, larger files"),
    (Effort.MEDIUM.value, "Medium"),
    (Effort.SLOW.value, "Slow, smaller files"),
]
LEAST_WIDTH, MOST_WIDTH = 160, 7680
LEAST_BIT_RATE, MOST_BIT_RATE = 100_000, 200_000_000


def _one_of(field: str, choices: list[tuple[str, str]]) -> models.CheckConstraint:
    condition = Q(**{f"{field}__in": [key for key, _ in choices]})
    return models.CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}")


@tracked()
class Preset(TimeStamped):
    """Codec, size and quality under a name. The nine built-in ones are those of "Video streaming" and never change."""

    key = models.SlugField(
        max_length=40, unique=True, help_text="Stands in the names of the files it makes: letters, digits, - and _."
    )
    name = models.CharField(max_length=100, unique=True)
    codec = models.CharField(max_length=10, choices=CODECS, default=Codec.HEVC.value)
    target_width = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST_WIDTH), MaxValueValidator(MOST_WIDTH)],
        help_text="Longer side of the picture in pixels; smaller sources stay as they are. Empty: keep the size.",
    )
    qp = models.PositiveSmallIntegerField(
        "quality",
        default=28,
        validators=[MinValueValidator(LEAST_QP)],
        help_text="Lower is better and larger: about 26 for H.264, 28 for HEVC, 35 for AV1. At most 51, for AV1 63.",
    )
    max_bit_rate = models.BigIntegerField(
        "highest bit rate",
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST_BIT_RATE), MaxValueValidator(MOST_BIT_RATE)],
        help_text="Of the picture, in bit/s. Empty: as the size of the picture allows.",
    )
    container = models.CharField(max_length=10, choices=CONTAINERS, default=Container.MATROSKA.value)
    audio = models.CharField("sound", max_length=10, choices=AUDIO_MODES, default=AudioMode.COPY.value)
    hdr = models.CharField("HDR", max_length=10, choices=HDR_MODES, default=HdrMode.KEEP.value)
    effort = models.CharField(max_length=10, choices=EFFORTS, default=Effort.MEDIUM.value)
    is_built_in = models.BooleanField(default=False, editable=False)

    class Meta(TimeStamped.Meta):
        ordering = ["-is_built_in", "pk"]
        constraints = [
            _one_of("codec", CODECS),
            _one_of("container", CONTAINERS),
            _one_of("audio", AUDIO_MODES),
            _one_of("hdr", HDR_MODES),
            _one_of("effort", EFFORTS),
            models.CheckConstraint(
                condition=Q(target_width__isnull=True) | Q(target_width__range=(LEAST_WIDTH, MOST_WIDTH)),
                name="%(app_label)s_%(class)s_width",
            ),
            models.CheckConstraint(
                condition=Q(codec=Codec.AV1.value, qp__range=(LEAST_QP, MOST_QP[Codec.AV1]))
                | Q(qp__range=(LEAST_QP, MOST_QP[Codec.H264])),
                name="%(app_label)s_%(class)s_qp",
                violation_error_message="The quality is 4 to 51, for AV1 up to 63.",
            ),
            models.CheckConstraint(
                condition=Q(max_bit_rate__isnull=True) | Q(max_bit_rate__range=(LEAST_BIT_RATE, MOST_BIT_RATE)),
                name="%(app_label)s_%(class)s_bit_rate",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.target_width is not None and self.target_width % 2:
            raise ValidationError({"target_width": "Give an even number: encoders want one."})

    def encode_settings(self) -> EncodeSettings:
        """As the media package takes it."""
        return EncodeSettings(
            codec=Codec(self.codec),
            target_width=self.target_width,
            qp=self.qp,
            max_bit_rate=self.max_bit_rate,
            container=Container(self.container),
            audio=AudioMode(self.audio),
            hdr=HdrMode(self.hdr),
            effort=Effort(self.effort),
        )


def settings_from_json(values: dict[str, Any]) -> EncodeSettings:
    """The settings that a conversion was asked for with. Raises KeyError or ValueError for what no preset could be."""
    return EncodeSettings(
        codec=Codec(values["codec"]),
        target_width=values["target_width"],
        qp=values["qp"],
        max_bit_rate=values["max_bit_rate"],
        container=Container(values["container"]),
        audio=AudioMode(values["audio"]),
        hdr=HdrMode(values["hdr"]),
        effort=Effort(values["effort"]),
    )
