"""The tree of tags in the admin."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import ChangeBatch, Tag
from tests.library.factories import make_user, make_video
from tests.people.factories import put

pytestmark = pytest.mark.django_db

LIST = "admin:library_tag_changelist"


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user(username="owner", is_staff=True, is_superuser=True))
    return client


def make_tree() -> dict[str, Tag]:
    """Places over Beach over Sand, and Art."""
    places = Tag.objects.create(name="Places")
    beach = Tag.objects.create(name="Beach", parent=places)
    sand = Tag.objects.create(name="Sand", parent=beach)
    return {"places": places, "beach": beach, "sand": sand, "art": Tag.objects.create(name="Art")}


def rows_of(page: Client, query: str = "") -> list[tuple[str, int | None]]:
    rows = page.get(f"{reverse(LIST)}?{query}").context["cl"].result_list
    return [(row.name, getattr(row, "depth", None)) for row in rows]


def test_the_list_is_the_tree(page):
    make_tree()

    assert rows_of(page) == [("Art", 0), ("Places", 0), ("Beach", 1), ("Sand", 2)]


def test_a_search_shows_what_matches_without_the_tree(page):
    make_tree()

    assert rows_of(page, "q=sand") == [("Sand", None)]


@pytest.mark.parametrize("query", ["", "q=beach", "o=3"])
def test_each_tag_tells_how_many_videos_have_it(page, query):
    tags = make_tree()
    put(tags["beach"], make_video(), make_video())

    rows = page.get(f"{reverse(LIST)}?{query}").context["cl"].result_list

    assert {row.name: row.video_count for row in rows}["Beach"] == 2


def test_a_tag_below_one_in_the_trash_stands_at_the_top(page):
    tags = make_tree()
    Tag.objects.filter(pk=tags["beach"].pk).update(trashed_at=timezone.now())

    assert rows_of(page) == [("Art", 0), ("Places", 0), ("Sand", 0)]


def test_tags_move_below_another_one(page):
    tags = make_tree()

    page.post(reverse("admin:library_tag_move"), {"id": [tags["sand"].pk], "parent": [str(tags["art"].pk)]})

    assert Tag.objects.get(name="Sand").parent == tags["art"]
    assert ChangeBatch.objects.get().summary == "Moved Sand below Art"


def test_a_tag_does_not_move_below_itself_and_none_of_the_others_moves_then(page):
    tags = make_tree()

    response = page.post(
        reverse("admin:library_tag_move"),
        {"id": [tags["art"].pk, tags["places"].pk], "parent": [str(tags["sand"].pk)]},
    )

    assert "can&#x27;t lie below itself" in response.content.decode()
    assert Tag.objects.get(name="Art").parent is None


def test_the_form_refuses_a_cycle_with_a_sentence(page):
    tags = make_tree()
    data = {"name": "Places", "parent": [str(tags["sand"].pk)], "color": "#6B7280", "position": "0"}
    management = {"aliases-TOTAL_FORMS": "0", "aliases-INITIAL_FORMS": "0"}

    response = page.post(reverse("admin:library_tag_change", args=(tags["places"].pk,)), {**data, **management})

    assert "Places can&#x27;t lie below Sand, because Sand lies below it." in response.content.decode()


def test_a_tag_goes_one_place_down(page):
    tags = make_tree()

    page.post(reverse("admin:library_tag_step", args=(tags["art"].pk, "down")))

    assert [name for name, _ in rows_of(page)] == ["Places", "Beach", "Sand", "Art"]


def test_the_list_asks_no_more_of_the_database_when_the_tree_grows(page):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(reverse(LIST)).status_code == 200
        return len(captured)

    tags = make_tree()
    queries()
    before = queries()
    for number in range(12):
        Tag.objects.create(name=f"More {number}", parent=tags["sand"]).aliases.create(name="x")
    # The numbers of the new tags are counted once, then kept.
    queries()

    assert queries() == before
