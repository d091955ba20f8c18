"""The queue page while work goes on."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from processing.models import Job, JobStatus, QueueControl
from tests.library.factories import make_file
from tests.processing.factories import make_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_connection")]


def _open(open_page: Any, **size: int) -> Page:
    page: Page = open_page(reverse("admin:processing_queuecontrol_changelist"), **size)
    return page


@pytest.mark.slow
def test_the_figures_move_and_what_is_being_typed_stays(open_page: Any) -> None:
    make_job(file=make_file())
    page = _open(open_page)
    expect(page.get_by_text("0 running · 1 waiting")).to_be_visible()
    number = page.locator("form[action*='/media/do/limit'] [name=concurrency]")
    number.fill("3")

    Job.objects.update(status=JobStatus.CANCELLED)

    expect(page.get_by_text("0 running · 1 waiting")).to_have_count(0)
    expect(number).to_have_value("3")


def test_a_queue_is_paused_limited_and_resumed_on_a_phone(open_page: Any) -> None:
    page = _open(open_page, width=390)

    page.get_by_role("button", name="Pause media").click()
    expect(page.get_by_text("The queue media is paused")).to_be_visible()
    expect(page.get_by_role("button", name="Resume media")).to_be_visible()
    page.locator("form[action*='/media/do/limit'] [name=concurrency]").fill("2")
    page.locator("form[action*='/media/do/limit'] button").click()

    expect(page.get_by_text("at most 2 at once")).to_be_visible()
    row = QueueControl.objects.get()
    assert (row.is_paused, row.concurrency) == (True, 2)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
