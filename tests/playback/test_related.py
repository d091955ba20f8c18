"""Videos that go with one."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import Tag, User, Video
from library.queries import find_video
from people.models import Creator, Studio
from playback import queries_related
from playback.models import Favorite, WatchProgress
from playback.queries_related import Related, related_videos
from tests.library.factories import make_user
from tests.playback.watching import make_film

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def related(user: User, video: Video, **asked: int) -> list[Related]:
    file = find_video(video.pk)
    assert file is not None
    return related_videos(file, user=user, **asked)


def scores(user: User, video: Video) -> dict[str, float]:
    return {one.file.video.title: one.score for one in related(user, video) if one.is_related}


def film(title: str, *, people=(), tags=(), studios=(), **columns: object) -> Video:
    video = make_film(title=title, **columns)
    for person in people:
        video.credits.create(creator=person)
    for tag in tags:
        video.video_tags.create(tag=tag)
    for studio in studios:
        video.video_studios.create(studio=studio)
    return video


def test_each_thing_in_common_has_its_points(user: User) -> None:
    ana, bea = Creator.objects.create(name="Ana"), Creator.objects.create(name="Bea")
    sea, sun = Tag.objects.create(name="Sea"), Tag.objects.create(name="Sun")
    house, mill = Studio.objects.create(name="House"), Studio.objects.create(name="Mill")
    Favorite.objects.create(user=user, creator=bea, added_at=timezone.now())
    Favorite.objects.create(user=user, studio=mill, added_at=timezone.now())
    Favorite.objects.create(user=make_user(), creator=ana, added_at=timezone.now())
    mine = film("Mine", people=[ana, bea], tags=[sea, sun], studios=[house, mill], type="amateur")
    film("A person", people=[ana])
    film("One that I like", people=[bea])
    film("Both", people=[ana, bea], tags=[sea])
    film("Two tags", tags=[sea, sun])
    film("The studio", studios=[house])
    film("A studio that I like", studios=[mill])
    film("Both studios", studios=[house, mill])
    film("And the kind", tags=[sea], type="amateur")
    film("Seen by many", tags=[sea], view_count=10**6)
    film("Seen by some", tags=[sea], view_count=3)
    film("Nothing in common")
    WatchProgress.objects.create(
        user=user, video=film("Watched", people=[ana]), is_completed=True, watched_at=timezone.now()
    )
    WatchProgress.objects.create(
        user=user, video=film("Watched, little", tags=[sea]), is_completed=True, watched_at=timezone.now()
    )
    WatchProgress.objects.create(user=user, video=film("Begun", people=[ana]), watched_at=timezone.now())

    assert scores(user, mine) == {
        "Both": 40 + 65 + 8,
        "One that I like": 65,
        "A person": 40,
        "Begun": 40,
        "A studio that I like": 35,
        "Both studios": 35,
        "The studio": 20,
        "And the kind": 18,
        "Seen by many": 18,
        "Two tags": 16,
        "Watched": 10,
        "Seen by some": 10,
        "Watched, little": 0,
    }


def test_popular_videos_fill_the_list_up_and_the_best_come_first(user: User) -> None:
    ana = Creator.objects.create(name="Ana")
    mine = film("Mine", people=[ana], view_count=99)
    film("Few saw it", view_count=1)
    film("Many saw it", view_count=50)
    film("With Ana", people=[ana])
    film("With Ana, in the trash", people=[ana], trashed_at=timezone.now())
    film("With Ana, unplugged", people=[ana], is_missing=True)
    film("Nobody saw it")

    found = [(one.file.video.title, one.is_related) for one in related(user, mine)]

    assert found == [("With Ana", True), ("Many saw it", False), ("Few saw it", False)]
    assert len(related(user, mine, limit=2)) == 2


def test_it_costs_the_same_for_a_tag_on_many_videos(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries_related, "PER_NAME", 5)
    sea = Tag.objects.create(name="Sea")
    mine = film("Mine", tags=[sea])
    counts = []

    for number in (3, 12):
        for index in range(number):
            film(f"Film {number}.{index}", tags=[sea])
        with CaptureQueriesContext(connection) as asked:
            found = related(user, mine)
        counts.append(len(asked))

    assert counts == [3, 3]
    assert [one.file.video.title for one in found] == [f"Film 12.{n}" for n in (11, 10, 9, 8, 7)], "the latest of it"


def test_the_page_and_the_api_say_why(client: Client, user: User) -> None:
    ana, sea, house = (
        Creator.objects.create(name="Ana"),
        Tag.objects.create(name="Sea"),
        Studio.objects.create(name="House"),
    )
    mine = film("Mine", people=[ana], tags=[sea], studios=[house])
    with_ana = film("With her", people=[ana], tags=[sea])
    film("Same house", studios=[house])
    film("By the sea", tags=[sea])
    film("Loved", view_count=5)

    page = client.get(f"/videos/{mine.pk}/related/?piece=1").content.decode()
    whole = client.get(f"/videos/{mine.pk}/related/").content.decode()
    rows = client.get(f"/api/v1/videos/{mine.pk}/related/?limit=2").json()
    watch = client.get(f"/videos/{mine.pk}/").content.decode()

    for words in ("Also with Ana", "Also from House", "Also Sea", "Often watched here"):
        assert words in page
    assert "<html" not in page
    assert "<html" in whole
    assert f"/videos/{mine.pk}/related/?piece=1" in watch
    assert (rows[0]["video"]["id"], rows[0]["score"], rows[0]["is_related"], len(rows)) == (with_ana.pk, 48, True, 2)
    assert client.get("/api/v1/videos/999999/related/").status_code == 404


def test_a_video_alone_says_what_helps(client: Client, user: User) -> None:
    mine = film("Mine")

    assert "Nothing beside it yet" in client.get(f"/videos/{mine.pk}/related/").content.decode()
