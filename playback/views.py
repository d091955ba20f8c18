"""Watching a video: the page, the bytes of its file, and where the user is in it."""

import logging
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.html import escape
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe
from django.views.decorators.http import require_POST, require_safe

from library import queries
from library.access import current_user, may, requires
from library.exceptions import RangeNotSatisfiableError
from library.media_types import media_type
from library.models import VideoFile
from library.models.file import FileState
from library.ranges import ByteRange, Piece, parse_range
from library.wishes import Wish
from library.words import codec, container
from playback.exceptions import FileUnavailableError, PositionError
from playback.queries import names_of, progress_of, resume_position, tiles_of
from playback.services import OpenedFile, open_file, record_position
from processing.queries.pictures import NONE, pictures_of
from processing.services import look_at_files

logger = logging.getLogger(__name__)

_UP_NEXT = 8


@requires("library.view_video")
@require_safe
def watch(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/`: the player; the library's address (?q, ?f, ?sort) says how "Up next" goes on."""
    file = _file(video_id)
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
    cues = [
        f"{_vtt_time(chapter['start'])} --> {_vtt_time(chapter['end'])}\n{escape(' '.join(chapter['title'].split()))}\n"
        for chapter in _chapters(_file(video_id))
    ]
    return HttpResponse("\n".join(["WEBVTT\n", *cues]), content_type="text/vtt; charset=utf-8")


@requires("library.view_video")
@require_POST
def progress(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/progress`: the player tells where it is. 204, or 400 for a position that is none."""
    _file(video_id)
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


@requires("library.view_video")
@require_safe
def stream(request: HttpRequest, video_id: int) -> HttpResponseBase:
    """`/videos/<id>/stream`: the primary file, whole or the piece that Range asks for."""
    file = _file(video_id)
    try:
        opened = open_file(file)
    except FileUnavailableError as error:
        logger.warning("Video %s can't be sent: %s", video_id, error)
        raise Http404("The file of this video can't be read right now.") from None
    # The database connection goes back before the bytes flow: a slow download must not hold one of the pool.
    if not connection.in_atomic_block:
        connection.close()
    try:
        response = _answer(request, file, opened)
    except BaseException:
        opened.stream.close()
        raise
    if not isinstance(response, FileResponse):
        opened.stream.close()
    return response


def _answer(request: HttpRequest, file: VideoFile, opened: OpenedFile) -> HttpResponseBase:
    """The response by the preconditions, then by If-Range and Range, in the order of RFC 9110, section 13.2.2."""
    etag = f'"{opened.size_bytes:x}-{opened.mtime_ns:x}-{file.oshash}"'
    modified = opened.mtime_ns // 1_000_000_000
    headers: dict[str, str] = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Last-Modified": http_date(modified),
        "Cache-Control": "private, no-cache",
        "Content-Type": media_type(file.shown_name),
        "Content-Disposition": content_disposition_header(False, file.shown_name) or "inline",
    }
    conditional = get_conditional_response(request, etag=etag, last_modified=modified, response=None)
    if conditional is not None:
        for name in ("ETag", "Last-Modified", "Cache-Control"):
            conditional[name] = headers[name]
        return conditional
    piece: ByteRange | None = None
    if request.method == "GET" and _range_counts(request, etag, modified):
        try:
            piece = parse_range(request.headers.get("Range", ""), opened.size_bytes)
        except RangeNotSatisfiableError:
            headers["Content-Range"] = f"bytes */{opened.size_bytes}"
            headers.pop("Content-Disposition")
            headers["Content-Type"] = "text/plain; charset=utf-8"
            return HttpResponse(
                "That part lies behind the end of the file.",
                status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                headers=headers,
            )
    headers["Content-Length"] = str(piece.length if piece else opened.size_bytes)
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    if piece:
        headers["Content-Range"] = piece.content_range
    body = Piece(opened.stream, piece.first if piece else 0, piece.length if piece else opened.size_bytes)
    status = HTTPStatus.PARTIAL_CONTENT if piece else HTTPStatus.OK
    response = FileResponse(body, status=status, content_type=headers["Content-Type"])
    response.block_size = 256 * 1024
    for name, value in headers.items():
        response[name] = value
    return response


def _range_counts(request: HttpRequest, etag: str, modified: int) -> bool:
    """Whether If-Range, if there is one, still names this file; if not, the whole file is the answer."""
    condition = request.headers.get("If-Range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag
    return parse_http_date_safe(condition) == modified


def _file(video_id: int) -> VideoFile:
    file = queries.find_video(video_id) if video_id < 2**63 else None
    if file is None:
        raise Http404("There is no such video, or its folder is switched off.")
    return file


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
