"""Finding people by a photo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from faces.addresses import track_crop
from faces.exceptions import NoModelError
from faces.models import FaceSettings, FaceTrack, PhotoSearch
from faces.models.photo_search import PhotoSearchStatus
from faces.queries.moments import moments_of
from faces.queries.person import crops_of, pictures_of_people
from faces.services.models import has_pack
from faces.services.photo_search import start_photo_search
from faces.views.media import send_private
from faces.views.people import tiles_by_video
from library.access import current_user, requires
from library.exceptions import PictureError
from people.models import Creator
from people.queries import creator_cards

_SEARCH = ("library.view_video", "faces.view_facetrack", "faces.search_by_photo")
_EARLIER = 8
_MOST_SHOWN = 12


@requires(*_SEARCH)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """`/faces/search/`: POST a `picture`; `?s=` is a search of the last day, `?face=` which of its faces is looked at,
    `?who=` which of the people that it is like."""
    user = current_user(request)
    if request.method == "POST":
        return _begin(request)
    rows = PhotoSearch.objects.filter(user=user)
    context: dict[str, Any] = {"has_models": has_pack(), "earlier": list(rows.order_by("-pk")[:_EARLIER])}
    if "s" in request.GET:
        found = get_object_or_404(rows, public_id=_uuid(request.GET["s"]))
        context |= {"search": found, "wait_for": reverse("api_photo_search", args=(found.public_id,))}
        if found.status == PhotoSearchStatus.DONE and found.faces:
            context |= _result(request, found)
    return render(request, "faces/search.html", context)


@requires(*_SEARCH)
@require_safe
def picture(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """`/faces/searches/<id>/picture.webp`: the photo of a search, for whoever made it."""
    row = get_object_or_404(PhotoSearch, public_id=public_id, user=current_user(request))
    return send_private(request, str(row.picture))


def _begin(request: HttpRequest) -> HttpResponse:
    place, given = reverse("face_search"), request.FILES.get("picture")
    if given is None:
        messages.error(request, "Choose a photo first.")
        return HttpResponseRedirect(place)
    try:
        row = start_photo_search(picture=given.read(), user=current_user(request))
    except (PictureError, NoModelError) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(place)
    return HttpResponseRedirect(f"{place}?s={row.public_id}")


def _result(request: HttpRequest, found: PhotoSearch) -> dict[str, Any]:
    """The faces with their boxes in fractions, and of the chosen one the people, their moments, and similar faces."""
    number = min(_number(request.GET.get("face", "1")), len(found.faces))
    face = found.faces[number - 1]
    ids = [match["public_id"] for match in face["matches"]]
    people = {str(one.public_id): one for one in Creator.objects.in_use().filter(public_id__in=ids)}
    shown = pictures_of_people(creator_cards(list(people.values()))) if people else []
    cards = {card.row.pk: (card, address) for card, address in shown}
    likeness: list[dict[str, Any]] = [
        {
            "card": cards[people[match["public_id"]].pk][0],
            "picture": cards[people[match["public_id"]].pk][1],
            "similarity": match["similarity"],
        }
        for match in face["matches"]
        if match["public_id"] in people
    ]
    wanted = request.GET.get("who", "")
    chosen = people.get(wanted) or (likeness[0]["card"].row if likeness else None)
    return {
        "faces": [{"number": at, **_box(one["box"], found)} for at, one in enumerate(found.faces, start=1)],
        "number": number,
        "likeness": likeness,
        "is_sure_from": FaceSettings.load().match_threshold,
        "chosen": chosen,
        "rows": _rows(request, chosen) if chosen is not None else [],
        "alike": _alike(request, face["tracks"]),
    }


def _rows(request: HttpRequest, chosen: Creator) -> list[dict[str, Any]]:
    moments = moments_of(creator=chosen, per_page=_MOST_SHOWN)
    tiles = tiles_by_video(current_user(request), [one.video.pk for one in moments.videos])
    crops = crops_of([moment.track_id for one in moments.videos for moment in one.moments[:_MOST_SHOWN]])
    return [
        {
            "tile": tiles[one.video.pk],
            "moments": [
                {"moment": moment, "crop": crops.get(moment.track_id, "")} for moment in one.moments[:_MOST_SHOWN]
            ],
            "more": max(0, len(one.moments) - _MOST_SHOWN),
        }
        for one in moments.videos
        if one.video.pk in tiles
    ]


def _alike(request: HttpRequest, tracks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The appearances that are most like the face, whoever they are, with their pictures."""
    likeness = {one["id"]: one["similarity"] for one in tracks}
    rows = FaceTrack.objects.filter(pk__in=list(likeness), video__trashed_at=None)
    listed = list(rows.select_related("video", "creator").defer("embedding"))
    shown = tiles_by_video(current_user(request), [row.video_id for row in listed])
    found = [row for row in listed if row.video_id in shown]
    found.sort(key=lambda row: -likeness[row.pk])
    return [{"track": row, "crop": track_crop(row), "similarity": likeness[row.pk]} for row in found]


def _box(box: list[float], found: PhotoSearch) -> dict[str, float]:
    left, top, right, bottom = box
    return {
        "left": left / found.width,
        "top": top / found.height,
        "width": (right - left) / found.width,
        "height": (bottom - top) / found.height,
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
