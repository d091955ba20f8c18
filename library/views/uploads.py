"""Pictures that people uploaded."""

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from library.access import requires
from library.serving import PICTURE_TYPES, serve_stored


@requires("library.view_video")
@require_safe
def upload(request: HttpRequest, path: str) -> HttpResponse | FileResponse:
    """`/uploads/<path>`: a picture of the upload storage. Each has a name of its own: it never changes."""
    return serve_stored(
        request,
        default_storage,
        path,
        types=PICTURE_TYPES,
        missing="There is no such picture.",
        cache_control="private, max-age=31536000, immutable",
    )
