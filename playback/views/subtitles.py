"""Subtitles as WebVTT."""

from http import HTTPStatus

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from library.access import requires
from library.models import VideoFile
from playback.exceptions import SubtitleError, SubtitlesNotReadyError
from playback.queries_files import find_file
from playback.services.subtitles import subtitle_text
from playback.views.finding import shown_file

_RETRY_SECONDS = "3"


@requires("library.view_video")
@require_safe
def subtitle(request: HttpRequest, video_id: int, track_id: str) -> HttpResponseBase:
    """`/videos/<id>/subtitles/<track>.vtt`: one track of the primary file, or of the one in `?file=`."""
    file = shown_file(video_id)
    wished = request.GET.get("file", "")
    if wished and wished != str(file.pk):
        other = (
            find_file(video_id, int(wished)) if wished.isascii() and wished.isdecimal() and len(wished) < 19 else None
        )
        if other is None:
            raise Http404("This video has no such file.")
        file = other
    return send_subtitle(request, file, track_id)


def send_subtitle(request: HttpRequest, file: VideoFile, track_id: str) -> HttpResponseBase:
    """The track as WebVTT; 404 when there is none or it can't be read, 503 with Retry-After while it is still being
    read out of a large file. Checks no rights. Waits up to 20 seconds, without a database connection.

    `file` has its folder loaded."""
    if not connection.in_atomic_block:
        connection.close()
    try:
        text, etag = subtitle_text(file, track_id)
    except SubtitlesNotReadyError as error:
        response = HttpResponse(f"{error}\n", status=HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/plain")
        response["Retry-After"] = _RETRY_SECONDS
        response["Cache-Control"] = "no-store"
        return response
    except SubtitleError as error:
        raise Http404(str(error)) from None
    response = HttpResponse(text, content_type="text/vtt; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response
