"""The search page: filters in addresses, chips, the panel, suggestions and saved searches."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from library.filters import encode_filter, parse_filter
from library.models import SavedSearch, Tag, User, VideoTag
from library.services.saved_searches import SavedSearchError, change_search, save_search, split_words, with_words
from people.models import Creator, CreatorAlias, Credit
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def tag() -> Tag:
    tag = Tag.objects.create(name="Beach")
    for title in ("Sandy", "Stony", "Dry"):
        video = make_video(title=title, is_hdr=title == "Sandy")
        make_file(video=video)
        if title != "Dry":
            VideoTag.objects.create(video=video, tag=tag)
    return tag


def code(*parts: dict[str, Any]) -> str:
    return encode_filter(parse_filter({"all": list(parts)}))


def has_tag(tag: Tag) -> dict[str, Any]:
    return {"facet": "tag", "op": "any", "value": [tag.pk]}


def titles(page: str) -> set[str]:
    return set(re.findall(r"<h2>(Sandy|Stony|Dry)</h2>", page))


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers, follow=True)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def links(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]*)"', page)]


def test_an_address_with_a_filter_shows_what_it_lets_through(client: Client, user: User, tag: Tag) -> None:
    page = text(client, f"/library/?f={code(has_tag(tag))}")

    assert titles(page) == {"Sandy", "Stony"}
    assert "Tag: Beach" in page
    assert code({"not": has_tag(tag)}) in page


def test_a_filter_that_can_not_be_read_shows_nothing(client: Client, user: User, tag: Tag) -> None:
    page = text(client, "/library/?f=junk")

    assert titles(page) == set()
    assert "That filter can't be read" in html.unescape(page)


def test_the_panels_form_leads_to_the_address_of_the_filter(client: Client, user: User, tag: Tag) -> None:
    response = client.get("/library/", {"q": "s", "f": code(has_tag(tag)), "add": "hdr", "op": "is", "value": "yes"})

    hdr = {"facet": "hdr", "op": "is", "value": True}
    assert response.status_code == 302
    assert response["Location"] == f"/library/?q=s&f={code(has_tag(tag), hdr)}"


@pytest.mark.parametrize(
    ("form", "condition"),
    [
        ({"add": "duration", "op": "between", "value": "5", "value2": "1,5"}, ("between", [1.5, 5])),
        ({"add": "added", "op": "last", "value": ["7", ""]}, ("last", 7)),
        (
            {"add": "recorded", "op": "between", "value": "2020-01-02", "value2": "2020-01-01"},
            ("between", ["2020-01-01", "2020-01-02"]),
        ),
        ({"add": "recorded", "op": "empty"}, ("empty", None)),
        ({"add": "type", "op": "any", "value": ["", "vr"]}, ("any", ["", "vr"])),
        ({"add": "hdr", "op": "is", "value": "no"}, ("is", False)),
    ],
)  # fmt: skip
def test_forms_of_every_kind_are_understood(client: Client, user: User, form: dict, condition: tuple) -> None:
    response = client.get("/library/", form)

    wanted = {"facet": form["add"], "op": condition[0], "value": condition[1]}
    assert response["Location"] == f"/library/?f={code(wanted)}"


@pytest.mark.parametrize(
    "form", [{"add": "duration", "op": "gte", "value": "long"}, {"add": "x"}, {"add": "tag", "op": "any"}]
)
def test_a_form_that_says_nothing_is_told_so(client: Client, user: User, tag: Tag, form: dict) -> None:
    page = text(client, "/library/?" + "&".join(f"{name}={value}" for name, value in form.items()))

    assert 'class="notice bad"' in page
    assert titles(page) == {"Sandy", "Stony", "Dry"}


def test_the_search_asks_the_database_as_often_for_many_as_for_few(client: Client, user: User, tag: Tag) -> None:
    others = [{"facet": "hdr", "op": "is", "value": False}, {"facet": "views", "op": "gte", "value": 0}]
    address = f"/library/?q=clip&show=96&f={code(has_tag(tag), *others)}"
    counts = []

    for number in (5, 40):
        for _ in range(number):
            video = make_video(title="Clip")
            make_file(video=video)
            VideoTag.objects.create(video=video, tag=tag)
        with CaptureQueriesContext(connection) as asked:
            text(client, address)
        counts.append(len(asked))

    assert counts[0] == counts[1]
    # Three are for the names below the tiles, one for their clips, one each for the words of the filter and the saved
    # searches.
    assert counts[0] <= 18


def test_the_panel_offers_every_facet(client: Client, user: User, tag: Tag) -> None:
    for headers in ({}, {"HX-Request": "true", "HX-Target": "panel"}):
        page = text(client, f"/search/filters/?f={code(has_tag(tag))}&into=0&mode=any", **headers)

        assert 'name="add"' in page
        assert "Tag: Beach" in page
        assert ("<html" in page) == (not headers)


def test_names_are_offered_with_their_numbers(client: Client, user: User, tag: Tag) -> None:
    page = text(client, "/search/names/?facet=tag&name=bea")

    assert "Beach" in page
    assert re.search(r'class="count">\s*2', page)
    assert client.get("/search/names/?facet=hdr").status_code == 404


def test_the_box_suggests_people_and_tags_by_their_other_names_too(client: Client, user: User, tag: Tag) -> None:
    ana = Creator.objects.create(name="Ana")
    CreatorAlias.objects.create(creator=ana, name="Beatrix")
    Credit.objects.create(video=VideoTag.objects.first().video, creator=ana)
    Creator.objects.create(name="Beast", trashed_at=ana.created_at)

    page = text(client, "/search/suggestions/?q=bea")

    assert re.findall(r'class="word">(\w+)<', page) == ["Beach", "Ana"]
    assert titles(text(client, links(page)[0])) == {"Sandy", "Stony"}


@pytest.mark.parametrize("typed", ["!!!", " - ", "…?", '""'])
def test_a_search_box_with_only_signs_says_so_and_shows_nothing(
    client: Client, user: User, tag: Tag, typed: str
) -> None:
    page = client.get(reverse("library"), {"q": typed}).content.decode()

    assert "There is no word in that" in page
    assert "Sandy" not in page


def test_words_that_nothing_has_are_corrected(client: Client, user: User, tag: Tag) -> None:
    page = text(client, "/library/?q=sanddy")

    assert "Did you mean" in page
    assert ">sandy</a>" in page


# ---- saved searches ------------------------------------------------------------------------------------------------


def test_a_search_is_saved_with_its_words_and_shown_at_its_address(client: Client, user: User, tag: Tag) -> None:
    response = client.post(
        "/searches/save/", {"name": " My  beach ", "q": "s", "f": code(has_tag(tag)), "sort": "title"}
    )

    search = SavedSearch.objects.get()
    assert response["Location"] == f"/searches/{search.public_id}/"
    assert (search.name, search.sort, search.is_shared) == ("My beach", "title", False)
    page = text(client, response["Location"])
    assert titles(page) == {"Sandy", "Stony"}
    assert 'value="s"' in page
    assert "My beach" in text(client, "/searches/")


def test_only_shared_searches_are_seen_by_others_and_none_is_changed(client: Client, user: User) -> None:
    other = make_user()
    mine = save_search(user=other, name="Private", filter=parse_filter({}))
    shared = save_search(user=other, name="Shared", filter=parse_filter({}))
    change_search(shared, user=other, is_shared=True)
    for search in (mine, shared):
        search.refresh_from_db()

    assert client.get(f"/searches/{mine.public_id}/").status_code == 404
    assert client.get(f"/searches/{shared.public_id}/").status_code == 200
    assert client.post(f"/searches/{mine.public_id}/change/", {"action": "delete"}).status_code == 404
    client.post(f"/searches/{shared.public_id}/change/", {"action": "delete"})
    assert SavedSearch.objects.count() == 2


def test_ones_own_search_is_renamed_shared_and_deleted(client: Client, user: User) -> None:
    search = save_search(user=user, name="One", filter=parse_filter({}))
    save_search(user=user, name="Two", filter=parse_filter({}))
    search.refresh_from_db()
    address = f"/searches/{search.public_id}/change/"

    client.post(address, {"action": "rename", "name": "two"})
    assert SavedSearch.objects.filter(name="One").exists()
    client.post(address, {"action": "rename", "name": "Three"})
    client.post(address, {"action": "share"})
    search.refresh_from_db()
    assert (search.name, search.is_shared) == ("Three", True)
    client.post(address, {"action": "delete"})
    assert [one.name for one in SavedSearch.objects.all()] == ["Two"]


@pytest.mark.parametrize("name", ["", "  ", "\0"])
def test_a_search_needs_a_name(user: User, name: str) -> None:
    with pytest.raises(SavedSearchError):
        save_search(user=user, name=name, filter=parse_filter({}))


def test_words_and_filter_are_one_and_two_again(tag: Tag) -> None:
    whole = parse_filter({"all": [has_tag(tag), {"facet": "hdr", "op": "is", "value": True}]})

    assert split_words(with_words("sand", whole)) == ("sand", whole)
    assert split_words(whole) == ("", whole)


def test_a_saved_search_whose_facet_is_gone_says_so(client: Client, user: User, tag: Tag) -> None:
    search = SavedSearch.objects.create(user=user, name="Old", filter={"facet": "gone", "op": "is", "value": 1})
    search.refresh_from_db()

    page = text(client, f"/searches/{search.public_id}/")

    assert "Nothing here can be filtered by" in page
    assert titles(page) == set()
    assert "Nothing here can be filtered by" in text(client, "/searches/")


def test_a_new_shuffle_gets_its_seed_in_the_address(client: Client, user: User, tag: Tag) -> None:
    response = client.get("/library/?sort=random")

    assert re.fullmatch(r"/library/\?sort=random-\d+", response["Location"])
    assert titles(text(client, response["Location"])) == {"Sandy", "Stony", "Dry"}
