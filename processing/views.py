"""Serving the pictures that were made from files."""

import logging
import posixpath
import re

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from library.access import requires
from library.serving import serve_stored
from processing.exceptions import StorageUnavailableError
from processing.models.images import derived_storage
from processing.storage import DERIVED_TYPES, FOREVER, content_type_of

logger = logging.getLogger(__name__)

_MISSING = "There is no such picture; the next scan makes it again."
_PRIVATE = ("faces/", "references/", "faceframes/", "face-photos/", "photosearches/")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)|bytes=-\d+")
# Of a range without an end so much is given at once, as of videos: a paused player must not hold a thread.
_MOST_AT_ONCE = 2 * 1024 * 1024


@requires("library.view_video")
@require_safe
def derived(request: HttpRequest, path: str) -> HttpResponseBase | FileResponse:
    """`/derived/<path>`: a file of the derived storage. Its name carries a digest of its input: it never changes."""
    if posixpath.normpath(path).startswith(_PRIVATE):
        # Faces have addresses of their own, which ask for more than the right to watch.
        raise Http404(_MISSING)
    return send_derived(request, path)


def send_derived(request: HttpRequest, path: str, *, may_redirect: bool = True) -> HttpResponseBase | FileResponse:
    """A derived file, wherever it lies. Whoever calls it has checked who asks; without `may_redirect` a bucket's file
    is passed on in any case, so that no signed address outlives the right to see it. Raises Http404."""
    if settings.DERIVED_STORAGE == "s3":
        return _from_bucket(request, path, may_redirect=may_redirect)
    return serve_stored(
        request,
        derived_storage(),
        path,
        types=DERIVED_TYPES,
        missing=_MISSING,
        cache_control=FOREVER,
    )


def _from_bucket(request: HttpRequest, path: str, *, may_redirect: bool) -> HttpResponseBase:
    """Passed on with its ranges, or a redirect to a signed address that is good for a few minutes.

    Text is always passed on: it names its picture as a neighbour, and a browser reads no subtitles from elsewhere.
    """
    content_type = content_type_of(path)
    if content_type is None or path.startswith("/") or ".." in path.split("/"):
        raise Http404(_MISSING)
    storage = derived_storage()
    if may_redirect and settings.S3_DELIVERY == "redirect" and not content_type.startswith("text/"):
        response: HttpResponseBase = HttpResponseRedirect(
            storage.signed_url(path, seconds=settings.S3_URL_SECONDS)  # type: ignore[attr-defined]
        )
        # The browser asks anew well before the address runs out.
        response["Cache-Control"] = f"private, max-age={settings.S3_URL_SECONDS // 2}"
        return response
    try:
        return _passed_on(request, storage, path, content_type)
    except FileNotFoundError:
        raise Http404(_MISSING) from None
    except StorageUnavailableError as error:
        logger.warning("%s", error)
        response = HttpResponse("The pictures can't be reached right now.\n", status=503, content_type="text/plain")
        response["Retry-After"] = "10"
        response["Cache-Control"] = "no-store"
        return response


def _passed_on(request: HttpRequest, storage: object, path: str, content_type: str) -> HttpResponseBase:
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(content_type=content_type)
        response["Content-Length"] = str(storage.size(path))  # type: ignore[attr-defined]
    else:
        fetched = storage.fetch(path, _asked_range(request))  # type: ignore[attr-defined]
        response = StreamingHttpResponse(fetched.chunks, status=fetched.status, content_type=content_type)
        for name, value in fetched.headers.items():
            response[name] = value
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = FOREVER
    return response


def _asked_range(request: HttpRequest) -> str:
    """The one range of the request; nothing for none and for what a server may ignore."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None:
        return ""
    if match[1] and not match[2]:
        return f"bytes={match[1]}-{int(match[1]) + _MOST_AT_ONCE - 1}"
    return match[0]
