"""The page that videos are uploaded on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from library.access import requires
from library.exceptions import UploadError
from library.media_types import VIDEO_TYPES
from library.services.receiving.places import free_bytes, upload_folder

PIECE_BYTES = 8 * 1024 * 1024


@requires("library.upload_video")
@require_safe
def upload_page(request: HttpRequest) -> HttpResponse:
    """`/upload/`: files are dropped here and sent in pieces; says so where they can't go anywhere."""
    folder, free, problem = None, 0, ""
    try:
        folder = upload_folder()
        free = max(0, free_bytes(folder.fs_path))
    except UploadError as error:
        problem = str(error)
    context = {
        "folder": folder,
        "free": free,
        "problem": problem,
        "accept": ",".join(["video/*", *sorted(VIDEO_TYPES)]),
        "facts": {
            "api": reverse("api_uploads"),
            "video": reverse("watch", args=[0]),
            "piece": PIECE_BYTES,
            "endings": sorted(VIDEO_TYPES),
        },
    }
    return render(request, "library/upload.html", context)
