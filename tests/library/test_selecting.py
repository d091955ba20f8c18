"""One look for both the number of videos that match and the page of them: it finds what two looks find."""

from typing import Any

import pytest

from library import conditions, queries, sorting
from library.filters import Condition, Group
from library.models import Tag, User, Video, VideoTag
from library.queries import Cursor, Sort, all_sorts, sort_of
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db

_TAGGED = Group("all", (Condition("tag", "empty", None, is_negated=True),))
_WISHES = {
    "words": {"text": "clip"},
    "a filter": {"filter": _TAGGED},
    "both": {"text": "clip", "filter": _TAGGED},
    "nothing that is there": {"text": "nowhere"},
}


@pytest.fixture
def user() -> User:
    tag = Tag.objects.create(name="Beach")
    for number in range(9):
        video = make_video(title=f"{'Clip' if number % 3 else 'Film'} {9 - number}", size_bytes=number % 4 or None)
        make_file(video=video)
        if number % 2:
            VideoTag.objects.create(video=video, tag=tag)
    return make_user()


def pages(sort: Sort, rows: Any, **wish: Any) -> list[int]:
    """Every video, two at a time."""
    seen: list[int] = []
    after = None
    while True:
        page = queries.list_videos(sort=sort, after=after, limit=2, matching=rows, **wish)
        seen += [file.video_id or 0 for file in page.files]
        if page.next_cursor is None:
            return seen
        after = Cursor.decoded(page.next_cursor)


@pytest.mark.parametrize("wish", _WISHES.values(), ids=_WISHES)
@pytest.mark.parametrize("at_most", [1, 3, 1_000])
def test_a_selection_shows_in_each_order_what_the_list_shows(
    user: User, wish: dict[str, Any], at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SELECTED_AT_MOST", at_most)
    for sort in [*all_sorts(), sort_of("random-7")]:
        selection = queries.select_videos(sort=sort, user=user, **wish)

        assert pages(sort, selection.rows, user=user, **wish) == pages(sort, None, user=user, **wish), sort
        assert selection.count == queries.count_videos(user=user, at_most=at_most, **wish)


def test_the_newest_of_many_are_ranked_and_all_are_counted(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "RANKED_AT_MOST", 4)
    monkeypatch.setattr(sorting, "RANKED_AT_MOST", 4)
    monkeypatch.setattr(queries, "SELECTED_AT_MOST", 3)
    best = sort_of("best")

    selection = queries.select_videos(sort=best, text="clip", user=user)

    newest = Video.objects.filter(title__startswith="Clip").order_by("-pk").values_list("pk", flat=True)[:4]
    assert sorted(pages(best, selection.rows, text="clip", user=user)) == sorted(newest)
    assert str(selection.count) == "3+"


def test_without_words_the_best_are_the_newest(user: User) -> None:
    selection = queries.select_videos(sort=sort_of("best"), filter=_TAGGED, user=user)

    assert pages(sort_of("best"), selection.rows, user=user, filter=_TAGGED) == pages(
        sort_of("newest"), None, user=user, filter=_TAGGED
    )


def test_words_by_title_are_those_of_any_order(user: User) -> None:
    by_title = queries.matching_videos(text="clip", sort=sort_of("title"), user=user)

    assert "IS TRUE" in str(by_title.query)
    assert set(by_title) == set(queries.matching_videos(text="clip", user=user))


def test_ids_are_one_value_however_many() -> None:
    ids = [make_video().pk for _ in range(3)]
    make_video()

    assert set(Video.objects.filter(conditions.is_any_of(ids)).values_list("pk", flat=True)) == set(ids)
    assert not Video.objects.filter(conditions.is_any_of([])).exists()
    assert list(Video.objects.filter(~conditions.is_any_of(ids), pk__in=ids)) == []
