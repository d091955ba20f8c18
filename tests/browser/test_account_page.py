"""Logging in, the account page and the refusal in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, expect

from library.models import User
from tests.browser.conftest import PASSWORD, OpenPage
from tests.library.factories import make_user

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_a_browser_is_logged_out_from_another(open_page: OpenPage, width: int, height: int) -> None:
    other = open_page("/")
    here = open_page("/account/", width=width, height=height)
    sessions = here.locator(".sessions li")
    expect(sessions).to_have_count(2)

    sessions.get_by_role("button", name="Log out").click()

    expect(here.get_by_role("status")).to_have_text("You are logged out there.")
    expect(sessions).to_have_count(1)
    assert here.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other.goto("/")
    expect(other).to_have_url(re.compile(r"/login/"))


def test_a_new_password_is_taken_where_it_is_typed(open_page: OpenPage, owner: User) -> None:
    page = open_page("/account/")
    page.get_by_label("Old password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("blue horse battery")
    page.get_by_label("New password confirmation").fill("blue horse battery")

    page.get_by_role("button", name="Change the password").click()

    expect(page.get_by_role("status")).to_contain_text("Your password is changed.")
    owner.refresh_from_db()
    assert owner.check_password("blue horse battery")


def test_too_many_wrong_passwords_are_answered_with_the_time(browser: Browser, live_server, owner: User) -> None:
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.goto("/login/")

    for _ in range(5):
        page.fill("[name=username]", owner.username)
        page.fill("[name=password]", "wrong")
        page.click("button[type=submit]")

    expect(page.get_by_role("alert")).to_contain_text("You can try again in 15 minutes.")
    context.close()


def test_who_has_no_role_is_told_so_and_can_leave(browser: Browser, live_server, owner: User) -> None:
    make_user(username="bela", password=PASSWORD, role="")
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", "bela")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")

    expect(page.get_by_role("heading", name="Not yours to open")).to_be_visible()
    page.get_by_role("button", name="Log in as somebody else").click()

    expect(page).to_have_url(re.compile(r"/login/"))
    context.close()
