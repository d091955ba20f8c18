"""The admin pages about conversions, presets and encoders."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import User, VideoFile
from processing import migrations
from processing.media.encode.presets import BUILT_IN
from processing.models import Conversion, ConversionBatch, EncoderProof, Job, Preset
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.processing.converting import make_presets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _presets(db: None) -> None:
    make_presets()


@pytest.fixture
def owner() -> User:
    return make_user(username="owner", is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def films(tmp_path: Path) -> list[VideoFile]:
    folder = make_folder(path=tmp_path, is_default=True)
    facts = {"video_codec": "h264", "width": 3840, "height": 2160, "duration_seconds": 600.0, "size_bytes": 6_000_000}
    return [
        make_file(folder=folder, video=make_video(title=f"Film {n}", video_codec="h264", width=3840, height=2160,
                                                  size_bytes=6_000_000), **facts)
        for n in range(3)
    ]  # fmt: skip


def make_conversion(**columns: Any) -> Conversion:
    file = columns.pop("file", None) or make_file()
    values = {
        "video": file.video, "title": file.video.title, "source_file": file, "source_path": "/films/a.mp4",
        "source_bytes": 1000, "preset_key": f"p{file.pk}", "preset_name": "720p, AV1",
    }  # fmt: skip
    return Conversion.objects.create(**{**values, **columns})


def done(**columns: Any) -> Conversion:
    return make_conversion(
        **{"status": "completed", "output_bytes": 400, "finished_at": timezone.now(), "percent": 100, **columns}
    )


def listed(page: Client, query: str = "") -> Any:
    return page.get(f"{reverse('admin:processing_conversion_changelist')}?{query}")


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_list_asks_no_more_of_the_database_when_rows_are_added(page: Client) -> None:
    def queries() -> int:
        listed(page)
        with CaptureQueriesContext(connection) as captured:
            assert listed(page).status_code == 200
        return len(captured)

    for make in (done, make_conversion):
        make(status="running") if make is make_conversion else make()
    before = queries()
    for _ in range(5):
        done(output_file=make_file())
        make_conversion(status="running")

    assert queries() == before


def test_an_empty_list_says_what_to_do(page: Client) -> None:
    text = listed(page).content.decode()

    assert "take the action “Convert …”" in text
    assert "Nothing is being converted" in text
    assert "hx-get" not in text.split("conversions-running")[1].split("</section>")[0]


def test_the_list_shows_progress_sizes_and_sentences(page: Client) -> None:
    make_conversion(title="Runs", status="running", percent=42, speed=1.5, left_seconds=600, rung="NVIDIA NVENC")
    make_conversion(title="Failed", status="failed", error="FFmpeg failed: it is broken.")
    done(title="Done")

    text = listed(page).content.decode()

    assert "1.5×, 10\xa0min left" in text
    assert "FFmpeg failed: it is broken." in text
    assert "1.0\xa0kB → 400\xa0bytes" in text
    assert "saved 600\xa0bytes, 60 %" in text


def test_totals_and_weeks_count_what_was_completed(page: Client) -> None:
    done()
    done(output_bytes=1500)
    make_conversion(status="failed")

    response = listed(page)

    totals = response.context["totals"]
    assert (totals.completed, totals.failed, totals.saved_bytes) == (2, 1, 100)
    assert [(week.count, week.saved_bytes) for week, _ in response.context["weeks"]] == [(2, 100)]


def test_markup_in_a_title_is_text(page: Client) -> None:
    row = make_conversion(title="<script>alert(1)</script>", status="running")

    texts = (
        listed(page).content.decode()
        + page.get(reverse("admin:processing_conversion_change", args=(row.pk,))).content.decode()
    )

    assert "<script>alert(1)</script>" not in texts


def test_the_card_of_what_runs_is_asked_for_alone(page: Client) -> None:
    make_conversion(title="Runs", status="running", percent=42)

    text = page.get(reverse("admin:processing_conversion_running")).content.decode()

    assert "Runs" in text
    assert "<html" not in text
    assert 'hx-trigger="every 2s"' in text


def test_a_conversions_page_has_its_history(page: Client) -> None:
    row = done(
        rung="Software (libx264)", command="ffmpeg -i x", ffmpeg_output="frame=1", notes=["HDR becomes SDR."],
        attempts=[{"rung": "NVIDIA NVENC", "seconds": 0.2, "error": "Cannot load libcuda.so.1"}],
    )  # fmt: skip

    text = page.get(reverse("admin:processing_conversion_change", args=(row.pk,))).content.decode()

    for part in ("Cannot load libcuda.so.1", "ffmpeg -i x", "HDR becomes SDR.", "/films/a.mp4"):
        assert part in text


def test_cancel_retry_and_throw_away(page: Client) -> None:
    waiting, failed = make_conversion(), make_conversion(status="failed")
    kept = make_file()
    made = done(file=kept, output_file=make_file(video=kept.video, is_primary=False))

    def press(row: Conversion, what: str) -> Any:
        return page.post(reverse("admin:processing_conversion_control", args=(row.pk, what)), follow=True)

    said = [*messages_of(press(waiting, "cancel")), *messages_of(press(failed, "retry"))]
    said += messages_of(press(made, "discard"))

    assert said == [
        "1 conversion was cancelled.",
        "1 conversion waits for another attempt.",
        "1 new file lies in the trash.",
    ]
    assert Job.objects.get(stage="conversion").target_id == failed.pk
    assert VideoFile.objects.get(pk=made.output_file_id or 0).trashed_at is not None


def test_actions_over_a_selection(page: Client) -> None:
    rows = [make_conversion(), make_conversion(status="completed")]

    response = page.post(
        reverse("admin:processing_conversion_changelist"),
        {"action": "cancel", "_selected_action": [row.pk for row in rows]},
        follow=True,
    )

    assert messages_of(response) == ["1 conversion was cancelled."]


@pytest.mark.parametrize("name", ["conversion", "preset", "encoderproof"])
def test_without_a_right_there_is_no_page(client: Client, name: str) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(reverse(f"admin:processing_{name}_changelist")).status_code == 403


def test_who_may_only_look_can_not_convert(client: Client, films: list[VideoFile]) -> None:
    user, row = make_user(is_staff=True), make_conversion()
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_conversion", "view_encoderproof"]))
    client.force_login(user)
    batch = ConversionBatch.objects.create(user=user, video_ids=[films[0].video_id])

    answers = [
        client.get(reverse("admin:processing_conversion_changelist")).status_code,
        client.post(reverse("admin:processing_conversion_control", args=(row.pk, "cancel"))).status_code,
        client.get(reverse("admin:processing_conversion_suggestions")).status_code,
        client.get(reverse("admin:processing_conversion_batch", args=(batch.pk,))).status_code,
        client.post(reverse("admin:processing_encoderproof_prove")).status_code,
    ]

    assert answers == [200, 403, 403, 403, 403]


# ---- asking for many ---------------------------------------------------------------------------------------------
def test_videos_are_chosen_previewed_and_converted(page: Client, films: list[VideoFile], owner: User) -> None:
    preset = Preset.objects.get(key="1080p_h265")
    chosen = page.post(
        reverse("admin:library_video_changelist"),
        {"action": "convert", "_selected_action": [file.video_id for file in films]},
        follow=True,
    )
    address = chosen.redirect_chain[-1][0]

    shown = page.post(address, {"preset": preset.pk, "is_replacing": "on", "look": "1"})
    assert not Conversion.objects.exists()
    asked = page.post(address, {"preset": preset.pk, "is_replacing": "on", "convert": "1"}, follow=True)

    assert shown.context["plan"].bytes_before == 18_000_000
    assert 0 < shown.context["plan"].bytes_after < 18_000_000
    assert "Originals go into the trash one by one" in shown.content.decode()
    assert messages_of(asked) == ["3 conversions wait now."]
    rows = Conversion.objects.all()
    assert {(row.preset_key, row.is_replacing, row.requested_by) for row in rows} == {("1080p_h265", True, owner)}
    assert Job.objects.filter(stage="conversion").count() == 3


def test_a_second_press_asks_for_nothing_more(page: Client, films: list[VideoFile], owner: User) -> None:
    batch = ConversionBatch.objects.create(user=owner, video_ids=[film.video_id for film in films])
    address = reverse("admin:processing_conversion_batch", args=(batch.pk,))
    wish = {"preset": Preset.objects.get(key="720p_av1").pk, "convert": "1"}

    page.post(address, wish)
    again = page.post(address, wish, follow=True)

    assert "These conversions were asked for already." in messages_of(again)
    assert Conversion.objects.count() == 3


def test_a_full_disk_is_told_and_nothing_can_be_asked_for(
    page: Client, films: list[VideoFile], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processing.services.conversions.request.free_bytes", lambda directory: 10)
    batch = ConversionBatch.objects.create(user=owner, video_ids=[films[0].video_id])

    text = page.get(reverse("admin:processing_conversion_batch", args=(batch.pk,))).content.decode()

    assert "has no room for that" in text
    assert 'name="convert"' not in text


def test_a_draft_is_its_makers(page: Client, films: list[VideoFile]) -> None:
    batch = ConversionBatch.objects.create(user=make_user(), video_ids=[films[0].video_id])

    assert page.get(reverse("admin:processing_conversion_batch", args=(batch.pk,))).status_code == 404


def test_suggestions_lead_to_a_draft_with_their_preset(page: Client, films: list[VideoFile], owner: User) -> None:
    address = reverse("admin:processing_conversion_suggestions")

    text = page.get(address).content.decode()
    answer = page.post(address, {"id": [films[0].video_id, films[1].video_id]})

    batch = ConversionBatch.objects.get()
    assert "Film 0" in text
    assert answer.headers["Location"] == reverse("admin:processing_conversion_batch", args=(batch.pk,))
    assert (batch.video_ids, batch.preset) == (
        sorted([films[0].video_id or 0, films[1].video_id or 0]),
        Preset.objects.get(key="1080p_av1"),
    )
    page.post(address, {"all": "1"})
    assert len(ConversionBatch.objects.latest("pk").video_ids) == 3


def test_nothing_chosen_and_nothing_to_suggest(page: Client) -> None:
    address = reverse("admin:processing_conversion_suggestions")

    assert "Nothing is worth converting" in page.get(address).content.decode()
    assert "Choose at least one video." in messages_of(page.post(address, {}, follow=True))


# ---- presets and encoders ----------------------------------------------------------------------------------------
def preset_form(**fields: Any) -> dict[str, Any]:
    values = {
        "name": "My own", "key": "my_own", "codec": "av1", "target_width": "1600", "qp": "40", "max_bit_rate": "",
        "effort": "slow", "hdr": "tone_map", "container": "mp4", "audio": "opus",
    }  # fmt: skip
    return {**values, **fields}


def test_an_own_preset_is_made_changed_and_deleted_within_batches(page: Client) -> None:
    with nothing_outside_batches():
        page.post(reverse("admin:processing_preset_add"), preset_form())
        preset = Preset.objects.get(key="my_own")
        address = reverse("admin:processing_preset_change", args=(preset.pk,))
        page.post(address, preset_form(qp="44"))
        preset.refresh_from_db()
        page.post(reverse("admin:processing_preset_delete", args=(preset.pk,)), {"post": "yes"})

    assert (preset.qp, preset.target_width, preset.hdr, preset.is_built_in) == (44, 1600, "tone_map", False)
    assert not Preset.objects.filter(key="my_own").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"qp": "64"}, {"codec": "h264", "qp": "52"}, {"qp": "3"}, {"target_width": "1601"}, {"target_width": "10"},
        {"max_bit_rate": "99"}, {"key": "720p_av1"}, {"key": "no spaces"}, {"codec": "vp9"}, {"container": "avi"},
    ],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(page: Client, fields: dict[str, str]) -> None:
    response = page.post(reverse("admin:processing_preset_add"), preset_form(**fields))

    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert Preset.objects.count() == 9


def test_built_in_presets_stay_as_they_are(page: Client) -> None:
    preset = Preset.objects.get(key="720p_av1")
    address = reverse("admin:processing_preset_change", args=(preset.pk,))

    page.post(address, preset_form(qp="60"))
    page.post(reverse("admin:processing_preset_delete", args=(preset.pk,)), {"post": "yes"})

    preset.refresh_from_db()
    assert preset.qp == 35
    assert page.get(address).status_code == 200


def test_encoders_are_shown_with_their_reasons_and_tried_again(page: Client) -> None:
    common = {"host": "nas", "kind": "encoder", "codec": "hevc", "proven_at": timezone.now()}
    EncoderProof.objects.create(name="libx265", family="software", is_proven=True, has_ten_bit=True, **common)
    EncoderProof.objects.create(name="hevc_vaapi", family="vaapi", is_proven=False, reason="No VA display", **common)

    text = page.get(reverse("admin:processing_encoderproof_changelist")).content.decode()
    page.post(reverse("admin:processing_encoderproof_prove"))

    assert "No VA display" in text
    assert "Nothing encodes in hardware here" in text
    assert Job.objects.get().stage == "encoders"


def test_no_encoder_tried_is_a_page_that_says_so(page: Client) -> None:
    text = page.get(reverse("admin:processing_encoderproof_changelist")).content.decode()

    assert "Nothing was tried yet." in text


def test_the_presets_of_the_migration_are_those_of_the_media_package() -> None:
    [name] = [path.stem for path in Path(migrations.__path__[0]).glob("*_conversions_presets.py")]
    rows = import_module(f"processing.migrations.{name}")._PRESETS

    assert [tuple(row) for row in rows] == [
        (one.key, one.name, one.settings.codec, one.settings.target_width, one.settings.qp, one.settings.max_bit_rate)
        for one in BUILT_IN
    ]
