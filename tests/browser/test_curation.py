"""Curating with the keyboard in a real Chromium: editing in the row, undoing it, and editing many."""

import pytest
from playwright.sync_api import expect

from library.models import Tag, Video, VideoTag
from tests.library.factories import make_file, make_video

pytestmark = pytest.mark.browser


def test_a_row_is_tagged_by_the_keyboard_and_the_tag_undone(open_page, owner):
    make_file(video=make_video(title="Waves"))
    Tag.objects.create(name="Beach", color="#f2b34a")
    page = open_page("/admin/library/video/")

    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_selector("#v-pop.v-open")
    page.keyboard.type("bea")
    page.wait_for_selector(".v-pick-list")
    page.keyboard.press("Enter")
    page.keyboard.type("Sunset")
    page.get_by_text("Create “Sunset”").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.locator(".v-said")).to_contain_text("Changed the tags of Waves")
    expect(page.locator("#tags-" + str(Video.objects.get().pk))).to_contain_text("Sunset")
    assert sorted(VideoTag.objects.values_list("tag__name", flat=True)) == ["Beach", "Sunset"]

    page.keyboard.press("u")
    expect(page.locator(".v-links").first).to_contain_text("no tags")
    assert not VideoTag.objects.exists()


def test_chosen_rows_are_edited_together(open_page, owner):
    for title in ("raw one", "raw two"):
        make_file(video=make_video(title=title))
    page = open_page("/admin/library/video/")

    for key in ("j", "x", "j", "x", "b"):
        page.keyboard.press(key)
    page.wait_for_url("**/many/**")
    page.fill("[name=find]", "raw")
    page.fill("[name=replace]", "cut")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Do it").click()

    page.get_by_role("heading", name="Done").wait_for()
    assert sorted(Video.objects.values_list("title", flat=True)) == ["cut one", "cut two"]


def test_tags_that_are_chosen_for_many_are_added_unless_told_otherwise(open_page, owner):
    make_file(video=make_video(title="Waves"))
    Tag.objects.create(name="Beach", color="#f2b34a")
    page = open_page("/admin/library/video/")
    for key in ("j", "x", "b"):
        page.keyboard.press(key)
    page.wait_for_url("**/many/**")

    page.fill(".v-pick-text >> nth=0", "bea")
    page.wait_for_selector(".v-pick-list")
    page.keyboard.press("Enter")
    expect(page.locator("[name=tags_mode]")).to_have_value("add")
    page.keyboard.press("Backspace")
    expect(page.locator("[name=tags_mode]")).to_have_value("")

    page.select_option("[name=tags_mode]", "remove")
    page.keyboard.press("Tab")
    page.fill(".v-pick-text >> nth=0", "bea")
    page.wait_for_selector(".v-pick-list")
    page.keyboard.press("Enter")
    expect(page.locator("[name=tags_mode]")).to_have_value("remove")


def test_the_keys_are_explained(open_page, owner):
    page = open_page("/admin/library/video/")

    page.keyboard.press("?")

    expect(page.locator("#v-keys")).to_contain_text("edit its tags")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "address",
    [
        "/admin/library/video/",
        "/admin/library/tag/",
        "/admin/people/creator/",
        "/admin/people/studio/",
        "/admin/people/platform/",
        "/admin/people/creator/merge/",
    ],
)
def test_a_page_fits_its_window(open_page, owner, address, width):
    make_file(video=make_video(title="A title that is rather long and goes on " * 3))
    Tag.objects.create(name="A tag that is rather long and goes on and on and on")

    page = open_page(address, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
