"""Likes, stars and tallies: one row each, in changes that are taken back, and seen on the pages."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library.models import ChangeBatch, User, Video
from library.services.history import undo_batch
from playback.exceptions import OpinionError
from playback.models import Favorite, Rating, Tally
from playback.queries_opinions import favorite_people, opinion_of, opinions_of_videos
from playback.services.opinions import add_to_tally, clear_rating, rate, set_favorite
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_user, make_video
from tests.people.factories import make_creator, make_studio

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user(username="Ana")


@pytest.fixture
def video() -> Video:
    video = make_video(title="Beach", duration_seconds=100)
    make_file(video=video, duration_seconds=100)
    return video


@pytest.mark.parametrize("make", [make_video, make_creator, make_studio])
def test_liking_twice_is_one_row_and_the_second_is_no_change(user: User, make: Any) -> None:
    target = make()

    with nothing_outside_batches():
        first = set_favorite(user=user, target=target, is_favorite=True)
        second = set_favorite(user=user, target=target, is_favorite=True)

    assert (Favorite.objects.count(), first.summary, second) == (1, f"Likes {target}", None)
    assert ChangeBatch.objects.count() == 1


def test_a_like_is_taken_back_and_given_again(user: User, video: Video) -> None:
    batch = set_favorite(user=user, target=video, is_favorite=True)

    undone = undo_batch(batch=batch, user=user)
    assert not opinion_of(user, video).is_favorite
    undo_batch(batch=undone.batch, user=user)

    assert opinion_of(user, video).is_favorite


@pytest.mark.parametrize("stars", [0, 0.25, 5.5, -1, "many", None, True, "NaN", "1e999"])
def test_stars_that_there_are_not_are_refused(user: User, video: Video, stars: object) -> None:
    if stars is True:
        stars = "True"

    with pytest.raises(OpinionError, match="half steps"):
        rate(user=user, target=video, stars=stars)

    assert not Rating.objects.exists()


def test_stars_are_given_changed_and_taken_away_and_a_comment_stays(user: User, video: Video) -> None:
    rate(user=user, target=video, stars=3.5, comment=" fine ")

    again = rate(user=user, target=video, stars="4")

    assert (opinion_of(user, video).stars, opinion_of(user, video).comment) == (Decimal("4.0"), "fine")
    assert again.summary == "Gave Beach 4 stars"
    assert rate(user=user, target=video, stars=4) is None
    undo_batch(batch=again, user=user)
    assert opinion_of(user, video).stars == Decimal("3.5")
    gone = clear_rating(user=user, target=video)
    assert opinion_of(user, video).stars is None
    undo_batch(batch=gone, user=user)
    assert opinion_of(user, video).comment == "fine"


def test_the_tally_goes_up_by_one_and_its_last_step_is_taken_back(user: User, video: Video) -> None:
    add_to_tally(user=user, video=video)
    count, batch = add_to_tally(user=user, video=video)

    report = undo_batch(batch=batch, user=user)

    assert (count, report.conflicts, Tally.objects.get().count) == (2, [], 1)


def test_an_earlier_step_of_the_tally_is_not_taken_back_under_a_later_one(user: User, video: Video) -> None:
    _, first = add_to_tally(user=user, video=video)
    add_to_tally(user=user, video=video)

    report = undo_batch(batch=first, user=user)

    assert (Tally.objects.get().count, report.batch) == (2, None)
    assert "was changed since" in report.conflicts[0]


def test_opinions_of_many_tiles_cost_one_query(user: User) -> None:
    videos = [make_video() for _ in range(6)]
    set_favorite(user=user, target=videos[0], is_favorite=True)
    rate(user=user, target=videos[1], stars=5)
    rate(user=make_user(), target=videos[2], stars=1)

    with CaptureQueriesContext(connection) as asked:
        found = opinions_of_videos(user, [one.pk for one in videos])

    assert len(asked) == 1
    assert set(found) == {videos[0].pk, videos[1].pk}


def test_liked_people_come_the_latest_first_page_by_page_without_the_trash(user: User) -> None:
    people = [make_creator(name=f"P{number}") for number in range(5)]
    for one in people:
        set_favorite(user=user, target=one, is_favorite=True)
    type(people[3]).objects.filter(pk=people[3].pk).update(trashed_at="2026-01-01T00:00Z")

    first, place = favorite_people(user, limit=2)
    rest, end = favorite_people(user, before_id=place, limit=5)

    assert [card.row.name for card in [*first, *rest]] == ["P4", "P2", "P1", "P0"]
    assert end is None


# ---- pages and API --------------------------------------------------------------------------------------------------
def test_the_endpoints_say_what_one_thinks_and_how_to_take_it_back(client: Client, user: User, video: Video) -> None:
    client.force_login(user)
    address = f"/api/v1/videos/{video.pk}/"

    liked = client.put(f"{address}favorite/").json()
    rated = client.put(f"{address}rating/", {"stars": 4.5, "comment": "so"}, "application/json").json()
    counted = client.post(f"{address}tally/").json()
    wrong = client.put(f"{address}rating/", {"stars": 4.7}, "application/json")
    whole = client.put(f"{address}rating/", {"stars": 4}, "application/json").json()
    client.post(f"/api/v1/changes/{whole['batch']}/undo/")
    undone = client.post(f"/api/v1/changes/{rated['batch']}/undo/").json()

    assert (liked["is_favorite"], counted["tally"], rated["stars"], rated["comment"]) == (True, 1, 4.5, "so")
    assert (wrong.status_code, wrong.json(), whole["stars"]) == (
        400, {"detail": "Stars go from 0.5 to 5 in half steps."}, 4.0,
    )  # fmt: skip
    assert undone["detail"] == "Undid: Gave Beach 4½ stars."
    assert client.get(f"{address}opinion/").json() == {
        "is_favorite": True, "stars": None, "comment": "", "tally": 1, "batch": None,
    }  # fmt: skip


def test_somebody_elses_change_is_not_taken_back(client: Client, user: User, video: Video) -> None:
    batch = set_favorite(user=user, target=video, is_favorite=True)
    client.force_login(make_user())

    answer = client.post(f"/api/v1/changes/{batch.pk}/undo/")

    assert answer.status_code == 403
    assert opinion_of(user, video).is_favorite


@pytest.mark.parametrize(("kind", "make"), [("people", make_creator), ("studios", make_studio)])
def test_people_and_studios_have_their_endpoints_and_show_the_heart(
    client: Client, user: User, kind: str, make: Any
) -> None:
    target = make(name="Mara")
    client.force_login(user)

    answer = client.put(f"/api/v1/{kind}/{target.public_id}/favorite/")
    page = client.get(target.get_absolute_url()).content.decode()
    listed = client.get(f"/favorites/{kind}/").content.decode()
    by_api = client.get(f"/api/v1/favorites/?kind={kind}").json()["results"]

    assert answer.json()["is_favorite"]
    assert 'aria-pressed="true"' in page
    assert "Mara" in listed
    assert by_api == [{"id": str(target.public_id), "name": "Mara"}]


def test_favourite_videos_have_a_page_the_latest_liked_first_and_tiles_say_so(client: Client, user: User) -> None:
    videos = [make_video(title=title) for title in ("First", "Second", "Other")]
    for one in videos:
        make_file(video=one)
    set_favorite(user=user, target=videos[0], is_favorite=True)
    set_favorite(user=user, target=videos[1], is_favorite=True)
    rate(user=user, target=videos[1], stars=2.5)
    client.force_login(user)

    page = client.get("/favorites/").content.decode()

    assert 0 < page.index("Second") < page.index("First")
    assert "Other" not in page
    assert "2½" in page
    by_api = client.get("/api/v1/favorites/").json()["results"]
    assert [one["name"] for one in by_api] == ["Second", "First"]


@pytest.mark.parametrize("kind", ["", "people/", "studios/"])
def test_without_favourites_the_page_says_how_to_get_some(client: Client, user: User, kind: str) -> None:
    client.force_login(user)

    page = client.get(f"/favorites/{kind}").content.decode()

    assert "empty" in page
    assert "heart" in page
