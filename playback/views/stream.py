"""The bytes of a video's file."""

import logging
from http import HTTPStatus

from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe
from django.views.decorators.http import require_safe

from library.access import requires
from library.exceptions import RangeNotSatisfiableError
from library.media_types import media_type
from library.models import VideoFile
from library.ranges import LARGEST_ASIDE_BYTES, LARGEST_PIECE_BYTES, SENDS_ASIDE, ByteRange, Piece, parse_range
from playback.exceptions import FileUnavailableError
from playback.services import OpenedFile, open_file
from playback.views.finding import chosen_file
from playback.views.sending import hand_over, is_handed_over

logger = logging.getLogger(__name__)


@requires("library.view_video")
@require_safe
def stream(request: HttpRequest, video_id: int) -> HttpResponseBase:
    """`/videos/<id>/stream`: the primary file, or with ?file=ID another one of the video; whole or the piece that Range
    asks for."""
    return send_file(request, chosen_file(video_id, request.GET.get("file", "")))


def send_file(request: HttpRequest, file: VideoFile) -> HttpResponseBase:
    """The bytes of a file (with `folder`). Whoever calls this has made sure that the one who asks may see it.

    Raises Http404 when it can't be read right now.
    """
    try:
        opened = open_file(file)
    except FileUnavailableError as error:
        logger.warning("Video %s can't be sent: %s", file.video_id, error)
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
    if is_handed_over() and request.method == "GET":
        return hand_over(file.fs_path, headers)
    piece: ByteRange | None = None
    if request.method == "GET" and _range_counts(request, etag, modified):
        try:
            most = LARGEST_ASIDE_BYTES if request.META.get(SENDS_ASIDE) else LARGEST_PIECE_BYTES
            piece = parse_range(request.headers.get("Range", ""), opened.size_bytes, at_most=most)
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
