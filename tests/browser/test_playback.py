"""Files of every kind really playing: as they are, in another container, converted; with other sounds and words."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from library.models import User, VideoFile
from library.services import register_folder
from playback.models import PlaybackSession, WatchProgress
from tests.browser.conftest import OpenPage, scan
from tests.browser.streaming import streaming
from tests.browser.test_watch_page import position
from tests.library.factories import LONG_AGO_NS
from tests.media_factory import make_damaged, make_video, picture, run_ffmpeg, time_grey

pytestmark = pytest.mark.browser

SECONDS = 12
VIDEO = "document.querySelector('video')"
# Name, how it reaches this browser, and what the line under the title begins with.
KINDS = [
    ("Direct.mp4", "direct"),
    ("Web.webm", "direct"),
    ("Surround.mkv", "remux"),
    ("Transport.ts", "remux"),
    ("Modern.mp4", "transcode"),
    ("Old.avi", "transcode"),
]
GREY = """() => {
    const video = document.querySelector('video');
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 4;
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 4, 4);
    return [context.getImageData(1, 1, 1, 1).data[0], video.currentTime];
}"""


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one film in many forms; its grey tells the time. The Matroska file has two sounds and words."""
    folder = tmp_path_factory.mktemp("kinds")
    # Sizes of their own: with equal packets they would be one video's copies.
    film = {"seconds": SECONDS, "rate": 10, "gop": 10, "source": "time"}
    make_video(folder / "Direct.mp4", size="320x180", audio="aac", **film)
    make_video(folder / "Web.webm", size="320x180", codec="vp8", audio="opus", **film)
    make_video(folder / "Transport.ts", size="352x198", audio="aac", **film)
    make_video(folder / "Modern.mp4", size="320x180", codec="hevc", audio="aac", extra=("-tag:v", "hvc1"), **film)
    make_video(folder / "Old.avi", size="320x180", codec="mpeg4", audio="mp3", **film)
    words = folder / "words.srt"
    words.write_text(f"1\n00:00:00,000 --> 00:00:{SECONDS},000\nWhat they say\n", "utf-8")
    grey = picture("time", seconds=SECONDS, size="384x216", rate=10)
    run_ffmpeg(
        folder / "Surround.mkv",
        *("-f", "lavfi", "-i", grey),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}"),
        *("-f", "lavfi", "-i", f"sine=frequency=880:duration={SECONDS}"),
        *("-i", str(words), "-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:s"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-keyint_min", "10"),
        *("-c:a:0", "ac3", "-c:a:1", "aac", "-c:s", "srt", "-metadata:s:a:0", "language=eng"),
        *("-metadata:s:a:1", "language=deu", "-metadata:s:s:0", "language=eng"),
    )
    words.unlink()
    for file in folder.iterdir():
        os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return folder


@pytest.fixture
def files(owner: User, kinds: Path, tmp_path: Path, settings) -> Iterator[dict[str, VideoFile]]:
    """The folder's files by name, with somebody who makes streams of them."""
    scan(register_folder(path=str(kinds), name="Kinds"))
    with streaming(tmp_path, settings):
        yield {file.shown_name: file for file in VideoFile.objects.select_related("video", "folder")}


def shows(page: Page, seconds: float) -> None:
    """Waits until the player plays beyond a time, and compares the picture with what belongs there."""
    page.wait_for_function(
        "(s) => { const v = document.querySelector('video');"
        " return v.currentTime >= s && v.currentTime < s + 3 && !v.seeking && v.readyState >= 2; }",
        arg=seconds,
        timeout=30_000,
    )
    grey, at = page.evaluate(GREY)
    assert grey == pytest.approx(time_grey(at, SECONDS), abs=16)


def test_every_kind_of_file_plays_and_seeks(open_page: OpenPage, owner: User, files) -> None:
    page = open_page("/library/")
    told = {}

    for name, _ in KINDS:
        page.goto(f"/videos/{files[name].video_id}/")
        page.wait_for_function("document.querySelector('#player')?.player?.answer", timeout=20_000)
        told[name] = page.evaluate("document.querySelector('#player').player.answer.method")
        page.keyboard.press("k")
        shows(page, 0.3)
        page.keyboard.press("9")
        shows(page, SECONDS * 0.9)
        page.keyboard.press("1")
        shows(page, SECONDS * 0.1)
        state = "plays" if told[name] == "direct" else "converts"
        expect(page.locator("#plays")).to_have_attribute("data-state", state)

    assert told == dict(KINDS)
    assert set(PlaybackSession.objects.filter(user=owner).values_list("method", flat=True)) == {
        "direct",
        "remux",
        "transcode",
    }


def test_other_sounds_and_words_keep_the_place_and_are_there_again(open_page: OpenPage, owner: User, files) -> None:
    page = open_page(f"/videos/{files['Surround.mkv'].video_id}/")
    page.wait_for_function("document.querySelector('#player')?.player?.answer", timeout=20_000)
    expect(page.locator("#plays .how")).to_contain_text("AC-3 is not supported here")
    page.locator("#plays summary").click()
    expect(page.locator("#plays .reasons li").first).to_be_visible()

    page.keyboard.press("k")
    page.keyboard.press("5")
    shows(page, SECONDS * 0.5)
    page.click("[data-menu=quality]")
    page.get_by_role("menuitemradio", name="German").click()
    page.wait_for_function(
        "document.querySelector('#player').player.answer.audio_tracks"
        ".some((one) => one.is_chosen && one.language === 'de')"
    )
    shows(page, SECONDS * 0.5)
    assert not page.evaluate(f"{VIDEO}.paused")
    page.keyboard.press("c")
    expect(page.locator(".cues")).to_have_text("What they say")
    with page.expect_response(lambda response: "/playback-sessions/" in response.url):
        page.keyboard.press("k")
    left_at = position(page)
    page.reload()

    page.wait_for_function(f"{VIDEO}.readyState >= 2", timeout=20_000)
    assert position(page) == pytest.approx(left_at, abs=1)
    expect(page.locator("#resumed")).to_contain_text("Resumed at 0:0")
    expect(page.locator(".cues")).to_have_text("What they say")
    assert WatchProgress.objects.get(user=owner).position_seconds == pytest.approx(left_at, abs=1)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [(0.4, 0.5), (0.75, 0.8)])
def test_behind_a_damage_it_plays_on_by_itself_and_never_from_the_beginning(
    open_page: OpenPage, owner: User, tmp_path: Path, settings, damage: tuple[float, float]
) -> None:
    """Damage in the middle is jumped over; near the end, where nothing is left to jump to, another way is gone."""
    first, last = damage
    folder = tmp_path / "damaged"
    folder.mkdir()
    film = make_damaged(tmp_path / "film.mp4", seconds=SECONDS, first_ratio=first, last_ratio=last)
    os.utime(film.rename(folder / "film.mp4"), ns=(LONG_AGO_NS, LONG_AGO_NS))
    scan(register_folder(path=str(folder), name="Damaged"))
    with streaming(tmp_path, settings):
        page = open_page(f"/videos/{VideoFile.objects.get().video_id}/")
        page.evaluate(f"""() => {{
            window.places = [];
            const video = {VIDEO};
            video.addEventListener('timeupdate', () => {{
                if (video.readyState >= 2) window.places.push(video.currentTime);
            }});
        }}""")
        page.keyboard.press("k")

        page.wait_for_function(f"{VIDEO}.currentTime > {SECONDS - 1.5}", timeout=60_000)

    places = page.evaluate("window.places")
    begun = next(number for number, place in enumerate(places) if place > SECONDS * first / 2)
    assert min(places[begun:]) > SECONDS * first / 4
