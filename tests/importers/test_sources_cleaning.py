"""Values of other systems made fit for ours."""

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from importers.sources.cleaning import (
    clean_boolean,
    clean_date,
    clean_integer,
    clean_json,
    clean_moment,
    clean_number,
    clean_text,
    clean_vector,
    keepable,
)

_NOON = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-29 12:00:00", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z", "2024-02-29 12:00",
        "2024-02-29 14:00:00+02:00", "2024-02-29T10:30:00-0130", "2024-02-29 12:00:00.000000001 +0000 UTC m=+0.5",
        "2024-02-29 12:00:00+00", 1709208000, 1709208000.0, 1709208000000, "1709208000",
        datetime(2024, 2, 29, 12), _NOON,
    ],
)  # fmt: skip
def test_a_moment_is_read_in_all_its_forms(value: Any) -> None:
    assert clean_moment(value) == (_NOON, "")


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30 12:00:00", "2023-02-29", "0000-00-00 00:00:00", "0001-01-01 00:00:00", "2024-02-29 25:00:00",
        "2024-02-29 12:61:00", "2024-02-29 1:00", "2024-02-29 noon", "infinity", "10000-01-01", "0044-03-15 BC", "soon",
        True, math.nan, math.inf, 10**400, -(10**15), b"2024-02-29", "2024-02-29 12:00:00+99:99",
    ],
)  # fmt: skip
def test_a_moment_that_cannot_be_is_left_out_with_a_reason(value: Any) -> None:
    assert clean_moment(value) == (None, "bad_date")


def test_a_day_is_that_of_the_text_whatever_its_zone() -> None:
    assert clean_date("1990-05-01T23:30:00-08:00") == (date(1990, 5, 1), "")
    assert clean_date("1990-02-31") == (None, "bad_date")
    assert clean_date(None) == (None, "")


@pytest.mark.parametrize("value", [1, True, "1", "true", "True", "t", "yes", 1.0, "1.0", "on"])
def test_yes_in_all_its_forms(value: Any) -> None:
    assert clean_boolean(value) == (True, "")


@pytest.mark.parametrize("value", [0, False, "0", "false", "F", "no", 0.0, "", "off"])
def test_no_in_all_its_forms(value: Any) -> None:
    assert clean_boolean(value, True) == (False, "")


def test_neither_yes_nor_no_is_the_default_with_a_reason() -> None:
    assert clean_boolean(None, True) == (True, "")
    assert clean_boolean("maybe", True) == (True, "bad_boolean")
    assert clean_boolean(2, False) == (False, "bad_boolean")


@pytest.mark.parametrize("value", ["x", math.nan, math.inf, -1, 2**63, 10**400, [], "1e400"])
def test_a_number_that_cannot_be(value: Any) -> None:
    assert clean_integer(value) == (None, "bad_number")


def test_whole_numbers_are_exact_and_fractions_are_rounded() -> None:
    assert clean_integer(2**63 - 1) == (2**63 - 1, "")
    assert clean_integer(str(2**63 - 1)) == (2**63 - 1, "")
    assert clean_integer("5.6") == (6, "")
    assert clean_integer(Decimal("12")) == (12, "")
    assert clean_integer("") == (None, "")
    assert clean_number("0.25", most=1) == (0.25, "")
    assert clean_number("1.25", most=1) == (None, "bad_number")


def test_text_is_what_a_database_can_hold() -> None:
    assert clean_text("a\x00b\ud800c") == ("a\ufffdb\ufffdc", "bad_text")
    assert clean_text(b"\xffa") == ("\ufffda", "bad_text")
    assert clean_text("abc", longest=2) == ("ab", "too_long")
    assert clean_text(None) == ("", "")


def test_json_is_read_or_told() -> None:
    assert clean_json('{"a": 1}') == ({"a": 1}, "")
    assert clean_json({"a": 1}) == ({"a": 1}, "")
    assert clean_json('{"a": ', []) == ([], "bad_json")
    assert clean_json("[" * 100_000) == (None, "bad_json")
    assert clean_json(None, []) == ([], "")


def test_a_vector_is_a_list_or_the_text_of_one() -> None:
    numbers = [0.5] * 512

    assert clean_vector(numbers) == (numbers, "")
    assert clean_vector(json.dumps(numbers)) == (numbers, "")
    assert clean_vector(None) == (None, "")


@pytest.mark.parametrize(
    "value",
    [
        [0.5] * 511, [0.0] * 512, [math.nan] * 512, [True] * 512, ["0.5"] * 512, "[0.5", '"text"', {"a": 1}, 7,
        b"\x00" * 512,
    ],
)  # fmt: skip
def test_a_vector_of_the_wrong_length_or_with_odd_numbers_is_none(value: Any) -> None:
    assert clean_vector(value) == (None, "bad_vector")


def test_what_is_kept_loses_nothing_and_is_json() -> None:
    value = {"a\x00": "x\ud800", "b": b"\x00\xff", "c": [math.nan, _NOON, Decimal("1.50")], "d": {"e": None, "f": True}}

    kept = keepable(value)

    assert json.loads(json.dumps(kept)) == {
        "a\\x00": {"escaped": "x\\ud800"},
        "b": {"base64": "AP8="},
        "c": ["nan", "2024-02-29T12:00:00+00:00", "1.50"],
        "d": {"e": None, "f": True},
    }
