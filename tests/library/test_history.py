"""The pages of the history, and the way back from pages."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library.models import ChangeBatch, Tag, User, Video, VideoTag
from library.queries_history import ROWS_PER_PAGE
from library.services.changes import change_batch
from library.services.history import may_undo, undo_batch
from playback.models import Rating
from tests.library.factories import make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user(username="anna", role="", is_superuser=True, is_staff=True)


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def text_of(page: Any) -> str:
    """The page's words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def rename(user: User | None = None, *, title: str = "Harbour", count: int = 1) -> ChangeBatch:
    videos = [make_video(title=f"Holiday {number}") for number in range(count)]
    with change_batch(summary=f"Renamed {count} videos", user=user) as batch:
        Video.objects.filter(pk__in=[video.pk for video in videos]).update(title=title)
    return batch


LIST = "admin:library_changebatch_changelist"


def test_the_list_shows_who_did_what_and_a_way_back(browser: Client, owner: User):
    batch = rename(owner)
    undone = rename()
    undo_batch(batch=undone, user=None)

    page = browser.get(reverse(LIST))

    text = text_of(page)
    assert "Renamed 1 videos anna" in text and "Undone" in text
    assert reverse("admin:library_changebatch_undo", args=(batch.pk,)) in page.content.decode()
    assert "Undo my last change" in text


def test_the_list_asks_as_often_for_many_as_for_few(browser: Client, owner: User, django_assert_max_num_queries: Any):
    rename(owner)
    ChangeBatch.objects.bulk_create(ChangeBatch(summary=f"Change {n}", user=owner) for n in range(120))

    with django_assert_max_num_queries(16):
        page = browser.get(reverse(LIST))

    assert len(page.context["cl"].result_list) == 50


@pytest.mark.parametrize("query", ["who=nobody", "source__exact=manual", "created_at_from=2020-01-01"])
def test_the_list_filters(browser: Client, query: str):
    rename()

    assert "Renamed 1 videos" in text_of(browser.get(f"{reverse(LIST)}?{query}"))


def test_a_batchs_page_says_in_words_what_changed(browser: Client, django_assert_max_num_queries: Any):
    video, tag = make_video(title="Holiday"), Tag.objects.create(name="Beach")
    with change_batch(summary="Edited Holiday") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour", release_date="2026-01-02")
        VideoTag.objects.create(video=video, tag=tag)

    with django_assert_max_num_queries(20):
        page = browser.get(reverse("admin:library_changebatch_change", args=(batch.pk,)))

    text = text_of(page)
    assert "changed video Harbour" in text
    assert "Title: Holiday → Harbour" in text and "Release date: nothing → 2026-01-02" in text
    assert "added video tag Harbour · Beach" in text
    assert reverse("admin:library_video_change", args=(video.pk,)) in page.content.decode()


def test_names_of_what_is_gone_are_known(browser: Client):
    video, tag = make_video(title="Holiday"), Tag.objects.create(name="Beach")
    VideoTag.objects.create(video=video, tag=tag)
    with change_batch(summary="Removed a tag") as batch:
        tag.delete()

    text = text_of(browser.get(reverse("admin:library_changebatch_change", args=(batch.pk,))))

    assert "removed tag Beach" in text and "removed video tag Holiday · Beach" in text


def test_a_batch_of_thousands_is_paged(browser: Client, django_assert_max_num_queries: Any):
    batch = rename(count=ROWS_PER_PAGE + 5)
    address = reverse("admin:library_changebatch_change", args=(batch.pk,))

    with django_assert_max_num_queries(20):
        first = browser.get(address)
    second = browser.get(f"{address}?page=2")

    assert (len(first.context["rows"]), len(second.context["rows"])) == (ROWS_PER_PAGE, 5)
    assert "Page 1 of 2" in text_of(first)


def test_conflicts_are_shown_before_anything_is_undone(browser: Client):
    batch = rename()
    Video.objects.update(title="Port")

    page = browser.get(reverse("admin:library_changebatch_undo", args=(batch.pk,)))

    assert "title was changed since and stays “Port”" in text_of(page)
    assert "Nothing of this can be undone any more" in text_of(page)
    batch.refresh_from_db()
    assert batch.undone_at is None


def test_confirming_undoes_and_offers_to_do_it_again(browser: Client):
    batch = rename()

    page = browser.post(reverse("admin:library_changebatch_undo", args=(batch.pk,)), follow=True)

    assert Video.objects.get().title == "Holiday 0"
    assert "Undid: Renamed 1 videos." in text_of(page) and "Do it again" in text_of(page)


def test_the_button_of_a_message_takes_back_and_returns(owner: User, browser: Client):
    batch = rename(owner)

    answer = browser.post(reverse("undo", args=(batch.pk,)), {"next": reverse(LIST)})

    assert (answer.status_code, answer["Location"]) == (302, reverse(LIST))
    assert Video.objects.get().title == "Holiday 0"


def test_the_way_back_never_leads_to_another_site(owner: User, browser: Client):
    address = reverse("undo", args=(rename(owner).pk,))

    answer = browser.post(address, {"next": "https://example.com/"}, headers={"referer": "https://example.com/"})

    assert answer["Location"] == reverse("library")


def test_the_second_press_is_told(owner: User, browser: Client):
    address = reverse("undo", args=(rename(owner).pk,))
    browser.post(address)

    answer = browser.post(address)

    assert [str(message) for message in get_messages(answer.wsgi_request)][-1] == "It has been undone already."


def curator(*permissions: str) -> User:
    user = make_user(role="")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return User.objects.get(pk=user.pk)


def test_ones_own_change_may_be_undone_and_anothers_not(owner: User):
    client, user = Client(), curator("change_video")
    client.force_login(user)

    assert client.post(reverse("undo", args=(rename(owner).pk,))).status_code == 403
    assert client.post(reverse("undo", args=(rename(user, title="Mine").pk,))).status_code == 302
    assert not Video.objects.filter(title="Mine").exists()


@pytest.mark.parametrize(
    ("permissions", "is_allowed"), [((), False), (("view_video",), False), (("change_video",), True)]
)
def test_ones_own_change_may_be_undone_only_while_one_may_still_change_such_things(permissions, is_allowed):
    user = curator(*permissions)
    renamed, video, tag = rename(user), make_video(), Tag.objects.create(name="Beach")
    with change_batch(summary="Tagged a video", user=user) as tagged:
        VideoTag.objects.create(video=video, tag=tag)

    assert [may_undo(user, batch) for batch in (renamed, tagged)] == [is_allowed] * 2


def test_what_is_ones_own_may_always_be_taken_back():
    user, video = curator(), make_video()
    with change_batch(summary="Rated a video", user=user) as batch:
        Rating.objects.create(user=user, video=video, stars=4, rated_at=timezone.now())

    assert may_undo(user, batch)
    assert not may_undo(curator(), batch)


def test_an_undo_is_never_done_by_following_a_link(owner: User, browser: Client):
    assert browser.get(reverse("undo", args=(rename(owner).pk,))).status_code == 405


def test_whoever_may_not_see_changes_does_not(owner: User):
    client = Client()
    client.force_login(make_user(is_staff=True))
    batch = rename(owner)

    for name, args in ((LIST, ()), ("admin:library_changebatch_change", (batch.pk,))):
        assert client.get(reverse(name, args=args)).status_code == 403
    assert client.get(reverse("admin:library_changebatch_undo", args=(batch.pk,))).status_code == 403


def test_a_purge_has_no_way_back(browser: Client):
    with change_batch(summary="Purged", can_undo=False) as batch:
        Tag.objects.create(name="Beach")

    page = browser.get(reverse("admin:library_changebatch_change", args=(batch.pk,)))

    assert "Can't be undone" in text_of(page)
    assert reverse("admin:library_changebatch_undo", args=(batch.pk,)) not in page.content.decode()


def test_the_last_change_is_the_users_own_that_still_holds(browser: Client, owner: User):
    first, second = rename(owner, title="One"), rename(owner, title="Two")
    rename(make_user(), title="Three")
    ChangeBatch.objects.filter(pk=second.pk).update(undone_at=timezone.now())

    page = browser.get(reverse(LIST))

    assert page.context["last"] == first
