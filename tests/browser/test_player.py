"""What the player does beside playing: parts, marks, what comes next, fingers, and when something is gone."""

import re
import shutil
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from library.models import User, VideoFile
from library.services import register_folder
from playback.models import Marker, PlaybackSession
from tests.browser.conftest import SECONDS, OpenPage, scan
from tests.browser.test_watch_page import position, wait_for_position, watch

pytestmark = pytest.mark.browser

VIDEO = "document.querySelector('video')"


def mark(owner: User, file: VideoFile, start: float, end: float | None = None, label: str = "") -> Marker:
    return Marker.objects.create(user=owner, video=file.video, start_seconds=start, end_seconds=end, label=label)


@pytest.mark.slow
def test_a_part_repeats_between_two_keys_and_shows_on_the_bar(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"])

    page.evaluate(f"{VIDEO}.currentTime = 10")
    page.keyboard.press("a")
    page.evaluate(f"{VIDEO}.currentTime = 11")
    page.keyboard.press("b")
    page.keyboard.press("k")
    page.evaluate("() => { window.jumps = []; document.querySelector('video').addEventListener('seeking',"
                  " (e) => window.jumps.push(e.target.currentTime)); }")  # fmt: skip
    page.wait_for_function("window.jumps.length >= 2")

    assert page.evaluate("window.jumps") == [pytest.approx(10, abs=0.1)] * 2
    bar, stretch = (page.locator(at).bounding_box() for at in ("#marks", ".stretch.loop"))
    assert stretch["x"] - bar["x"] == pytest.approx(bar["width"] * 10 / SECONDS, abs=3)
    page.keyboard.press("b")
    expect(page.locator(".stretch")).to_have_count(0)
    wait_for_position(page, 11.5)


@pytest.mark.slow
def test_a_clip_plays_its_part_and_stops_and_the_marks_lie_on_the_bar(open_page: OpenPage, owner, films) -> None:
    file = films["Brightening"]
    clip = mark(owner, file, 20, 21, "the best")
    mark(owner, file, 5, label="first")
    page = open_page(f"/videos/{file.video_id}/?clip={clip.pk}")

    page.wait_for_function(f"{VIDEO}.readyState >= 1 && {VIDEO}.currentTime >= 20")
    if page.evaluate(f"{VIDEO}.paused") and position(page) < 20.5:
        page.keyboard.press("k")
    page.wait_for_function(f"{VIDEO}.paused && {VIDEO}.currentTime > 20.5")

    assert position(page) == pytest.approx(21, abs=0.4)
    expect(page.locator("#clip")).to_contain_text("the best, 0:20 – 0:21")
    page.click("#clip a")
    page.wait_for_url("**/?t=20")
    page.wait_for_function(f"{VIDEO}.currentTime >= 20")
    expect(page.locator("#marks .pin")).to_have_count(2)
    page.keyboard.press("k")
    page.keyboard.press("[")
    assert position(page) == pytest.approx(5, abs=0.5)


def test_the_next_video_comes_after_a_countdown_and_the_queue_goes_first(open_page: OpenPage, films) -> None:
    page = open_page(f"/videos/{films['Brightening'].video_id}/?sort=title")
    page.wait_for_function(f"{VIDEO}.readyState >= 1")
    listed = page.locator(".next li b").all_inner_texts()

    page.locator(".next li").first.hover()
    page.locator(".next li .queueing button").nth(1).click()
    page.locator(".next li").nth(1).hover()
    page.locator(".next li").nth(1).get_by_role("button", name="Next").click()
    expect(page.locator("#queue li b")).to_have_text([listed[1], listed[0]])
    page.locator("#queue li").nth(1).get_by_role("button", name=f"Earlier: {listed[0]}").click()
    expect(page.locator("#queue li b")).to_have_text(listed)
    page.locator("#queue li").first.get_by_role("button", name="Remove").click()
    expect(page.locator("#queue li b")).to_have_text(listed[1:])
    page.keyboard.press("k")
    page.evaluate(f"{VIDEO}.currentTime = {SECONDS - 0.5}")

    expect(page.locator("#nextup")).to_contain_text(re.compile(r"Up next in \d s"))
    expect(page.locator("#nextup b")).to_have_text(listed[1])
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("#nextup")).to_be_hidden()
    page.keyboard.press("n")
    page.wait_for_url(f"**/videos/{films[listed[1]].video_id}/?sort=title")
    expect(page.locator("h1")).to_have_text(listed[1])
    wait_for_position(page, 0.2)
    expect(page.locator("#queue")).to_be_hidden()


def test_full_screen_stays_when_the_next_video_begins_and_its_page_is_there_afterwards(
    open_page: OpenPage, owner: User, films
) -> None:
    page = open_page(f"/videos/{films['Brightening'].video_id}/?sort=title")
    page.wait_for_function(f"{VIDEO}.readyState >= 1")
    second = "Short one"
    mark(owner, films[second], 1, label="there")
    row = page.locator(".next li", has_text=second)
    row.hover()
    row.get_by_role("button", name="Next").click()
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement?.id === 'player'")
    page.keyboard.press("k")

    page.evaluate(f"{VIDEO}.currentTime = {SECONDS - 0.4}")
    page.wait_for_selector("#nextup:not([hidden])")
    page.get_by_role("button", name="Play now").click()
    page.wait_for_url(f"**/videos/{films[second].video_id}/?sort=title")

    wait_for_position(page, 0.2)
    assert page.evaluate("document.fullscreenElement?.id") == "player"
    assert page.evaluate("document.querySelector('#player').player.facts.videoId") == films[second].video_id
    expect(page.locator("#marks .pin")).to_have_count(1)
    expect(page.locator("#nextup")).to_be_hidden()
    page.evaluate("document.exitFullscreen()")
    page.wait_for_load_state("load")
    expect(page.locator("h1")).to_have_text(second)
    expect(page.locator("[data-mark]")).to_have_count(1)
    told = PlaybackSession.objects.order_by("pk").values_list("video_id", flat=True)
    assert list(told)[:2] == [films["Brightening"].video_id, films[second].video_id]


@pytest.mark.slow
def test_what_plays_nowhere_is_told_with_what_helps(open_page: OpenPage, films) -> None:
    foreign = films["Foreign"]
    copy = films["Short one"]
    copy.video.trashed_at = timezone.now()
    copy.video.save()
    VideoFile.objects.filter(pk=copy.pk).update(video=foreign.video_id, is_primary=False)
    answer = {
        "detail": "Video HEVC is not supported here, and this browser plays only whole files: it can't be played.",
        "code": "unsupported",
        "files": [{"id": copy.pk, "label": "180p H.264", "is_chosen": False}],
        "helps": [
            {"label": "Convert it …", "url": f"/videos/{foreign.video_id}/convert/", "method": "post"},
            {"label": "Download the file", "url": f"/videos/{foreign.video_id}/stream", "method": "get"},
        ],
    }

    asked: list[str] = []

    def refuse_once(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
        else:
            route.fulfill(status=409, json=answer)

    page = open_page("/library/", allowed="409")
    page.route("**/playback/", refuse_once)
    page.goto(f"/videos/{foreign.video_id}/")

    expect(page.locator("#cannot p")).to_contain_text("only whole files")
    expect(page.locator("#cannot form button:visible")).to_have_text("Convert it …")
    expect(page.locator("#cannot a:visible")).to_have_attribute("href", f"/videos/{foreign.video_id}/stream")
    page.get_by_role("button", name="Play the copy 180p H.264").click()
    page.wait_for_function(f"{VIDEO}.currentTime > 0.2")
    expect(page.locator("#cannot")).to_be_hidden()


def test_choices_are_remembered_and_other_parts_may_add_keys(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"])
    page.keyboard.press(">")
    page.keyboard.press("m")
    page.keyboard.press("t")
    page.reload()
    page.wait_for_function(f"{VIDEO}.readyState >= 1")

    assert page.evaluate(f"[{VIDEO}.playbackRate, {VIDEO}.muted]") == [1.25, True]
    expect(page.locator("#wrap")).to_have_class(re.compile("theatre"))
    expect(page.locator("[data-menu=speed]")).to_have_text("1.25×")
    page.click("[data-menu=speed]")
    page.get_by_role("menuitemradio", name="2×").click()
    assert page.evaluate(f"{VIDEO}.playbackRate") == 2
    page.evaluate(
        "() => document.querySelector('#player').player.addKey('x', 'a key of mine', () => { window.pressed = true; })"
    )
    page.keyboard.press("x")
    assert page.evaluate("window.pressed")
    page.keyboard.press("?")
    expect(page.locator("#keymap")).to_contain_text("a key of mine")


def test_fingers_seek_and_show_the_controls_and_everything_is_within_reach(open_page: OpenPage, films) -> None:
    page = watch(open_page, films["Brightening"], width=390, height=844)
    box = page.locator("#player").bounding_box()
    right, middle, y = box["x"] + box["width"] * 0.85, box["x"] + box["width"] / 2, box["y"] + 60

    page.touchscreen.tap(right, y)
    page.touchscreen.tap(right, y)

    page.wait_for_function(f"{VIDEO}.currentTime >= 9.9")
    expect(page.locator(".ripple")).to_have_text("+10 s")
    page.click("media-play-button")
    page.wait_for_function(f"!{VIDEO}.paused")
    page.touchscreen.tap(middle, y)
    page.wait_for_function("document.querySelector('media-controller').hasAttribute('userinactive')")
    page.touchscreen.tap(middle, y)
    page.wait_for_function("!document.querySelector('media-controller').hasAttribute('userinactive')")
    assert box["x"] == 0
    assert box["width"] == 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert small_targets(page) == []


def small_targets(page: Page) -> list[str]:
    """What can be pressed in the player and is lower than 44 px."""
    return page.evaluate(
        """() => [...document.querySelectorAll('#player .b, media-play-button, media-fullscreen-button')]
            .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5)
            .map((one) => one.outerHTML.slice(0, 80))"""
    )


@pytest.mark.slow
def test_a_file_that_vanishes_is_named_and_plays_again_when_it_is_back(
    open_page: OpenPage, owner: User, media: Path, tmp_path: Path
) -> None:
    shutil.copytree(media, tmp_path / "disk")
    scan(register_folder(path=str(tmp_path / "disk"), name="Disk"))
    file = VideoFile.objects.get(video__title="Short one")
    there = Path(file.fs_path)
    there.rename(tmp_path / "away.mp4")

    page = open_page(f"/videos/{file.video_id}/", allowed="stream|playback")

    expect(page.locator("#cannot h2")).to_have_text("The file can't be read right now")
    expect(page.locator("#plays")).to_contain_text("the file is not there")
    (tmp_path / "away.mp4").rename(there)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#cannot")).to_be_hidden()
    page.wait_for_function(f"{VIDEO}.readyState >= 1")
