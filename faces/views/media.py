"""Pictures of faces. Faces are private: never by a redirect to an address that works without an account."""

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from faces.addresses import version_of
from faces.models import FaceReference, FaceTrack
from faces.models.reference import ReferenceSource
from library.access import requires
from processing.storage import FOREVER
from processing.views import send_derived

# Without the right version an address may show something else soon.
_FOR_NOW = "private, no-cache"
# Where faces of videos lie in the derived storage; a reference's path may name something else.
_FACES = "faces/"
# Grey that stands out little in both themes: a picture knows no tokens.
_NOBODY = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 112 112" width="112" height="112">'
    '<rect width="112" height="112" fill="#77808e" opacity=".25"/>'
    '<g fill="#77808e"><circle cx="56" cy="44" r="20"/><path d="M16 112a40 38 0 0 1 80 0z"/></g></svg>'
)


@requires("faces.view_facetrack")
@require_safe
def face_crop(request: HttpRequest, track_id: int) -> HttpResponseBase:
    """`/faces/tracks/<id>/crop.jpg`: the face of an appearance; a shape where its picture is missing."""
    track = get_object_or_404(FaceTrack.objects.only("crop"), pk=track_id)
    return _send(request, [str(track.crop)])


@requires("faces.view_facetrack")
@require_safe
def reference_crop(request: HttpRequest, reference_id: int) -> HttpResponseBase:
    """`/faces/references/<id>/crop.jpg`: a known face; one taken from a video is shown as it is there."""
    row = get_object_or_404(FaceReference.objects.defer("embedding"), pk=reference_id)
    return _send(request, _pictures_of(row))


def _pictures_of(row: FaceReference) -> Iterable[str]:
    """Stored names that may show it, the best first."""
    yield str(row.crop)
    if row.source != ReferenceSource.VIDEO_FRAME:
        return
    if row.path.startswith(_FACES):
        yield row.path
    # The video was looked at again since, and its pictures have other names.
    tracks = FaceTrack.objects.filter(video=row.video_id, creator=row.creator_id).only("crop").order_by("-quality")
    if row.time_seconds is not None:
        tracks = tracks.filter(start_seconds__lte=row.time_seconds, end_seconds__gte=row.time_seconds)
    for track in tracks[:1]:
        yield str(track.crop)


def _send(request: HttpRequest, names: Iterable[str]) -> HttpResponseBase:
    for name in filter(None, names):
        try:
            response = send_derived(request, name, may_redirect=False)
        except Http404:
            continue
        if response.status_code < 400:
            # What stands in for the picture that the address was made for is asked for again.
            is_current = request.GET.get("v") == version_of(name)
            response["Cache-Control"] = FOREVER if is_current else _FOR_NOW
        return response
    response = HttpResponse(_NOBODY, content_type="image/svg+xml")
    response["Cache-Control"] = _FOR_NOW
    return response


def send_private(request: HttpRequest, name: str) -> HttpResponseBase:
    """A stored picture for the one who uploaded it. Whoever calls it has checked that. Raises Http404."""
    if not name:
        raise Http404("That picture is gone.")
    response = send_derived(request, name, may_redirect=False)
    response["Cache-Control"] = _FOR_NOW
    return response
