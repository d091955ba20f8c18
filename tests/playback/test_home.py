"""The home page, its rows and its editor."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import SavedSearch, Tag, User, Video
from people.models import Creator, Studio
from playback.homepage import DEFAULT, HomePageError, Section, parse_sections
from playback.models import Favorite, Playlist, UserSettings, WatchProgress
from playback.queries_home import Row, home_rows
from playback.services.home import home_sections, save_home
from playback.services.watched import mark_watched
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.playback.watching import make_film

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def row_of(user: User, kind: str, about: Any = "", **columns: Any) -> Row:
    return home_rows(user, [Section("one", kind, about=about, **columns)])[0]


def names(row: Row) -> list[str]:
    return [tile.video.title for tile in row.tiles]


def film(title: str, **columns: Any) -> Video:
    return make_film(title=title, **columns)


def leave(user: User, video: Video, seconds: float, *, ago: int = 0, **columns: Any) -> None:
    at = timezone.now() - timedelta(minutes=ago)
    WatchProgress.objects.create(user=user, video=video, position_seconds=seconds, watched_at=at, **columns)


# ---- what rows hold -------------------------------------------------------------------------------------------------
def test_continue_watching_is_what_one_is_in_the_middle_of(user: User) -> None:
    leave(user, film("Glanced at"), 4)
    leave(user, film("Left first"), 300, ago=20)
    leave(user, film("Left last"), 899, ago=10)
    leave(user, film("At its end"), 900, is_completed=True)
    leave(user, film("Begun again"), 50, ago=30, is_completed=True)
    leave(make_user(), film("Of another"), 300)
    leave(user, film("Unplugged", is_missing=True), 300)
    leave(user, film("Thrown away", trashed_at=timezone.now()), 300)
    marked = film("Marked as watched")
    leave(user, marked, 300)
    mark_watched(user=user, video_ids=[marked.pk])

    row = row_of(user, "continue_watching")

    assert names(row) == ["Left last", "Left first", "Begun again"]
    assert [tile.watched_percent for tile in row.tiles] == [90, 30, 5]


def test_latest_most_viewed_and_liked(user: User) -> None:
    old, new = film("Old", view_count=3), film("New", view_count=9)
    film("Unseen")
    now = timezone.now()
    Favorite.objects.create(user=user, video=new, added_at=now - timedelta(days=1))
    Favorite.objects.create(user=user, video=old, added_at=now)
    Favorite.objects.create(user=user, creator=Creator.objects.create(name="Ana"), added_at=now)
    Favorite.objects.create(user=make_user(), video=film("Liked by another"), added_at=now)

    assert names(row_of(user, "latest", limit=2)) == ["Liked by another", "Unseen"]
    assert names(row_of(user, "most_viewed")) == ["New", "Old"]
    assert names(row_of(user, "liked")) == ["Old", "New"]


def test_rows_of_a_person_a_studio_a_tag_and_a_search(user: User) -> None:
    ana, house, sea = (
        Creator.objects.create(name="Ana"),
        Studio.objects.create(name="House"),
        Tag.objects.create(name="Sea"),
    )
    for row in (ana, house):
        row.refresh_from_db()
    both, one = film("Both"), film("One")
    film("None")
    for video in (both, one):
        video.credits.create(creator=ana)
    both.video_studios.create(studio=house)
    both.video_tags.create(tag=sea)
    search = SavedSearch.objects.create(
        user=make_user(),
        name="Shared",
        is_shared=True,
        sort="title",
        filter={"facet": "text", "op": "has", "value": "o"},
    )
    hidden = SavedSearch.objects.create(user=make_user(), name="Hidden")
    search.refresh_from_db()
    hidden.refresh_from_db()

    rows = {
        "creator": row_of(user, "creator", str(ana.public_id)),
        "studio": row_of(user, "studio", str(house.public_id)),
        "tag": row_of(user, "tag", sea.pk, title="By the sea"),
        "saved_search": row_of(user, "saved_search", str(search.public_id)),
        "hidden": row_of(user, "saved_search", str(hidden.public_id)),
    }

    assert {kind: names(row) for kind, row in rows.items()} == {
        "creator": ["One", "Both"],
        "studio": ["Both"],
        "tag": ["Both"],
        "saved_search": ["One"],
        "hidden": [],
    }
    assert [row.title for row in rows.values()][:4] == ["Ana", "House", "By the sea", "Shared"]
    assert rows["creator"].address == ana.get_absolute_url()
    assert rows["hidden"].problem == "The search of this row is gone, or not shared any more."


def test_rows_of_playlists(user: User) -> None:
    other = make_user()
    for owner, name, visibility in (
        (user, "Mine", "private"),
        (user, "Shown", "public"),
        (other, "Theirs", "public"),
        (other, "Secret", "private"),
    ):
        playlist = Playlist.objects.create(user=owner, name=name, visibility=visibility)
        playlist.items.create(video=film(name), position=0)

    found = {
        kind: [one.playlist.name for one in row_of(user, "playlist", kind).playlists]
        for kind in ("all", "own", "public")
    }
    blind = home_rows(user, [Section("one", "playlist", about="all")], sees_public=False)[0]

    assert found == {"all": ["Mine", "Shown", "Theirs"], "own": ["Mine", "Shown"], "public": ["Theirs"]}
    assert [one.playlist.name for one in blind.playlists] == ["Mine", "Shown"]
    assert {one.count for one in blind.playlists} == {1}


# ---- how they are written -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("rows", "list of rows"),
        ([{"id": "a", "type": "latest"}] * 2, "same id"),
        ([{"id": str(n), "type": "latest"} for n in range(21)], "at most 20"),
        ([{"id": "a", "type": "latest", "limit": 51}], "1 to 50"),
        ([{"id": "a", "type": "latest", "limit": 0}], "1 to 50"),
        ([{"id": "a", "type": "latest", "limit": True}], "1 to 50"),
        ([{"id": "a", "type": "latest", "title": "x" * 101}], "at most 100"),
        ([{"id": "", "type": "latest"}], "an id"),
        ([{"id": "a", "type": "creator", "creator": "Ana"}], "Choose the person"),
        ([{"id": "a", "type": "saved_search"}], "Choose the search"),
        ([{"id": "a", "type": "tag", "tag": "Sea"}], "Choose the tag"),
        ([{"id": "a", "type": "playlist", "filter": "some"}], "all, own or public"),
        ([{"id": "a", "type": "weather"}], "no row of the kind"),
    ],
)
def test_a_home_page_that_can_not_be_is_refused(given: Any, sentence: str) -> None:
    with pytest.raises(HomePageError, match=sentence):
        parse_sections(given)


def test_a_stored_page_that_can_not_be_read_any_more_is_the_default_one(user: User) -> None:
    UserSettings.objects.create(user=user, homepage_config={"sections": [{"id": "a", "type": "weather"}]})

    assert home_sections(user) == DEFAULT


# ---- the page -------------------------------------------------------------------------------------------------------
def page_of(client: Client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_the_rows_in_their_order_and_leaves_out_empty_ones(client: Client, user: User) -> None:
    film("First")
    save_home(
        user=user,
        sections=[
            {"id": "a", "type": "liked"},
            {"id": "b", "type": "latest", "title": "Fresh"},
            {"id": "c", "type": "most_viewed"},
        ],
    )

    page = page_of(client)

    assert re.findall(r'aria-labelledby="row-(\d)"', page) == ["1"]
    assert "Fresh" in page
    assert "First" in page
    assert "Most viewed" not in page


def test_an_empty_library_shows_the_first_steps(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))

    page = page_of(client)

    assert "Which folder has your videos?" in page


def test_rows_without_anything_lead_on(client: Client, user: User) -> None:
    film("First")
    save_home(user=user, sections=[{"id": "a", "type": "liked"}])

    assert "Nothing in your rows yet" in page_of(client)


def test_the_page_asks_as_often_whatever_the_library_holds(client: Client, user: User) -> None:
    ana, sea = Creator.objects.create(name="Ana"), Tag.objects.create(name="Sea")
    ana.refresh_from_db()
    folder = make_folder()
    sections = [one.as_json() for one in DEFAULT]
    sections += [
        {"id": "a", "type": "creator", "creator": str(ana.public_id)},
        {"id": "t", "type": "tag", "tag": sea.pk},
    ]
    save_home(user=user, sections=sections)
    Playlist.objects.create(user=user, name="Mine")
    counts = []

    for number in (5, 30):
        for _ in range(number):
            video = make_video(duration_seconds=1000, view_count=number)
            make_file(folder=folder, video=video)
            video.credits.create(creator=ana)
            video.video_tags.create(tag=sea)
            leave(user, video, 300)
            Favorite.objects.create(user=user, video=video, added_at=timezone.now())
        page_of(client)
        with CaptureQueriesContext(connection) as asked:
            page_of(client)
        counts.append(len(asked))

    assert counts[0] == counts[1], [query["sql"][:90] for query in asked]
    assert counts[0] <= 31


# ---- the editor -----------------------------------------------------------------------------------------------------
def form(*rows: tuple[str, str, str, str, str], **more: str) -> dict[str, Any]:
    columns = zip(*rows, strict=True) if rows else [()] * 5
    return {**dict(zip(("id", "type", "title", "limit", "about"), map(list, columns), strict=True)), **more}


A, B = ("a", "latest", "", "20", ""), ("b", "liked", "Loved", "5", "")


def stored(user: User) -> list[str]:
    return [one.id for one in home_sections(User.objects.get(pk=user.pk))]


def test_the_editor_keeps_what_it_sends(client: Client, user: User) -> None:
    page = client.get("/home/edit/").content.decode()

    answer = client.post("/home/save/", form(B, A))

    assert page.count('name="limit"') == len(DEFAULT)
    assert answer["Location"] == "/"
    assert home_sections(User.objects.get(pk=user.pk)) == [
        Section("b", "liked", "Loved", 5),
        Section("a", "latest", "", 20),
    ]


@pytest.mark.parametrize(
    ("pressed", "order"), [("down a", ["b", "a"]), ("up b", ["b", "a"]), ("up a", ["a", "b"]), ("remove a", ["b"])]
)
def test_the_buttons_work_without_scripts(client: Client, user: User, pressed: str, order: list[str]) -> None:
    client.post("/home/save/", form(A, B, do=pressed))

    assert stored(user) == order


def test_a_row_is_added_and_everything_taken_back(client: Client, user: User) -> None:
    tag = Tag.objects.create(name="Sea")

    client.post("/home/save/", form(A, do="add", new_type="tag", new_tag=str(tag.pk)))
    added = home_sections(User.objects.get(pk=user.pk))[-1]
    page = client.get("/home/edit/").content.decode()
    client.post("/home/save/", form(do="reset"))

    assert (added.type, added.about) == ("tag", tag.pk)
    assert "Videos with a tag: Sea" in " ".join(page.split())
    assert stored(user) == [one.id for one in DEFAULT]


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client: Client, user: User) -> None:
    response = client.post("/home/save/", form(("a", "latest", "Typed", "99", ""), do=""))
    unchosen = client.post("/home/save/", form(A, do="add", new_type="creator"))

    assert response.status_code == unchosen.status_code == 422
    assert "A row shows 1 to 50 videos." in response.content.decode()
    assert 'value="Typed"' in response.content.decode()
    assert "Choose the person of the row." in unchosen.content.decode()
    assert not UserSettings.objects.exists()


def test_names_are_offered(client: Client, user: User) -> None:
    Creator.objects.create(name="Ana")

    assert "Ana" in client.get("/home/names/", {"type": "creator", "name": "an"}).content.decode()
    assert "No name begins like that" in client.get("/home/names/", {"type": "weather"}).content.decode()


def test_the_api_has_the_rows(client: Client, user: User) -> None:
    video = film("First")

    rows = client.get("/api/v1/me/home/").json()

    assert [row["type"] for row in rows] == [one.type for one in DEFAULT]
    assert [one["id"] for one in rows[1]["videos"]] == [video.pk]
