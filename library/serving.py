"""Serving files of a storage: only of known types, and only by names that stay inside it."""

import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import BinaryIO, cast

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse

from library.exceptions import RangeNotSatisfiableError
from library.ranges import ByteRange, Piece, parse_range

PICTURE_TYPES = {
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
}


def serve_stored(
    request: HttpRequest, storage: Storage, path: str, *, types: Mapping[str, str], missing: str, cache_control: str
) -> HttpResponse | FileResponse:
    """The stored file, or the piece of it that Range asks for, as browsers do with clips; its headers for HEAD. Raises
    Http404(missing) when it isn't there or of another type.

    `types` maps the extension, in lower case with its dot, to the content type. Whoever calls this has made sure that
    the one who asks may see it.
    """
    content_type = types.get(os.path.splitext(path)[1].lower())
    if content_type is None or path.startswith("/") or ".." in path.split("/"):
        raise Http404(missing)
    try:
        stream = storage.open(path)
        size = stream.size
    except (OSError, ValueError, SuspiciousOperation):
        raise Http404(missing) from None
    headers = {"Cache-Control": cache_control, "Accept-Ranges": "bytes", "Content-Type": content_type}
    try:
        piece = _piece(request, size)
    except RangeNotSatisfiableError:
        stream.close()
        headers |= {"Content-Range": f"bytes */{size}", "Content-Type": "text/plain; charset=utf-8"}
        told = "That part lies behind the end of the file."
        return HttpResponse(told, status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers["Content-Length"] = str(piece.length if piece else size)
    if request.method == "HEAD":
        stream.close()
        return HttpResponse(headers=headers)
    if piece is None:
        response = FileResponse(stream)
    else:
        headers["Content-Range"] = piece.content_range
        response = FileResponse(
            Piece(cast(BinaryIO, stream), piece.first, piece.length), status=HTTPStatus.PARTIAL_CONTENT
        )
    for name, value in headers.items():
        response[name] = value
    return response


def _piece(request: HttpRequest, size: int) -> ByteRange | None:
    """What of the file is asked for; None for all of it. A condition can't name it: it never changes and has no tag."""
    if request.method != "GET" or "If-Range" in request.headers:
        return None
    return parse_range(request.headers.get("Range", ""), size)
