"""manage.py convert and manage.py encoders"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from library.models import VideoFile
from processing.media.encode import proving
from processing.media.encode.catalogue import ENCODERS
from processing.models import Conversion, EncoderProof, Preset
from processing.services.conversions.proofs import host_name
from tests.library.factories import make_file, make_folder, make_user, make_video, write_file
from tests.processing.converting import make_presets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _presets(db: None) -> None:
    make_presets()


@pytest.fixture
def films(tmp_path: Path) -> list[VideoFile]:
    folder = make_folder(path=tmp_path, is_default=True)
    return [
        make_file(
            folder=folder,
            video=make_video(title=f"Film {number}"),
            path=write_file(tmp_path / f"sub/film{number}.mp4", content=b"x" * 80_000),
            video_codec="h264", width=1920, height=1080, duration_seconds=60.0, bit_rate=10_000_000,
        )
        for number in range(3)
    ]  # fmt: skip


def told(capsys: pytest.CaptureFixture[str], *arguments: str, **options: Any) -> str:
    call_command("convert", *arguments, **options)
    return capsys.readouterr().out


def test_videos_are_named_by_id(films: list[VideoFile], capsys: pytest.CaptureFixture[str]) -> None:
    user = make_user(username="ann")

    out = told(capsys, str(films[0].video_id), preset="720p_av1", user="ann", replace=True)

    conversion = Conversion.objects.get()
    assert (conversion.video_id, conversion.preset_key) == (films[0].video_id, "720p_av1")
    assert (conversion.requested_by, conversion.is_replacing) == (user, True)
    assert out.startswith("1 video will be converted to 720p, AV1: 80\xa0kB, afterwards about ")


def test_files_are_named_by_path(films: list[VideoFile], capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, films[1].fs_path, preset="720p_av1")

    assert Conversion.objects.get().source_file == films[1]


def test_a_filter_names_many(films: list[VideoFile], capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, filter='{"facet": "text", "op": "has", "value": "Film"}', preset="720p_av1")

    assert Conversion.objects.count() == 3


def test_a_dry_run_only_tells(films: list[VideoFile], capsys: pytest.CaptureFixture[str]) -> None:
    trashed = make_file(video=make_video(title="Gone", trashed_at=timezone.now()))

    out = told(capsys, str(films[0].video_id), str(trashed.video_id), preset="720p_av1", dry_run=True)

    assert not Conversion.objects.exists()
    assert "1 video would be converted" in out
    assert "Not Gone: It lies in the trash." in out


def test_json_for_programs(films: list[VideoFile], capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(told(capsys, str(films[0].video_id), preset="720p_av1", json=True))

    assert answer["conversions"] == [Conversion.objects.get().pk]
    assert (answer["videos"], answer["bytes_before"], answer["refused"]) == ([films[0].video_id], 80_000, [])


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    names = told(capsys, presets=True).splitlines()

    assert len(names) == 9
    assert names[0].split(maxsplit=1) == ["1080p_h264", "1080p, H.264"]
    assert json.loads(told(capsys, presets=True, json=True))[2]["qp"] == 38


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (["1"], {"preset": "none"}, "There is no preset 'none'"),
        ([], {"preset": "720p_av1"}, "Name videos by id"),
        (["999999"], {"preset": "720p_av1"}, "There is no video 999999"),
        (["/no/such/film.mp4"], {"preset": "720p_av1"}, "is no file of the library"),
        (["1"], {"preset": "720p_av1", "user": "nobody"}, "There is no user 'nobody'"),
        ([], {"preset": "720p_av1", "filter": "{"}, "The filter is no JSON"),
        ([], {"preset": "720p_av1", "filter": '{"facet": "no", "op": "is", "value": 1}'}, "no"),
    ],
)
def test_mistakes_are_sentences(arguments: list[str], options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("convert", *arguments, **options)


def test_encoders_shows_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    common = {"host": host_name(), "kind": "encoder", "codec": "hevc", "proven_at": timezone.now()}
    EncoderProof.objects.create(
        name="libx265", family="software", is_proven=True, has_ten_bit=True, seconds=1, **common
    )
    EncoderProof.objects.create(
        name="hevc_nvenc", family="nvenc", is_proven=False, reason="Cannot load libcuda.so.1", **common
    )

    call_command("encoders", stored=True)
    text = capsys.readouterr().out
    call_command("encoders", stored=True, json=True)
    rows = json.loads(capsys.readouterr().out)

    assert "libx265" in text
    assert "works with 10 bits (1.0 s)" in text
    assert "no: Cannot load libcuda.so.1" in text
    assert {row["name"]: row["is_proven"] for row in rows} == {"libx265": True, "hevc_nvenc": False}


def test_encoders_says_when_nothing_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("encoders", stored=True)

    assert capsys.readouterr().out == "Nothing was tried on this machine yet.\n"


def test_encoders_tries_for_real(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    few = [encoder for encoder in ENCODERS if encoder.name in ("libx264", "h264_nvenc")]
    monkeypatch.setattr(proving, "ENCODERS", few)
    monkeypatch.setattr(proving, "DECODERS", ())

    call_command("encoders")

    assert Preset.objects.exists()
    assert "libx264        Software           works" in capsys.readouterr().out
    assert set(EncoderProof.objects.values_list("name", flat=True)) == {"libx264", "h264_nvenc"}
