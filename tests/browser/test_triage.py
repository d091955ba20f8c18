"""Fifty videos organised without a mouse: suggestions, names that are typed, taking back, another login."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from library.models import Suggestion, TriageAnswer, TriageProgress, VideoTag
from people.models import Creator, Credit
from playback.models import Rating
from tests.library.factories import make_file, make_folder
from tests.people.factories import make_creator, make_tag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The rows name files that aren't on this machine.
NO_FILES = r"/stream|/playback/"
# Answers are sent one after another, behind the keys.
SENT_MS = 60_000


def make_queue() -> list[int]:
    """Thirty videos with a sure person, ten with an unsure one and a sure tag that is wrong, ten without anything."""
    folder, ana, bo, wrong = make_folder(), make_creator(name="Ana Reyes"), make_creator(name="Mo Tan"), make_tag()
    ids = [
        make_file(folder=folder, container="matroska", video_codec="hevc", duration_seconds=60).video_id or 0
        for _ in range(50)
    ]
    rows = [("creator", ana.pk, 0.95, pk) for pk in ids[:30]]
    rows += [("creator", bo.pk, 0.5, pk) for pk in ids[30:40]] + [("tag", wrong.pk, 0.9, pk) for pk in ids[30:40]]
    Suggestion.objects.bulk_create(
        Suggestion(provider="path", video_id=pk, kind=kind, object_id=object_id, confidence=sure)
        for kind, object_id, sure, pk in rows
    )
    return ids


def shown(page: Page) -> int:
    return int(page.locator("[data-work]").get_attribute("data-video") or 0)


def press(page: Page, key: str, times: int = 1) -> None:
    """A key after which another video is there."""
    for _ in range(times):
        before = shown(page)
        page.keyboard.press(key)
        page.wait_for_function(
            "before => !document.querySelector('[data-end]').hidden ||"
            " ![String(before), ''].includes(document.querySelector('[data-work]').dataset.video)",
            arg=before,
        )


@pytest.mark.slow
def test_fifty_videos_are_organised_by_keys_alone(open_page: Any) -> None:
    ids = make_queue()
    address = reverse("triage_queue", args=("without-people",))
    page: Page = open_page(address, allowed=NO_FILES)
    where = page.locator("[data-where]")
    expect(where).to_contain_text("0 of 50")

    press(page, "Enter", 30)
    expect(where).to_contain_text("30 of 50", timeout=SENT_MS)
    for _ in range(9):
        # The tag is surer, so it is the first one: never that; then the person.
        page.keyboard.press("Shift+Digit1")
        page.keyboard.press("2")
        press(page, "n")
    expect(where).to_contain_text("39 of 50", timeout=SENT_MS)
    press(page, "k")
    # Ten times: what was left for later, and three videos with all that was said of each.
    for _ in range(10):
        page.keyboard.press("u")
    expect(where).to_contain_text("36 of 50", timeout=SENT_MS)

    page = open_page(address, allowed=NO_FILES)
    where = page.locator("[data-where]")
    expect(where).to_contain_text("36 of 50")
    for pk in ids[36:40]:
        assert shown(page) == pk
        page.keyboard.press("Shift+Digit1")
        page.keyboard.press("2")
        press(page, "n")
    for pk in ids[40:45]:
        assert shown(page) == pk
        page.keyboard.press("c")
        page.keyboard.type("Zoe New")
        expect(page.locator("#t-options [role=option]").first).to_contain_text("Zoe New")
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        page.keyboard.press("4")
        press(page, "Space")
    press(page, "k", 4)
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="That was the last one")).to_be_visible()
    expect(where).to_contain_text("50 of 50", timeout=SENT_MS)

    people: dict[str, set[int]] = {name: set() for name in ("Ana Reyes", "Mo Tan", "Zoe New")}
    for name, video_id in Credit.objects.values_list("creator__name", "video_id"):
        people[name].add(video_id)
    assert people == {"Ana Reyes": set(ids[:30]), "Mo Tan": set(ids[30:40]), "Zoe New": set(ids[40:45])}
    assert Creator.objects.filter(name="Zoe New").count() == 1
    assert set(Rating.objects.filter(stars=4).values_list("video_id", flat=True)) == set(ids[40:45])
    assert not VideoTag.objects.exists()
    assert set(Suggestion.objects.filter(kind="tag").values_list("state", flat=True)) == {"rejected"}
    assert TriageAnswer.objects.filter(kind="undone").count() == 10
    assert TriageProgress.objects.get().processed == 50
