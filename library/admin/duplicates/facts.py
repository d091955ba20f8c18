"""What two or more videos are, fact by fact, and which has the better of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Avg, Count, OuterRef, Prefetch, QuerySet, Subquery, Sum

from library.admin.columns import NOTHING, bit_rate, duration, file_size, resolution
from library.models import Video, VideoFile, VideoTag
from people.models import Credit
from playback.models import Favorite, Marker, PlayCount, Rating


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the comparison: (text, is better) of each video, in their order."""

    label: str
    values: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class _Line:
    """`rank` is higher for the better one; without it none is better."""

    label: str
    text: Callable[[Any, VideoFile], str]
    rank: Callable[[Any, VideoFile], float] | None = None


def load_sides(video_ids: Sequence[int]) -> list[Any]:
    """The videos in that order with all that the comparison shows: `primary_files` (thumbnail, storyboard, folder),
    `shown_tags`, `shown_people`, and counts of what users left. A constant number of queries."""
    primary = VideoFile.objects.filter(is_primary=True).select_related("thumbnail", "storyboard", "folder")
    rows: QuerySet[Any] = Video.objects.in_library().filter(pk__in=list(video_ids))
    rows = rows.prefetch_related(
        Prefetch("files", primary, to_attr="primary_files"),
        Prefetch("video_tags", VideoTag.objects.select_related("tag").order_by("tag__name"), to_attr="shown_tags"),
        Prefetch("credits", Credit.objects.select_related("creator").order_by("creator__name"), to_attr="shown_people"),
    ).annotate(
        rating_count=_of(Rating, Count("pk")),
        stars=_of(Rating, Avg("stars")),
        favorite_count=_of(Favorite, Count("pk")),
        marker_count=_of(Marker, Count("pk")),
        play_count=_of(PlayCount, Sum("play_count")),
    )
    by_id = {video.pk: video for video in rows}
    return [by_id[pk] for pk in video_ids if pk in by_id]


def _of(model: Any, total: Any) -> Subquery:
    rows = model.objects.filter(video=OuterRef("pk")).order_by().values("video")
    return Subquery(rows.annotate(n=total).values("n"))


def compare_facts(videos: Sequence[Any]) -> list[Fact]:
    """Every line of which something is known. No queries."""
    files = [video.primary_files[0] if video.primary_files else VideoFile() for video in videos]
    facts = []
    for line in _LINES:
        texts = [line.text(video, file) or NOTHING for video, file in zip(videos, files, strict=True)]
        if set(texts) == {NOTHING}:
            continue
        ranks = [line.rank(video, file) if line.rank else 0.0 for video, file in zip(videos, files, strict=True)]
        best = max(ranks)
        is_told = len(set(ranks)) > 1 and len(set(texts)) > 1
        facts.append(Fact(line.label, [(t, is_told and r == best) for t, r in zip(texts, ranks, strict=True)]))
    return facts


def _day(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d") if moment else ""


def _changed(file: VideoFile) -> str:
    if not file.mtime_ns or abs(file.mtime_ns) > 2.5e20:
        return ""
    return _day(datetime.fromtimestamp(file.mtime_ns / 1e9, tz=UTC))


def _names(rows: Sequence[Any], column: str) -> str:
    return ", ".join(str(getattr(row, column)) for row in rows)


def _stars(video: Any) -> str:
    if not video.rating_count:
        return ""
    return f"{float(video.stars):.1f} stars ({video.rating_count:,})"


_LINES = (
    _Line(
        "Picture",
        lambda v, f: resolution(f.width, f.height),
        lambda v, f: (f.width or 0) * (f.height or 0),
    ),
    _Line("HDR", lambda v, f: f.hdr_format or ("Yes" if f.is_hdr else "No"), lambda v, f: f.is_hdr),
    _Line("Codec", lambda v, f: f.video_codec),
    _Line("Bit rate", lambda v, f: bit_rate(f.bit_rate), lambda v, f: f.bit_rate or 0),
    _Line(
        "Frame rate",
        lambda v, f: f"{f.frame_rate:.4g} frames/s" if f.frame_rate else "",
        lambda v, f: round(f.frame_rate or 0, 1),
    ),
    _Line("Length", lambda v, f: duration(f.duration_seconds), lambda v, f: round(f.duration_seconds or 0)),
    _Line("Size", lambda v, f: file_size(f.size_bytes) if f.size_bytes else "", lambda v, f: -(f.size_bytes or 0)),
    _Line("Sound", lambda v, f: f.audio_codec or "None", lambda v, f: bool(f.audio_codec)),
    _Line("Container", lambda v, f: f.container),
    _Line("Tags", lambda v, f: _names(v.shown_tags, "tag"), lambda v, f: len(v.shown_tags)),
    _Line("People", lambda v, f: _names(v.shown_people, "creator"), lambda v, f: len(v.shown_people)),
    _Line("Ratings", lambda v, f: _stars(v), lambda v, f: v.rating_count or 0),
    _Line(
        "Favourite of",
        lambda v, f: f"{v.favorite_count:,}" if v.favorite_count else "",
        lambda v, f: v.favorite_count or 0,
    ),
    _Line("Markers", lambda v, f: f"{v.marker_count:,}" if v.marker_count else "", lambda v, f: v.marker_count or 0),
    _Line("Plays", lambda v, f: f"{v.play_count:,}" if v.play_count else "", lambda v, f: v.play_count or 0),
    _Line("Released", lambda v, f: str(v.release_date or "")),
    _Line("Recorded", lambda v, f: _day(v.recorded_at)),
    _Line("Changed on disk", lambda v, f: _changed(f)),
    _Line("In the library since", lambda v, f: _day(v.created_at), lambda v, f: -v.created_at.timestamp()),
    _Line("Folder", lambda v, f: f.folder.name if f.folder_id else ""),
    _Line("Path", lambda v, f: f.shown_path),
)
