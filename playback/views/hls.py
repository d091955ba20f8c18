"""Streams: the playlist of a rendition and its parts."""

import hashlib
import math
from http import HTTPStatus
from typing import BinaryIO

from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from library.access import requires
from library.models import VideoFile
from playback.models import StreamRendition
from playback.services.parts import Part, fetch_part
from playback.services.renditions import find_rendition
from playback.views.finding import shown_file
from playback.views.sending import hand_over, is_handed_over
from processing.media.stream.runs import State
from processing.media.stream.store import PLAYLIST_NAME

_TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".mp4": "video/mp4", ".m4s": "video/iso.segment"}
# A part is made again, if at all, from the same content; its address names that.
_PART_AGE = "private, max-age=86400"
_BLOCK_BYTES = 256 * 1024


@requires("library.view_video")
@require_safe
def hls_playlist(request: HttpRequest, video_id: int, key: str) -> HttpResponseBase:
    """`/videos/<id>/hls/<key>/index.m3u8`; with ?at=SECONDS what is there is begun to be made at once."""
    return send_playlist(request, _file_of(video_id, key), key)


@requires("library.view_video")
@require_safe
def hls_part(request: HttpRequest, video_id: int, key: str, name: str) -> HttpResponseBase:
    """`/videos/<id>/hls/<key>/init.mp4`, `.../0.m4s`, `.../1.m4s`, ..."""
    return send_part(request, _file_of(video_id, key), key, name)


def send_playlist(request: HttpRequest, file: VideoFile, key: str) -> HttpResponseBase:
    """The playlist of a file's rendition. Whoever calls this has made sure that the one who asks may see the file.

    Raises Http404 for a key that isn't registered for this file.
    """
    return _send(request, file, key, PLAYLIST_NAME, at_seconds=_seconds(request.GET.get("at", "")))


def send_part(request: HttpRequest, file: VideoFile, key: str, name: str) -> HttpResponseBase:
    """A part of it, likewise; Http404 for what is no part of it."""
    if name == PLAYLIST_NAME:
        raise Http404("The playlist has an address of its own.")
    return _send(request, file, key, name)


def _file_of(video_id: int, key: str) -> VideoFile:
    shown_file(video_id)
    return _registered(find_rendition(key=key, video_id=video_id)).file


def _registered(row: StreamRendition | None) -> StreamRendition:
    if row is None:
        raise Http404("There is no such stream, or its file has changed: load the page again.")
    return row


def _send(
    request: HttpRequest, file: VideoFile, key: str, name: str, *, at_seconds: float | None = None
) -> HttpResponseBase:
    _registered(find_rendition(key=key, file=file))
    viewer = _viewer(request)
    # The database connection goes back before anything is waited for.
    if not connection.in_atomic_block:
        connection.close()
    for _ in range(2):
        try:
            part = fetch_part(key=key, name=name, viewer=viewer, at_seconds=at_seconds)
        except ValueError:
            raise Http404("This is no part of a stream.") from None
        if part.path is None:
            return _refusal(part)
        try:
            stream = part.path.open("rb")
        except FileNotFoundError:
            # It made room for others in this moment; it is made again.
            continue
        return _response(request, stream, str(part.path), name)
    return _refusal(Part(State.LATER, sentence="The cache of streams is too small for all who watch.", retry_seconds=2))


def _response(request: HttpRequest, stream: BinaryIO, path: str, name: str) -> HttpResponseBase:
    kind = name[name.rindex(".") :]
    size = stream.seek(0, 2)
    headers = {
        "Content-Type": _TYPES[kind],
        "Content-Length": str(size),
        "Cache-Control": "private, no-cache" if kind == ".m3u8" else _PART_AGE,
    }
    if request.method == "HEAD" or is_handed_over():
        stream.close()
        return HttpResponse(headers=headers) if request.method == "HEAD" else hand_over(path, headers)
    stream.seek(0)
    response = FileResponse(stream, content_type=headers["Content-Type"])
    response.block_size = _BLOCK_BYTES
    for header, value in headers.items():
        response[header] = value
    response.headers.pop("Content-Disposition", None)
    return response


def _refusal(part: Part) -> HttpResponse:
    """Why there is no part: in a moment there may be one (503), or not at all (422, 404)."""
    if part.state is State.GONE:
        raise Http404(part.sentence)
    is_over = part.state in (State.FAILED, State.UNCUT)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_over else HTTPStatus.SERVICE_UNAVAILABLE
    response = HttpResponse(part.sentence, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    # Waiting is nothing that the log has to tell of.
    response._has_been_logged = True  # type: ignore[attr-defined]
    if part.retry_seconds is not None:
        response["Retry-After"] = str(part.retry_seconds)
    return response


def _viewer(request: HttpRequest) -> str:
    """Stands for the browser that asks: whoever goes elsewhere in a film gives back what was made for him before."""
    session = getattr(request, "session", None)
    name = (session.session_key if session is not None else None) or request.META.get("REMOTE_ADDR", "")
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
