"""Changing by the API: of two writers the second is told, and what was changed can be undone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from library.models import ChangeBatch, Video
from tests.config.api_world import World, client_for, send
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db


# ---- two writers ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "first", "second"),
    [
        ("videos/{video}/", {"title": "Mine"}, {"description": "theirs"}),
        ("tags/{tag}/", {"name": "Mine"}, {"color": "#101010"}),
        ("people/{creator}/", {"name": "Mine"}, {"hair_color": "red"}),
        ("studios/{studio}/", {"name": "Mine"}, {"url": "http://x.example"}),
        ("folders/{folder}/", {"name": "Mine"}, {"is_auto_scanned": False}),
        ("settings/library/", {"trash_days": 3}, {"settle_seconds": 1}),
        ("stages/frames/", {"max_retries": 1}, {"is_heavy": False}),
        ("users/{user}/", {"first_name": "Mine"}, {"last_name": "theirs"}),
    ],
)
def test_whoever_comes_second_is_told_and_overwrites_nothing(
    world: World, address: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    keys = {"video": world.video.pk, "tag": world.tag.pk, "folder": world.folder.pk, "user": world.keys["user_id"]}
    keys |= {"creator": world.creator.public_id, "studio": world.studio.public_id}
    place = "/api/v1/" + address.format(**keys)
    owner = client_for(make_user(is_superuser=True))
    read = owner.get(place)
    version = read["ETag"]

    unsaid = send(owner, "PATCH", place, first)
    done = send(owner, "PATCH", place, first, **{"If-Match": version})
    late = send(owner, "PATCH", place, second, **{"If-Match": version})
    again = send(owner, "PATCH", place, second, **{"If-Match": owner.get(place)["ETag"]})

    assert (unsaid.status_code, done.status_code, late.status_code, again.status_code) == (428, 200, 409, 200)
    assert done["ETag"] != version
    now = owner.get(place).json()
    assert {name: now[name] for name in (*first, *second)} == first | second


def test_views_counted_meanwhile_make_nobody_second(world: World, admin: Client) -> None:
    place = f"/api/v1/videos/{world.video.pk}/"
    version = admin.get(place)["ETag"]

    Video.objects.filter(pk=world.video.pk).update(view_count=5, is_corrupted=True)

    assert send(admin, "PATCH", place, {"title": "New"}, **{"If-Match": version}).status_code == 200


# ---- undo -----------------------------------------------------------------------------------------------------------
CHANGES: dict[str, Callable[[World], tuple[str, str, Any]]] = {
    "title": lambda w: ("PATCH", f"videos/{w.video.pk}/", {"title": "Another"}),
    "tags by name": lambda w: ("POST", f"videos/{w.video.pk}/tags/", {"add_names": ["New one"]}),
    "no tags": lambda w: ("POST", f"videos/{w.video.pk}/tags/", {"replace": []}),
    "people": lambda w: ("POST", f"videos/{w.video.pk}/people/", {"remove": [str(w.creator.public_id)]}),
    "studios": lambda w: ("POST", f"videos/{w.video.pk}/studios/", {"add_names": ["A studio"]}),
    "notes": lambda w: ("POST", f"videos/{w.video.pk}/notes/", {"values": {"shelf": "3"}}),
    "bulk edit": lambda w: ("POST", "bulk-edits/", {"ids": [w.video.pk], "operation": {"type": "amateur"}}),
    "bulk edit of people": lambda w: (
        "POST",
        "bulk-edits/",
        {"selection": {}, "operation": {"people": {"mode": "remove", "ids": [str(w.creator.public_id)]}}},
    ),
    "trash": lambda w: ("POST", "trash/video/put/", {"ids": [w.video.pk]}),
    "deleted": lambda w: ("DELETE", f"videos/{w.video.pk}/", None),
    "tag renamed": lambda w: ("PATCH", f"tags/{w.tag.pk}/", {"name": "Renamed"}),
    "tag trashed": lambda w: ("DELETE", f"tags/{w.tag.pk}/", None),
    "person renamed": lambda w: ("PATCH", f"people/{w.creator.public_id}/", {"name": "Renamed"}),
    "person trashed": lambda w: ("DELETE", f"people/{w.creator.public_id}/", None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_tells_its_batch_and_is_undone_by_it(world: World, admin: Client, name: str) -> None:
    method, address, body = CHANGES[name](world)
    place = f"/api/v1/videos/{world.video.pk}/"
    before = admin.get(place).json()

    done = send(admin, method, f"/api/v1/{address}", body, **{"If-Match": "*"})
    between = admin.get(place)
    batch = done["Change-Batch"]
    seen = admin.get(f"/api/v1/changes/{batch}/")
    would = admin.get(f"/api/v1/changes/{batch}/undo/").json()
    undone = send(admin, "POST", f"/api/v1/changes/{batch}/undo/")
    twice = send(admin, "POST", f"/api/v1/changes/{batch}/undo/")

    assert done.status_code < 300, done.content
    assert between.status_code == 404 or between.json() != before
    assert seen.json()["row_count"] >= 1
    assert would["row_count"] >= 1
    assert (undone.status_code, twice.status_code) == (200, 400)
    assert undone["Change-Batch"] == undone.json()["batch"]
    assert admin.get(place).json() == before


def test_ones_own_changes_are_ones_own_matter(world: World, admin: Client) -> None:
    batch = ChangeBatch.objects.get(summary="Renamed a video")
    other = client_for(make_user())

    answers = [other.get(f"/api/v1/changes/{batch.pk}/"), send(other, "POST", f"/api/v1/changes/{batch.pk}/undo/")]

    assert [answer.status_code for answer in answers] == [404, 403]
    assert admin.get(f"/api/v1/changes/{batch.pk}/").json()["summary"] == "Renamed a video"
