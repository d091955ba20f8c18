"""Marks: the list beside the player, the page of all of them, labels, and clips to download."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from library.access import current_user, requires
from library.announce import announce
from library.models import Tag, User
from library.serving import serve_stored
from playback.exceptions import PlaybackError
from playback.models import Marker
from playback.queries_markers import (
    find_markers,
    label_groups,
    list_markers,
    markers_of,
    seek_bar_marks,
    suggest_labels,
)
from playback.services import marking
from playback.views.finding import shown_file
from processing.models.images import derived_storage

_CLIP_TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
}


def marks_context(user: User, video_id: int) -> dict[str, Any]:
    """What the list beside the player shows. Three queries."""
    marks = markers_of(user, video_id)
    return {
        "marks": marks,
        "marks_facts": seek_bar_marks(marks),
        "most_marks": marking.MOST_PER_VIDEO,
    }


@requires("library.view_video")
@require_safe
def of_video(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/marks/`: the list beside the player, as a piece of a page."""
    file = shown_file(video_id)
    context = marks_context(current_user(request), video_id) | {"video": file.video, "file": file}
    response = render(request, "playback/marks/_list.html", context)
    response["Cache-Control"] = "no-store"
    return response


@requires("library.view_video")
@require_safe
def marks(request: HttpRequest) -> HttpResponse:
    """`/markers/`: every mark of the one who asks, the latest first. `q`, `label`, `tag`, `video`, `clips` choose."""
    user = current_user(request)
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("q", "label", "tag", "video", "clips")}
    tag_id, video_id, before = (_number(request.GET.get(name, "")) for name in ("tag", "video", "before"))
    rows = find_markers(
        user, text=asked["q"], label=asked["label"], tag_id=tag_id, video_id=video_id, only_clips=bool(asked["clips"])
    )
    page = list_markers(rows, before_id=before)
    kept = {name: value for name, value in asked.items() if value}
    more = f"{request.path}?{urlencode({**kept, 'before': page.next_id})}" if page.next_id else ""
    context: dict[str, Any] = {"marks": page.markers, "more": more, "with_titles": True}
    if request.headers.get("HX-Target") == "more" and request.headers.get("HX-History-Restore-Request") != "true":
        return render(request, "playback/marks/_cards.html", context)
    tag = Tag.objects.filter(pk=tag_id).first() if tag_id is not None else None
    context |= {
        "asked": asked,
        "labels": suggest_labels(user),
        "tag": tag,
        "tags": Tag.objects.in_use().filter(marker_tags__marker__user=user).distinct().order_by("name")[:100],
        "video": page.markers[0].video if video_id is not None and page.markers else None,
        "is_selective": bool(kept),
        "is_continued": before is not None,
        "addresses": {name: _without(request.path, kept, name) for name in asked},
    }
    return render(request, "playback/marks/all.html", context)


@requires("library.view_video")
@require_safe
def labels(request: HttpRequest) -> HttpResponse:
    """`/markers/labels/`: the labels with pictures, how often each is used, and the tags that it brings along."""
    return render(request, "playback/marks/labels.html", {"groups": label_groups(current_user(request))})


@requires("library.view_video")
@require_POST
def change_label(request: HttpRequest) -> HttpResponse:
    """`/markers/labels/change/`: renames a label, or sets the tags that it brings along."""
    user, label = current_user(request), request.POST.get("label", "")
    try:
        if request.POST.get("action") == "rename":
            batch = marking.rename_label(user=user, label=label, to=request.POST.get("to", ""))
        else:
            chosen = [one for text in request.POST.getlist("tag") if (one := _number(text)) is not None]
            batch = marking.set_label_tags(user=user, label=label, tag_ids=chosen)
    except PlaybackError as error:
        messages.error(request, str(error))
        return redirect("marker_labels")
    announce(request, f"{batch.summary}." if batch else "Nothing was changed.", batch)
    return redirect("marker_labels")


@requires("library.view_video")
@require_POST
def delete(request: HttpRequest, marker_id: int) -> HttpResponse:
    """`/markers/<id>/delete/`: from the page of all marks, which it returns to."""
    marker = _own(request, marker_id)
    try:
        batch = marking.delete_marker(marker, user=current_user(request))
        announce(request, f"{batch.summary}.", batch)
    except PlaybackError as error:
        messages.error(request, str(error))
    return redirect("markers")


@requires("library.view_video")
@require_safe
def download_clip(request: HttpRequest, marker_id: int) -> HttpResponseBase:
    """`/markers/<id>/clip/`: the file that was cut out, only for who has the mark."""
    marker = _own(request, marker_id)
    export = getattr(marker, "export", None)
    if export is None:
        raise Http404("This clip was not cut out, or its days are over. Cut it again.")
    storage = derived_storage()
    name = str(export.clip)
    suffix = f".{name.rsplit('.', 1)[-1]}"
    label = slugify(marker.label) or f"from-{int(export.from_seconds)}s"
    shown = f"{slugify(marker.video.title) or 'clip'}-{label}{suffix}"
    if settings.DERIVED_STORAGE == "s3" and settings.S3_DELIVERY == "redirect":
        signed = storage.signed_url(name, seconds=settings.S3_URL_SECONDS)  # type: ignore[attr-defined]
        return HttpResponseRedirect(signed)
    response = serve_stored(
        request,
        storage,
        name,
        types=_CLIP_TYPES,
        missing="The file of this clip is gone. Cut it again.",
        cache_control="private, no-cache",
    )
    response["Content-Disposition"] = content_disposition_header(True, shown) or "attachment"
    return response


def _own(request: HttpRequest, marker_id: int) -> Marker:
    marker = marking.find_marker(current_user(request), marker_id) if marker_id < 2**63 else None
    if marker is None:
        raise Http404("There is no such mark of yours.")
    return marker


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _without(path: str, kept: dict[str, str], name: str) -> str:
    rest = urlencode({key: value for key, value in kept.items() if key != name})
    return f"{path}?{rest}" if rest else path
