"""Moving in through the pages, from the choice of the system to the report that was compared with the source."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from importers.models import ImportRun
from library.models import Video, VideoFile
from people.models import Creator
from processing.jobs import drain_queue
from tests.browser.conftest import OpenPage
from tests.importers import video_streaming

LIST = "/admin/importers/importrun/"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database of "video streaming" that has two of the films that are here, under another path."""
    data = video_streaming.make()
    for row, name in zip(data["videos"], ("Brightening.mp4", "Short one.mp4"), strict=False):
        row |= {"file_path": f"/old/films/{name}", "file_name": name, "title": f"{name} of old"}
    return video_streaming.write_sqlite(tmp_path / "data.db", data, 1)


def work() -> None:
    """What a worker does, in this process."""
    drain_queue("maintenance")


@pytest.mark.slow
def test_somebody_moves_in_through_the_pages(
    open_page: OpenPage,
    films: dict[str, VideoFile],
    source: Path,
    media: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The tests' own server is none that a backup could be restored to.
    monkeypatch.setattr("importers.stage._back_up", lambda: str(tmp_path / "backup.tar"))
    before = set(Video.objects.values_list("pk", flat=True))
    ours = [Creator.objects.create(name=f"Person {number}") for number in (1, 2)]
    page = open_page(LIST)

    page.get_by_role("link", name="Move in …").click()
    page.get_by_role("link", name="Video streaming backend").click()
    page.get_by_label("Path on this server").fill(str(source))
    page.get_by_role("button", name="Open it").click()

    # The films are found by the ends of their paths; the rest of the old disk is nowhere.
    lines = page.locator(".v-map li")
    expect(lines.filter(has=page.locator("input[value='/old/films']"))).to_contain_text("2 of 2 found")
    assert page.locator(f"input[value='{media}']").count() == 1
    page.get_by_role("button", name="Begin the dry run").click()
    expect(page.get_by_text("A worker takes it")).to_be_visible()
    work()
    # The page looks by itself.
    expect(page.get_by_role("button", name="Back up and import")).to_be_visible()
    assert set(Video.objects.values_list("pk", flat=True)) == before

    page.get_by_role("link", name="Answer 2 names").click()
    second = page.get_by_role("group").filter(has_text="Person 2")
    second.get_by_label("Somebody else of that name").check()
    page.get_by_role("button", name="Keep the answers").click()
    page.get_by_role("button", name="Back up and import").click()
    expect(page.get_by_text("A worker takes it")).to_be_visible()
    work()

    expect(page.get_by_text("nothing differs")).to_be_visible()
    run = ImportRun.objects.get(is_dry_run=False)
    assert (run.status, run.is_verified) == ("completed", True)
    assert Creator.objects.filter(name="Person 1").get() == ours[0]
    assert Creator.objects.filter(name="Person 2").count() == 2
    assert Video.objects.count() == len(before) + 6
    assert films["Brightening"].video.external_ids.filter(source="video-streaming").exists()
