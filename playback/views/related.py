"""Videos beside the one that is watched."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library.access import current_user, requires
from playback.queries import Names, names_of, tiles_of
from playback.queries_related import related_videos
from playback.views.finding import shown_file


@requires("library.view_video")
@require_safe
def related(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/related/`: what goes with a video and why; with `piece` only that, for the watch page."""
    file, user = shown_file(video_id), current_user(request)
    found = related_videos(file, user=user)
    tiles = tiles_of([one.file for one in found], user=user)
    mine = names_of([video_id])[video_id]
    rows: list[dict[str, Any]] = [
        {"tile": tile, "why": shared_words(mine, tile.names) if one.is_related else "Often watched here"}
        for one, tile in zip(found, tiles, strict=True)
    ]
    template = "playback/watch/_related_rows.html" if request.GET.get("piece") else "playback/related.html"
    response = render(request, template, {"rows": rows, "video": file.video})
    response["Cache-Control"] = "private, no-cache"
    return response


def shared_words(mine: Names, theirs: Names) -> str:
    """What two videos have in common, in a few words; empty where a page shows nothing of it."""
    people = {one.pk for one in mine.people}
    names = [one.name for one in theirs.people if one.pk in people]
    if names:
        return f"Also with {', '.join(names[:2])}"
    studios = {one.pk for one in mine.studios}
    if studio := next((one.name for one in theirs.studios if one.pk in studios), ""):
        return f"Also from {studio}"
    tags = {one.pk for one in mine.tags}
    shared = [one.name for one in theirs.tags if one.pk in tags]
    return f"Also {', '.join(shared[:3])}" if shared else ""
