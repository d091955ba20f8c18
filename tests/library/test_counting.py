"""Numbers of many rows, which may be a minute old."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from library.counting import kept_count
from library.models import Video
from library.queries import BoundedCount, count_videos
from tests.library.factories import make_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def make_videos(count: int) -> None:
    for _ in range(count):
        make_file()


def test_a_large_number_is_kept_and_a_small_one_counted_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("library.counting._MANY", 2)

    counts = []
    for _ in range(4):
        make_videos(1)
        counts.append(kept_count(Video.objects.all(), key="videos"))

    assert counts == [1, 2, 3, 3]


def test_that_the_library_has_more_than_the_bound_is_remembered() -> None:
    make_videos(3)

    first = count_videos(at_most=2)
    Video.objects.filter(pk=Video.objects.latest("pk").pk).delete()
    kept = count_videos(at_most=2)
    cache.clear()

    assert first == kept == BoundedCount(2, False)
    assert count_videos(at_most=2) == BoundedCount(2, True)
