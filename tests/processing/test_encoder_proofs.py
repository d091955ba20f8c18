"""What a machine can encode is found out once, and anew when something changed."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from processing.exceptions import NoProgramError
from processing.media.encode.proving import Proof
from processing.models import EncoderProof, Job
from processing.plugins.api import Encoder as PluginEncoder
from processing.services.conversions import current_capabilities, proofs, prove_encoders

pytestmark = pytest.mark.django_db

WORKS = Proof("libx264", True, "h264", "software", True, False, "", 0.1, ("ffmpeg", "-c:v", "libx264"))
CARD = Proof("hevc_nvenc", True, "hevc", "nvenc", True, True, "", 0.1, ("ffmpeg",))
BROKEN = Proof("av1_vaapi", True, "av1", "vaapi", False, False, "No VA display found", 0.1, ("ffmpeg",))
DECODES = Proof("h264_cuda", False, "h264", "nvenc", True, False, "", 0.1, ("ffmpeg",))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[list[Proof]]:
    """What each try found; the machine is made up."""
    tries: list[list[Proof]] = []

    def prove_all(program: str, told: Any, added: Any) -> list[Proof]:
        own = [replace(WORKS, name=one.name, family="plugin") for one in added]
        tries.append([WORKS, CARD, BROKEN, DECODES, *own])
        for proof in tries[-1]:
            told(proof)
        return tries[-1]

    monkeypatch.setattr(proofs, "prove_all", prove_all)
    return tries


def test_what_was_proven_is_kept_with_its_reason(machine: list[list[Proof]]) -> None:
    prove_encoders()

    rows = {row.name: row for row in EncoderProof.objects.all()}
    assert (rows["hevc_nvenc"].is_proven, rows["hevc_nvenc"].has_ten_bit) == (True, True)
    assert (rows["av1_vaapi"].is_proven, rows["av1_vaapi"].reason) == (False, "No VA display found")
    assert rows["libx264"].program.startswith("ffmpeg version")


def test_the_ladder_gets_what_was_proven(machine: list[list[Proof]]) -> None:
    capabilities = current_capabilities()

    assert capabilities.encoders == {"libx264", "hevc_nvenc"}
    assert capabilities.ten_bit == {"hevc_nvenc"}
    assert capabilities.decoders == {"h264_cuda"}
    assert capabilities.has_hardware


def test_it_is_found_out_once(machine: list[list[Proof]]) -> None:
    current_capabilities()
    current_capabilities()

    assert len(machine) == 1


@pytest.mark.parametrize(
    "change", [{"program": "ffmpeg version 1"}, {"proven_at": timezone.now() - timedelta(days=9999)}]
)
def test_another_ffmpeg_and_a_boot_have_it_found_out_again(change: dict[str, Any], machine: list[list[Proof]]) -> None:
    current_capabilities()
    EncoderProof.objects.filter(name="libx264").update(**change)

    current_capabilities()

    assert len(machine) == 2


def test_an_encoder_of_a_plugin_is_tried_once_it_is_switched_on_and_forgotten_when_it_is_off(
    machine: list[list[Proof]], monkeypatch: pytest.MonkeyPatch
) -> None:
    current_capabilities()
    monkeypatch.setattr(proofs, "encoders", lambda: [PluginEncoder("libopenh264", "Cisco's", "h264")])

    on = current_capabilities()
    current_capabilities()
    tries = len(machine)
    monkeypatch.setattr(proofs, "encoders", list)
    prove_encoders()

    assert ("libopenh264" in on.encoders, tries) == (True, 2)
    assert not EncoderProof.objects.filter(name="libopenh264").exists()


def test_an_encoder_that_videothek_knows_is_not_taken_from_a_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "encoders", lambda: [PluginEncoder("libx264", "Mine", "h264", ("-crf", "51"))])

    assert proofs.added_encoders() == []


def test_other_machines_count_for_themselves(machine: list[list[Proof]], monkeypatch: pytest.MonkeyPatch) -> None:
    prove_encoders()
    monkeypatch.setattr(proofs, "host_name", lambda: "another")

    current_capabilities()

    assert EncoderProof.objects.values("host").distinct().count() == 2


def test_a_machine_without_hardware_says_so_loudly(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        proofs, "prove_all", lambda program, told, added: [WORKS, replace(CARD, is_proven=False, reason="No.")]
    )

    with caplog.at_level(logging.WARNING):
        prove_encoders()

    assert "Nothing encodes in hardware" in caplog.text


def test_a_missing_program_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(proofs, "ffmpeg_program", missing)

    with pytest.raises(NoProgramError, match="IMAGEIO_FFMPEG_EXE"):
        current_capabilities()


def test_what_works_has_no_reason() -> None:
    with pytest.raises(IntegrityError, match="reason"):
        EncoderProof.objects.create(
            host="h", kind="encoder", name="x", codec="h264", family="nvenc", is_proven=True, reason="But.",
            proven_at=timezone.now(),
        )  # fmt: skip


def test_a_worker_that_can_not_find_out_begins_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> Any:
        raise NoProgramError("FFmpeg isn't there.")

    monkeypatch.setattr(proofs, "program_or_refuse", missing)
    monkeypatch.setattr(connections, "close_all", lambda: None)

    proofs.prove_at_start()

    assert "could not be tried: FFmpeg isn't there." in caplog.text


def test_a_worker_that_converts_has_the_encoders_tried_once(
    machine: list[list[Proof]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "close_all", lambda: None)

    proofs.prove_at_start()
    waiting = Job.objects.get()
    Job.objects.all().delete()
    prove_encoders()
    proofs.prove_at_start()

    assert (waiting.stage, waiting.queue) == ("encoders", "gpu")
    assert not Job.objects.exists()
