"""Putting right who is to be seen when in a video."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from faces.addresses import track_crop
from faces.api.shared import MAKE_SOMEBODY
from faces.api.tracks import LanesSerializer
from faces.models import FaceSettings, FaceTrack
from faces.queries.lanes import lanes_of
from faces.queries.similar import similar_tracks
from faces.services.models import has_pack
from faces.views.people import tiles_by_video
from library.access import current_user, may, requires
from playback.services.user_settings import settings_of
from playback.views.finding import shown_file
from playback.views.watch import is_surely_playable, player_facts, stream_url
from processing.queries.pictures import NONE, pictures_of

_MOST_SIMILAR = 48
# Faces less alike than a proposal by more than this are not like it at all.
_BELOW = 0.2


@requires("library.view_video", "faces.view_facetrack")
@require_safe
def video_faces(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/faces/`: the player, a lane for each person, and what can be put right about them."""
    file = shown_file(video_id)
    lanes, is_complete = lanes_of(video_id)
    facts = player_facts(file) | {
        "title": str(file.video),
        "by": "",
        "markers": [],
        "people": [],
        "settings": settings_of(current_user(request)).for_player(),
        "wishedFile": None,
        "urls": {
            "playback": reverse("api_playback", args=[video_id]),
            "stream": stream_url(file),
            "hls": static("vendor/hls.js"),
            "login": f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}",
        },
    }
    context: dict[str, Any] = {
        "file": file,
        "video": file.video,
        "pictures": pictures_of([file.pk]).get(file.pk, NONE),
        "stream_url": stream_url(file),
        "starts_at_once": is_surely_playable(file),
        "player": facts,
        "editor": {
            "video": video_id,
            "length": file.duration_seconds or 0,
            "mayChange": may(request, "faces.change_facetrack"),
            "mayDelete": may(request, "faces.delete_facetrack"),
            "mayMake": may(request, MAKE_SOMEBODY),
            "hasModels": has_pack(),
            **LanesSerializer({"lanes": lanes, "is_complete": is_complete}).data,
        },
        "has_models": has_pack(),
        "may_change": may(request, "faces.change_facetrack"),
    }
    return render(request, "faces/tracks.html", context)


@requires("library.view_video", "faces.view_facetrack")
@require_safe
def similar(request: HttpRequest, track_id: int) -> HttpResponse:
    """`/faces/tracks/<id>/similar/`: the most similar faces in other videos."""
    rows = FaceTrack.objects.select_related("video", "creator").filter(video__trashed_at=None)
    track = get_object_or_404(rows, pk=track_id)
    least = FaceSettings.load().match_threshold - _BELOW
    found = similar_tracks(track=track, most=_MOST_SIMILAR, at_least=least)
    shown = tiles_by_video(current_user(request), [one.video_id for one in found])
    context = {
        "track": track,
        "crop": track_crop(track),
        "found": [{"track": one, "crop": track_crop(one)} for one in found if one.video_id in shown],
    }
    return render(request, "faces/similar.html", context)
