"""What one has watched, by day, and taking things out of it."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from library.access import current_user, requires
from playback.queries import Tile, tiles_of
from playback.queries_watching import HistoryPlaceError, Watched, activity, history_page
from playback.services.user_settings import card_settings_of
from playback.services.watched import forget_watched, mark_unwatched, mark_watched
from playback.views.finding import shown_file

_CHART_DAYS = 30


@requires("library.view_video")
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """`/history/`: the user's own, each video once a day; `q` are words, `after` goes on from a place."""
    user = current_user(request)
    text, after = request.GET.get("q", "").strip().replace("\0", "")[:200], request.GET.get("after", "")
    try:
        page = history_page(user, text=text, after=after)
    except HistoryPlaceError:
        raise Http404("That page of the history does not exist.") from None
    tiles = tiles_of([row.file for row in page.rows], user=user, card=card_settings_of(user))
    more = {name: value for name, value in (("q", text), ("after", page.next_place or "")) if value}
    days = activity(user, days=_CHART_DAYS) if not (text or after) else []
    context = {
        "days": _by_day(page.rows, tiles),
        "text": text,
        "is_continued": bool(after),
        "more": f"{request.path}?{urlencode(more)}" if page.next_place else "",
        "watch_query": "",
        "chart": [{"day": day, "count": count} for day, count in days],
        "most": max((count for _, count in days), default=0),
        "watched_days": sum(1 for _, count in days if count),
    }
    return render(request, "playback/history.html", context)


@requires("library.view_video")
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """`/history/forget/`: takes out a video of a day (`day`, `video`), a day, or with `all` everything."""
    user = current_user(request)
    day, video = parse_date_or_none(request.POST.get("day", "")), request.POST.get("video", "")
    if request.POST.get("all") == "1":
        forget_watched(user=user)
        messages.success(request, "Your history is empty.")
    elif day is not None:
        video_id = int(video) if video.isascii() and video.isdigit() and len(video) < 19 else None
        if video and video_id is None:
            raise Http404("There is no such video.")
        count = forget_watched(user=user, day=day, video_id=video_id)
        said = "It is out of your history." if video_id else "That day is out of your history."
        messages.success(request, said if count else "It was out of your history already.")
    else:
        raise Http404("Say what to take out.")
    text = request.POST.get("q", "")
    return redirect(reverse("history") + (f"?{urlencode({'q': text})}" if text else ""))


@requires("library.view_video")
@require_POST
def watched(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/watched/`: says that the video was watched to its end, or with `is_watched` 0 that it wasn't."""
    file, user = shown_file(video_id), current_user(request)
    if request.POST.get("is_watched") == "0":
        mark_unwatched(user=user, video_ids=[video_id])
        messages.success(request, f"“{file.video}” counts as not watched.")
    else:
        mark_watched(user=user, video_ids=[video_id])
        messages.success(request, f"“{file.video}” counts as watched.")
    return redirect("watch", video_id)


def parse_date_or_none(text: str) -> date | None:
    """A day as YYYY-MM-DD; None for what is none."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def _by_day(rows: Sequence[Watched], tiles: Sequence[Tile]) -> list[dict[str, Any]]:
    today = timezone.localdate()
    return [
        {
            "day": day,
            "label": _label(day, today),
            "rows": [{"watch": row.watch, "tile": tile} for row, tile in pairs],
        }
        for day, pairs in groupby(zip(rows, tiles, strict=True), key=lambda pair: pair[0].day)
    ]


def _label(day: date, today: date) -> str:
    ago = (today - day).days
    if ago in (0, 1):
        return ("Today", "Yesterday")[ago]
    year = f", {day.year}" if day.year != today.year else ""
    return f"{day:%A}, {day.day} {day:%B}{year}"
