import pytest

from library.exceptions import RangeNotSatisfiableError
from library.ranges import LARGEST_PIECE_BYTES, ByteRange, parse_range

TOTAL = 10_000_000


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-", 0, LARGEST_PIECE_BYTES - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=9999999-", TOTAL - 1, TOTAL - 1),
        ("bytes=9999990-20000000", TOTAL - 10, TOTAL - 1),
        ("bytes=-1", TOTAL - 1, TOTAL - 1),
        ("bytes=-500", TOTAL - 500, TOTAL - 1),
        ("bytes=-20000000", 0, LARGEST_PIECE_BYTES - 1),
        ("bytes=0-9999999", 0, LARGEST_PIECE_BYTES - 1),
        ("BYTES = 5-6", 5, 6),
        ("bytes= 5 - 6 ", 5, 6),
        ("bytes=5-6, 20-30", 5, 6),
        ("bytes=20000000-, 20-30", 20, 30),
        ("bytes=-0, 20-30", 20, 30),
        ("bytes=,5-6", 5, 6),
    ],
)
def test_a_range_gets_its_piece_and_never_more_than_two_mebibytes(header: str, first: int, last: int) -> None:
    assert parse_range(header, TOTAL) == ByteRange(first, last, TOTAL)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=1-2,x",
        "bytes=--5",
        "bytes=1-2-3",
        "items=0-5",
        "bytes=٣-٤",
        f"bytes={'9' * 30}-",
    ],
)
def test_what_is_no_range_of_bytes_is_ignored(header: str) -> None:
    assert parse_range(header, TOTAL) is None


@pytest.mark.parametrize("header", ["bytes=10000000-", "bytes=10000000-10000005", "bytes=-0", "bytes=20000000-,-0"])
def test_a_range_behind_the_end_is_not_satisfiable(header: str) -> None:
    with pytest.raises(RangeNotSatisfiableError):
        parse_range(header, TOTAL)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-5"])
def test_an_empty_file_satisfies_no_range(header: str) -> None:
    with pytest.raises(RangeNotSatisfiableError):
        parse_range(header, 0)


def test_the_content_range_names_both_ends_and_the_whole() -> None:
    assert ByteRange(0, 99, 1000).content_range == "bytes 0-99/1000"
    assert ByteRange(0, 99, 1000).length == 100
