"""What the dashboard says at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from stats.queries.series import before, latest

# Field of a ContentSnapshot that counts what is lacking, the words, and the filter of the library that shows them.
LACKS = (
    ("without_creators", "people", "creator"),
    ("without_tags", "tags", "tag"),
    ("without_studios", "a studio", "studio"),
    ("without_ratings", "a rating", "rating"),
    ("without_thumbnails", "a picture", ""),
    ("without_storyboards", "a storyboard", ""),
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the videos have something: in percent now, and some days ago (None without a snapshot of then)."""

    field: str
    words: str
    facet: str
    percent: float
    before_percent: float | None
    left: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The newest snapshot of each kind (None before the first) and those to compare with."""

    storage: Any
    library: Any
    content: Any
    usage: Any
    days: int
    storage_before: Any
    library_before: Any
    content_before: Any
    coverage: Sequence[Coverage]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell yet."""
        return self.library is None or not self.library.total_count

    @property
    def organised_percent(self) -> float:
        return percent(self.content.organised_count, self.content.video_count) if self.content else 0.0


def summary(*, days: int = 7, now: datetime | None = None) -> Summary:
    """Everything the front of the dashboard needs. Seven queries, of one row each."""
    moment = now or timezone.now()
    content, content_before = latest("content", now=moment), before("content", days=days, now=moment)
    return Summary(
        latest("storage", now=moment),
        latest("library", now=moment),
        content,
        latest("usage", now=moment),
        days,
        before("storage", days=days, now=moment),
        before("library", days=days, now=moment),
        content_before,
        coverage_of(content, content_before) if content else (),
    )


def coverage_of(content: Any, earlier: Any) -> Sequence[Coverage]:
    """What the videos of a snapshot have, and had at an earlier one (or None)."""
    return [_coverage(content, earlier, *lack) for lack in LACKS]


def percent(part: int, whole: int) -> float:
    """0 to 100, to one decimal; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def _coverage(content: Any, earlier: Any, field: str, words: str, facet: str) -> Coverage:
    def has(row: Any) -> float:
        return percent(row.video_count - getattr(row, field), row.video_count)

    return Coverage(field, words, facet, has(content), has(earlier) if earlier else None, getattr(content, field))
