"""Renews the pictures in docs/screenshots from a running demo library, so that they show what is there now.

    VIDEOTHEK_HOME=/srv/videothek .venv/bin/python manage.py demo --folder /srv/videos
    VIDEOTHEK_HOME=/srv/videothek .venv/bin/python manage.py up
    VIDEOTHEK_PASSWORD=... .venv/bin/python -m tests.browser.screenshots http://127.0.0.1:8000 admin

Pages of folders and files tell where those lie: the home and the folder should have names that anybody may see. It
opens pages and forms and saves nothing; each picture is brought to few colours to stay small. `--to FOLDER` puts them
elsewhere; "lists" are all lists of the admin, each with the page of its first row, which are to be looked at there.
"""

import argparse
import io
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PLACE = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = {1280: 860, 390: 844}
COLOURS = 200
COLOURS_OF_LISTS = 64
_STILL = "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent; }"


def main(address: str, user: str, password: str, only: list[str], place: Path = PLACE) -> None:
    """Takes those that the guides show, or those that are named, at the widths that are shown."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        cookies = _log_in(browser, address, user, password)
        for width in SIZES:
            context = _context(browser, address, width)
            context.add_cookies(cookies)
            page = context.new_page()
            page.set_default_timeout(20_000)
            for name, open_page in (PAGES | (EMPTY if only else {})).items():
                if (not only or name in only) and (width == 1280 or name in ON_PHONES):
                    open_page(page)
                    _save(page, place / f"{name}-{width}.png", COLOURS)
            if "lists" in only:
                _take_every_list(page, width, place / "admin")
            context.close()
        browser.close()


def _context(browser: Browser, address: str, width: int) -> BrowserContext:
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": SIZES[width]}, has_touch=width < 600
    )
    context.add_init_script("try { localStorage.setItem('videothek-theme', 'dark'); } catch (error) {}")
    return context


def _log_in(browser: Browser, address: str, user: str, password: str) -> list[dict[str, object]]:
    context = _context(browser, address, 1280)
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile(r"/(\?.*)?$"))
    cookies = context.cookies()
    context.close()
    return cookies  # type: ignore[return-value]


def _save(page: Page, path: Path, colours: int) -> None:
    page.add_style_tag(content=_STILL)
    page.wait_for_timeout(700)
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.name} {path.stat().st_size // 1024} kB\n")


def _go(address: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(address)

    return go


def _first(listing: str, link: str) -> Callable[[Page], None]:
    """The page behind the first link of a list."""

    def go(page: Page) -> None:
        page.goto(listing)
        page.goto(page.locator(link).first.get_attribute("href") or "")

    return go


def _watch(page: Page) -> None:
    page.goto("/library/?q=Market+in+Lisbon")
    page.goto(page.locator(".tile a").first.get_attribute("href") or "")
    page.wait_for_timeout(1500)
    seek = page.locator("media-time-range")
    if seek.is_visible():
        box = seek.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
        page.wait_for_timeout(800)


def _search(page: Page) -> None:
    page.goto("/library/")
    page.fill("[type=search]", "lis")
    page.wait_for_timeout(1500)


def _filter(page: Page) -> None:
    page.goto("/library/")
    page.get_by_text("Filter", exact=True).first.click()
    page.locator("#panel summary", has_text="Tag").first.click()
    page.wait_for_timeout(1200)


def _bulk_edit(page: Page) -> None:
    """Up to what would happen; it isn't done."""
    page.goto("/admin/library/video/?q=Kyoto")
    page.locator("#action-toggle").first.check()
    page.keyboard.press("b")
    page.wait_for_url("**/many/**")
    page.locator("input.v-pick-text").first.fill("Holiday")
    page.wait_for_selector(".v-pick-list")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Do it").wait_for()


def _in_the_row(page: Page) -> None:
    page.goto("/admin/library/video/")
    page.wait_for_timeout(600)
    for key in ("j", "j", "e"):
        page.keyboard.press(key)
    page.wait_for_selector("#v-pop.v-open")
    page.keyboard.type("L")
    page.wait_for_selector(".v-pick-list")


def _history(page: Page) -> None:
    page.goto("/admin/library/video/?q=lisbon")
    link = page.locator("#result_list tbody a[href*='/change/']").first.get_attribute("href") or ""
    page.goto(link.split("change/", maxsplit=1)[0] + "history/")


def _undo(page: Page) -> None:
    page.goto("/admin/library/changebatch/")
    page.goto(
        page.locator("#result_list tr:not(:has-text('Undid')) a", has_text="Undo").first.get_attribute("href") or ""
    )


def _faces(page: Page) -> None:
    """The person who is seen in most videos."""
    page.goto("/people/?sort=most")
    page.goto(f"{page.locator('.card-of a').first.get_attribute('href')}faces/")


def _tracks(page: Page) -> None:
    """A video's lanes with one appearance chosen."""
    _faces(page)
    watch = page.locator(".seen-in h3 a").first.get_attribute("href")
    page.goto(f"{watch}faces/")
    page.wait_for_timeout(1500)
    page.locator("[data-piece]").first.click()


def _playlist(page: Page) -> None:
    """The last of one's lists, which is one by hand."""
    page.goto("/playlists/")
    page.goto(page.locator(".grid .tile a, .tile a").last.get_attribute("href") or "")


def _shared(page: Page) -> None:
    """What a stranger sees behind the oldest link; the video must be shared with everybody."""
    page.goto("/account/shares/")
    address = page.get_by_role("link", name="Open").last.get_attribute("href") or ""
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.goto(address)
    page.wait_for_timeout(1500)
    page.context.clear_cookies()
    page.context.add_cookies(cookies)


def _light(address: str) -> Callable[[Page], None]:
    """In the other theme."""

    def go(page: Page) -> None:
        page.goto(address)
        page.evaluate("document.documentElement.dataset.theme = 'light'")

    return go


# Each is shown in a guide; docs/screenshots/README.md says which.
def _triage(page: Page) -> None:
    page.goto("/admin/library/triage/all/")
    page.locator("[data-triage][data-ready]").wait_for()
    page.wait_for_timeout(2500)


def _triage_grid(page: Page) -> None:
    """A group is chosen; nothing is done to it."""
    page.goto("/admin/library/triage/all/grid/")
    page.locator("[data-triage-grid][data-ready]").wait_for()
    page.wait_for_timeout(1500)
    page.keyboard.press("g")


def _rule(page: Page) -> None:
    """The first rule, with what it would do now; nothing is saved."""
    page.goto("/admin/library/rule/")
    page.goto(page.locator(".v-rule a.v-name").first.get_attribute("href") or "")
    page.wait_for_timeout(1500)


def _imports(kind: str, place: str = "change/") -> Callable[[Page], None]:
    """The newest dry run or import, or another page of it."""

    def go(page: Page) -> None:
        page.goto("/admin/importers/importrun/")
        link = page.locator(f".v-lines a:has-text('{kind}:')").first.get_attribute("href") or ""
        page.goto(link.replace("change/", place))

    return go


PAGES: dict[str, Callable[[Page], None]] = {
    "library": _go("/library/"),
    "search": _search,
    "filter": _filter,
    "watch": _watch,
    "home": _go("/"),
    "playlists": _go("/playlists/"),
    "playlist": _playlist,
    # With a video that is shared with everybody.
    "shared": _shared,
    "faces-person": _faces,
    "faces-tracks": _tracks,
    "faces-accuracy": _go("/admin/faces/accuracy/"),
    "creator": _first("/people/", "main a[href^='/people/'][href*='-']"),
    "admin": _go("/admin/"),
    "admin-videos": _go("/admin/library/video/?q=lisbon"),
    "admin-row": _in_the_row,
    "admin-bulk-edit": _bulk_edit,
    "admin-duplicates": _first("/admin/library/duplicatepair/", "#result_list a[href*='compare']"),
    # With faces that tests.browser.face_desk draws into the library.
    "faces-inbox": _go("/admin/faces/inbox/"),
    "faces-clusters": _go("/admin/faces/clusters/"),
    "triage": _triage,
    "triage-grid": _triage_grid,
    "triage-pace": _go("/admin/library/triage/pace/"),
    "stats": _go("/stats/"),
    "stats-light": _light("/stats/"),
    "stats-mine": _go("/stats/mine/"),
    "stats-mine-light": _light("/stats/mine/"),
    # With rules and what follows from labels: `manage.py demo` and a run of the stage "suggest".
    "rules": _go("/admin/library/rule/"),
    "rules-edit": _rule,
    "rules-learned": _go("/admin/library/rule/learned/"),
    "rules-evidence": _first("/admin/library/rule/evidence/", ".v-rule a.v-name"),
    "rules-rename": _go("/admin/library/renamerun/plan/?template=%7Bfolder%7D%2F%7Btitle%7D"),
    "admin-history": _history,
    "admin-undo": _undo,
    "admin-missing": _go("/admin/missing/"),
    "admin-trash": _go("/admin/trash/"),
    "admin-folders": _go("/admin/library/folder/"),
    "admin-queues": _go("/admin/processing/queuecontrol/"),
    "admin-letters": _go("/admin/processing/deadletter/?status__exact=pending_review"),
    "admin-conversions": _go("/admin/processing/conversion/"),
    "admin-encoders": _go("/admin/processing/encoderproof/"),
    "admin-stages": _go("/admin/processing/stageconfig/"),
    # With a source that tests/importers builds, tried and then imported.
    "importers-source": _go("/admin/importers/importrun/begin/video-streaming/"),
    "importers-paths": _imports("Dry run", "prepare/"),
    "importers-dry-run": _imports("Dry run"),
    "importers-rows": _imports("Dry run", "rows/?outcome=merged"),
    "importers-names": _imports("Dry run", "names/"),
    "importers-import": _imports("Import"),
    "importers-take-back": _imports("Import", "take-back/"),
    # Each with a source of its own, taken back before the next comes.
    **{
        f"importers-{system}-{name}": _imports(kind)
        for system in ("goonhub", "mediaos", "viewra")
        for name, kind in (("dry-run", "Dry run"), ("import", "Import"))
    },
}
# Of a library without a video, counted once; by name only.
EMPTY: dict[str, Callable[[Page], None]] = {
    "stats-empty": _go("/stats/"),
    "stats-empty-light": _light("/stats/"),
}
ON_PHONES = (
    "library",
    "watch",
    "home",
    "playlists",
    "playlist",
    "shared",
    "admin",
    "admin-queues",
    "stats",
    "stats-light",
    "stats-mine",
    "stats-mine-light",
    "stats-empty",
    "stats-empty-light",
    "rules",
    "rules-edit",
    "rules-learned",
    "rules-evidence",
    "importers-paths",
    "importers-dry-run",
    "importers-import",
)


def _take_every_list(page: Page, width: int, folder: Path) -> None:
    """Each list of the admin's sidebar and the page of its first row."""
    folder.mkdir(parents=True, exist_ok=True)
    page.goto("/admin/")
    links = page.locator("#nav-sidebar a[href^='/admin/']").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    for link in dict.fromkeys(one for one in links if "?" not in one and one != "/admin/" and "django_rq" not in one):
        page.goto(link)
        name = "-".join(link.strip("/").split("/")[1:])
        _save(page, folder / f"{name}-{width}.png", COLOURS_OF_LISTS)
        rows = page.locator("#result_list tbody a[href*='/change/']")
        if rows.count():
            page.goto(rows.first.get_attribute("href") or "")
            _save(page, folder / f"{name}-one-{width}.png", COLOURS_OF_LISTS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("user")
    parser.add_argument("only", nargs="*", metavar="page", help="one of: lists, " + ", ".join(PAGES | EMPTY))
    parser.add_argument("--to", type=Path, default=PLACE, metavar="FOLDER")
    asked = parser.parse_args()
    main(asked.address, asked.user, os.environ["VIDEOTHEK_PASSWORD"], asked.only, asked.to)
