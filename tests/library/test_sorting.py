"""The orders of the library, page after page."""

import base64
import contextlib
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from library import queries
from library.models import User, Video
from library.queries import all_sorts, sort_of
from library.sorting import Cursor, CursorError
from playback.models import Rating, WatchProgress
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db


def pages(sort: str, *, user: User | None = None, text: str = "", limit: int = 3) -> list[int]:
    """Every video in that order, a few at a time."""
    seen: list[int] = []
    after = None
    while True:
        page = queries.list_videos(sort=sort_of(sort), text=text, user=user, after=after, limit=limit)
        seen += [file.video_id or 0 for file in page.files]
        if page.next_cursor is None:
            return seen
        after = Cursor.decoded(page.next_cursor)


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def videos(user: User) -> list[Video]:
    now = timezone.now()
    videos = []
    for number in range(11):
        odd = number % 2
        video = make_video(
            title=f"Clip {number % 4}",
            view_count=number % 3,
            size_bytes=number % 4 if odd else None,
            recorded_at=now - timedelta(days=number % 3) if odd else None,
            release_date=now.date() if number % 3 == 0 else None,
        )
        make_file(video=video)
        if number % 3 == 1:
            Rating.objects.create(user=user, video=video, stars=number % 5 or 1, rated_at=now)
            WatchProgress.objects.create(user=user, video=video, watched_at=now - timedelta(hours=number))
        Rating.objects.create(user=make_user(), video=video, stars=1, rated_at=now)
        videos.append(video)
    return videos


@pytest.mark.parametrize("sort", [*(sort.key for sort in all_sorts()), "random-77"])
def test_every_video_comes_once_whatever_the_order(sort: str, videos: list[Video], user: User) -> None:
    assert sorted(pages(sort, user=user, text="clip")) == sorted(video.pk for video in videos)


@pytest.mark.parametrize("sort", [sort.key for sort in all_sorts()])
def test_up_next_goes_on_from_any_video(sort: str, videos: list[Video], user: User) -> None:
    order = pages(sort, user=user, text="clip")

    file = queries.find_video(order[4])
    place = queries.cursor_at(file, sort_of(sort), text="clip", user=user)
    page = queries.list_videos(sort=sort_of(sort), text="clip", user=user, after=place, limit=3)

    assert [one.video_id for one in page.files] == order[5:8]


def test_a_shuffle_stays_while_paging_and_another_seed_is_another(videos: list[Video]) -> None:
    assert pages("random-1") == pages("random-1", limit=20)
    assert pages("random-1") != pages("random-2")


def test_my_stars_come_first_and_the_unrated_last(videos: list[Video], user: User) -> None:
    stars = dict(Rating.objects.filter(user=user).values_list("video_id", "stars"))

    order = [stars.get(video_id) for video_id in pages("rating", user=user)]

    rated = [one for one in order if one is not None]
    assert rated == sorted(rated, reverse=True)
    assert order[len(rated) :] == [None] * (len(videos) - len(rated))


def test_the_best_match_has_the_words_in_its_title() -> None:
    for title, description in (("Other", "about a garden"), ("Garden", ""), ("Third", "garden garden garden")):
        make_file(video=make_video(title=title, description=description))

    assert Video.objects.get(pk=pages("best", text="garden")[0]).title == "Garden"


@pytest.mark.parametrize("value", ["x", 1e400, float("nan"), None, True, 2**70, "2020-01-01"])
def test_a_place_of_another_order_is_refused(value, videos: list[Video]) -> None:
    with pytest.raises(CursorError):
        queries.list_videos(sort=sort_of("newest"), after=Cursor.decoded(Cursor(value, 1).encoded()))


@pytest.mark.parametrize("sort", [sort.key for sort in all_sorts()])
def test_no_place_that_somebody_made_up_is_an_error_of_the_database(sort: str, user: User) -> None:
    make_file()
    written = (
        "[1e999, 5]", "[-1e999, 5]", "[1e300, 5]", "[5.5, 5]", "[null, 5]", "[1, 1e5]", "[[], 5]", '"ab"', "[]", "5",
        '["2020-01-01T00:00:00+23:00", 5]', '["0001-01-01T00:00:00+14:00", 5]', '["9999-12-31T23:59:59-14:00", 5]',
    )  # fmt: skip

    for raw in written:
        code = base64.urlsafe_b64encode(raw.encode()).decode()
        with contextlib.suppress(CursorError):
            queries.list_videos(sort=sort_of(sort), text="video", user=user, after=Cursor.decoded(code))


def test_trashed_videos_are_in_no_list(client: Client, videos: list[Video], user: User) -> None:
    Video.objects.filter(pk=videos[0].pk).update(trashed_at=timezone.now())
    client.force_login(user)

    assert videos[0].pk not in pages("newest")
    assert queries.count_videos().number == 10
    assert queries.find_video(videos[0].pk) is None
