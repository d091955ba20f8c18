"""The admin's pages about conversions in a real browser, wide and narrow, with many rows and with none."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from library.models import User
from processing.models import Conversion, ConversionBatch, EncoderProof, JobStatus, Preset
from tests.browser.conftest import OpenPage
from tests.library.factories import make_file, make_folder, make_video
from tests.processing.converting import make_presets

pytestmark = pytest.mark.browser

LONG = "A very long title of a film that somebody named after everything that happens in it, part two"
PAGES = {
    "list": "/admin/processing/conversion/",
    "failed": "/admin/processing/conversion/?status__exact=failed",
    "suggestions": "/admin/processing/conversion/suggestions/",
    "presets": "/admin/processing/preset/",
    "encoders": "/admin/processing/encoderproof/",
}


@pytest.fixture
def conversions(owner: User, tmp_path: Path) -> list[Conversion]:
    """Conversions of every state, over some weeks; videos that are worth converting; tried encoders."""
    now = timezone.now()
    folder = make_folder(path=tmp_path, is_default=True, name="Films")
    states = [JobStatus.RUNNING, JobStatus.PENDING, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED]
    rows = []
    for number in range(40):
        facts = {"video_codec": "h264", "width": 3840, "height": 2160, "size_bytes": (40 - number) * 10**9}
        video = make_video(title=LONG if number % 7 == 0 else f"Film {number}", **facts)
        file = make_file(folder=folder, video=video, duration_seconds=6000.0, **facts)
        if number % 2:
            continue
        status = states[number // 2 % 5] if number > 2 else JobStatus.RUNNING
        is_done = status == JobStatus.COMPLETED
        rows.append(
            Conversion(
                video=video, title=video.title, source_file=file, source_path=f"/films/{number}.mp4",
                source_bytes=file.size_bytes, preset_key="1080p_av1", preset_name="1080p, AV1", status=status,
                percent=100 if is_done else 42, speed=None if is_done else 1.4, left_seconds=None if is_done else 1500,
                output_bytes=file.size_bytes // (3 if number != 20 else 1) + 10**8 if is_done else None,
                finished_at=now - timedelta(days=number * 4) if is_done else None, rung="Software (libsvtav1)",
                encode_seconds=5400 if is_done else None, is_replacing=number % 3 == 0,
                error="The output is not as it should be: it is 12.4 s shorter than the source, which may be damaged."
                if status == JobStatus.FAILED else "",
                attempts=[{"rung": "NVIDIA NVENC, encoding (av1_nvenc)", "seconds": 0.4, "error": "No device found"}],
            )
        )  # fmt: skip
    make_presets()
    reasons = {"libx264": "", "av1_nvenc": "Cannot load libcuda.so.1", "hevc_vaapi": "No VA display found for device"}
    for name, reason in reasons.items():
        EncoderProof.objects.create(
            host="nas", kind="encoder", name=name, codec=name.split("_")[0].replace("libx264", "h264"),
            family=name.partition("_")[2] or "software", is_proven=not reason, reason=reason, proven_at=now,
        )  # fmt: skip
    return Conversion.objects.bulk_create(rows)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_with_many_rows(
    conversions: list[Conversion], owner: User, open_page: OpenPage, width: int
) -> None:
    ids = [row.video_id or 0 for row in conversions]
    batch = ConversionBatch.objects.create(
        user=owner, video_ids=ids, preset=Preset.objects.get(key="1080p_av1"), is_replacing=True
    )
    failed = next(row for row in conversions if row.status == JobStatus.FAILED)
    extra = {
        "batch": f"/admin/processing/conversion/batch/{batch.pk}/",
        "one": f"/admin/processing/conversion/{failed.pk}/change/",
        "preset": "/admin/processing/preset/add/",
    }
    page = open_page("/admin/processing/conversion/", width=width, height=900)

    for name, address in (PAGES | extra).items():
        page.goto(address)
        shoot(page, f"{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_and_help_without_rows(open_page: OpenPage, width: int) -> None:
    page = open_page("/admin/processing/conversion/", width=width, height=900)

    for name, address in PAGES.items():
        page.goto(address)
        shoot(page, f"empty-{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.goto(PAGES["suggestions"])
    assert "Nothing is worth converting" in page.inner_text("main, body")


@pytest.mark.slow
def test_what_runs_is_shown_anew_and_can_be_cancelled(conversions: list[Conversion], open_page: OpenPage) -> None:
    page = open_page("/admin/processing/conversion/")
    running = Conversion.objects.filter(status=JobStatus.RUNNING).order_by("started_at", "pk")[0]

    Conversion.objects.filter(pk=running.pk).update(percent=77)
    page.wait_for_selector("#conversions-running >> text=77 %")
    page.click("#conversions-running li:first-child button")
    page.wait_for_selector("text=1 conversion was cancelled.")

    running.refresh_from_db()
    assert running.status == JobStatus.CANCELLED


def test_suggestions_lead_to_the_page_that_asks(conversions: list[Conversion], open_page: OpenPage) -> None:
    page = open_page(PAGES["suggestions"])

    page.check("[data-check-all]")
    page.click("text=Convert the chosen ones")
    page.wait_for_url("**/batch/**")
    shown = page.inner_text("form.v-convert")

    assert "videos to 1080p, AV1" in shown
    assert ConversionBatch.objects.get().preset == Preset.objects.get(key="1080p_av1")


def shoot(page: object, name: str) -> None:
    """A picture for a person to look at, where one is asked for."""
    if folder := os.environ.get("SHOTS_FOLDER"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)  # type: ignore[attr-defined]
