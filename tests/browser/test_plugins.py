"""Facts from plugins in a real Chromium: taken over, and that undone where it was made."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from library.models import Video
from processing.models import PluginMetadata
from processing.services.enriching import enrich_video
from processing.services.plugins import check_plugins
from tests.library.factories import make_file, make_folder, make_video
from tests.processing.plugin_packages import install_example, loaded

pytestmark = pytest.mark.browser


@pytest.fixture
def video(owner, tmp_path: Path):
    (tmp_path / "site").mkdir()
    install_example(tmp_path / "site")
    (tmp_path / "walk.mp4").write_bytes(b"x")
    (tmp_path / "walk.nfo").write_text(
        "<movie><title>A day out</title><genre>Alps</genre><director>Kim</director></movie>"
    )
    file = make_file(folder=make_folder(path=tmp_path), path=tmp_path / "walk.mp4", video=make_video(title="walk"))
    with loaded(tmp_path / "site"):
        check_plugins()
        enrich_video(video_id=file.video_id)
        yield Video.objects.get(files=file)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_a_fact_is_taken_over_and_the_change_undone(open_page, video, width):
    page = open_page(f"/admin/library/video/{video.pk}/change/", width=width)

    page.locator(".v-found li", has_text="A day out").get_by_role("button", name="Take over").click()

    expect(page.locator("#id_title")).to_have_value("A day out")
    expect(page.locator(".v-found li", has_text="A day out")).to_contain_text("Taken over")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("#id_title")).to_have_value("walk")
    expect(page.locator(".v-found li", has_text="A day out").get_by_role("button", name="Take over")).to_be_visible()
    assert PluginMetadata.objects.filter(taken_at=None).count() == 3
