"""How a shared video plays in the browser that asks, and its streams and subtitles: those of its one file only."""

import json
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from library.models import VideoFile
from playback.exceptions import CannotPlayError, WishError
from playback.languages import accepted_languages
from playback.services.playing import playback_answer
from playback.services.sharing.content import Shared
from playback.views.hls import send_part, send_playlist
from playback.views.shared.doors import shared_media
from playback.views.subtitles import send_subtitle

# What a player tells of its browser is shorter.
_LARGEST_BODY = 64 * 1024
_CLIP = "A clip is sent as it is."


class SharedUrls:
    """The addresses below a link's own."""

    def __init__(self, base: str) -> None:
        self._base = base

    def direct(self, file: VideoFile) -> str:
        return f"{self._base}stream"

    def playlist(self, file: VideoFile, key: str) -> str:
        return f"{self._base}hls/{key}/index.m3u8"

    def subtitle(self, file: VideoFile, track_id: str) -> str:
        return f"{self._base}subtitles/{track_id}.vtt"


# It changes nothing of anybody's and is asked without a cookie, so there is nothing to forge.
@csrf_exempt
@shared_media(methods=("POST",))
def playback(request: HttpRequest, *, shared: Shared) -> HttpResponseBase:
    """`/s/<token>/playback/`: as `/api/v1/videos/<id>/playback/`, for the shared file and no other copy of it."""
    if shared.marker is not None:
        raise Http404(_CLIP)
    try:
        body = _body(request) | {"file": shared.file.pk}
        languages = accepted_languages(request.headers.get("Accept-Language", ""))
        base = request.path.removesuffix("playback/")
        answer = playback_answer(file=shared.file, body=body, urls=SharedUrls(base), languages=languages)
    except (WishError, ValueError) as error:
        return JsonResponse({"detail": str(error)}, status=HTTPStatus.BAD_REQUEST)
    except CannotPlayError as error:
        told = {"detail": str(error), "code": error.code, "files": [], "helps": []}
        return JsonResponse(told, status=HTTPStatus.CONFLICT)
    # Which other copies there are, and where, is nobody's business.
    return JsonResponse(answer | {"files": []}, headers={"Cache-Control": "private, no-store"})


@shared_media(is_stream=True)
def hls_playlist(request: HttpRequest, *, shared: Shared, key: str) -> HttpResponseBase:
    """`/s/<token>/hls/<key>/index.m3u8`: of a rendition of this file; 404 for one of another."""
    if shared.marker is not None:
        raise Http404(_CLIP)
    return send_playlist(request, shared.file, key)


@shared_media(is_stream=True)
def hls_part(request: HttpRequest, *, shared: Shared, key: str, name: str) -> HttpResponseBase:
    """`/s/<token>/hls/<key>/<part>`, likewise."""
    if shared.marker is not None:
        raise Http404(_CLIP)
    response = send_part(request, shared.file, key, name)
    if response.status_code == HTTPStatus.OK:
        # A link that was taken back gives nothing out of a cache for long.
        response["Cache-Control"] = "private, max-age=300"
    return response


@shared_media()
def subtitle(request: HttpRequest, *, shared: Shared, track_id: str) -> HttpResponseBase:
    """`/s/<token>/subtitles/<track>.vtt`: none of a clip, for they would tell what is around it."""
    if shared.marker is not None:
        raise Http404(_CLIP)
    return send_subtitle(request, shared.file, track_id)


def _body(request: HttpRequest) -> dict[str, Any]:
    text = request.read(_LARGEST_BODY + 1)
    if len(text) > _LARGEST_BODY:
        raise WishError("That is more than a player has to tell.")
    body = json.loads(text or b"{}")
    if not isinstance(body, dict):
        raise WishError("The request is an object with “capabilities” and what the viewer wants.")
    return body
