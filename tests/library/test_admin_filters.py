"""The library's filters, words and saved searches in the admin's list of videos."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from library.filters import encode_filter, parse_filter
from library.models import User
from library.services.saved_searches import save_search
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db
HDR = {"facet": "hdr", "op": "is", "value": True}


@pytest.fixture
def owner(client: Client) -> User:
    owner = make_user(is_staff=True, is_superuser=True)
    client.force_login(owner)
    for title in ("Bright garden", "Dull garden", "Bright street"):
        make_file(video=make_video(title=title, is_hdr=title.startswith("Bright")))
    return owner


def shown(client: Client, query: str) -> set[str]:
    page = client.get(f"{reverse('admin:library_video_changelist')}?{query}")
    assert page.status_code == 200, page
    return {
        title for title in ("Bright garden", "Dull garden", "Bright street") if re.search(rf">\s*{title}", page.text)
    }


def test_the_list_takes_the_filter_and_the_words_of_the_library(client: Client, owner: User) -> None:
    code = encode_filter(parse_filter(HDR))

    assert shown(client, f"f={code}") == {"Bright garden", "Bright street"}
    assert shown(client, f"f={code}&q=gar") == {"Bright garden"}
    assert shown(client, "q=gar+-bright") == {"Dull garden"}


def test_a_filter_that_can_not_be_read_shows_no_video(client: Client, owner: User) -> None:
    assert shown(client, "f=junk") == set()


def test_saved_searches_are_tabs_above_the_list(client: Client, owner: User) -> None:
    save_search(user=owner, name="My bright ones", filter=parse_filter(HDR), text="gar")

    page = client.get(reverse("admin:library_video_changelist")).text

    assert "My bright ones" in page
    assert f"?q=gar&amp;f={encode_filter(parse_filter(HDR))}" in page


def test_saved_searches_have_a_list_in_the_admin(client: Client, owner: User) -> None:
    save_search(user=owner, name="My bright ones", filter=parse_filter(HDR), text="gar")

    page = client.get(reverse("admin:library_savedsearch_changelist")).text

    assert "My bright ones" in page
    assert "Words has “gar”, HDR" in page
