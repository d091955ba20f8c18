"""The dashboard, the parts of other pages that show figures, and one's own year."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from library.access import current_user, may, requires
from library.filters import encode_filter, parse_filter
from library.models import Folder, Tag, Video
from people.models import Creator, Studio
from processing.services.submit import MANUAL, submit_jobs
from stats.health import health_lines
from stats.queries.entities import numbers_of, year_of
from stats.queries.forecast import forecasts
from stats.queries.series import fields_of
from stats.queries.summary import summary
from stats.services.snapshots import KINDS
from stats.stages import WHOLE

SEE = "stats.view_statistics"
COUNT = "stats.change_statssettings"
TRIAGE = "library.triage_video"
_FIRST_YEAR = 1970
_COMPARED = (7, 30, 90, 365)
_RANGES = (30, 90, 365, 3650)
# Which bars of the newest snapshot lead to which facet of the library.
_BARS = (
    ("resolution_breakdown", "Resolution", "resolution"),
    ("codec_breakdown", "Video codec", "codec"),
    ("container_breakdown", "Container", "container"),
    ("hdr_breakdown", "Dynamic range", ""),
    ("orientation_breakdown", "Orientation", "orientation"),
    ("frame_rate_breakdown", "Pictures a second", ""),
    ("length_breakdown", "Length", ""),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@requires(SEE)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """`/stats/`: what the library is, what is left to do, where it goes; `days` says with when it is compared."""
    asked = request.GET.get("days", "")
    days = next((one for one in _COMPARED if str(one) == asked), _COMPARED[0])
    found = summary(days=days)
    context: dict[str, Any] = {
        "summary": found,
        "days": days,
        "compared": _COMPARED,
        "ranges": _RANGES,
        "may_count": may(request, COUNT),
    }
    if not found.is_empty:
        library, content, usage = found.library, found.content, found.usage
        context |= {
            "coverage": [
                (one, _library({"facet": one.facet, "op": "empty", "value": None}) if one.facet else "")
                for one in found.coverage
            ],
            "disks": forecasts(),
            "bars": [(label, _bars(getattr(library, name), facet)) for name, label, facet in _BARS],
            "folders": _folders(found.storage.directory_breakdown) if found.storage else [],
            "derived": _with_share(found.storage.derived_breakdown) if found.storage else [],
            "tops": _tops(content, usage),
            "week": heat(usage.activity_by_weekday, request) if usage else None,
            "health": health_lines(library, lambda right: may(request, right)),
            "triage": _triage(content) if content and may(request, TRIAGE) else None,
            "savings": [
                (words, size, address) for words, size, address, right in _savings(found) if may(request, right)
            ],
            "plots": [(kind, list(fields_of(kind).items())) for kind in KINDS],
        }
    return render(request, "stats/dashboard.html", context)


@requires(SEE, COUNT)
@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """`/stats/count/`: has all figures taken now."""
    for stage in ("snapshot-storage", "snapshot-daily"):
        submit_jobs(stage=stage, target_ids=[WHOLE], priority=MANUAL, requested_by_id=current_user(request).pk)
    messages.success(request, "Everything is counted now. Look again in a moment.")
    return redirect("stats")


@requires("library.view_video")
@require_safe
def part(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """`/stats/of/<kind>/<key>/`: the figures of a person, a studio (by public id), a tag or a folder, for its page."""
    row: Any
    if kind == "creator":
        row = get_object_or_404(Creator.objects.in_use(), public_id=_uuid(key))
    elif kind == "studio":
        row = get_object_or_404(Studio.objects.in_use(), public_id=_uuid(key))
    elif kind == "tag":
        row = get_object_or_404(Tag.objects.in_use(), pk=_number(key))
    elif kind == "folder" and may(request, "library.view_folder"):
        row = get_object_or_404(Folder.objects.in_library(), pk=_number(key))
    else:
        raise Http404("There are no figures of that.")
    numbers = numbers_of(kind, row.pk)  # type: ignore[arg-type] # checked above
    most = max((month.total for month in numbers.months), default=0)
    return render(request, "stats/_numbers.html", {"numbers": numbers, "most": most})


@requires("library.view_video")
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """`/stats/mine/`: what the user watched in a year; nobody else's."""
    asked, this = request.GET.get("year", ""), timezone.localdate().year
    is_year = len(asked) == 4 and asked.isascii() and asked.isdigit() and _FIRST_YEAR <= int(asked) <= this
    year = int(asked) if is_year else this
    found = year_of(current_user(request), year)
    until = timezone.localdate().month if year == this else 12
    context = {
        "found": found,
        "months": [(datetime(year, number + 1, 1), seconds) for number, seconds in enumerate(found.months[:until])],
        "most": max(found.months),
        "week": heat(found.hours, request, is_local=True),
        "tops": [
            (title, [(str(thing), _page_of(thing), seconds) for thing, seconds in things])
            for title, things in (
                ("Videos", found.top_videos),
                ("People", found.top_people),
                ("Studios", found.top_studios),
                ("Tags", found.top_tags),
            )
            if things
        ],
    }
    return render(request, "stats/mine.html", context)


def heat(week: Any, request: HttpRequest, *, is_local: bool = False) -> dict[str, Any] | None:
    """A week of hours as the page shows it, in local time; None where nothing was watched."""
    if not week or not any(any(day) for day in week):
        return None
    if not is_local:
        offset = timezone.localtime().utcoffset()
        hours = round(offset.total_seconds() / 3600) if offset else 0
        flat = [seconds for day in week for seconds in day]
        flat = [flat[(number - hours) % len(flat)] for number in range(len(flat))]
        week = [flat[24 * day : 24 * day + 24] for day in range(7)]
    most = max(max(day) for day in week)
    return {
        "hours": range(24),
        "days": [
            (name[:3], name[3:], [(seconds, round(100 * seconds / most)) for seconds in day])
            for name, day in zip(_WEEKDAYS, week, strict=True)
        ],
    }


def _page_of(thing: Any) -> str:
    return reverse("watch", args=(thing.pk,)) if isinstance(thing, Video) else str(thing.get_absolute_url())


def _library(condition: dict[str, Any]) -> str:
    return f"{reverse('library')}?f={encode_filter(parse_filter(condition))}"


def _bars(rows: Any, facet: str) -> list[dict[str, Any]]:
    return [
        row
        | {"address": _library({"facet": facet, "op": "any", "value": [row["key"]]}) if facet and row["key"] else ""}
        for row in rows[:12]
    ]


def _with_share(rows: Any) -> list[dict[str, Any]]:
    shown = [row for row in rows if row["size_bytes"] or row.get("missing_count")][:20]
    most = max((row["size_bytes"] for row in shown), default=0)
    return [row | {"percent": round(100 * row["size_bytes"] / most) if most else 0} for row in shown]


def _folders(rows: Any) -> list[dict[str, Any]]:
    """The folders with what lies in the first ones below them."""
    shown = _with_share(rows)
    for row in shown:
        inside = _with_share(row.get("folders") or [])
        row["inside"] = [
            one
            | {
                "address": _library(
                    {"facet": "path", "op": "under", "value": f"{row['path'].rstrip('/')}/{one['name']}"}
                )
            }
            for one in inside
        ]
        row["address"] = _library({"facet": "path", "op": "under", "value": row["path"]}) if row["path"] else ""
    return shown


def _triage(content: Any) -> dict[str, Any]:
    """What the queues still hold, and how the last day went."""
    total = content.video_count
    rows = [
        row
        | {
            "percentage": round(100 * row["left"] / total) if total else 0,
            "address": reverse("triage_queue", args=(row["queue"],)),
        }
        for row in content.triage_queues
    ]
    answers = content.triage_answers
    return {"rows": rows, "answers": answers, "seconds_each": content.triage_seconds / answers if answers else None}


def _tops(content: Any, usage: Any) -> list[tuple[str, str, list[dict[str, Any]]]]:
    tops = []
    if content:
        for title, rows, name in (
            ("Tags", content.top_tags, "tag"),
            ("People", content.top_creators, "person"),
            ("Studios", content.top_studios, "studio"),
        ):
            shown = [
                {"name": row["name"], "count": row["video_count"], "address": reverse(name, args=(row["id"],))}
                for row in rows
                if row.get("id") is not None
            ]
            tops.append((title, "videos", shown))
    if usage:
        watched = [
            {"name": row["title"], "count": row["play_count"], "address": reverse("watch", args=(row["video_id"],))}
            for row in usage.top_watched
            if row["video_id"] is not None
        ]
        tops.append(("Most watched", "plays", watched))
    return [top for top in tops if top[2]]


def _savings(found: Any) -> list[tuple[str, int, str, str]]:
    """What could go or be smaller, in words, with the bytes that it would give, where to do it and the right to."""
    library, storage = found.library, found.storage
    offers = []
    if library.duplicate_bytes:
        pairs = _counted(library.duplicate_pairs, "pair of duplicates", "pairs of duplicates")
        address = reverse("admin:library_duplicatepair_changelist")
        offers.append((f"{pairs} to look at", library.duplicate_bytes, address, "library.view_duplicatepair"))
    if library.convertible_bytes:
        videos = _counted(library.convertible_count, "video", "videos")
        address = reverse("admin:processing_conversion_suggestions")
        offers.append((f"{videos} worth converting", library.convertible_bytes, address, "processing.convert_video"))
    if storage and storage.missing_count:
        missing = _counted(storage.missing_count, "missing file is", "missing files are")
        offers.append((f"{missing} only remembered", 0, reverse("missing"), "library.view_video"))
    if library.trashed_count:
        trashed = _counted(library.trashed_count, "video", "videos")
        offers.append((f"{trashed} in the trash", 0, reverse("trash"), "library.trash_video"))
    return offers


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("There is nobody of that id.") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404("There is no such row.")
    return int(text)
