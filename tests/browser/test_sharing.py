"""Sharing and uploading in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from library.models import Folder, LibrarySettings, Upload, User, VideoFile
from library.services import register_folder
from playback.models import Marker, ShareLink
from playback.services.sharing import create_link, token_of
from processing.jobs import drain_queue
from tests.browser.conftest import PASSWORD, SECONDS, OpenPage
from tests.browser.streaming import streaming
from tests.media_factory import make_video

pytestmark = pytest.mark.browser


def wait_until(page: Page, question: str) -> None:
    """Until the JavaScript is true. Playwright's own waiting needs eval, which the page's policy forbids."""
    for _ in range(150):
        if page.evaluate(question):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"It never came true: {question}")


def test_a_video_is_shared_and_a_stranger_really_plays_it(
    open_page: OpenPage, browser: Browser, live_server, films: dict[str, VideoFile]
) -> None:
    page = open_page(f"/videos/{films['Brightening'].video_id}/")
    page.get_by_role("button", name="Share").click()
    page.get_by_label("Anyone with the link").check()
    page.select_option("#share-expires", "24h")
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#share-told")).to_contain_text("The link is made")
    address = page.locator(".share-list .address").input_value()

    stranger = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    asked: list[str] = []
    guest = stranger.new_page()
    guest.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    guest.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    guest.goto(address)
    wait_until(guest, "customElements.get('media-controller') !== undefined")
    wait_until(guest, "document.querySelector('video').readyState >= 2")
    guest.evaluate("document.querySelector('video').muted = true")
    guest.keyboard.press("k")
    wait_until(guest, "document.querySelector('video').currentTime > 0.4")
    guest.evaluate(f"document.querySelector('video').currentTime = {SECONDS * 0.9}")
    wait_until(guest, f"document.querySelector('video').currentTime > {SECONDS * 0.9 + 0.2}")

    allowed = re.compile(rf"{re.escape(live_server.url)}(/s/|/static/)|data:|blob:")
    assert [url for url in asked if not allowed.match(url)] == []
    assert guest.locator("a[href]").count() == 0
    assert guest.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
    assert stranger.cookies() == []
    assert ShareLink.objects.get().view_count == 1

    page.get_by_role("button", name=re.compile("^Take back")).click()
    expect(page.locator("#share-told")).to_contain_text("taken back")
    guest.reload()
    expect(guest.get_by_role("heading")).to_have_text("There is nothing here")
    stranger.close()


def guest_at(browser: Browser, live_server, link: ShareLink) -> Page:
    """A stranger with the link."""
    page = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    page.goto(f"{live_server.url}/s/{token_of(link)}/")
    return page


def plays(page: Page) -> None:
    wait_until(page, "customElements.get('media-controller') !== undefined")
    page.evaluate("document.querySelector('video').muted = true")
    page.keyboard.press("k")
    wait_until(page, "document.querySelector('video').currentTime > 0.4")


@pytest.mark.slow
def test_a_shared_film_is_converted_for_a_stranger_and_a_clip_is_only_its_range(
    browser: Browser, live_server, owner: User, films: dict[str, VideoFile], settings, tmp_path: Path
) -> None:
    foreign, bright = films["Foreign"], films["Brightening"]
    mark = Marker.objects.create(user=owner, video=bright.video, start_seconds=20, end_seconds=23, label="The middle")
    links = [create_link(owner=owner, thing=thing, access="public", expires_in="1h") for thing in (foreign.video, mark)]

    with streaming(tmp_path, settings):
        converted = guest_at(browser, live_server, links[0])
        plays(converted)
        told = converted.locator("#plays").inner_text()
        converted.context.close()
    waiting = guest_at(browser, live_server, links[1])
    expect(waiting.get_by_role("heading", name="The clip is being made")).to_be_visible()
    drain_queue("media")
    waiting.reload()
    plays(waiting)
    length = waiting.evaluate("document.querySelector('video').duration")
    waiting.context.close()

    assert "picture" in told
    assert "converted" in told
    assert length == pytest.approx(3, abs=0.2)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_video(tmp_path / "from the camera.mp4", seconds=3, size="320x180", rate=10, audio="aac")


def log_in(browser: Browser, address: str, owner: User) -> tuple[BrowserContext, Page]:
    """Without the watch for errors of `open_page`: connections are lost on purpose."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto("/login/?next=/upload/")
    page.fill("[name=username]", owner.username)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/upload/")
    return context, page


def small_pieces(size: int) -> Callable[[Route], None]:
    """The page with pieces so small that even a short film has several."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace('"piece": 8388608', f'"piece": {size}'))

    return answer


@pytest.mark.slow
def test_an_upload_survives_a_lost_connection_and_a_reload(
    browser: Browser, live_server, owner: User, tmp_path: Path, film: Path
) -> None:
    LibrarySettings.objects.create(upload_margin_gb=0)
    (tmp_path / "library").mkdir()
    folder = register_folder(path=str(tmp_path / "library"), name="Films")
    context, page = log_in(browser, live_server.url, owner)
    page.route("**/upload/", small_pieces(film.stat().st_size // 4 + 1))
    page.reload()
    sent: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "PATCH" and len(sent) == 2:
            route.abort("connectionreset")
            return
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]))
        route.continue_()

    page.route("**/api/v1/uploads/*/", lose)
    page.set_input_files("#files", film)
    expect(page.locator(".upload .words")).to_contain_text("the connection is lost")
    before = Upload.objects.get().received_bytes
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator(".upload .words")).to_contain_text("Choose the file again")
    page.unroute("**/api/v1/uploads/*/")
    offsets: list[int] = []
    page.on(
        "request",
        lambda one: offsets.append(int(one.headers["upload-offset"])) if one.method == "PATCH" else None,
    )
    page.set_input_files("#files", film)
    expect(page.locator(".upload .words")).to_contain_text("the library looks at it")
    drain_queue("media")
    expect(page.locator(".upload .words")).to_have_text("In the library")

    assert 0 < before < film.stat().st_size
    assert offsets[0] == before, "it goes on where it was"
    assert (Path(Folder.objects.get(pk=folder.pk).fs_path) / film.name).read_bytes() == film.read_bytes()
    page.click(".upload h2 a")
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    page.goto("/upload/")
    page.set_input_files("#files", film)
    expect(page.locator(".upload .words")).to_contain_text("in the library already: from the camera")
    context.close()
