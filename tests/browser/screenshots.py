"""Renews the pictures in docs/screenshots from a running demo library, so that they show what is there now.

    make demo PORT=8000
    VIDEOTHEK_PASSWORD=... .venv/bin/python -m tests.browser.screenshots http://127.0.0.1:8000 admin

It opens pages and forms, and saves nothing but the description of one tag, which it takes back; each picture is brought
to few colours to stay small.
"""

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


def main(address: str, user: str, password: str, only: list[str]) -> None:
    """Takes all of them at both widths, or those that are named ("lists" for every list of the admin)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        cookies = _log_in(browser, address, user, password)
        for width in SIZES:
            context = _context(browser, address, width)
            context.add_cookies(cookies)
            page = context.new_page()
            page.set_default_timeout(20_000)
            for name, open_page in PAGES.items():
                if not only or name in only:
                    open_page(page)
                    _save(page, PLACE / f"{name}-{width}.png", COLOURS)
            if not only or "lists" in only:
                _take_every_list(page, width)
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
    _save(page, PLACE / "login.png", COLOURS)
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


def _undone(page: Page) -> None:
    """A tag's description is changed and changed back, for the message with its button."""
    page.goto("/admin/library/tag/")
    page.goto(page.locator("#result_list .v-branch a").first.get_attribute("href") or "")
    page.fill("[name=description]", "What happened")
    page.click("[name=_continue]")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Do it again").wait_for()


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


PAGES: dict[str, Callable[[Page], None]] = {
    "home": _go("/"),
    "home-edit": _go("/home/edit/"),
    "history": _go("/history/"),
    "settings": _go("/account/settings/"),
    "library": _go("/library/"),
    "search": _search,
    "filter": _filter,
    "watch": _watch,
    "people": _go("/people/"),
    "creator": _first("/people/", "main a[href^='/people/'][href*='-']"),
    "studio": _first("/studios/", "main a[href^='/studios/'][href*='-']"),
    "tags": _go("/tags/"),
    "tag": _first("/tags/", "main a[href^='/tags/']"),
    "account": _go("/account/"),
    "admin": _go("/admin/"),
    "admin-jobs": _go("/admin/processing/job/"),
    "admin-videos": _go("/admin/library/video/?q=lisbon"),
    "admin-row": _in_the_row,
    "admin-bulk-edit": _bulk_edit,
    "admin-duplicates": _first("/admin/library/duplicatepair/", "#result_list a[href*='compare']"),
    "triage": _triage,
    "triage-grid": _triage_grid,
    "triage-pace": _go("/admin/library/triage/pace/"),
    "admin-history": _history,
    "admin-undo": _undo,
    "admin-undone": _undone,
}


def _take_every_list(page: Page, width: int) -> None:
    """Each list of the admin's sidebar and the page of its first row."""
    folder = PLACE / "admin"
    folder.mkdir(exist_ok=True)
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
    main(sys.argv[1], sys.argv[2], os.environ["VIDEOTHEK_PASSWORD"], sys.argv[3:])
