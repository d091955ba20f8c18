"""Serving files of a storage: only of known types, and only by names that stay inside it."""

import os
from collections.abc import Mapping

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse

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
    """The stored file, or its headers for HEAD. Raises Http404(missing) when it isn't there or of another type.

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
    if request.method == "HEAD":
        stream.close()
        response: HttpResponse | FileResponse = HttpResponse(content_type=content_type)
    else:
        response = FileResponse(stream, content_type=content_type)
    response["Content-Length"] = str(size)
    response["Cache-Control"] = cache_control
    return response
