"""Triage in the admin: the queues, one video at a time, many at once, the pace. The pages talk to /api/v1/triage/."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from library.access import current_user, may
from library.api.triage.screens import screens_of
from library.api.triage.shapes import ScreenSerializer, TriageProgressSerializer
from library.api.triage.views import told_progress
from library.queries.triage import PACE_DAYS, Covered, Step, last_coverage_is_old, load_pace, states_of
from library.services.triage.coverage import record_coverage
from library.services.triage.queues import Queue, TriageError, find_queue, queues_for
from library.services.triage.serving import next_videos, open_queue

# The one that is shown and those that are loaded meanwhile.
_AT_FIRST = 3
# People who may look at others' work see everybody's pace.
_SEES_EVERYBODY = "library.view_user"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """`/admin/library/triage/`: every queue with where one is in it; how much it holds comes afterwards, by the API."""
    user = current_user(request)
    states = states_of(user, queues_for(user), is_counted=False)
    begun = [state for state in states if state.progress is not None and state.progress.processed]
    begun.sort(key=lambda state: state.progress.active_at if state.progress else timezone.now(), reverse=True)
    context = {
        "title": "Triage",
        "last": begun[0] if begun else None,
        "rows": [(state, _told(state)) for state in states if not state.queue.key.startswith("search-")],
        "searches": [(state, _told(state)) for state in states if state.queue.key.startswith("search-")],
        "api": reverse("api_triage_queues"),
    }
    return _page(request, "overview", context)


def _told(state: Any) -> dict[str, Any] | None:
    return told_progress(state.progress) if state.progress else None


@require_safe
def queue_page(request: HttpRequest, queue: str) -> HttpResponse:
    """`/admin/library/triage/<queue>/`: one video after another. The first ones come with the page."""
    found = _find(request, queue)
    user = current_user(request)
    progress = open_queue(user=user, queue=found)
    ids = next_videos(user=user, queue=found, count=_AT_FIRST)
    facts = {
        **_addresses(found),
        "screens": ScreenSerializer(screens_of(request, ids), many=True).data,
        "isEnd": len(ids) < _AT_FIRST,
        "progress": TriageProgressSerializer(told_progress(progress)).data,
        **_rights(request),
    }
    return _page(request, "queue", {"title": found.label, "queue": found, "facts": facts})


@require_safe
def grid_page(request: HttpRequest, queue: str) -> HttpResponse:
    """`/admin/library/triage/<queue>/grid/`: many at once; the script asks for them."""
    found = _find(request, queue)
    open_queue(user=current_user(request), queue=found)
    facts = {**_addresses(found), **_rights(request)}
    return _page(request, "grid", {"title": f"{found.label}, many at once", "queue": found, "facts": facts})


@require_safe
def pace_page(request: HttpRequest) -> HttpResponse:
    """`/admin/library/triage/pace/`: how fast it goes and how long it still takes; `?mine=1` for one's own work."""
    is_mine = bool(request.GET.get("mine")) or not may(request, _SEES_EVERYBODY)
    if last_coverage_is_old():
        record_coverage()
    pace = load_pace(current_user(request) if is_mine else None)
    context = {
        "title": "Pace",
        "pace": pace,
        "is_mine": is_mine,
        "may_see_all": may(request, _SEES_EVERYBODY),
        "days": _bars(_every(pace.days, timedelta(days=1), PACE_DAYS)),
        "hours": _bars(_every(pace.hours, timedelta(hours=1), 24)),
        "lines": _lines(pace.coverage, pace.labels),
    }
    return _page(request, "pace", context)


def _find(request: HttpRequest, key: str) -> Queue:
    try:
        return find_queue(key, current_user(request))
    except TriageError as error:
        raise Http404(str(error)) from None


def _addresses(queue: Queue) -> dict[str, Any]:
    api = {
        name: reverse(f"api_triage_{name}", args=(queue.key,))
        for name in ("next", "open", "answer", "undo", "reset", "grid", "many", "search")
    }
    names = {kind: reverse("api_facet_names", args=(facet,)) for kind, facet in _FACETS.items()}
    return {
        "queue": queue.key,
        "label": queue.label,
        "api": api
        | {
            "answers": f"{reverse('api_triage_answers')}?queue={queue.key}",
            "names": names,
            "playback": reverse("api_playback", args=(0,)).replace("/0/", "/{id}/"),
            "edit": reverse("api_bulk_edit", args=(0,)).replace("/0/", "/{id}/"),
        },
        "pages": {
            "queues": reverse("triage"),
            "single": reverse("triage_queue", args=(queue.key,)),
            "grid": reverse("triage_grid", args=(queue.key,)),
        },
        "hls": static("vendor/hls.js"),
    }


_FACETS = {"tags": "tag", "people": "creator", "studios": "studio"}


def _rights(request: HttpRequest) -> dict[str, Any]:
    """What the buttons and keys may do; the API asks for itself."""
    return {
        "mayTrash": may(request, "library.trash_video"),
        "mayCreate": {
            "tags": may(request, "library.add_tag"),
            "people": may(request, "people.add_creator"),
            "studios": may(request, "people.add_studio"),
        },
    }


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(
        request, f"admin/library/triage/{name}.html", {**admin.site.each_context(request), **context}
    )


def _every(steps: Sequence[Step], width: timedelta, most: int) -> list[Step]:
    """With the empty ones between, so that a bar's place is its time; the last one is now."""
    if not steps:
        return []
    known = {step.at: step for step in steps}
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    if width.days:
        now = now.replace(hour=0)
    places = [now - number * width for number in range(most - 1, -1, -1)]
    return [known.get(place, Step(place, 0, 0, 0.0)) for place in places]


def _bars(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Bars of a chart: each step with its height in percent of the highest one."""
    highest = max((step.videos for step in steps), default=0) or 1
    return [{"step": step, "percent": round(100 * step.videos / highest, 1)} for step in steps]


def _lines(coverage: Sequence[Covered], labels: dict[str, str]) -> list[dict[str, Any]]:
    """A line for each queue: what share of the library is no longer in it, as points of an SVG of 600 × 160."""
    if not coverage:
        return []
    first, last = coverage[0].day, coverage[-1].day
    days = max(1, (last - first).days)
    lines = []
    for number, (key, label) in enumerate(labels.items(), 1):
        known = [(row.day, row.shares[key]) for row in coverage if key in row.shares]
        if not known:
            continue
        points = [f"{600 * (day - first).days / days:.1f},{160 - 160 * share:.1f}" for day, share in known]
        if len(points) == 1:
            points.append(f"600,{points[0].partition(',')[2]}")
        lines.append(
            {
                "label": label.removeprefix("Without ").capitalize(),
                "lane": number,
                "points": " ".join(points),
                "from": known[0][1],
                "now": known[-1][1],
            }
        )
    return lines
