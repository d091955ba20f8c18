"""What the API refuses, by every endpoint and by single ones."""

from typing import Any

import pytest
from django.test import Client

from tests.config.api_world import World, operations, send

pytestmark = pytest.mark.django_db

ALL = list(operations())
JSON = "application/json"


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
