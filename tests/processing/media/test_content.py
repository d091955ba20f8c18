from dataclasses import replace
from typing import Any

import pytest

from processing.media.content import SEVERITIES, ContentFacts, ContentRules, content_issues

GOOD = ContentFacts(
    duration_seconds=600,
    picture_seconds=600,
    width=1920,
    height=1080,
    bit_rate=6_000_000,
    video_codec="h264",
    has_audio=True,
)
MP4 = b"\x00\x00\x00\x20ftypisom"


def _codes(name: str = "Holiday.mp4", head: bytes = MP4, **facts: Any) -> dict[str, str]:
    return {issue.code: issue.severity for issue in content_issues(name, head, replace(GOOD, **facts))}


def test_an_ordinary_file_has_no_issue() -> None:
    assert _codes() == {}


@pytest.mark.parametrize(
    ("facts", "code", "severity"),
    [
        ({"duration_seconds": 0.5}, "very_short_duration", "error"),
        ({"duration_seconds": 5}, "short_duration", "warning"),
        ({"duration_seconds": None}, "no_duration", "error"),
        ({"picture_seconds": 300}, "duration_mismatch", "warning"),
        ({"width": 3840, "height": 1080}, "suspicious_aspect_ratio", "error"),
        ({"width": 5760, "height": 1080}, "suspicious_aspect_ratio", "error"),
        ({"width": 1920, "height": 480}, "suspicious_aspect_ratio", "error"),
        ({"width": 1920, "height": 720}, "suspicious_aspect_ratio", "error"),
        ({"width": 1920, "height": 600}, "unusual_aspect_ratio", "warning"),
        ({"width": 400, "height": 1080}, "unusual_aspect_ratio", "warning"),
        ({"bit_rate": 900_000}, "low_bitrate", "info"),
        ({"has_audio": False}, "no_audio", "info"),
    ],
)
def test_odd_facts_are_issues(facts: dict[str, Any], code: str, severity: str) -> None:
    assert _codes(**facts).get(code) == severity


@pytest.mark.parametrize(
    "facts",
    [
        {"width": 1080, "height": 1920},
        {"width": 1080, "height": 2340},
        {"width": 1920, "height": 800},
        {"width": 1440, "height": 1080},
        {"width": 1080, "height": 1080},
        {"width": None, "height": None},
        {"bit_rate": None},
        {"bit_rate": 900_000, "video_codec": "av1"},
        {"picture_seconds": None},
        {"picture_seconds": 590},
    ],
)
def test_usual_facts_are_not(facts: dict[str, Any]) -> None:
    assert set(_codes(**facts)) == set()


@pytest.mark.parametrize(
    ("name", "facts", "code"),
    [
        ("Film.2160p.mkv", {}, "quality_mismatch"),
        ("Film 4K.mkv", {}, "quality_mismatch"),
        ("film.1080p.x264.mp4", {"width": 1280, "height": 720}, "quality_mismatch"),
        ("film 720p.mp4", {"width": 640, "height": 360}, "quality_mismatch"),
        ("film.480p.mp4", {"width": 320, "height": 240}, "quality_mismatch"),
        ("film.1080p.mp4", {"bit_rate": 900_000}, "bitrate_mismatch"),
    ],
)
def test_a_name_that_promises_more_is_an_issue(name: str, facts: dict[str, Any], code: str) -> None:
    assert code in _codes(name, **facts)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Film.1080p.mp4", {}),
        ("Film.1080p.mp4", {"width": 1920, "height": 800}),
        ("Film.1080p.mp4", {"width": 1080, "height": 1920}),
        ("Film.1080p.mp4", {"bit_rate": 1_100_000, "video_codec": "hevc"}),
        ("Clip 14K steps.mp4", {}),
        ("a4kb.mp4", {}),
    ],
)
def test_a_name_that_keeps_its_promise_is_not(name: str, facts: dict[str, Any]) -> None:
    assert set(_codes(name, **facts)) & {"quality_mismatch", "bitrate_mismatch"} == set()


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("Film.sample.mkv", "warning"),
        ("TRAILER - Film.mp4", "warning"),
        ("film_dvdscr.avi", "warning"),
        ("cam 1.mp4", "info"),
        ("Film.TS.x264.mkv", "info"),
        ("sampler.mp4", None),
        ("recording.ts", None),
        ("Scream.mp4", None),
        ("Trailerpark.mp4", None),
    ],
)
def test_names_are_judged_by_whole_words(name: str, severity: str | None) -> None:
    assert _codes(name).get("suspicious_name") == severity


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"MZ\x90\x00", "disguised_executable"),
        (b"\x7fELF\x02", "disguised_executable"),
        (b"\xcf\xfa\xed\xfe", "disguised_executable"),
        (b"#!/bin/sh\n", "disguised_executable"),
        (b"L\x00\x00\x00\x01\x14\x02\x00", "disguised_executable"),
        (b"PK\x03\x04", "disguised_archive"),
        (b"Rar!\x1a\x07\x01", "disguised_archive"),
        (b"7z\xbc\xaf\x27\x1c", "disguised_archive"),
    ],
)
def test_first_bytes_tell_what_a_file_is(head: bytes, code: str) -> None:
    assert _codes(head=head)[code] == ("critical" if code == "disguised_executable" else "error")


@pytest.mark.parametrize("head", [MP4, b"\x1a\x45\xdf\xa3", b"RIFF\x00\x00\x00\x00AVI ", b"G@\x00\x10", b"", b"M"])
def test_videos_are_not_taken_for_programs(head: bytes) -> None:
    assert _codes(head=head) == {}


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("Film.exe.mp4", "error"),
        ("Film.SCR.mkv", "error"),
        ("Film.rar.mp4", "warning"),
        ("example.com.mp4", None),
        ("Film.2019.mp4", None),
        ("Film.exe.2019.mp4", None),
        ("exe.mp4", None),
        ("noending", None),
    ],
)
def test_a_second_ending_is_told(name: str, severity: str | None) -> None:
    assert _codes(name).get("double_extension") == severity


def test_of_a_file_that_could_not_be_probed_only_name_and_bytes_count() -> None:
    codes = _codes("Film.2160p.exe.mp4", b"MZ", is_probed=False, duration_seconds=None, has_audio=False)

    assert set(codes) == {"disguised_executable", "double_extension"}


def test_the_worst_comes_first() -> None:
    issues = content_issues("sample.2160p.mp4", b"MZ", replace(GOOD, has_audio=False, duration_seconds=3))

    severities = [SEVERITIES.index(issue.severity) for issue in issues]
    assert severities == sorted(severities, reverse=True)
    assert len(severities) >= 4


def test_the_owner_sets_what_is_short() -> None:
    facts = replace(GOOD, duration_seconds=200)

    assert content_issues("a.mp4", MP4, facts, ContentRules(short_seconds=300, very_short_seconds=0))
    assert not content_issues("a.mp4", MP4, facts, ContentRules(short_seconds=0, very_short_seconds=0))


def test_every_sentence_ends_like_one() -> None:
    issues = content_issues("sample.2160p.exe.mp4", b"MZ", replace(GOOD, width=400, has_audio=False, bit_rate=1))

    assert all(issue.sentence.endswith((".", "?")) for issue in issues)
