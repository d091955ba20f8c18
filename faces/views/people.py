"""What one person is known by, where they are to be seen, and with whom."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from faces.addresses import reference_crop
from faces.exceptions import NoFaceError, NoModelError
from faces.models import FaceReference, ReferencePhoto
from faces.queries.moments import moments_of, videos_together
from faces.queries.person import (
    crops_of,
    numbers_of,
    pictures_of_people,
    references_of,
    seen_together_with,
    source_words,
)
from faces.services.known import remove_reference, show_reference
from faces.services.models import has_pack
from faces.services.photos import add_photo, choose_face
from faces.views.media import send_private
from library import queries
from library.access import check, current_user, may, requires
from library.announce import announce
from library.exceptions import PictureError
from library.models import User
from library.services.changes import change_batch
from people.models import Creator
from people.queries import creator_card
from playback.queries import Tile, tiles_of

# Moments of one video that are shown at once; the video's own page has all.
_MOST_SHOWN = 24
_PER_PAGE = 12
_LOOK = ("library.view_video", "faces.view_facetrack")


@requires(*_LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def person_faces(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/people/<public id>/faces/`: known faces, all moments, and who is seen with them. POST: `do` add, choose,
    primary or remove."""
    creator = get_object_or_404(Creator.objects.in_use(), public_id=public_id)
    if request.method == "POST":
        return _act(request, creator)
    page = _number(request.GET.get("page", "1"))
    found = moments_of(creator=creator, page=page, per_page=_PER_PAGE)
    tiles = tiles_by_video(current_user(request), [one.video.pk for one in found.videos])
    crops = crops_of([moment.track_id for one in found.videos for moment in one.moments[:_MOST_SHOWN]])
    rows = [
        {
            "tile": tiles[one.video.pk],
            "moments": [
                {"moment": moment, "crop": crops.get(moment.track_id, "")} for moment in one.moments[:_MOST_SHOWN]
            ],
            "more": max(0, len(one.moments) - _MOST_SHOWN),
        }
        for one in found.videos
        if one.video.pk in tiles
    ]
    context: dict[str, Any] = {
        "person": creator,
        "rows": rows,
        "page": page,
        "has_more": found.has_more,
        "numbers": numbers_of(creator),
    }
    if page == 1:
        pictures = list(creator.pictures.all()[:1])
        context |= {
            "card": creator_card(creator, pictures),
            "references": [
                {"row": row, "crop": reference_crop(row), "source": source_words(row)} for row in references_of(creator)
            ],
            "together": pictures_of_people(seen_together_with(creator)),
            "photo": _photo(request, creator),
            "has_models": has_pack(),
            "may_add": may(request, "faces.add_facereference"),
            "may_change": may(request, "faces.change_facereference"),
            "may_remove": may(request, "faces.delete_facereference"),
        }
    return render(request, "faces/person.html", context)


def _act(request: HttpRequest, creator: Creator) -> HttpResponse:
    place, wish = reverse("person_faces", args=(creator.public_id,)), request.POST.get("do", "")
    try:
        if wish == "add":
            check(request, "faces.add_facereference")
            return HttpResponseRedirect(f"{place}?photo={_add(request, creator).public_id}#photo")
        if wish == "choose":
            check(request, "faces.add_facereference")
            photo = _photo(request, creator)
            if photo is not None:
                choose_face(photo=photo, number=_number(request.POST.get("number", "")))
                return HttpResponseRedirect(f"{place}?photo={photo.public_id}#photo")
        if wish in ("primary", "remove"):
            _answer(request, creator, wish)
    except (PictureError, NoModelError, NoFaceError) as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(place)


def _add(request: HttpRequest, creator: Creator) -> ReferencePhoto:
    picture = request.FILES.get("picture")
    if picture is None:
        raise PictureError("Choose a photo first.")
    return add_photo(creator=creator, picture=picture.read(), name=picture.name or "photo", user=current_user(request))


def _answer(request: HttpRequest, creator: Creator, wish: str) -> None:
    reference = get_object_or_404(FaceReference, pk=_number(request.POST.get("id", "")), creator=creator)
    user = current_user(request)
    if wish == "primary":
        check(request, "faces.change_facereference")
        with change_batch(user=user) as batch:
            show_reference(reference=reference, user=user)
        return announce(request, f"That face stands for {creator} now.", batch)
    check(request, "faces.delete_facereference")
    with change_batch(user=user) as batch:
        remove_reference(reference=reference, user=user)
    announce(request, f"Removed. Faces that were likely to be {creator} by it are compared anew.", batch)


def _photo(request: HttpRequest, creator: Creator) -> ReferencePhoto | None:
    """The photo that the address names, of the one who asks."""
    text = request.GET.get("photo", "") or request.POST.get("photo", "")
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return ReferencePhoto.objects.filter(public_id=wanted, creator=creator, user=current_user(request)).first()


@requires(*_LOOK)
@require_safe
def reference_photo(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """`/faces/photos/<id>/picture.webp`: a photo that somebody added, for them alone."""
    row = get_object_or_404(ReferencePhoto, public_id=public_id, user=current_user(request))
    return send_private(request, str(row.picture))


@requires(*_LOOK)
@require_safe
def together(request: HttpRequest) -> HttpResponse:
    """`/faces/together/?a=&b=`: the videos in which both are to be seen, and when they are at once."""
    one, other = (_person(request.GET.get(name, "")) for name in ("a", "b"))
    if one == other:
        raise Http404("Name two people.")
    page = _number(request.GET.get("page", "1"))
    found = videos_together(one=one, other=other, page=page, per_page=_PER_PAGE)
    tiles = tiles_by_video(current_user(request), [row.video.pk for row in found.videos])
    rows = [
        {
            "tile": tiles[row.video.pk],
            "spans": row.spans[:_MOST_SHOWN],
            "more": max(0, len(row.spans) - _MOST_SHOWN),
            "seconds": row.seconds,
        }
        for row in found.videos
        if row.video.pk in tiles
    ]
    context = {
        "one": one,
        "other": other,
        "rows": rows,
        "page": page,
        "has_more": found.has_more,
        "carried_on": f"{urlencode({'a': one.public_id, 'b': other.public_id})}&",
    }
    return render(request, "faces/together.html", context)


def tiles_by_video(user: User, video_ids: Sequence[int]) -> dict[int, Tile]:
    """Tiles of those of the videos that are shown, by their ids."""
    files = queries.find_videos(list(video_ids)) if video_ids else []
    tiles: Iterable[Tile] = tiles_of(files, user=user, with_names=False) if files else []
    return {tile.video.pk: tile for tile in tiles}


def _person(text: str) -> Creator:
    try:
        wanted = UUID(text)
    except ValueError:
        raise Http404("A person is named by their public id.") from None
    return get_object_or_404(Creator.objects.in_use(), public_id=wanted)


def _number(text: str) -> int:
    """A whole number of an address, 1 for what is none."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
