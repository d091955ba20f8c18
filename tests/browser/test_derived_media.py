"""Preview clips and covers in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from library.models import ChangeBatch, Video, VideoFile
from processing.jobs import drain_queue
from processing.models import Preview
from processing.services import submit_jobs
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

HOLD = """(p) => p.dispatchEvent(new PointerEvent("pointerdown", {
    bubbles: true, pointerType: "touch", clientX: p.getBoundingClientRect().left + 20,
    clientY: p.getBoundingClientRect().top + 20 }))"""


@pytest.fixture
def film(films: dict[str, VideoFile]) -> VideoFile:
    """A video with a preview clip."""
    file = films["Brightening"]
    submit_jobs(stage="preview", target_ids=[file.pk])
    drain_queue("media")
    assert Preview.objects.filter(file=file).exists()
    return file


def _picture(page: Page):
    return page.locator(".tile", has_text="Brightening").locator(".p")


def _is_playing(page: Page) -> None:
    page.wait_for_function("document.querySelector('.playing .clip')?.currentTime > 0")


def test_a_pointer_that_rests_plays_the_preview_without_sound(open_page: OpenPage, film: VideoFile) -> None:
    page = open_page()
    picture = _picture(page)

    picture.hover()
    _is_playing(page)

    assert picture.locator("video").evaluate("(v) => [v.muted, v.loop]") == [True, True]
    assert page.locator("video").count() == 1
    page.mouse.move(5, 5)
    expect(page.locator("video")).to_have_count(0)
    expect(page.locator(".playing")).to_have_count(0)


def test_the_arrow_keys_still_scrub(open_page: OpenPage, film: VideoFile) -> None:
    page = open_page()
    tile = page.locator(".tile > a", has_text="Brightening")

    tile.focus()
    page.keyboard.press("ArrowRight")

    expect(tile.locator(".frame")).to_be_visible()
    assert page.locator("video").count() == 0


@pytest.mark.parametrize("wish", ["motion", "data"])
def test_whoever_wants_calm_or_few_bytes_scrubs(open_page: OpenPage, film: VideoFile, wish: str) -> None:
    page = open_page("/account/")
    if wish == "motion":
        page.emulate_media(reduced_motion="reduce")
    else:
        page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.goto("/library/")

    _picture(page).hover()

    expect(_picture(page).locator(".scrub")).to_be_visible()
    assert page.locator("video").count() == 0


def test_a_finger_that_stays_plays_and_does_not_open(open_page: OpenPage, film: VideoFile) -> None:
    page = open_page(width=390, height=844)
    picture = _picture(page)

    picture.evaluate(HOLD)
    _is_playing(page)
    picture.evaluate(
        """(p) => {
            p.dispatchEvent(new PointerEvent("pointerup", { bubbles: true, pointerType: "touch" }));
            p.click();
        }"""
    )

    expect(page.locator("video")).to_have_count(0)
    assert page.url.endswith("/library/")


def test_a_clip_that_is_gone_leaves_the_storyboard(open_page: OpenPage, film: VideoFile) -> None:
    page = open_page()
    page.route(re.compile("/derived/previews/"), lambda route: route.fulfill(body="no clip", content_type="video/mp4"))
    picture = _picture(page)
    picture.hover()
    expect(picture).not_to_have_attribute("data-preview", re.compile("."))

    box = picture.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 40)

    expect(picture.locator(".scrub")).to_be_visible()


@pytest.mark.slow
def test_what_the_player_shows_becomes_the_cover_and_is_undone(open_page: OpenPage, film: VideoFile) -> None:
    page = open_page(f"/videos/{film.video_id}/")
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    page.evaluate("document.querySelector('video').currentTime = 20")

    page.click("#cover-take")

    expect(page.locator("#resumed")).to_contain_text("being taken from 0:20")
    page.click("#resumed button")
    page.wait_for_url(re.compile("/cover/$"))
    expect(page.locator("#cover-now")).to_contain_text("being taken")
    drain_queue("media")
    expect(page.locator("#cover-now")).to_contain_text("Chosen by hand")
    assert ChangeBatch.objects.get(summary__contains="from 0:20").user is not None
    page.locator("#cover-now").get_by_role("button", name="Undo").click()
    expect(page.locator("#cover-now")).to_contain_text("Chosen by itself")
    assert not Video.objects.get(pk=film.video_id).cover


def test_a_press_on_a_moment_takes_it(open_page: OpenPage, film: VideoFile) -> None:
    page = open_page(f"/videos/{film.video_id}/cover/")

    page.locator(".moments button").first.click()
    drain_queue("media")

    expect(page.locator("#cover-now")).to_contain_text("Chosen by hand")
    assert Video.objects.get(pk=film.video_id).cover
