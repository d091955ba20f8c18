"""What a link's player fetches: the film, its picture, its seek preview, its chapters. Never those of another video."""

import re
from http import HTTPStatus

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from library.serving import PICTURE_TYPES, serve_stored
from playback.services.sharing.content import Shared
from playback.views.shared.doors import NOT_MADE, shared_media, told
from playback.views.stream import send_file
from playback.views.watch import chapters_vtt
from processing.models.images import derived_storage
from processing.queries.pictures import NONE, Pictures, pictures_of
from processing.views import send_derived

_PICTURE = re.compile(r"^[^\s#]+#xywh=", re.MULTILINE)
_NO_PICTURE = "There is no picture of it yet."
_FOR_AN_HOUR = "private, max-age=3600"


@shared_media(is_stream=True)
def stream(request: HttpRequest, *, shared: Shared) -> HttpResponseBase:
    """`/s/<token>/stream`: the file as it is; of a clip the film of its range and nothing else."""
    if shared.marker is None:
        response = send_file(request, shared.file)
        ending = shared.file.shown_name.rpartition(".")[2]
    elif shared.clip is None:
        return told(HTTPStatus.NOT_FOUND, NOT_MADE)
    else:
        response = send_derived(request, str(shared.clip.film), may_redirect=False)
        ending = "mp4"
    if "Content-Disposition" in response or shared.clip is not None:
        # What the file is called on its disk is nobody's business.
        name = f"{title_of(shared)}.{ending}"
        response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    # A link that was taken back gives nothing out of a cache.
    response["Cache-Control"] = "private, no-cache"
    return response


@shared_media()
def poster(request: HttpRequest, *, shared: Shared) -> HttpResponseBase:
    """`/s/<token>/poster`: of a clip a picture out of its range."""
    if shared.marker is not None:
        if shared.clip is None:
            raise Http404(NOT_MADE)
        response = send_derived(request, str(shared.clip.image), may_redirect=False)
    elif shared.video.cover:
        response = serve_stored(
            request, default_storage, str(shared.video.cover), types=PICTURE_TYPES, missing=_NO_PICTURE,
            cache_control=_FOR_AN_HOUR,
        )  # fmt: skip
    else:
        thumbnail = _pictures(shared).thumbnail
        if thumbnail is None:
            raise Http404(_NO_PICTURE)
        response = send_derived(request, str(thumbnail.large), may_redirect=False)
    response["Cache-Control"] = _FOR_AN_HOUR
    # Chats show the preview's picture on pages of their own.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@shared_media()
def storyboard(request: HttpRequest, *, shared: Shared, kind: str) -> HttpResponseBase:
    """`/s/<token>/storyboard.vtt` and `.webp`: the seek preview. A clip has none: it would show what is around it."""
    board = _pictures(shared).storyboard if shared.marker is None else None
    if board is None:
        raise Http404(_NO_PICTURE)
    if kind == "webp":
        response = send_derived(request, str(board.sprite), may_redirect=False)
        response["Cache-Control"] = _FOR_AN_HOUR
        return response
    try:
        with derived_storage().open(str(board.vtt)) as source:
            text = source.read().decode()
    except OSError:
        raise Http404(_NO_PICTURE) from None
    # It names its picture as a neighbour; here the neighbour is called otherwise.
    text = _PICTURE.sub("storyboard.webp#xywh=", text)
    headers = {"Cache-Control": _FOR_AN_HOUR}
    return HttpResponse(text, content_type="text/vtt; charset=utf-8", headers=headers)


@shared_media()
def chapters(request: HttpRequest, *, shared: Shared) -> HttpResponseBase:
    """`/s/<token>/chapters.vtt`: the file's chapters; none of a clip."""
    if shared.marker is not None:
        raise Http404("A clip has no chapters.")
    return HttpResponse(chapters_vtt(shared.file), content_type="text/vtt; charset=utf-8")


def title_of(shared: Shared) -> str:
    """What it is called to those who were sent the link."""
    if shared.marker is not None and shared.marker.label:
        return shared.marker.label
    return shared.video.title


def _pictures(shared: Shared) -> Pictures:
    return pictures_of([shared.file.pk]).get(shared.file.pk, NONE)
