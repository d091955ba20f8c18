"""Watching in a real browser."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from library.models import Folder, VideoFile
from library.services import register_folder
from playback.models import WatchProgress
from tests.browser.conftest import SECONDS, OpenPage, scan
from tests.media_factory import time_grey

pytestmark = pytest.mark.browser


def watch(open_page: OpenPage, file: VideoFile, **options: int) -> Page:
    """The watch page once the player knows the video's length."""
    page = open_page(f"/videos/{file.video_id}/", **options)
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    page.wait_for_function("customElements.get('media-controller') !== undefined")
    return page


def position(page: Page) -> float:
    return page.evaluate("document.querySelector('video').currentTime")


def wait_for_position(page: Page, seconds: float) -> None:
    page.wait_for_function("(s) => document.querySelector('video').currentTime >= s", arg=seconds)


def test_from_a_folder_to_resuming_where_one_left(open_page: OpenPage, owner, media) -> None:
    folder = register_folder(path=str(media), name="Films")
    scan(Folder.objects.get(pk=folder.pk))
    page = open_page()

    page.locator(".tile > a", has_text="Brightening").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    page.click("media-play-button")
    wait_for_position(page, 0.5)
    bar = page.locator("media-time-range").bounding_box()
    page.mouse.click(bar["x"] + bar["width"] * 0.5, bar["y"] + bar["height"] / 2)
    wait_for_position(page, SECONDS * 0.45)
    page.keyboard.press("k")
    with page.expect_response(re.compile("/progress$")):
        page.keyboard.press("ArrowRight")
    left_at = position(page)
    page.reload()

    expect(page.locator("#resumed")).to_contain_text("Resumed at 0:2")
    assert position(page) == pytest.approx(left_at, abs=2)
    row = WatchProgress.objects.get(user=owner)
    assert row.position_seconds == pytest.approx(left_at, abs=2)
    page.click("#resumed button")
    page.wait_for_function("document.querySelector('video').currentTime < 5")
    expect(page.locator("#resumed")).to_contain_text("Back to 0:2")


def test_leaving_the_page_keeps_the_place(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"])
    page.keyboard.press("3")
    page.keyboard.press("k")
    wait_for_position(page, SECONDS * 0.3 + 1)
    left_at = position(page)

    page.goto("/library/")
    # The browser sends it while the next page loads, and tells nobody when it has arrived.
    for _ in range(50):
        if WatchProgress.objects.filter(position_seconds__gt=left_at - 0.5).exists():
            break
        page.wait_for_timeout(100)
    page.goto(f"/videos/{films['Brightening'].video_id}/")

    expect(page.locator("#resumed")).to_be_visible()
    assert position(page) == pytest.approx(left_at, abs=2)


def test_the_seek_preview_shows_the_picture_of_its_time(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"])
    page.wait_for_function(
        "[...document.querySelector('video').textTracks].some((t) => t.label === 'thumbnails' && t.cues?.length)"
    )
    bar = page.locator("media-time-range").bounding_box()
    greys = []

    for share in (0.2, 0.8):
        page.mouse.move(bar["x"] + bar["width"] * share, bar["y"] + bar["height"] / 2)
        page.wait_for_timeout(600)
        preview = page.locator("media-time-range > media-preview-thumbnail").bounding_box()
        clip = {"x": preview["x"] + 40, "y": preview["y"] + 30, "width": 60, "height": 30}
        with Image.open(io.BytesIO(page.screenshot(clip=clip))) as shot:
            greys.append(shot.convert("L").resize((1, 1)).getpixel((0, 0)))

    assert greys == [pytest.approx(time_grey(SECONDS * share, SECONDS), abs=14) for share in (0.2, 0.8)]


def test_the_keys_work(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"])
    positions = {}

    for key in ("5", "l", "j", "ArrowLeft", "ArrowRight", ".", ",", "0"):
        page.keyboard.press(key)
        positions[key] = round(position(page), 1)
    page.keyboard.press("m")
    page.keyboard.press(">")

    assert positions == {
        "5": 20.0, "l": 30.0, "j": 20.0, "ArrowLeft": 15.0, "ArrowRight": 20.0, ".": 20.1, ",": 20.0, "0": 0.0
    }  # fmt: skip
    assert page.evaluate("document.querySelector('video').muted")
    assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
    page.keyboard.press("?")
    expect(page.locator("#keymap")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keymap")).to_be_hidden()


def test_space_plays_and_pauses_once_wherever_the_focus_is(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"])

    page.keyboard.press(" ")
    wait_for_position(page, 0.2)
    page.locator("media-play-button").focus()
    page.keyboard.press(" ")

    page.wait_for_function("document.querySelector('video').paused")


def test_a_video_that_plays_says_so(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"])

    expect(page.locator("#plays")).to_contain_text("Plays directly, nothing is converted")
    expect(page.locator("#cannot")).to_be_hidden()
    assert page.evaluate("document.querySelector('video').hasAttribute('controls')") is False


def test_a_video_that_the_browser_cannot_show_says_why_and_what_helps(open_page: OpenPage, films) -> None:
    page = open_page(f"/videos/{films['Foreign'].video_id}/")

    expect(page.locator("#cannot h2")).to_have_text("This browser can't show HEVC video in Matroska")
    expect(page.locator("#cannot a[download]")).to_have_attribute("href", f"/videos/{films['Foreign'].video_id}/stream")
    expect(page.locator("#plays")).to_contain_text("Does not play in this browser")


def test_without_scripts_the_browsers_own_player_stands_there(open_page: OpenPage, films) -> None:
    page = open_page(f"/videos/{films['Brightening'].video_id}/", scripts=False)

    expect(page.locator("video[controls]")).to_be_visible()
    assert page.locator("video").bounding_box()["height"] > 300
