"""Digests of contents."""

import os
import random
import struct
from pathlib import Path

import pytest
import xxhash

from library.hashing import content_hash, oshash

CHUNK = 64 * 1024


def published(path: Path) -> str:
    """The algorithm as trac.opensubtitles.org describes it, word by word; for files of 128 KiB and more."""
    total = path.stat().st_size
    with open(path, "rb") as source:
        for start in (0, total - CHUNK):
            source.seek(start)
            for _ in range(CHUNK // 8):
                (word,) = struct.unpack("<Q", source.read(8))
                total = (total + word) & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"


@pytest.mark.parametrize("size", [2 * CHUNK, 2 * CHUNK + 1, 300_001])
def test_oshash_is_the_published_algorithm(tmp_path, size):
    path = tmp_path / "a.mp4"
    path.write_bytes(random.Random(size).randbytes(size))

    assert oshash(str(path)) == published(path)


def test_oshash_wraps_at_64_bits(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\xff" * 2 * CHUNK)

    assert oshash(str(path)) == published(path)


def test_oshash_reads_overlapping_ends_between_64_and_128_kib(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(random.Random(1).randbytes(CHUNK + 8))

    assert oshash(str(path)) == published(path)


def test_oshash_does_not_see_the_middle(tmp_path):
    one, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    one.write_bytes(b"h" * CHUNK + b"1" * 100 + b"t" * CHUNK)
    other.write_bytes(b"h" * CHUNK + b"2" * 100 + b"t" * CHUNK)

    assert oshash(str(one)) == oshash(str(other))


def test_oshash_of_a_small_file_counts_its_words_twice(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(struct.pack("<QQ", 5, 7))

    assert oshash(str(path)) == f"{16 + 2 * (5 + 7):016x}"


def test_oshash_of_a_small_file_leaves_out_what_is_after_its_last_word(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(struct.pack("<Q", 5) + b"abc")

    assert oshash(str(path)) == f"{11 + 2 * 5:016x}"


def test_oshash_of_an_empty_file_is_zero(tmp_path):
    path = tmp_path / "a.mp4"
    path.touch()

    assert oshash(str(path)) == "0" * 16


def test_oshash_does_not_wait_for_a_writer_of_a_pipe(tmp_path):
    path = tmp_path / "a.mp4"
    os.mkfifo(path)

    with pytest.raises(OSError):
        oshash(str(path))


def test_oshash_of_what_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        oshash(str(tmp_path / "a.mp4"))


def test_the_content_hash_is_xxh3_of_every_byte(tmp_path):
    path = tmp_path / "a.mp4"
    data = random.Random(2).randbytes(5_000_000)
    path.write_bytes(data)

    assert content_hash(str(path)) == xxhash.xxh3_128(data).hexdigest()
