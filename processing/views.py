"""Serving the pictures that were made from files."""

import os

from django.core.exceptions import SuspiciousOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from processing.models.images import derived_storage

# Nothing else is ever made, so nothing else is served; a file being written ends in .part.
DERIVED_TYPES = {
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".vtt": "text/vtt; charset=utf-8",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}


@require_safe
def derived(request: HttpRequest, path: str) -> HttpResponse | FileResponse:
    """`/derived/<path>`: a file of the derived storage. Its name carries a digest of its input: it never changes."""
    content_type = DERIVED_TYPES.get(os.path.splitext(path)[1].lower())
    if content_type is None or path.startswith("/") or ".." in path.split("/"):
        raise Http404("There is no such picture.")
    storage = derived_storage()
    try:
        stream = storage.open(path)
        size = stream.size
    except (OSError, ValueError, SuspiciousOperation):
        raise Http404("There is no such picture; the next scan makes it again.") from None
    if request.method == "HEAD":
        stream.close()
        response: HttpResponse | FileResponse = HttpResponse(content_type=content_type)
    else:
        response = FileResponse(stream, content_type=content_type)
    response["Content-Length"] = str(size)
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
