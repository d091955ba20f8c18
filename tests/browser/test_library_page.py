"""The library in a real browser."""

import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from library import queries
from library.services import register_folder
from people.models import Credit
from tests.browser.conftest import OpenPage, scan
from tests.library.factories import make_file, make_folder, make_video
from tests.people.factories import make_creator

pytestmark = pytest.mark.browser


def make_rows(number: int) -> None:
    """Videos whose files are not there: nothing to load, and their pages have no player."""
    folder = make_folder(name="Shelf")
    for index in range(number):
        make_file(
            folder=folder,
            relative_path=f"{index:02}.mp4",
            missing_since=timezone.now(),
            video=make_video(title=f"Film {index:02}"),
        )


def has_no_sideways_scroll(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_pointer_over_a_tile_scrubs_its_storyboard(open_page: OpenPage, films) -> None:
    page = open_page()
    picture = page.locator(".tile", has_text="Brightening").locator(".p")
    box = picture.bounding_box()
    seen = []

    for share in (0.1, 0.5, 0.9):
        # Below the button in the corner.
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.7)
        expect(picture.locator(".scrub")).to_be_visible()
        seen.append(int(picture.locator(".frame").get_attribute("data-index")))
    page.mouse.move(5, 5)

    board = films["Brightening"].storyboard
    assert seen == [pytest.approx(share * board.tile_count, abs=1) for share in (0.1, 0.5, 0.9)]
    expect(picture.locator(".scrub")).to_have_count(0)


def test_the_arrow_keys_scrub_and_enter_opens(open_page: OpenPage, films) -> None:
    page = open_page()
    tile = page.locator(".tile > a", has_text="Brightening")
    tile.focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    moved = int(tile.locator(".frame").get_attribute("data-index"))
    page.keyboard.press("Enter")

    assert moved > 0
    page.wait_for_url(re.compile(r"/videos/\d+/$"))


def test_a_finger_drawn_across_a_tile_scrubs_and_does_not_open(open_page: OpenPage, films) -> None:
    page = open_page(width=390, height=844)
    picture = page.locator(".tile", has_text="Brightening").locator(".p")

    picture.evaluate(
        """(p) => {
            const box = p.getBoundingClientRect();
            const fire = (type, x) => p.dispatchEvent(new PointerEvent(type, {
                bubbles: true, pointerType: "touch", clientX: box.left + x, clientY: box.top + 20 }));
            fire("pointerdown", 20); fire("pointermove", 120);
        }"""
    )
    expect(picture.locator(".scrub")).to_be_visible()
    picture.evaluate(
        """(p) => {
            p.dispatchEvent(new PointerEvent("pointerup", { bubbles: true, pointerType: "touch" }));
            p.click();
        }"""
    )

    expect(picture.locator(".scrub")).to_have_count(0)
    assert page.url.endswith("/library/")


def test_show_more_appends_and_back_finds_the_place(
    open_page: OpenPage, owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 12)
    make_rows(30)
    page = open_page("/library/?sort=title")
    expect(page.locator(".tile")).to_have_count(12)

    page.click("#more-link")
    expect(page.locator(".tile")).to_have_count(24)
    page.locator(".tile > a", has_text="Film 20").click()
    page.wait_for_url(re.compile("/videos/"))
    page.go_back()

    expect(page.locator(".tile")).to_have_count(24)


def test_without_scripts_the_grid_the_filter_and_show_more_work(
    open_page: OpenPage, owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 12)
    make_rows(15)
    page = open_page("/library/", scripts=False)

    page.click("#more-link")
    expect(page.locator(".tile")).to_have_count(3)
    page.fill("#q", "film 07")
    page.press("#q", "Enter")

    expect(page.locator(".tile")).to_have_count(1)
    page.click("text=Clear the search")
    expect(page.locator(".tile")).to_have_count(12)


def test_typing_filters_without_a_reload(open_page: OpenPage, owner) -> None:
    make_rows(15)
    page = open_page()
    page.evaluate("window.stayed = true")

    page.keyboard.press("/")
    page.keyboard.type("film 12")
    expect(page.locator(".tile")).to_have_count(1)

    assert page.evaluate("window.stayed")
    assert re.search(r"q=film(\+|%20)12", page.url)


def test_an_empty_library_fills_itself(open_page: OpenPage, owner, media: Path) -> None:
    page = open_page()
    expect(page.get_by_text("Which folder has your videos?")).to_be_visible()

    scan(register_folder(path=str(media), name="Films"))

    expect(page.locator(".tile")).to_have_count(3)


def test_the_theme_is_kept(open_page: OpenPage, owner) -> None:
    page = open_page()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.click(".account summary")
    page.click("text=Light >> nth=-1")
    page.keyboard.press("Escape")
    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_paper_is_light_whatever_the_screen_is(open_page: OpenPage, owner) -> None:
    page = open_page()
    theme = "document.documentElement.dataset.theme"

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    on_paper = page.evaluate(theme)
    page.evaluate("dispatchEvent(new Event('afterprint'))")

    assert (on_paper, page.evaluate(theme)) == ("light", "dark")


def test_on_a_phone_the_names_of_a_tile_are_not_cut_through(open_page: OpenPage, films) -> None:
    person = make_creator(name="Ana Abel")
    Credit.objects.create(video=films["Brightening"].video, creator=person)
    page = open_page("/library/", width=390, height=844)

    names = page.locator(".tile .who").filter(has_text="Ana Abel")

    assert names.evaluate("(e) => e.clientHeight >= e.firstElementChild.offsetHeight")


def test_on_a_phone_nothing_scrolls_sideways_and_fingers_hit(open_page: OpenPage, films) -> None:
    page = open_page(width=390, height=844)
    addresses = ["/library/", "/library/?q=nothing", "/files/unreadable/", f"/videos/{films['Brightening'].video_id}/"]

    for address in addresses:
        page.goto(address)
        assert has_no_sideways_scroll(page), address
        small = page.evaluate(
            """() => [...document.querySelectorAll("main a, main button, main summary, nav a, nav summary")]
                .filter((e) => e.checkVisibility() && e.offsetHeight && e.offsetHeight < 44)
                .map((e) => e.outerHTML.slice(0, 90))"""
        )
        assert small == [], address
