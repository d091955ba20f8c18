"""The pages of people, studios and tags."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import TagAlias, User
from people.models import CreatorAlias, CreatorProfile, CreatorStudio, Platform, SocialLink
from playback.models.user_settings import TagSort
from playback.services.user_settings import change_settings
from tests.library.factories import make_file, make_user
from tests.people.factories import assign, credit, make_creator, make_picture, make_studio, make_tag, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user())
    return client


def page(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, address
    return response.content.decode()


def statements(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    return len(captured)


def film(title: str, **columns):
    video = make_file(**columns).video
    video.title = title
    video.save()
    return video


# ---- lists -------------------------------------------------------------------------------------------------------


def test_people_are_listed_with_their_picture_and_the_number_of_their_videos(reader):
    ada, bo = make_creator(name="Ada Ray"), make_creator(name="Bo")
    credit(ada, film("One"), film("Two"))
    credit(bo, film("Gone"))
    bo.credits.get().video.delete()
    make_creator(name="Trashed", trashed_at=timezone.now())
    picture = make_picture(creator=bo)

    html = page(reader, "/people/")

    assert html.index("Ada Ray") < html.index(">Bo<")
    assert "2 videos" in html
    assert "0 videos" in html
    assert picture.image.url in html
    assert ">AR<" in html
    assert "Trashed" not in html


def test_people_are_sorted_by_videos_and_by_age_in_the_list(reader):
    few, many = make_creator(name="Aa Few"), make_creator(name="Zz Many")
    credit(many, film("One"), film("Two"))
    credit(few, film("Three"))

    most, newest = page(reader, "/people/?sort=most"), page(reader, "/people/?sort=newest")

    assert most.index("Zz Many") < most.index("Aa Few")
    assert newest.index("Zz Many") < newest.index("Aa Few")


def test_people_are_found_by_a_part_of_a_name_or_of_another_name(reader):
    make_creator(name="Ada Ray")
    CreatorAlias.objects.create(creator=make_creator(name="Bo"), name="Rayna")

    both, none = page(reader, "/people/?q=RAY"), page(reader, "/people/?q=nobody")

    assert "Ada Ray" in both
    assert ">Bo<" in both
    assert "Nothing is called that" in none


@pytest.mark.parametrize("sort", ["name", "most", "newest"])
def test_a_long_list_goes_on_until_everybody_was_shown_once(reader, sort, monkeypatch):
    monkeypatch.setattr("people.queries.PAGE_SIZE", 2)
    names = {make_creator(name=f"Person {number}").name for number in range(5)}
    shown: list[str] = []

    address = f"/people/?sort={sort}"
    for _ in range(5):
        response = reader.get(address, headers={"HX-Request": "true", "HX-Target": "more"})
        shown += [card.row.name for card in response.context["cards"]]
        address = response.context["more"]
        if address is None:
            break

    assert sorted(shown) == sorted(names)


@pytest.mark.parametrize("after", ["x", "W10", "WyJuYW1lIiwgMSwgMV0", "WyJuZXdlc3QiLCAieCIsIDFd"])
@pytest.mark.parametrize("sort", ["name", "most", "newest"])
def test_a_place_that_the_list_did_not_write_is_not_found(reader, after, sort):
    assert reader.get(f"/people/?sort={sort}&after={after}").status_code == 404


def test_studios_are_listed(reader):
    studio = make_studio(name="Northlight")
    assign(studio, film("One"))

    html = page(reader, "/studios/")

    assert "Northlight" in html
    assert "1 video<" in html


def test_empty_lists_say_so(reader):
    assert "Nobody yet" in page(reader, "/people/")
    assert "No studios yet" in page(reader, "/studios/")
    assert "No tags yet" in page(reader, "/tags/")


@pytest.mark.parametrize("address", ["/people/", "/people/?sort=most", "/studios/", "/tags/", "/tags/?q=tag"])
def test_lists_take_as_many_statements_whatever_their_length(reader, address):
    def grow(count: int) -> None:
        for _ in range(count):
            video = make_file().video
            creator = make_creator()
            credit(creator, video)
            make_picture(creator=creator)
            assign(make_studio(), video)
            put(make_tag(parent=make_tag()), video)

    grow(2)
    few = statements(reader, address)
    grow(6)

    assert statements(reader, address) == few


# ---- one person --------------------------------------------------------------------------------------------------


def test_a_person_has_a_page_with_what_is_known(reader):
    ada = make_creator(name="Ada", birth_date=date(1980, 5, 1), death_date=date(2020, 4, 30), height_cm=170)
    CreatorAlias.objects.create(creator=ada, name="Lady A")
    site = Platform.objects.create(name="Somewhere")
    CreatorProfile.objects.create(creator=ada, platform=site, username="ada_x", profile_url="https://example.org/ada_x")
    SocialLink.objects.create(creator=ada, platform_name="Blog", url="https://example.org/blog")
    studio, other, costar = make_studio(name="Named"), make_studio(name="By video"), make_creator(name="Bo")
    CreatorStudio.objects.create(creator=ada, studio=studio)
    video = film("Holiday")
    credit(ada, video)
    credit(costar, video)
    assign(other, video)
    credit(make_creator(name="Stranger"), film("Elsewhere"))

    html = page(reader, ada.get_absolute_url())

    for words in (
        "Lady A",
        "May 1, 1980 (39)",
        "170 cm",
        "ada_x",
        "Blog",
        "Named",
        "By video",
        "Bo",
        "1 video together",
    ):
        assert words in html, words
    assert "Holiday" in html
    assert "Stranger" not in html
    assert "Elsewhere" not in html
    assert "Nationality" not in html


def test_the_videos_of_a_person_are_sorted_and_go_on(reader, monkeypatch):
    ada = make_creator()
    for title in ("Bravo", "Alpha", "Charlie"):
        credit(ada, film(title))
    monkeypatch.setattr("people.views.videos._SHOWN", 2)

    first = reader.get(ada.get_absolute_url() + "?sort=title")
    piece = reader.get(first.context["more"]["piece"], headers={"HX-Request": "true", "HX-Target": "more"})

    assert [tile.video.title for tile in first.context["tiles"]] == ["Alpha", "Bravo"]
    assert [tile.video.title for tile in piece.context["tiles"]] == ["Charlie"]
    assert "<h1" not in piece.content.decode()
    assert reader.get(ada.get_absolute_url() + "?after=x").status_code == 404


def test_what_is_in_the_trash_or_unknown_is_not_found(reader):
    now = timezone.now()
    rows = make_creator(trashed_at=now), make_studio(trashed_at=now), make_tag(trashed_at=now)

    addresses = [
        *(row.get_absolute_url() for row in rows),
        f"/people/{uuid4()}/",
        f"/studios/{uuid4()}/",
        "/tags/99999/",
    ]

    assert {reader.get(address).status_code for address in addresses} == {404}


def test_only_who_may_edit_is_offered_it(reader):
    rows = make_creator(), make_studio()
    owner = Client()
    owner.force_login(make_user(is_superuser=True))

    assert [">Edit<" in page(reader, row.get_absolute_url()) for row in rows] == [False, False]
    assert [">Edit<" in page(owner, row.get_absolute_url()) for row in rows] == [True, True]


@pytest.mark.parametrize("address", ["/people/", "/studios/", "/tags/"])
def test_who_may_not_see_videos_sees_nobody(client, address):
    client.force_login(make_user(role=""))

    assert client.get(address).status_code == 403


# ---- studios and tags --------------------------------------------------------------------------------------------


def test_a_studio_has_a_page_with_its_tree_and_the_videos_of_its_parts(reader):
    network = make_studio(name="Network")
    studio = make_studio(name="Northlight", network=network, rating=Decimal("7.5"))
    part = make_studio(name="Northlight Kids", parent=studio)
    make_studio(name="Trashed part", parent=studio, trashed_at=timezone.now())
    video = film("Of the part")
    assign(part, video)
    credit(make_creator(name="Ada"), video)
    person = make_creator(name="Bo")
    CreatorStudio.objects.create(creator=person, studio=studio)

    html = page(reader, studio.get_absolute_url())

    for words in ("Network", "Northlight Kids", "Of the part", "7.5 of 10", "Bo"):
        assert words in html, words
    assert "Trashed part" not in html
    assert "Northlight" in page(reader, network.get_absolute_url())


def test_a_tag_has_a_page_with_the_way_to_it_and_the_videos_below_it(reader):
    root = make_tag(name="Places")
    tag = make_tag(name="Coast", parent=root)
    child = make_tag(name="Beach", parent=tag)
    TagAlias.objects.create(tag=tag, name="Shore")
    put(child, film("Sand"))

    html = page(reader, tag.get_absolute_url())

    for words in ("Places", "Coast", "Beach", "Shore", "Sand"):
        assert words in html, words
    assert "Sand" in page(reader, root.get_absolute_url())


HTMX = {"HX-Request": "true"}


def test_a_large_tree_comes_level_by_level(reader, monkeypatch):
    monkeypatch.setattr("people.views.tags.WHOLE_TREE", 2)
    root = make_tag(name="Places")
    coast = make_tag(name="Coast", parent=root)
    put(make_tag(name="Beach", parent=coast), film("Sand"))
    make_tag(name="Orphan", parent=make_tag(name="Gone", trashed_at=timezone.now()))

    top, level = page(reader, "/tags/"), page(reader, f"/tags/?below={root.pk}", **HTMX)
    alone = page(reader, f"/tags/?below={coast.pk}")

    assert ("Places" in top, "Orphan" in top, "1 below" in top, "4</b> tags" in top) == (True,) * 4
    assert "Coast" not in top
    assert ("Coast" in level, "1 below" in level, "<h1" in level, "Beach" in level) == (True, True, False, False)
    assert ("Tags below Coast" in alone, "Beach" in alone) == (True, True)
    assert reader.get("/tags/?below=99999").status_code == 404


@pytest.mark.parametrize("order", TagSort.values)
def test_a_long_level_goes_on_until_every_tag_was_shown_once(reader, monkeypatch, order):
    monkeypatch.setattr("people.views.tags.WHOLE_TREE", 2)
    monkeypatch.setattr("library.queries_tags.PAGE_SIZE", 2)
    change_settings(user=User.objects.get(), default_tag_sort=order)
    tags = [make_tag(name=name) for name in ("Ape", "Bee", "Cat", "Dog", "Eel")]
    for number, tag in enumerate(tags):
        put(tag, *(film(f"{number} {n}") for n in range(number % 3)))
    shown: list[str] = []

    address = "/tags/"
    while address:
        response = reader.get(address, headers=HTMX)
        shown += [node.tag.name for node in response.context["nodes"]]
        address = response.context["more"]

    expected = {"az": "Ape Bee Cat Dog Eel", "za": "Eel Dog Cat Bee Ape"}
    expected |= {"most": "Cat Bee Eel Ape Dog", "least": "Ape Dog Bee Eel Cat"}
    assert shown == expected[order].split()


def test_tags_are_found_by_a_part_of_a_name_or_of_another_word(reader):
    coast = make_tag(name="Coast", parent=make_tag(name="Places"))
    TagAlias.objects.create(tag=coast, name="Seaside")
    make_tag(name="Trashed coast", trashed_at=timezone.now())

    by_name, by_alias = page(reader, "/tags/?q=OAS"), page(reader, "/tags/?q=easid")

    assert "in Places" in by_name
    assert "Trashed" not in by_name
    assert "Coast" in by_alias
    assert "No tag is called that" in page(reader, "/tags/?q=nowhere")
    assert "No tag is called that" in page(reader, "/tags/?q=!!")


def test_profiles_take_as_many_statements_whatever_hangs_on_them(reader):
    creator, studio, tag = make_creator(), make_studio(), make_tag()

    def grow(count: int) -> None:
        for _ in range(count):
            video, costar = make_file().video, make_creator()
            credit(creator, video)
            credit(costar, video)
            make_picture(creator=creator)
            make_picture(creator=costar)
            assign(studio, video)
            assign(make_studio(parent=studio), video, is_primary=False)
            put(tag, video)
            put(make_tag(parent=tag), video)

    grow(2)
    few = [statements(reader, row.get_absolute_url()) for row in (creator, studio, tag)]
    grow(6)

    assert [statements(reader, row.get_absolute_url()) for row in (creator, studio, tag)] == few
