"""Encoders and decoders are believed only after a real try."""

import stat
from pathlib import Path

import pytest

from processing.media.encode import proving
from processing.media.encode.catalogue import BY_NAME, DECODERS, ENCODERS
from processing.media.encode.presets import Codec
from processing.media.encode.program import ffmpeg_program
from processing.media.encode.proving import capabilities_of, prove_all, prove_decoder, prove_encoder


@pytest.mark.parametrize("name", ["libx264", "libx265", "libsvtav1"])
def test_the_software_encoders_work_here(name: str) -> None:
    proof = prove_encoder(ffmpeg_program(), BY_NAME[name])

    assert (proof.is_proven, proof.reason) == (True, "")
    assert proof.has_ten_bit is (name != "libx264")


def test_hardware_that_is_not_there_gives_its_reason() -> None:
    proof = prove_encoder(ffmpeg_program(), BY_NAME["hevc_vaapi"], render_node="/dev/dri/none")

    assert not proof.is_proven
    assert "/dev/dri/none" in proof.reason


def test_a_decoder_that_is_not_there_gives_its_reason(tmp_path: Path) -> None:
    [decoder] = [decoder for decoder in DECODERS if decoder.name == "h264_vaapi"]

    proof = prove_decoder(ffmpeg_program(), decoder, tmp_path, render_node="/dev/dri/none")

    assert not proof.is_proven
    assert "/dev/dri/none" in proof.reason


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_program_that_ends_well_without_pictures_proves_nothing(tmp_path: Path) -> None:
    proof = prove_encoder(program(tmp_path / "ffmpeg", "exit 0"), BY_NAME["h264_nvenc"])

    assert (proof.is_proven, proof.reason) == (False, "It ended well, but wrote no pictures.")


def test_a_machine_with_everything_and_one_with_decoders_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [encoder for encoder in ENCODERS if encoder.codec is Codec.AV1]
    monkeypatch.setattr(proving, "ENCODERS", few)
    monkeypatch.setattr(proving, "DECODERS", DECODERS[:1])
    works = "printf 'out_time_us=400000\\nprogress=end\\n'"
    all_work = program(tmp_path / "all", works)
    # As an H200: it decodes, but has no encoder.
    decodes = program(
        tmp_path / "some", f'case "$*" in *_nvenc*) echo "No capable devices found" >&2; exit 1;; esac; {works}'
    )
    told: list[str] = []

    everything = capabilities_of(prove_all(all_work, told=lambda proof: told.append(proof.name)))
    decoding = capabilities_of(prove_all(decodes))

    assert len(told) == len(few) + 1
    assert everything.encoders == {"av1_nvenc", "av1_qsv", "av1_vaapi", "av1_amf", "libsvtav1"}
    assert "av1_nvenc" in everything.ten_bit
    assert decoding.encoders == {"av1_qsv", "av1_vaapi", "av1_amf", "libsvtav1"}
    assert "h264_cuda" in decoding.decoders


def test_a_card_that_does_not_open_is_not_tried_with_each_codec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "ENCODERS", [encoder for encoder in ENCODERS if encoder.family.value == "vaapi"])
    monkeypatch.setattr(proving, "DECODERS", ())
    runs = tmp_path / "runs"
    closed = f'echo "$*" >> {runs}; echo "No VA display found for device" >&2; exit 1'

    proofs = prove_all(program(tmp_path / "ffmpeg", closed))

    assert {proof.reason for proof in proofs} == {"No VA display found for device"}
    assert not any("_vaapi" in line for line in runs.read_text().splitlines())
