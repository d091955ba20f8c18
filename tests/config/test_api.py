"""Every endpoint of the API: who may use it, what lists cost, and that it describes itself."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library.management.commands.api_schema import PLACE
from library.models.token import TokenScope
from library.roles import ADMIN, MODERATOR, USER
from tests.config.api_world import Operation, World, add_rows, client_for, operations, send
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db

ALL = list(operations())


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
@pytest.mark.parametrize(
    "role",
    ["nobody", *(pytest.param(name, marks=pytest.mark.slow) for name in (USER, MODERATOR, ADMIN, "read-only"))],
)
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
    "faces/suggestions/", "faces/suggestions/?sort=sure", "faces/suggestions/people/", "faces/clusters/",
    "faces/pairs/",
    "faces/tracks/", "faces/references/", "faces/searches/",
    "suggestions/inbox/", "suggestions/providers/", "rules/", "rules/learned/", "rules/runs/", "evidence/", "renames/",
    "triage/queues/", "triage/answers/", "triage/pace/", "imports/", "imports/systems/",
]  # fmt: skip


@pytest.mark.slow
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
    single |= {
        "conversions/totals/",
        "duplicates/best/",
        "faces/moments/",
        "faces/accuracy/",
        "renames/plan/",
        "stats/",
        "stats/fields/",
        "stats/series/",
        "stats/me/",
    }
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
