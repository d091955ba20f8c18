"""Names on disk and their stored, shown form."""

import os

import pytest

from library.paths import decode_path, display_path, encode_path

OWN_AREA = "\U000f0041"
NAMES = [
    b"plain.mp4",
    "Grüße und 日本語.mkv".encode(),
    b"broken \xff\xfe name.mp4",
    b"half a character \xe2\x82.mp4",
    OWN_AREA.encode() + b".mp4",
    OWN_AREA.encode() + b"\xf3 and a byte.mp4",
    "\U000f0100 beside the area.mp4".encode(),
    b"two\nlines\tand a tab.mp4",
    b"\\xff.mp4",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_byte_for_byte(name):
    stored = encode_path(os.fsdecode(name))

    assert os.fsencode(decode_path(stored)) == name


def test_every_single_byte_comes_back():
    names = [bytes([byte]) for byte in range(1, 256)]

    stored = [encode_path(os.fsdecode(name)) for name in names]

    assert [os.fsencode(decode_path(text)) for text in stored] == names
    assert len(set(stored)) == len(names)


def test_the_stored_form_is_valid_utf_8():
    stored = encode_path(os.fsdecode(b"\xff\x80"))

    assert stored.encode().decode() == stored


def test_a_valid_name_is_stored_as_it_is():
    assert encode_path("Ein schöner Tag.mp4") == "Ein schöner Tag.mp4"


def test_a_byte_and_the_character_that_stands_for_it_are_stored_differently():
    assert encode_path(os.fsdecode(b"A\xf0")) != encode_path("A\U000f00f0")


def test_the_parts_of_a_path_are_stored_like_the_whole():
    folder, name = os.fsdecode(b"fold\xe9r"), os.fsdecode(b"n\xe4me.mp4")

    assert encode_path(f"{folder}/{name}") == f"{encode_path(folder)}/{encode_path(name)}"


def test_bytes_that_are_no_text_are_shown_in_hexadecimal():
    assert display_path(encode_path(os.fsdecode(b"caf\xe9.mp4"))) == r"caf\xe9.mp4"


def test_line_breaks_are_shown_escaped():
    assert display_path("two\nlines\u2028three.mp4") == r"two\nlines\u2028three.mp4"


def test_characters_that_turn_text_round_are_shown_escaped():
    assert display_path("invoice\u202e4pm.exe") == r"invoice\u202e4pm.exe"


@pytest.mark.parametrize(
    "name", ["父さん\u3000旅行.mp4", "👨\u200d👩\u200d👧.mp4", "à\u00a0demain.mp4", "\U0001fae8.mp4"]
)
def test_invisible_characters_that_belong_to_a_name_are_shown_as_they_are(name):
    assert display_path(name) == name
