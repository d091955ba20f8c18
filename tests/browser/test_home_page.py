"""The home page's editor and the history in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from library.models import User
from playback.models import UserSettings, Watch, WatchProgress
from tests.browser.conftest import OpenPage
from tests.playback.watching import make_film

pytestmark = pytest.mark.browser


def rows(page: Page) -> list[str]:
    return page.locator("#sections strong").all_inner_texts()


@pytest.mark.parametrize(("width", "height"), [(1280, 860), (390, 844)])
def test_rows_are_dragged_moved_by_key_and_removed(open_page: OpenPage, owner: User, width: int, height: int) -> None:
    for number in range(8):
        make_film(title=f"Film {number}", view_count=number)
    page = open_page("/home/edit/", width=width, height=height)
    assert rows(page) == ["Continue watching", "Latest videos", "My favourites", "Most viewed", "Playlists: Mine"]

    page.get_by_role("button", name="Move “Most viewed” up").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#told")).to_have_text("Most viewed is row 3 of 5.")
    page.get_by_role("button", name="Remove “My favourites”").click()
    handles = page.locator(".handle")
    handles.nth(2).scroll_into_view_if_needed()
    handles.nth(2).drag_to(handles.nth(1), target_position={"x": 10, "y": 2})
    page.get_by_label("Title").nth(1).fill("What is seen")
    assert rows(page) == ["Continue watching", "Most viewed", "Latest videos", "Playlists: Mine"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("status")).to_contain_text("Your home page is saved.")
    expect(page.locator(".row h2")).to_have_text(["What is seen: see all", "Latest videos: see all"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sections = UserSettings.objects.get().homepage_config["sections"]
    assert [one["type"] for one in sections] == ["continue_watching", "most_viewed", "latest", "playlist"]


def test_a_video_and_a_day_are_taken_out_of_the_history(open_page: OpenPage, owner: User) -> None:
    now = timezone.localtime().replace(hour=12, minute=0)
    for number, days in enumerate((1, 1, 2)):
        film, at = make_film(title=f"Film {number}"), now - timedelta(days=days, minutes=number)
        Watch.objects.create(user=owner, video=film, watched_at=at, position_seconds=100)
        WatchProgress.objects.create(user=owner, video=film, watched_at=at, position_seconds=100)
    page = open_page("/history/", width=390, height=844)
    expect(page.locator(".entry")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("button", name="Take “Film 0” of Yesterday out of the history").click()
    expect(page.locator(".entry")).to_have_count(2)
    page.get_by_role("button", name="Forget this day, Yesterday").click()
    expect(page.locator(".entry")).to_have_count(1)
    page.get_by_text("Empty the history").click()
    page.get_by_role("button", name="Forget everything").click()

    expect(page.get_by_role("heading", name="Nothing watched yet")).to_be_visible()
    assert not Watch.objects.exists()
    assert not WatchProgress.objects.exists()
