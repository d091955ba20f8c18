"""Single endpoints of the API: what they do beyond what all do."""

import json

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from library.models import ScanLog, User
from library.roles import ADMIN, USER
from tests.config.api_world import World, client_for, send
from tests.library.factories import find_permission, make_file, make_role, make_user
from tests.people.factories import picture_bytes

pytestmark = pytest.mark.django_db


def test_the_list_takes_the_filters_of_saved_searches(world: World, admin: Client) -> None:
    chosen = {"all": [{"facet": "tag", "op": "any", "value": [world.tag.pk]}]}
    search = send(admin, "POST", "/api/v1/searches/", {"name": "Tagged", "filter": chosen, "sort": "title"})

    found = [
        admin.get("/api/v1/videos/", {"filter": json.dumps(chosen)}).json(),
        send(admin, "POST", "/api/v1/videos/search/", {"filter": chosen, "sort": "title"}).json(),
        admin.get(f"/api/v1/searches/{search.json()['id']}/videos/").json(),
    ]

    assert [[row["id"] for row in page["results"]] for page in found] == [[world.video.pk]] * 3
    assert admin.get("/api/v1/videos/count/", {"filter": json.dumps(chosen)}).json() == {"number": 1, "is_exact": True}


def test_a_preview_of_a_bulk_edit_changes_nothing(world: World, admin: Client) -> None:
    wish = {"ids": [world.video.pk], "operation": {"tags": {"mode": "add", "names": ["New"]}}, "is_preview": True}

    told = send(admin, "POST", "/api/v1/bulk-edits/", wish)

    assert told.json()["state"] == "preview"
    assert [effect["changed"] for effect in told.json()["effects"]] == [1]
    assert "Change-Batch" not in told


def test_a_large_bulk_edit_is_a_job_that_can_be_cancelled(
    world: World, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("library.api.bulk_edits.MOST_IN_REQUEST", 0)

    asked = send(admin, "POST", "/api/v1/bulk-edits/", {"selection": {}, "operation": {"type": "amateur"}})
    place = f"/api/v1/bulk-edits/{asked.json()['id']}/"
    waits = admin.get(place).json()
    cancelled = send(admin, "DELETE", place).json()

    assert asked.status_code == 202
    assert (waits["state"], cancelled["state"]) == ("waiting", "cancelled")


def test_a_new_name_needs_the_right_to_make_one(world: World) -> None:
    user = make_user()
    user.user_permissions.add(find_permission("library.change_video"))
    client = client_for(User.objects.get(pk=user.pk))
    address = f"/api/v1/videos/{world.video.pk}/tags/"

    made = send(client, "POST", address, {"add_names": ["New"]})
    put = send(client, "POST", address, {"remove": [world.tag.pk]})

    assert (made.status_code, put.status_code) == (403, 200)


def test_a_picture_becomes_the_cover_and_a_person_has_one(world: World, admin: Client) -> None:
    def picture() -> SimpleUploadedFile:
        return SimpleUploadedFile("x.png", picture_bytes(), "image/png")

    cover = admin.post(f"/api/v1/videos/{world.video.pk}/cover/", {"picture": picture()})
    none = admin.post(f"/api/v1/videos/{world.video.pk}/cover/", {"picture": SimpleUploadedFile("x.png", b"no")})
    face = admin.post(f"/api/v1/people/{world.creator.public_id}/pictures/", {"picture": picture()})
    taken = send(admin, "POST", f"/api/v1/videos/{world.video.pk}/cover/", {"seconds": 1})

    assert (cover.status_code, none.status_code, face.status_code, taken.status_code) == (200, 400, 201, 202)
    assert cover.json()["is_own"]
    for address in (cover.json()["cover"], face.json()["image"]):
        answer = admin.get(address)
        # Read to its end, it closes its file.
        assert answer.getvalue()[:4] == b"RIFF"
        assert answer["Content-Type"] == "image/webp"


def test_another_file_is_played_and_taken_back(world: World, admin: Client) -> None:
    copy = make_file(folder=world.folder, video=world.video, is_primary=False, height=99)

    done = send(admin, "POST", f"/api/v1/files/{copy.pk}/primary/")
    height = admin.get(f"/api/v1/videos/{world.video.pk}/").json()["height"]
    send(admin, "POST", f"/api/v1/changes/{done['Change-Batch']}/undo/")

    assert height == 99
    assert admin.get(f"/api/v1/files/{world.file.pk}/").json()["is_primary"]


def test_merges_move_everything_and_are_undone(world: World, admin: Client) -> None:
    other = send(admin, "POST", "/api/v1/tags/", {"name": "Other"}).json()

    done = send(admin, "POST", f"/api/v1/tags/{other['id']}/merge/", {"ids": [world.tag.pk]})
    tags = [one["name"] for one in admin.get(f"/api/v1/videos/{world.video.pk}/").json()["tags"]]
    send(admin, "POST", f"/api/v1/changes/{done['Change-Batch']}/undo/")

    assert tags == ["Other"]
    assert admin.get(f"/api/v1/tags/{world.tag.pk}/").json()["video_count"] == 1


def test_a_tag_below_itself_is_refused_and_the_tree_shows_it_where_it_is(world: World, admin: Client) -> None:
    child = send(admin, "POST", "/api/v1/tags/", {"name": "Child", "parent": world.tag.pk}).json()

    place = f"/api/v1/tags/{world.tag.pk}/"
    circle = send(admin, "PATCH", place, {"parent": child["id"]}, **{"If-Match": "*"})
    tree = {node["id"]: node for node in admin.get("/api/v1/tags/tree/").json()}

    assert circle.status_code == 400
    assert [node["id"] for node in tree[world.tag.pk]["children"]] == [child["id"]]


def test_queues_are_paused_and_limited(world: World, admin: Client) -> None:
    paused = send(admin, "PATCH", "/api/v1/queues/media/", {"is_paused": True, "concurrency": 2}).json()

    limited = send(admin, "PATCH", "/api/v1/queues/media/", {"concurrency": None}).json()

    assert (paused["is_paused"], paused["concurrency"]) == (True, 2)
    assert (limited["is_paused"], limited["concurrency"]) == (True, None)


def test_a_held_scan_is_answered_once(world: World, admin: Client) -> None:
    now = timezone.now()
    log = ScanLog.objects.create(folder=world.folder, started_at=now, finished_at=now, status="held", files_held=3)
    place = f"/api/v1/scans/{log.pk}/answer/"

    answers = [send(admin, "POST", place, {"answer": "keep"}).status_code for _ in range(2)]

    assert answers == [200, 409]


def test_nobody_gives_rights_that_they_dont_have(world: World) -> None:
    manager = make_user()
    manager.user_permissions.add(
        *map(find_permission, ("library.view_user", "library.change_user", "library.add_user"))
    )
    client = client_for(User.objects.get(pk=manager.pk))
    strong = make_user(role=ADMIN, is_active=False)
    weak = make_user()

    answers = [
        send(client, "PATCH", f"/api/v1/users/{strong.pk}/", {"password": "another one"}, **{"If-Match": "*"}),
        send(client, "PATCH", f"/api/v1/users/{weak.pk}/", {"role": ADMIN}, **{"If-Match": "*"}),
        send(client, "POST", "/api/v1/users/", {"username": "x", "password": "a long enough one", "role": ADMIN}),
        send(client, "PATCH", f"/api/v1/users/{manager.pk}/", {"role": USER}, **{"If-Match": "*"}),
        send(client, "PATCH", f"/api/v1/users/{weak.pk}/", {"first_name": "Ada"}, **{"If-Match": "*"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 200]


def test_roles_are_made_changed_and_removed_by_those_who_hold_what_they_allow(world: World, admin: Client) -> None:
    made = send(admin, "POST", "/api/v1/roles/", {"name": " Film  club ", "permissions": ["library.view_video"]})
    place = f"/api/v1/roles/{made.json()['id']}/"

    answers = [
        send(admin, "PATCH", place, {"name": "Club", "grant": ["library.upload_video"]}),
        send(admin, "PATCH", place, {"permissions": ["library.view_video", "playback.export_clip"]}),
        send(admin, "PATCH", place, {"permissions": [], "grant": ["library.view_video"]}),
        send(admin, "PATCH", place, {"grant": ["library.fly"]}),
        send(admin, "POST", "/api/v1/roles/", {"name": "CLUB"}),
        send(admin, "POST", "/api/v1/roles/", {"name": "  "}),
    ]
    seen = admin.get(place).json()
    gone = send(admin, "DELETE", place)

    assert (made.status_code, made.json()["name"]) == (201, "Film club")
    assert made.json()["permissions"] == ["library.view_video"]
    assert [answer.status_code for answer in answers] == [200, 200, 400, 400, 400, 400]
    assert (seen["name"], seen["permissions"]) == ("Club", ["library.view_video", "playback.export_clip"])
    assert (gone.status_code, admin.get(place).status_code) == (204, 404)


def test_roles_are_not_for_raising_oneself_and_the_built_in_ones_stay(world: World, admin: Client) -> None:
    rights = ["auth.view_group", "auth.add_group", "auth.change_group", "auth.delete_group", "library.view_video"]
    own, weak, strong = (
        make_role(name="own", permissions=rights),
        make_role(name="weak", permissions=["library.view_video"]),
        make_role(name="strong", permissions=["library.trash_video"]),
    )
    client = client_for(make_user(role="own"))
    seeded = {role.name: role.pk for role in Group.objects.filter(name__in=(USER, ADMIN))}

    def at(pk: int) -> str:
        return f"/api/v1/roles/{pk}/"

    refused = [
        send(client, "POST", "/api/v1/roles/", {"name": "x", "permissions": ["library.trash_video"]}),
        send(client, "PATCH", at(own.pk), {"name": "mine"}),
        send(client, "PATCH", at(weak.pk), {"grant": ["library.trash_video"]}),
        send(client, "PATCH", at(strong.pk), {"name": "tamed"}),
        send(client, "DELETE", at(strong.pk)),
        send(client, "DELETE", at(own.pk)),
        send(admin, "PATCH", at(seeded[USER]), {"name": "guest"}),
        send(admin, "DELETE", at(seeded[USER])),
        send(admin, "PATCH", at(seeded[ADMIN]), {"withdraw": ["library.view_video"]}),
    ]
    allowed = [send(client, "PATCH", at(weak.pk), {"name": "renamed"}), send(client, "DELETE", at(weak.pk))]

    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert [answer.status_code for answer in allowed] == [200, 204]
