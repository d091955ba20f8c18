"""Faces get their names by the keyboard alone: answered, taken back, an unknown person named once."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from faces.models import FaceTrack
from library.models import Rejection
from people.models import Creator, Credit
from tests.browser.face_desk import fill_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_connection")]


def sent(page: Page) -> None:
    """Until everything that was answered has been sent."""
    expect(page.locator("[data-said]")).to_have_attribute("data-sending", "")


def test_faces_are_answered_taken_back_and_unknown_people_named_by_keys_alone(open_page: Any) -> None:
    fill_desk(likely=(4, 1), unknown=(3,))
    page: Page = open_page("/admin/faces/inbox/")
    cards = page.locator(".f-card:visible")
    said = page.locator("[data-said]")
    expect(cards).to_have_count(5)
    expect(cards.first).to_be_focused()
    expect(cards.first).to_have_attribute(
        "aria-label", "Is this Ana Reyes? Very likely, 0.69. Arrival in Lisbon at 0:01"
    )

    # Yes, no, and the no taken back.
    page.keyboard.press("y")
    expect(said).to_contain_text("Yes: “Arrival in Lisbon” is Ana Reyes")
    page.keyboard.press("n")
    expect(cards).to_have_count(3)
    page.keyboard.press("u")
    expect(cards).to_have_count(4)
    expect(cards.first).to_be_focused()
    page.keyboard.press("Control+z")
    expect(cards).to_have_count(5)
    sent(page)

    assert not Rejection.objects.exists()
    assert not Credit.objects.exists()

    # The rest of the row, and for the last one somebody else who is new.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    expect(cards).to_have_count(3)
    page.keyboard.press("Shift+Y")
    expect(cards).to_have_count(1)
    page.keyboard.press("o")
    page.keyboard.type("Zoë Lang")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="All answered")).to_be_visible()
    sent(page)

    assert Credit.objects.filter(creator__name="Ana Reyes").count() == 4
    assert Credit.objects.filter(creator__name="Zoë Lang").count() == 1

    # Named once, credited in all videos; the undo takes it from all of them.
    page.goto("/admin/faces/clusters/")
    expect(cards).to_have_count(1)
    expect(cards.first).to_contain_text("3 videos · 3 appearances")
    page.keyboard.press("n")
    page.keyboard.type("mo t")
    expect(page.get_by_role("option", name="Mo Tan")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nobody is unknown")).to_be_visible()
    sent(page)
    assert Credit.objects.filter(creator__name="Mo Tan").count() == 3
    page.keyboard.press("u")
    expect(cards).to_have_count(1)
    sent(page)

    assert not Credit.objects.filter(creator__name="Mo Tan").exists()
    assert FaceTrack.objects.pending().filter(cluster__isnull=False).count() == 3
    assert set(Creator.objects.values_list("name", flat=True)) == {"Ana Reyes", "Mo Tan", "Zoë Lang"}


@pytest.mark.slow
def test_an_answer_that_somebody_else_gave_is_told(open_page: Any) -> None:
    fill_desk(likely=(2,), unknown=())
    page: Page = open_page("/admin/faces/inbox/", width=390, height=844)
    expect(page.locator(".f-card:visible")).to_have_count(2)
    other: Page = open_page("/admin/faces/inbox/")
    expect(other.locator(".f-card:visible")).to_have_count(2)

    other.get_by_role("button", name="Yes to all 2").click()
    expect(other.get_by_role("heading", name="All answered")).to_be_visible()
    sent(other)
    page.get_by_role("button", name="None of them").click()

    expect(page.locator("[data-said]")).to_contain_text("2 were answered by somebody else meanwhile.")
    assert Credit.objects.count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
