"""Serving the pictures that were made from files."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from library.access import requires
from library.serving import PICTURE_TYPES, serve_stored
from processing.models.images import derived_storage

# Nothing else is ever made, so nothing else is served; a file being written ends in .part.
DERIVED_TYPES = {
    **PICTURE_TYPES,
    ".vtt": "text/vtt; charset=utf-8",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}


@requires("library.view_video")
@require_safe
def derived(request: HttpRequest, path: str) -> HttpResponse | FileResponse:
    """`/derived/<path>`: a file of the derived storage. Its name carries a digest of its input: it never changes."""
    return serve_stored(
        request,
        derived_storage(),
        path,
        types=DERIVED_TYPES,
        missing="There is no such picture; the next scan makes it again.",
        cache_control="private, max-age=31536000, immutable",
    )
