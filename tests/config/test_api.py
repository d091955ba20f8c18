"""Every endpoint of the API: who may use it, what it costs, what it refuses, and that it describes itself."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.api.versions import check_version
from library.management.commands.api_schema import PLACE
from library.models import ChangeBatch, ScanLog, User, Video
from library.models.token import TokenScope
from library.roles import ADMIN, MODERATOR, USER
from tests.config.api_world import Operation, World, add_rows, client_for, make_world, operations
from tests.library.factories import find_permission, make_file, make_user
from tests.people.factories import picture_bytes

pytestmark = pytest.mark.django_db

ALL = list(operations())
JSON = "application/json"


def send(client: Client, method: str, address: str, body: Any = None, **headers: str) -> Any:
    return client.generic(method, address, json.dumps(body or {}), JSON, headers=headers)


@pytest.fixture
def world(redis_connection: Any) -> World:
    return make_world()


@pytest.fixture
def admin() -> Client:
    return client_for(make_user(role=ADMIN))


# ---- the description ------------------------------------------------------------------------------------------------
def test_the_committed_schema_describes_the_api_as_it_is(tmp_path: Path) -> None:
    made = tmp_path / "schema.yaml"

    call_command("api_schema", to=made, stdout=StringIO())

    assert made.read_text() == PLACE.read_text(), "Run: make schema"


def test_the_page_of_the_description_needs_no_other_server(client: Client) -> None:
    client.force_login(make_user())

    page = client.get("/api/v1/docs/")

    assert page.status_code == 200
    assert "https://" not in page.content.decode().replace("https://github.com/swagger-api", "")
    assert client.get("/api/v1/schema/").status_code == 200


# ---- rights ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [USER, MODERATOR, ADMIN, "read-only", "nobody"])
def test_a_role_opens_exactly_what_it_allows(world: World, role: str) -> None:
    user = make_user(role=ADMIN if role == "read-only" else "" if role == "nobody" else role)
    client = client_for(user, scope=TokenScope.READ if role == "read-only" else TokenScope.FULL)
    wrong = []

    for operation in ALL:
        if operation.route == "tokens/" and operation.method == "POST":
            continue  # By a session only.
        is_allowed = user.has_perms(operation.wanted) and (role != "read-only" or operation.only_reads)
        # A body that no endpoint takes: nothing is done, and who may not is told that first.
        status = send(client, operation.method, operation.address(world), {"nonsense": 1}).status_code
        if operation.method == "DELETE" and is_allowed:
            status = 200
        if (status == 403) == is_allowed and not _is_own_matter(operation, status):
            wrong.append((str(operation), status, is_allowed))

    assert wrong == []


def _is_own_matter(operation: Operation, status: int) -> bool:
    """Rights that hang on the row: changes of others, accounts that may do more, presets that come along."""
    return status == 403 and operation.route.startswith(("changes/", "users/", "roles/"))


def test_nobody_gets_nothing_and_is_told_how_to_come_in(world: World) -> None:
    client = Client()

    answers = [send(client, one.method, one.address(world)) for one in ALL]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="Videothek"'}


# ---- what is sent ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", ["{", "[]", "null", '{"ids": [99999999999999999999]}', "{}"])
def test_nonsense_is_refused_by_every_endpoint_and_never_an_error_of_the_server(
    world: World, admin: Client, body: str
) -> None:
    answers = {}
    for one in ALL:
        if one.method in ("POST", "PATCH", "PUT"):
            address = one.address(world)
            answer = admin.generic(one.method, address, body, JSON, headers={"If-Match": "*"})
            answers[str(one)] = answer.status_code

    assert {name: status for name, status in answers.items() if status >= 500} == {}
    if body == "{":
        takes_none = {name for name, status in answers.items() if status < 400}
        assert {name for name in takes_none if "undo" not in name and not _takes_no_body(name)} == set()


def _takes_no_body(name: str) -> bool:
    ends = ("default/", "pause/", "resume/", "trash-clip/", "primary/", "health/", "<int:row_id>/", "<slug:name>/")
    return (name.startswith("POST") and name.endswith(ends)) or name.endswith(("/favorite/", "/watched/"))


@pytest.mark.parametrize(
    ("method", "address", "body", "field"),
    [
        ("PATCH", "videos/{video}/", {"titel": "x"}, "titel"),
        ("PATCH", "videos/{video}/", {"title": ""}, "title"),
        ("PATCH", "videos/{video}/", {"origin": "moon"}, "origin"),
        ("PATCH", "videos/{video}/", {"release_date": "yesterday"}, "release_date"),
        ("POST", "videos/{video}/tags/", {"add": [10**15]}, "add"),
        ("POST", "videos/{video}/people/", {"add": ["00000000-0000-4000-8000-000000000000"]}, "add"),
        ("POST", "videos/{video}/notes/", {"values": {}}, "values"),
        ("POST", "tags/", {"name": "x", "color": "red"}, "color"),
        ("POST", "tags/", {}, "name"),
        ("POST", "people/", {"name": "x", "death_date": "1900-01-01", "birth_date": "1950-01-01"}, "detail"),
        ("POST", "searches/", {"name": "x", "filter": {"facet": "moon", "op": "any", "value": 1}}, "detail"),
        ("POST", "bulk-edits/", {"ids": [1], "operation": {"paint": True}}, "operation"),
        ("POST", "bulk-edits/", {"operation": {"trash": True}}, "detail"),
        ("POST", "folders/", {"path": "videos"}, "detail"),
        ("PATCH", "settings/library/", {"trash_days": 99999}, "trash_days"),
        ("PATCH", "stages/frames/", {"trigger": "cron", "cron": "never"}, "detail"),
        ("PATCH", "queues/media/", {"concurrency": 0}, "concurrency"),
        ("POST", "users/", {"username": "x"}, "password"),
        ("POST", "users/", {"username": "x", "password": "x"}, "password"),
        ("GET", "videos/?filter={{", None, "filter"),
        ("GET", "videos/?sort=moon", None, "sort"),
        ("GET", "videos/?cursor=moon", None, "detail"),
        ("GET", "videos/?limit=0", None, "limit"),
        ("GET", "people/?cursor=moon", None, "detail"),
        ("GET", "jobs/?status=moon", None, "status"),
    ],
)
def test_what_cant_be_used_is_refused_with_a_sentence(
    world: World, admin: Client, method: str, address: str, body: Any, field: str
) -> None:
    answer = send(admin, method, "/api/v1/" + address.format(video=world.video.pk), body, **{"If-Match": "*"})

    assert answer.status_code == 400, answer.content
    assert field in answer.json()


# ---- what it costs --------------------------------------------------------------------------------------------------
# Lists that grow with the rows of the world.
LISTS = [
    "videos/", "videos/?sort=random-7", "searches/", "tags/", "tags/tree/", "files/unreadable/", "folders/", "scans/",
    "duplicates/", "trash/", "trash/video/", "missing/", "changes/", "users/", "roles/", "audit/", "tokens/", "facets/",
    "suggestions/?q=ta", "people/", "people/?sort=most", "studios/", "platforms/", "jobs/", "queues/", "stages/",
    "dead-letters/", "dead-letters/groups/", "workers/", "conversions/", "conversions/suggestions/", "presets/",
    "findings/", "plugins/", "sorts/", "favorites/", "favorites/?kind=people", "markers/", "markers/labels/",
    "markers/labels/tags/?label=x",
    "playlists/", "share-links/", "uploads/", "playback-sessions/",
    "suggestions/inbox/", "suggestions/providers/", "rules/", "rules/learned/", "rules/runs/", "evidence/", "renames/",
    "triage/queues/", "triage/answers/", "triage/pace/",
]  # fmt: skip


def test_a_list_costs_the_same_with_twenty_rows_as_with_one(world: World, admin: Client) -> None:
    def costs() -> dict[str, int]:
        counted = {}
        for address in LISTS:
            with CaptureQueriesContext(connection) as asked:
                answer = admin.get(f"/api/v1/{address}")
            assert answer.status_code == 200, (address, answer.content)
            counted[address] = len(asked)
        return counted

    costs()
    few = costs()
    for _ in range(20):
        add_rows(world)
    # Counts of tags are kept for a minute, or until one is put on a video.
    costs()

    many = costs()

    assert {name: (few[name], many[name]) for name in LISTS if many[name] > few[name]} == {}
    assert max(many.values()) <= 20


def test_every_list_is_in_that_table() -> None:
    plain = {one.route for one in ALL if one.method == "GET" and "<" not in one.route}
    single = {"me/", "videos/count/", "tags/similar/", "people/similar/", "studios/similar/"}
    single |= {"conversions/totals/", "duplicates/best/", "renames/plan/"}
    single |= {route for route in plain if route.startswith(("settings/", "me/"))}

    assert plain - single - {address.partition("?")[0] for address in LISTS} == set()


def test_pages_go_on_to_the_end_without_a_row_twice(world: World, admin: Client) -> None:
    for _ in range(3):
        add_rows(world)
    for start in ("jobs/?limit=2", "videos/?limit=2&sort=random", "tags/?limit=1", "people/?limit=2&sort=most"):
        seen: list[Any] = []
        address: str | None = f"/api/v1/{start}"
        while address:
            page = admin.get(address).json()
            seen += [row["id"] for row in page["results"]]
            address = page["next"]

        assert len(seen) == len(set(seen)) > 3, start


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


# ---- single endpoints -----------------------------------------------------------------------------------------------
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
    user.user_permissions.add(*_permissions("library.change_video"))
    client = client_for(User.objects.get(pk=user.pk))
    address = f"/api/v1/videos/{world.video.pk}/tags/"

    made = send(client, "POST", address, {"add_names": ["New"]})
    put = send(client, "POST", address, {"remove": [world.tag.pk]})

    assert (made.status_code, put.status_code) == (403, 200)


def _permissions(*names: str) -> list[Any]:
    return [find_permission(name) for name in names]


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


def test_nobody_gives_rights_that_they_dont_have(world: World) -> None:
    manager = make_user()
    manager.user_permissions.add(*_permissions("library.view_user", "library.change_user", "library.add_user"))
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_of_two_who_write_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch, is_locked: bool) -> None:
    """The control without the lock lets both write, and one of the two titles is lost."""
    client = client_for(make_user(is_superuser=True))
    place = f"/api/v1/videos/{make_file().video_id}/"
    version = client.get(place)["ETag"]
    both_checked = threading.Barrier(2)

    def check_and_wait(*args: Any, **options: Any) -> None:
        check_version(*args, **options)
        # Broken where the other one waits for the lock that this one holds.
        with suppress(threading.BrokenBarrierError):
            both_checked.wait(timeout=1)

    def write_title(title: str) -> int:
        try:
            return int(send(client, "PATCH", place, {"title": title}, **{"If-Match": version}).status_code)
        finally:
            connection.close()

    monkeypatch.setattr("library.api.videos.check_version", check_and_wait)
    if not is_locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    with ThreadPoolExecutor(2) as threads:
        statuses = sorted(threads.map(write_title, ("One", "Two")))

    assert statuses == ([200, 409] if is_locked else [200, 200])
