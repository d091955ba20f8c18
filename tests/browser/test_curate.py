"""Liking, marking and ordering with hand and keyboard, and taking it back where it was done."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from library.models import VideoFile
from playback.models import Favorite, Marker, Playlist, Rating
from playback.services.playlists import create_playlist

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at(page: Page, seconds: float) -> None:
    """Sets the play head, as a viewer does by the seek bar."""
    page.wait_for_function("document.querySelector('#player video').readyState >= 1")
    page.evaluate("seconds => { document.querySelector('#player video').currentTime = seconds; }", seconds)


def test_a_like_and_stars_are_given_and_taken_back_beside_the_player(open_page: Any, films: Any, owner: Any) -> None:
    file: VideoFile = films["Brightening"]
    page: Page = open_page(f"/videos/{file.video_id}/")
    like = page.get_by_role("button", name="Favourite")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    assert Favorite.objects.filter(user=owner, video=file.video).exists()

    page.locator(".did").get_by_role("button", name="Undo").click()

    expect(like).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".did")).to_contain_text("Undid: Likes Brightening.")
    assert not Favorite.objects.exists()

    stars = page.get_by_role("slider", name="Your stars")
    stars.focus()
    for _ in range(7):
        stars.press("ArrowRight")

    expect(page.locator(".given")).to_have_text("3½")
    expect(stars).to_have_attribute("aria-valuetext", "3½ of 5")
    expect(page.locator(".did")).to_contain_text("3½ of 5 stars.")
    assert str(Rating.objects.get().stars) == "3.5"


def test_this_moment_is_marked_changed_and_deleted(open_page: Any, films: Any) -> None:
    file: VideoFile = films["Brightening"]
    page: Page = open_page(f"/videos/{file.video_id}/", width=390, height=844)
    at(page, 12.5)

    page.get_by_role("button", name="Mark this moment").click()
    expect(page.get_by_label("Label")).to_be_focused()
    page.keyboard.type("Light")
    at(page, 20)
    page.get_by_role("button", name="Ends now").click()
    page.get_by_label("Label").press("Enter")

    mark = page.locator("[data-mark]")
    expect(mark).to_contain_text("0:12 – 0:20")
    expect(mark).to_contain_text("Light")
    row = Marker.objects.get()
    assert (row.start_seconds, row.end_seconds, row.label) == (12.5, 20.0, "Light")

    mark.locator("summary").click()
    page.get_by_role("button", name="Change").click()
    page.get_by_label("From", exact=True).fill("soon")
    page.get_by_role("button", name="Keep the changes").click()
    expect(page.get_by_text("Write times like 1:23")).to_be_visible()
    page.get_by_label("From", exact=True).press("Escape")
    mark.locator("summary").click()
    page.get_by_role("button", name="Delete").click()

    expect(mark).to_have_count(0)
    page.locator(".did").get_by_role("button", name="Undo").click()
    expect(mark).to_contain_text("Light")


def test_a_list_is_ordered_by_dragging_and_by_the_keyboard(open_page: Any, films: Any, owner: Any) -> None:
    titles = ["Brightening", "Short one", "Foreign"]
    ids = [films[title].video_id for title in titles]
    playlist, _ = create_playlist(user=owner, name="Evening", video_ids=ids)
    page: Page = open_page(f"/playlists/{playlist.public_id}/")
    rows = page.locator("#items li b")
    expect(rows).to_have_text(titles)

    page.locator("#items li").nth(2).locator("[data-grip]").drag_to(
        page.locator("#items li").nth(0), target_position={"x": 40, "y": 4}
    )

    expect(rows).to_have_text(["Foreign", "Brightening", "Short one"])
    expect(page.locator(".did")).to_contain_text("“Foreign” is number 1 here now.")
    page.locator("#items li a").nth(2).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".did")).to_contain_text("“Short one” is number 2 here now.")
    page.reload()
    expect(rows).to_have_text(["Foreign", "Short one", "Brightening"])

    page.get_by_role("button", name="Take Short one out").click()

    expect(rows).to_have_text(["Foreign", "Brightening"])
    page.locator(".did").get_by_role("button", name="Undo").click()
    expect(rows).to_have_text(["Foreign", "Short one", "Brightening"])
    stored = Playlist.objects.get().items.order_by("position").values_list("video__title", flat=True)
    assert list(stored) == ["Foreign", "Short one", "Brightening"]


def test_a_tile_puts_its_video_into_a_new_list(open_page: Any, films: Any) -> None:
    page: Page = open_page("/")
    tile = page.locator(".tile", has_text="Short one")
    tile.hover()
    tile.get_by_role("button", name="Playlists of Short one").click()

    page.get_by_label("New playlist").fill("Later")
    page.get_by_role("button", name="Make and add").click()

    expect(page.get_by_role("checkbox", name="Later")).to_be_checked()
    assert [item.video for item in Playlist.objects.get().items.all()] == [films["Short one"].video]
