"""Taking changes back with the mouse, and meeting somebody else's change."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from library.models import Tag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_saved_change_is_taken_back_and_done_again_from_its_message(open_page: Any) -> None:
    tag = Tag.objects.create(name="Beach", color="#6b7280")
    page: Page = open_page(reverse("admin:library_tag_change", args=(tag.pk,)))
    page.fill("[name=description]", "Sand")
    page.click("[name=_continue]")
    expect(page.get_by_text("Changed the description of Beach.")).to_be_visible()

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("Undid: Changed the description of Beach.")).to_be_visible()
    expect(page.locator("[name=description]")).to_have_value("")

    page.get_by_role("button", name="Do it again").click()

    expect(page.locator("[name=description]")).to_have_value("Sand")


def test_whoever_comes_later_sees_both_and_chooses(open_page: Any) -> None:
    tag = Tag.objects.create(name="Beach", color="#6b7280")
    page: Page = open_page(reverse("admin:library_tag_change", args=(tag.pk,)), width=390)
    page.fill("[name=description]", "Mine")
    Tag.objects.update(description="Theirs")

    page.click("[name=_continue]")

    expect(page.get_by_text("Somebody else saved this while you were editing")).to_be_visible()
    assert Tag.objects.get().description == "Theirs"

    page.get_by_label("Mine, as in the form below").check()
    page.click("[name=_continue]")

    expect(page.get_by_text("Changed the description of Beach.")).to_be_visible()
    assert Tag.objects.get().description == "Mine"
