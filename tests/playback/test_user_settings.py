"""How each user likes the pages and the player."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library.models import ChangeBatch, Tag, User, Video
from library.services.history import undo_batch
from playback.models import UserSettings
from playback.services.user_settings import change_settings, settings_of
from tests.library.factories import make_file, make_folder, make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def titles(page: str) -> list[str]:
    return re.findall(r"<h2>(Film \d+)</h2>", page)


def test_the_defaults_hold_without_a_row_and_a_request_asks_once(user: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        settings = [settings_of(user) for _ in range(3)]

    assert settings[0]._state.adding
    assert (settings[0].autoplay, settings[0].playlist_countdown_seconds) == (False, 5)
    assert len(asked) == 1


def test_a_change_is_a_batch_that_can_be_undone(user: User) -> None:
    change_settings(user=user, default_volume=40)
    change_settings(user=user, default_volume=70, loop=True)

    undo_batch(batch=ChangeBatch.objects.order_by("-created_at").first(), user=user)

    row = UserSettings.objects.get()
    assert (row.default_volume, row.loop) == (40, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("default_volume", 101),
        ("default_volume", "loud"),
        ("playlist_countdown_seconds", 2),
        ("playlist_auto_advance", "perhaps"),
        ("videos_per_page", 13),
        ("default_sort_order", "best"),
        ("default_sort_order", "random"),
        ("default_tag_sort", "color"),
        ("card_config", {"price": True}),
        ("card_config", {"tags": "yes"}),
        ("card_config", []),
        ("sort_preferences", {"creators": "longest"}),
        ("sort_preferences", {"creator": "most"}),
        ("sort_preferences", {"videos": "newest"}),
        ("homepage_config", {"rows": []}),
        ("homepage_config", {"sections": [{"id": "a", "type": "weather"}]}),
        ("parsing_rules", {"presets": [{"id": "p", "name": "P", "rules": [{"id": "r", "type": "rhyme"}]}]}),
        (
            "parsing_rules",
            {
                "presets": [
                    {"id": "p", "name": "P", "rules": [{"id": "r", "type": "regex_remove", "config": {"pattern": "("}}]}
                ]
            },
        ),
        ("parsing_rules", {"presets": [], "activePresetId": "p"}),
        ("user_id", 1),
    ],
)
def test_what_can_not_be_is_refused_with_its_setting(user: User, name: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        change_settings(user=user, **{name: value})

    assert list(caught.value.message_dict) == [name]
    assert not UserSettings.objects.exists()


@pytest.mark.parametrize(
    "columns",
    [{"default_volume": 101}, {"playlist_countdown_seconds": 99}, {"card_config": []}, {"default_tag_sort": "x"}],
)
def test_the_database_refuses_it_too(user: User, columns: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        UserSettings.objects.create(user=user, **columns)


def test_parsing_rules_are_kept_as_they_are_understood(user: User) -> None:
    rule = {"id": "r", "type": "regex_remove", "enabled": False, "order": 1, "config": {"pattern": r"\d+p"}}
    preset = {"id": "p", "name": "P", "isBuiltIn": True, "rules": [rule]}

    row = change_settings(user=user, parsing_rules={"presets": [preset], "activePresetId": "p"})

    assert row.parsing_rules == {"presets": [preset], "activePresetId": "p"}


# ---- they act -------------------------------------------------------------------------------------------------------
def films(count: int, **columns: object) -> None:
    folder = make_folder(name="Shelf")
    for number in range(count):
        make_file(folder=folder, video=make_video(title=f"Film {number:02}", **columns))


def test_the_page_size_and_the_first_order_are_the_users(client: Client, user: User) -> None:
    films(15)
    change_settings(user=user, videos_per_page=12, default_sort_order="title")

    page = text(client, "/library/")
    newest = text(client, "/library/?sort=newest")

    assert titles(page) == [f"Film {number:02}" for number in range(12)]
    assert titles(newest)[0] == "Film 14"
    assert "sort=newest" in re.search(r'href="(/search/filters/[^"]*)"', newest)[1], "the panel keeps the order"
    assert 'href="/library/?after=' in page, "an address without an order is in the user's"


def test_the_size_can_be_chosen_on_the_page_where_the_user_wants_it(client: Client, user: User) -> None:
    films(1)
    without = text(client, "/library/")
    change_settings(user=user, show_page_size_selector=True)

    page = text(client, "/library/?sort=title")
    answer = client.post("/account/settings/page-size/", {"videos_per_page": "96", "next": "/library/?sort=title"})

    assert "at once" not in without
    assert "36 at once" in page
    assert answer["Location"] == "/library/?sort=title"
    assert UserSettings.objects.get().videos_per_page == 96
    assert (
        client.post("/account/settings/page-size/", {"videos_per_page": "96", "next": "//evil"})["Location"]
        == "/library/"
    )


def test_a_tile_shows_what_the_user_wants(client: Client, user: User) -> None:
    film = make_video(title="Film 00", duration_seconds=90, view_count=3)
    make_file(folder=make_folder(name="Shelf"), video=film)
    film.video_tags.create(tag=Tag.objects.create(name="Windmill"))
    before = text(client, "/library/")
    change_settings(user=user, card_config={"folder": False, "length": False, "tags": False, "views": True})

    after = text(client, "/library/")

    assert ["Shelf · today" in before, "1:30" in before, "Windmill" in before, "3 views" in before] == [
        True,
        True,
        True,
        False,
    ]
    assert ["Shelf" in after, "1:30" in after, "Windmill" in after, "3 views" in after] == [False, False, False, True]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("az", ["Air", "Sea", "Sun"]),
        ("za", ["Sun", "Sea", "Air"]),
        ("most", ["Sea", "Sun", "Air"]),
        ("least", ["Air", "Sun", "Sea"]),
    ],
)
def test_tags_come_in_the_users_order(client: Client, user: User, order: str, names: list[str]) -> None:
    for name, count in (("Sun", 1), ("Sea", 2), ("Air", 0)):
        tag = Tag.objects.create(name=name)
        for _ in range(count):
            make_file().video.video_tags.create(tag=tag)
    change_settings(user=user, default_tag_sort=order)

    page = text(client, "/tags/")

    assert re.findall(r'<span class="word">(\w+)</span>', page) == names


def test_other_lists_begin_in_the_users_order(client: Client, user: User) -> None:
    films(3)
    tag = Tag.objects.create(name="Sea")
    for video in Video.objects.all():
        video.video_tags.create(tag=tag)
    change_settings(user=user, sort_preferences={"tag": "title", "creators": "newest"})

    assert titles(text(client, f"/tags/{tag.pk}/")) == ["Film 00", "Film 01", "Film 02"]
    assert titles(text(client, f"/tags/{tag.pk}/?sort=newest")) == ["Film 02", "Film 01", "Film 00"]


def test_the_player_is_told(client: Client, user: User) -> None:
    change_settings(user=user, autoplay=True, default_volume=30, playlist_auto_advance="instant")

    page = text(client, f"/videos/{make_file().video_id}/")

    settings = json.loads(re.search(r'<script id="player-facts"[^>]*>(.*?)</script>', page)[1])["settings"]
    assert settings == {
        "autoplay": True,
        "default_volume": 30,
        "loop": False,
        "playlist_auto_advance": "instant",
        "playlist_countdown_seconds": 5,
        "ab_loop_controls": False,
        "marker_thumbnail_cycling": True,
    }


# ---- the page and the API -------------------------------------------------------------------------------------------
FORM = {
    "default_volume": "80",
    "playlist_countdown_seconds": "7",
    "videos_per_page": "24",
    "playlist_auto_advance": "manual",
    "default_sort_order": "longest",
    "default_tag_sort": "most",
    "autoplay": "1",
    "card_people": "1",
    "sort_tag": "title",
}


def test_the_form_keeps_everything(client: Client, user: User) -> None:
    assert client.post("/account/settings/save/", FORM)["Location"] == "/account/settings/"

    row, page = UserSettings.objects.get(), text(client, "/account/settings/")
    assert (row.default_volume, row.videos_per_page, row.autoplay, row.loop) == (80, 24, True, False)
    assert [name for name, is_on in row.card_config.items() if is_on] == ["people"]
    assert row.sort_preferences == {"tag": "title"}
    assert "Your settings are saved." in page


def test_the_form_says_what_is_wrong(client: Client, user: User) -> None:
    response = client.post("/account/settings/save/", {**FORM, "videos_per_page": "13"})

    assert response.status_code == 422
    assert "A page shows 12, 24, 36, 48, 96 or 192 videos." in response.content.decode()


def test_the_api_reads_and_changes_what_it_names(client: Client, user: User) -> None:
    before = client.get("/api/v1/me/settings/").json()

    after = client.patch("/api/v1/me/settings/", {"loop": True}, content_type="application/json").json()
    wrong = client.patch("/api/v1/me/settings/", {"card_config": {"x": True}}, content_type="application/json")

    assert after == {**before, "loop": True}
    assert [section["type"] for section in before["homepage_config"]["sections"]][:2] == ["continue_watching", "latest"]
    assert (wrong.status_code, list(wrong.json())) == (400, ["card_config"])
    assert settings_of(User.objects.get(pk=user.pk)).loop


def test_settings_go_with_their_user(user: User) -> None:
    change_settings(user=user, loop=True)

    user.delete()

    assert not UserSettings.objects.exists()
