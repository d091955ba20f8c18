"""What the admin's first page begins with: how organised the library is, how it grows, where it lies, how it does."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from library.admin.dashboard import Section, register_section
from library.filters import encode_filter, parse_filter
from stats.health import health_lines
from stats.queries.front import DAYS, GROWTH_DAYS, Front, load_front
from stats.queries.series import Point

_SEE = ("stats.view_statistics",)
_FOLDERS_SHOWN = 6
_WIDTH, _HEIGHT = 600, 120


def front_of(request: HttpRequest) -> Front | None:
    """Loaded once for all cards of a page."""
    if not hasattr(request, "stats_front"):
        request.stats_front = load_front()  # type: ignore[attr-defined]
    return request.stats_front  # type: ignore[attr-defined,no-any-return]


def load_coverage(request: HttpRequest) -> dict[str, Any] | None:
    """What the videos have; each line leads to those that lack it."""
    front = front_of(request)
    if front is None or front.content is None:
        return None
    lines = [
        (one, f"{reverse('library')}?f={encode_filter(parse_filter({'facet': one.facet, 'op': 'empty'}))}")
        if one.facet
        else (one, "")
        for one in front.coverage
    ]
    return {"front": front, "lines": lines, "days": DAYS}


def load_growth(request: HttpRequest) -> dict[str, Any] | None:
    """How the library has grown, and until when its disks last."""
    front = front_of(request)
    if front is None:
        return None
    earlier = front.library_before
    return {
        "front": front,
        "days": DAYS,
        "grown": front.library.total_count - earlier.total_count if earlier else None,
        "grown_bytes": front.library.total_bytes - earlier.total_bytes if earlier else None,
        "growth_days": GROWTH_DAYS,
        "line": _line(front.growth),
        "first": front.growth[0] if front.growth else None,
        "last": front.growth[-1] if front.growth else None,
    }


def load_storage(request: HttpRequest) -> dict[str, Any] | None:
    """Which folders take how much, and what was made from the videos."""
    front = front_of(request)
    if front is None or front.storage is None:
        return None
    folders = front.storage.directory_breakdown
    most = max((one["size_bytes"] for one in folders), default=0) or 1
    may_open = request.user.has_perm("library.view_folder")
    shown = [
        one
        | {
            "percent": round(100 * one["size_bytes"] / most),
            # One of then may be gone by now; its page says so.
            "address": reverse("admin:library_folder_change", args=(one["directory_id"],))
            if may_open and one.get("directory_id")
            else "",
        }
        for one in folders[:_FOLDERS_SHOWN]
    ]
    derived = [one for one in front.storage.derived_breakdown if one["size_bytes"]]
    return {
        "storage": front.storage,
        "folders": shown,
        "derived": derived,
        "more": max(0, len(folders) - _FOLDERS_SHOWN),
    }


def load_health(request: HttpRequest) -> dict[str, Any] | None:
    """What wants somebody, with where to see to it."""
    front = front_of(request)
    if front is None:
        return None
    library = front.library
    shown = health_lines(library, request.user.has_perm)
    return {"lines": shown, "taken_at": library.taken_at, "is_well": not any(count for _, count, _ in shown)}


def _line(points: Sequence[Point]) -> str:
    """Points of an SVG of 600 × 120, from the least to the most; a flat one in the middle. Empty for fewer than two."""
    if len(points) < 2:
        return ""
    values = [point.value for point in points]
    low, span = min(values), max(values) - min(values)
    return " ".join(
        f"{_WIDTH * number / (len(points) - 1):.1f},"
        f"{_HEIGHT - 6 - (_HEIGHT - 12) * ((value - low) / span if span else 0.5):.1f}"
        for number, value in enumerate(values)
    )


_AT = "admin/dashboard/stats_"
for _section in (
    Section("coverage", "How organised it is", _AT + "coverage.html", load_coverage, _SEE, order=1, is_wide=True),
    Section("growth", "How it grows", _AT + "growth.html", load_growth, _SEE, order=2),
    Section("storage", "Where it lies", _AT + "storage.html", load_storage, _SEE, order=3),
    Section("health", "How it does", _AT + "health.html", load_health, _SEE, order=4, is_wide=True),
):
    register_section(_section)
