"""The cache of parts: bounded, whole, and still there after a restart."""

import os
from pathlib import Path

import pytest

from processing.media.stream.store import PartStore, StoreFullError, part_path

ONE, OTHER = "1" * 32, "2" * 32


def sizes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_it_never_holds_more_than_it_may_and_drops_what_was_used_least_recently(tmp_path: Path) -> None:
    store = PartStore(tmp_path, limit_bytes=1000)
    for number in range(3):
        store.put(ONE, f"{number}.m4s", bytes(300))
    assert store.has(ONE, "0.m4s")

    store.put(OTHER, "0.m4s", bytes(300))

    assert [store.has(ONE, f"{number}.m4s") for number in range(3)] == [True, False, True]
    assert store.total_bytes == sizes(tmp_path) == 900


def test_the_bytes_are_free_before_new_ones_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, seen = PartStore(tmp_path, limit_bytes=1000), []
    store.put(ONE, "0.m4s", bytes(900))
    write = Path.write_bytes

    def watched(path: Path, data: bytes) -> int:
        seen.append(sizes(tmp_path) + len(data))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", watched)
    store.put(ONE, "1.m4s", bytes(800))

    assert seen == [800]


def test_the_header_of_a_stream_stays_as_long_as_its_parts_are_used(tmp_path: Path) -> None:
    store = PartStore(tmp_path, limit_bytes=1000)
    store.put(ONE, "init.mp4", bytes(100))
    store.put(ONE, "0.m4s", bytes(400))
    store.put(OTHER, "0.m4s", bytes(400))
    store.has(ONE, "0.m4s")

    store.put(OTHER, "1.m4s", bytes(400))

    assert store.has(ONE, "init.mp4")
    assert not store.has(OTHER, "0.m4s")


def test_what_is_larger_than_all_is_refused_and_nothing_goes_for_it(tmp_path: Path) -> None:
    store = PartStore(tmp_path, limit_bytes=1000)
    store.put(ONE, "0.m4s", bytes(10))

    with pytest.raises(StoreFullError, match="doesn't fit"):
        store.put(ONE, "1.m4s", bytes(1001))

    assert store.has(ONE, "0.m4s")


def test_after_a_restart_parts_are_there_and_half_written_ones_are_not(tmp_path: Path) -> None:
    before = PartStore(tmp_path, limit_bytes=1000)
    for number, used_at in ((0, 300), (1, 100), (2, 200)):
        before.put(ONE, f"{number}.m4s", bytes(300))
        os.utime(before.path(ONE, f"{number}.m4s"), (used_at, used_at))
    half = before.path(ONE, "3.m4s").with_name(".3.m4s.part")
    half.write_bytes(bytes(500))

    store = PartStore(tmp_path, limit_bytes=700)

    assert [store.has(ONE, f"{number}.m4s") for number in range(4)] == [True, False, True, False]
    assert not half.exists()
    assert store.total_bytes == 600


def test_a_part_that_somebody_removed_is_not_there(tmp_path: Path) -> None:
    store = PartStore(tmp_path, limit_bytes=1000)
    store.put(ONE, "0.m4s", bytes(300))
    store.path(ONE, "0.m4s").unlink()

    assert not store.has(ONE, "0.m4s")
    assert store.total_bytes == 0


def test_forgotten_streams_leave_nothing(tmp_path: Path) -> None:
    store = PartStore(tmp_path, limit_bytes=1000)
    store.put(ONE, "0.m4s", bytes(300))
    store.put(OTHER, "0.m4s", bytes(300))

    store.forget({ONE})

    assert store.keys() == {OTHER}
    assert not store.path(ONE, "0.m4s").parent.exists()


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (ONE, "../0.m4s"), (ONE, "-1.m4s"), (ONE, "00.m4s"), (ONE, "1.m4s\n"), (ONE, "1e3.m4s"), (ONE, "٣.m4s"),
        (ONE, "99999999.m4s"), (ONE, ".0.m4s.part"), (ONE, ""), ("..", "0.m4s"), (ONE + "A", "0.m4s"),
        ("A" * 32, "0.m4s"),
    ],
)  # fmt: skip
def test_nothing_but_keys_and_names_of_parts_makes_a_path(tmp_path: Path, key: str, name: str) -> None:
    with pytest.raises(ValueError, match="no part"):
        part_path(tmp_path, key, name)
