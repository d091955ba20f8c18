"""Watching a video: the page, and where the user is in it."""

import logging
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_POST, require_safe

from library import queries
from library.access import current_user, may, requires
from library.models import VideoFile
from library.models.file import FileState
from library.wishes import Wish
from library.words import codec, container
from playback.exceptions import PositionError
from playback.queries import names_of, progress_of, resume_position, tiles_of
from playback.services import record_position
from playback.views.finding import shown_file
from processing.queries.pictures import NONE, pictures_of
from processing.services import look_at_files

logger = logging.getLogger(__name__)

_UP_NEXT = 8


@requires("library.view_video")
@require_safe
def watch(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/`: the player; the library's address (?q, ?f, ?sort) says how "Up next" goes on."""
    file = shown_file(video_id)
    user = current_user(request)
    wish = Wish.of({name: request.GET.get(name, "") for name in ("q", "f", "sort")})
    place = queries.cursor_at(file, wish.sort, text=wish.text, user=user)
    following = wish.page(user, after=place, limit=_UP_NEXT)
    if file.state != FileState.READY:
        look_at_files(file_ids=[file.pk])
    duration = file.duration_seconds
    mine = progress_of(user, [video_id]).get(video_id)
    pictures = pictures_of([file.pk]).get(file.pk, NONE)
    resume_at = resume_position(mine, duration_seconds=duration)
    context = {
        "file": file,
        "video": file.video,
        "names": names_of([video_id])[video_id],
        "may_choose_cover": may(request, "library.change_video"),
        "may_edit": request.user.is_staff and may(request, "library.change_video"),
        "pictures": pictures,
        "tiles": tiles_of(following.files, user=user, with_names=False),
        "list_query": f"?{wish.carried()}" if wish.carried() else "",
        "resume_at": resume_at,
        "player": {
            "resumeAt": resume_at,
            "duration": duration,
            "videoCodec": file.video_codec,
            "audioCodec": file.audio_codec,
            "container": file.container,
            "frameRate": file.frame_rate,
            "what": _what(file),
            "sound": codec(file.audio_codec),
            "progress": reverse("progress", args=[video_id]),
            "chapters": _chapters(file),
        },
    }
    return render(request, "playback/watch.html", context)


@requires("library.view_video")
@require_safe
def chapters(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/chapters.vtt`: the file's chapters for the seek bar."""
    return HttpResponse(chapters_vtt(shown_file(video_id)), content_type="text/vtt; charset=utf-8")


def chapters_vtt(file: VideoFile) -> str:
    """The file's chapters as WebVTT."""
    cues = [
        f"{_vtt_time(chapter['start'])} --> {_vtt_time(chapter['end'])}\n{escape(' '.join(chapter['title'].split()))}\n"
        for chapter in _chapters(file)
    ]
    return "\n".join(["WEBVTT\n", *cues])


@requires("library.view_video")
@require_POST
def progress(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/progress`: the player tells where it is. 204, or 400 for a position that is none."""
    shown_file(video_id)
    try:
        position = float(request.POST.get("position", ""))
        duration = float(request.POST.get("duration") or "nan")
        record_position(
            user=current_user(request), video_id=video_id, position_seconds=position, duration_seconds=duration
        )
    except (ValueError, PositionError):
        return HttpResponse("A position is a number of seconds.", status=HTTPStatus.BAD_REQUEST)
    except IntegrityError:
        raise Http404("This video is gone.") from None
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _what(file: VideoFile) -> str:
    """What a browser may be unable to show, in words: HEVC video in Matroska."""
    inside = f" in {container(file.container)}" if file.container else ""
    return f"{codec(file.video_codec)} video{inside}" if file.video_codec else f"this file{inside}"


def _vtt_time(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _chapters(file: VideoFile) -> list[dict[str, Any]]:
    """Chapters for the player, in seconds; junk left out."""
    found = []
    for number, chapter in enumerate(file.chapters or [], start=1):
        start, end = chapter.get("start_seconds"), chapter.get("end_seconds")
        if isinstance(start, int | float) and isinstance(end, int | float) and 0 <= start < end:
            found.append({"start": start, "end": end, "title": chapter.get("title") or f"Chapter {number}"})
    return found
