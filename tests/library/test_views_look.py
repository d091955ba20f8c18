"""The design tokens, and the words and numbers that the pages write."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone

from library import words as words_of
from library.templatetags import videothek

CSS = Path(__file__).parents[2] / "config" / "static" / "videothek" / "css"
GROUNDS = ("bg", "surface", "raised")
TEXTS = ("text", "muted", "faint", "accent", "ok", "warn", "bad", "info")
NBSP = "\N{NO-BREAK SPACE}"


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme; the light one changes those of the dark one."""
    text = (CSS / "tokens.css").read_text()
    dark, light = text.split(':root[data-theme="light"]')
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light)) if theme == "light" else found


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio, 1 to 21."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("colour", TEXTS)
def test_text_can_be_read_on_every_ground(theme: str, colour: str) -> None:
    found = tokens(theme)

    assert min(contrast(found[colour], found[ground]) for ground in GROUNDS) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_edges_of_fields_and_the_words_on_a_button_can_be_seen(theme: str) -> None:
    found = tokens(theme)

    assert min(contrast(found["edge"], found[ground]) for ground in ("bg", "surface")) >= 3
    assert contrast(found["lamp-ink"], found["lamp"]) >= 4.5


@pytest.mark.parametrize("name", ["shell.css", "library.css", "watch.css", "player.css"])
def test_every_variable_that_a_sheet_reads_is_a_token_or_its_own(name: str) -> None:
    sheet = (CSS / name).read_text()
    known = set(re.findall(r"(--[\w-]+):", sheet + (CSS / "tokens.css").read_text()))
    given_by_html = {"--ratio", "--at", "--lane", "--seconds"}

    assert set(re.findall(r"var\((--[\w-]+)", sheet)) <= known | given_by_html


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (0, "0:00"), (0.4, "0:01"), (155, "2:35"), (59.9, "0:59"), (3723, "1:02:03")]
)
def test_lengths(seconds: float | None, words: str) -> None:
    assert words_of.clock(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, ""), (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (1_900_000_000, "1.9 GB"), (47e12, "47 TB")],
)
def test_sizes(count: int | None, words: str) -> None:
    assert words_of.size(count) == words.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (1920, 1080, "1080p"),
        (1920, 800, "1080p"),
        (1080, 1920, "1080p"),
        (3840, 2160, "4K"),
        (7680, 4320, "8K"),
        (640, 360, "360p"),
        (None, None, ""),
    ],
)
def test_resolutions(width: int | None, height: int | None, words: str) -> None:
    assert words_of.resolution(SimpleNamespace(width=width, height=height)) == words


def test_badges_name_only_what_is_special() -> None:
    assert words_of.badge(SimpleNamespace(width=3840, height=2160, is_hdr=True)) == "4K HDR"
    assert words_of.badge(SimpleNamespace(width=1280, height=720, is_hdr=False)) == ""


@pytest.mark.parametrize(("days", "words"), [(0, "today"), (1, "yesterday"), (3, "3 days ago")])
def test_days(days: int, words: str) -> None:
    assert words_of.ago(timezone.now() - timedelta(days=days)) == words


def test_long_ago_is_a_month() -> None:
    assert re.fullmatch(r"[A-Z][a-z]+ \d{4}", words_of.ago(timezone.now() - timedelta(days=400)))


@pytest.mark.parametrize(
    ("name", "words"), [("h264", "H.264"), ("pcm_s16le", "PCM"), ("cinepak", "cinepak"), ("eac3", "E-AC-3")]
)
def test_codecs(name: str, words: str) -> None:
    assert words_of.codec(name) == words


def test_numbers_for_machines_have_no_separator() -> None:
    assert videothek.plain(123456) == "123456"
    assert videothek.plain(12.5) == "12.5"
    assert videothek.plain(3.0) == "3"
    assert videothek.plain(None) == ""


def test_rates() -> None:
    assert words_of.frame_rate(29.97) == "29.97"
    assert words_of.frame_rate(25.0) == "25"
    assert words_of.bit_rate(6_500_000) == f"6.5{NBSP}Mbit/s"
    assert words_of.bit_rate(800_000) == f"800{NBSP}kbit/s"
