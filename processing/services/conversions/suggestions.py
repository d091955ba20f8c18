"""What is worth converting: large, old-fashioned and hardly watched. The scores are those of "Video streaming"."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from library.models import Video, VideoFile
from library.services.usage import with_usage
from processing.models import Conversion, JobStatus, Preset, ProcessingSettings
from processing.services.conversions.estimates import estimate_bytes

DEFAULT_LIMIT = 50
_LOOKED_AT_FOR_EACH = 3
_GB = 1024**3
_REENCODE, _DOWNSCALE = "reencode_av1", "downscale_1080p"
_PRESETS = {
    (_REENCODE,): "original_av1",
    (_DOWNSCALE,): "1080p_av1",
    (_REENCODE, _DOWNSCALE): "1080p_av1",
}
# (at least, points, reason) with the highest first: only the first that fits counts.
_SIZES = ((20 * _GB, 30), (10 * _GB, 20), (5 * _GB, 12))
_BIT_RATES = ((20_000_000, 15), (12_000_000, 8))
_HEIGHTS = ((2160, 20), (1440, 10))
_RATES = ((60, 6),)
_CODEC_POINTS = {"av1": 0, "h264": 40, "hevc": 20}
_OTHER_CODEC_POINTS = 30


@dataclass(frozen=True, slots=True)
class Facts:
    """What the scores look at. Bytes, bit/s, pixels; `last_played_at` is None for never."""

    codec: str
    size_bytes: int
    bit_rate: int | None
    height: int | None
    frame_rate: float | None
    plays: int
    watched_seconds: float
    last_played_at: datetime | None


@dataclass(frozen=True, slots=True)
class Score:
    """Points, and why in a few words each."""

    technical: int
    usage: int
    reasons: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A video to convert, by which preset, and what that would save by guess."""

    video_id: int
    title: str
    size_bytes: int
    codec: str
    width: int | None
    height: int | None
    score: Score
    preset: Preset
    saved_bytes: int


def score(facts: Facts, *, now: datetime, inactive_days: int, barely_seconds: int) -> Score:
    """The technical and the usage score. Bounds and points are A4.1 of the specification."""
    reasons: list[str] = []
    technical = _CODEC_POINTS.get(facts.codec, _OTHER_CODEC_POINTS)
    if technical:
        reasons.append("old codec")
    for value, steps, reason in (
        (facts.size_bytes, _SIZES, "large"),
        (facts.bit_rate or 0, _BIT_RATES, "high bit rate"),
        (facts.height or 0, _HEIGHTS, "high resolution"),
        (facts.frame_rate or 0, _RATES, "many pictures a second"),
    ):
        if points := _points(value, steps):
            technical += points
            reasons.append(reason)
    never = facts.plays == 0
    is_stale = facts.last_played_at is not None and facts.last_played_at <= now - timedelta(days=inactive_days)
    usage = 15 if facts.plays <= 1 else 8 if facts.plays <= 3 else 0
    if facts.watched_seconds < barely_seconds:
        usage += 8
    if never:
        usage += 20
        reasons.append("never played")
    if is_stale:
        usage += 12
        reasons.append("not played for long")
    actions = []
    if facts.codec != "av1":
        actions.append(_REENCODE)
    if (facts.height or 0) >= 2160 and (never or is_stale):
        actions.append(_DOWNSCALE)
    return Score(technical, usage, tuple(reasons), tuple(actions))


def _points(value: float, steps: tuple[tuple[float, int], ...]) -> int:
    return next((points for least, points in steps if value >= least), 0)


def suggest_conversions(*, limit: int = DEFAULT_LIMIT) -> list[Suggestion]:
    """The best suggestions, by technical score, usage score and size. Five statements, whatever the library's size.

    Only the largest videos are looked at, three for each that is wanted, at most as many as the settings say. Left out
    are videos that a conversion waits for or has made a file of that is still there.
    """
    settings = ProcessingSettings.load()
    most = min(limit * _LOOKED_AT_FOR_EACH, settings.max_suggestions)
    rows = _largest(most)
    presets = {preset.key: preset for preset in Preset.objects.filter(key__in=set(_PRESETS.values()))}
    files = {
        file.video_id: file
        for file in VideoFile.objects.filter(video__in=[row.pk for row in rows], is_primary=True, missing_since=None)
    }
    now = timezone.now()
    found = []
    for row in rows:
        points = score(
            _facts_of(row),
            now=now,
            inactive_days=settings.downscale_inactive_days,
            barely_seconds=settings.barely_watched_seconds,
        )
        file, preset = files.get(row.pk), presets.get(_PRESETS.get(points.actions, ""))
        if file is not None and preset is not None:
            found.append(_suggestion(row, file, points, preset))
    found.sort(key=lambda one: (-one.score.technical, -one.score.usage, -one.size_bytes, one.video_id))
    return found[:limit]


def _largest(most: int) -> list[Any]:
    taken = Conversion.objects.filter(video=OuterRef("pk"), status__in=(JobStatus.PENDING, JobStatus.RUNNING))
    made = Conversion.objects.filter(video=OuterRef("pk"), output_file__isnull=False, output_file__trashed_at=None)
    largest = Video.objects.in_library().filter(
        ~Exists(taken), ~Exists(made), missing_since=None, size_bytes__isnull=False, height__isnull=False
    )
    ids = list(largest.order_by("-size_bytes", "-pk").values_list("pk", flat=True)[:most])
    columns = ("title", "size_bytes", "video_codec", "bit_rate", "width", "height", "frame_rate")
    return list(with_usage(Video.objects.filter(pk__in=ids)).only(*columns))


def _facts_of(row: Any) -> Facts:
    return Facts(
        codec=row.video_codec,
        size_bytes=row.size_bytes,
        bit_rate=row.bit_rate,
        height=row.height,
        frame_rate=row.frame_rate,
        plays=row.plays,
        watched_seconds=row.watched_seconds,
        last_played_at=row.last_played_at,
    )


def _suggestion(row: Any, file: VideoFile, points: Score, preset: Preset) -> Suggestion:
    after = estimate_bytes(file, preset.encode_settings())
    return Suggestion(
        video_id=row.pk,
        title=row.title,
        size_bytes=row.size_bytes,
        codec=row.video_codec,
        width=row.width,
        height=row.height,
        score=points,
        preset=preset,
        saved_bytes=max(0, file.size_bytes - after),
    )
