"""A real Chromium against a live server, with a library that the real pipeline made."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from library.models import Folder, User, VideoFile
from library.services import register_folder
from processing.jobs import drain_queue
from processing.services import submit_scan
from tests.library.factories import LONG_AGO_NS, make_user
from tests.media_factory import make_video

# Playwright's own event loop runs in the tests' thread; the ORM is used beside it, never inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

VENDOR = Path(__file__).parents[2] / "config" / "static" / "vendor" / "media-chrome.js"
PASSWORD = "correct horse"
SECONDS = 40


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("BROWSER TESTS DID NOT RUN: there is no Chromium on the PATH. Install the package chromium.")
    if not VENDOR.exists():
        pytest.fail("The player's code is missing: run `make init`, which fetches it into config/static/vendor/.")
    # From here on, Playwright's loop makes Django keep this thread's connections in another place, but not in children
    # that tests fork: they would all take the one that lies here for theirs.
    connections.close_all()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def owner(transactional_db: None) -> User:
    return make_user(username="Ana", password=PASSWORD, is_staff=True, is_superuser=True)


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, live_server, owner: User) -> Iterator[OpenPage]:
    """Opens a page that is logged in as the owner. At the end of the test no page may have logged an error but those
    that match the pattern `allowed`."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(
        address: str = "/", *, width: int = 1280, height: int = 800, scripts: bool = True, allowed: str = "(?!)"
    ) -> Page:
        def complain(words: str) -> None:
            if not re.search(allowed, words):
                complaints.append(words)

        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            has_touch=width < 600,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda m: complain(f"{m.text} {m.location['url']}") if m.type == "error" else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("response", lambda r: complain(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(f"/login/?next={address}")
        page.fill("[name=username]", owner.username.upper())
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"**{address}")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a film whose grey tells its time, another, and one that Debian's Chromium can't show."""
    folder = tmp_path_factory.mktemp("films")
    make_video(folder / "Brightening.mp4", seconds=SECONDS, size="320x180", rate=10, gop=5, source="time", audio="aac")
    make_video(folder / "Short one.mp4", seconds=3, size="320x180", rate=10)
    make_video(folder / "Foreign.mkv", seconds=3, size="320x180", rate=10, codec="hevc")
    for file in folder.iterdir():
        os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return folder


def scan(folder: Folder) -> None:
    """What the workers do, in this process."""
    submit_scan(folder=folder)
    for queue in ("scan", "media"):
        drain_queue(queue)


@pytest.fixture
def films(owner: User, media: Path) -> dict[str, VideoFile]:
    """The scanned folder's files by title."""
    scan(register_folder(path=str(media), name="Films"))
    return {file.video.title: file for file in VideoFile.objects.select_related("video") if file.video}
