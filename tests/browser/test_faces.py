"""Faces in a real browser: putting a video's lanes right, and going where somebody is to be seen."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from faces.models import FaceTrack
from faces.models.track import TrackStatus
from faces.services.naming import name_tracks
from library.models import VideoFile
from library.services import register_folder
from people.models import Creator
from processing.jobs import drain_queue
from tests.browser.conftest import OpenPage, scan
from tests.faces.drawing import DrawnFace
from tests.faces.factories import make_creator, make_face_film
from tests.faces.tiny_pack import make_pack
from tests.library.factories import make_user
from tests.processing.ingesting import settle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def cast(seconds: float) -> list[DrawnFace]:
    """Ana for five seconds, Ben all the time, and a face that is too small to be taken by itself."""
    ana = [DrawnFace("ana", 150, 140, 60)] if seconds < 5 else []
    return [*ana, DrawnFace("ben", 330, 150, 55), DrawnFace("cleo", 540, 100, 24)]


@pytest.fixture
def seen(owner: Any, tmp_path: Path, settings: Any) -> Iterator[VideoFile]:
    """A film whose faces were found: the real scan, pictures and models."""
    settings.FACE_MODEL_DIR = make_pack(tmp_path / "models" / "drawn")
    folder = tmp_path / "films"
    make_face_film(folder / "Three people.mp4", cast=cast, seconds=10)
    settle(folder)
    scan(register_folder(path=str(folder), name="Films"))
    drain_queue("faces")
    yield VideoFile.objects.select_related("video").get()


def lane(page: Page, name: str) -> Any:
    return page.locator(".lane-row", has_text=name)


def test_faces_are_named_drawn_and_taken_back_and_the_seek_bar_goes_to_them(
    open_page: OpenPage, seen: VideoFile
) -> None:
    ana = make_creator(name="Ana Reyes")
    assert FaceTrack.objects.count() == 2
    page = open_page(f"/videos/{seen.video_id}/faces/")
    page.wait_for_function("document.querySelector('video').readyState >= 1")

    # The first of both, by the keyboard.
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.keyboard.type("ana")
    expect(page.get_by_role("option", name="Ana Reyes")).to_be_visible()
    page.keyboard.press("Enter")
    expect(lane(page, "Ana Reyes")).to_be_visible()
    assert FaceTrack.objects.get(creator=ana).status == TrackStatus.MANUAL

    page.locator(".did").get_by_role("button", name="Undo").click()
    expect(lane(page, "Ana Reyes")).to_have_count(0)
    assert not FaceTrack.objects.exclude(creator=None).exists()

    # A face that was missed, with a new name.
    page.evaluate("document.querySelector('video').currentTime = 7")
    page.keyboard.press("d")
    picture = page.locator("#player").bounding_box()
    assert picture is not None
    scale = picture["height"] / 360
    left = picture["x"] + (picture["width"] - 640 * scale) / 2
    page.mouse.move(left + 512 * scale, picture["y"] + 72 * scale)
    page.mouse.down()
    page.mouse.move(left + 568 * scale, picture["y"] + 128 * scale, steps=4)
    page.mouse.up()
    page.keyboard.type("Cleo Marsh")
    expect(page.get_by_role("option", name="Create “Cleo Marsh”")).to_be_visible()
    with page.expect_response(re.compile("/faces/boxes/$")):
        page.keyboard.press("Enter")
    drain_queue("faces")
    expect(lane(page, "Cleo Marsh")).to_be_visible()
    drawn = FaceTrack.objects.get(creator__name="Cleo Marsh").detections.get()
    assert drawn.is_manual
    assert drawn.left + drawn.width / 2 == pytest.approx(540 / 640, abs=0.03)

    # Beside the player of the watch page, and on its seek bar.
    late = FaceTrack.objects.earliest("end_seconds")
    FaceTrack.objects.filter(pk=late.pk).update(start_seconds=3)
    name_tracks(track_ids=[late.pk], creator=Creator.objects.get(pk=ana.pk), user=make_user(role="admin"))
    page.goto(f"/videos/{seen.video_id}/")
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    page.get_by_role("link", name="Ana Reyes, 0:03").click()
    page.wait_for_function("document.querySelector('video').currentTime >= 2.9")
    page.locator(".lane button[title^='Cleo Marsh']").dispatch_event("click")
    page.wait_for_function("document.querySelector('video').currentTime >= 6.4")
