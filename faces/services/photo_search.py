"""Looking somebody up by a photo. The web process loads no model: it keeps the picture, and a worker looks at it."""

import io
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from PIL import Image

from faces.ml.matching import Match
from faces.models import PhotoSearch
from faces.models.photo_search import PhotoSearchStatus
from faces.services.models import installed_pack
from library.models import User
from library.pictures import encode_picture
from people.models import Creator
from processing.services.derived import NewFiles, folder_of
from processing.services.submit import LOOKING, submit_jobs

STAGE = "photo-search"
# The folder of the pictures in the derived storage.
FOLDER = "photosearches"
KEPT_HOURS = 24
# Older ones of a person go when they begin another.
MOST_OF_USER = 20
_LONGEST_PX = 1_600
_MOST_AT_ONCE = 1_000


def start_photo_search(*, picture: bytes, user: User) -> PhotoSearch:
    """Keeps the picture, upright and at most 1,600 px large, and has a worker look at it soon; see `PhotoSearch`.

    Raises PictureError for what is no picture or too large, NoModelError where there are no models; with sentences.
    """
    installed_pack()
    content = encode_picture(io.BytesIO(picture), size_bytes=len(picture), longest_px=_LONGEST_PX)
    with Image.open(io.BytesIO(content)) as opened:
        width, height = opened.size
    with NewFiles(folder_of(FOLDER, user.pk, secrets.token_hex(8))) as files:
        name = files.add("photo.webp", content)
        with transaction.atomic():
            _make_room(user)
            search = PhotoSearch.objects.create(
                user=user,
                picture=name,
                width=width,
                height=height,
                expires_at=timezone.now() + timedelta(hours=KEPT_HOURS),
            )
            submit_jobs(stage=STAGE, target_ids=[search.pk], priority=LOOKING, requested_by_id=user.pk)
            files.keep()
    # The id that the database gave it.
    search.refresh_from_db(fields=["public_id"])
    return search


def _make_room(user: User) -> None:
    for old in PhotoSearch.objects.filter(user=user).order_by("-pk")[MOST_OF_USER - 1 :]:
        old.delete()


def finish_photo_search(*, search_id: int, faces: Sequence[dict[str, Any]]) -> bool:
    """What the worker found; False when the search is gone."""
    done = PhotoSearch.objects.filter(pk=search_id).update(status=PhotoSearchStatus.DONE, faces=list(faces), error="")
    return done == 1


def fail_photo_search(search_id: int, sentence: str) -> None:
    """The engine has given up; the stage's `on_failed`."""
    PhotoSearch.objects.filter(pk=search_id, status=PhotoSearchStatus.WAITING).update(
        status=PhotoSearchStatus.FAILED, error=sentence or "The photo could not be looked at."
    )


def remove_old_photo_searches() -> int:
    """Removes those whose day is over, pictures and all; returns how many. The scheduler calls it once an hour."""
    removed = 0
    # Row by row for the signal that takes the file along.
    for search in PhotoSearch.objects.filter(expires_at__lt=timezone.now()).order_by("pk")[:_MOST_AT_ONCE]:
        search.delete()
        removed += 1
    return removed


def forget_photo_searches() -> None:
    """All of them, pictures and all: when faces are wiped."""
    for search in PhotoSearch.objects.order_by("pk"):
        search.delete()


def as_json(
    found: Iterable[tuple[Sequence[float], Sequence[Match]]], *, with_ids: bool = False
) -> list[dict[str, Any]]:
    """Faces (box, the people they are most like) as `who_is --json` prints them; one query for all names. `with_ids`
    tells people's `public_id` too."""
    faces = list(found)
    people = Creator.objects.in_bulk({match.creator_id for _, matches in faces for match in matches})
    return [
        {
            "box": [round(float(value)) for value in box],
            "matches": [
                _as_json(people[match.creator_id], match, with_ids) for match in matches if match.creator_id in people
            ],
        }
        for box, matches in faces
    ]


def _as_json(creator: Creator, match: Match, with_ids: bool) -> dict[str, Any]:
    shown = {"creator": str(creator), "similarity": round(match.similarity, 4)}
    return shown | {"public_id": str(creator.public_id)} if with_ids else shown
