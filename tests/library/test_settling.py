"""Telling files that are still being written."""

import os
import subprocess
import sys
import time
from pathlib import Path

from library.services.settling import is_fresh, open_for_writing, part_settled
from library.services.walk import FoundFile, Walk
from tests.library.factories import write_file


def found_in(root: Path) -> list[FoundFile]:
    return list(Walk(str(root)))


def test_a_file_is_fresh_for_a_minute_after_its_last_change(tmp_path):
    write_file(tmp_path / "a.mp4", mtime_ns=1_000 * 10**9)
    (found,) = found_in(tmp_path)

    assert is_fresh(found, 1_059.0)
    assert not is_fresh(found, 1_061.0)


def test_a_file_dated_in_the_future_is_fresh(tmp_path):
    write_file(tmp_path / "a.mp4", mtime_ns=9_000 * 10**9)
    (found,) = found_in(tmp_path)

    assert is_fresh(found, 1_000.0)


def test_files_that_stay_as_they_are_have_settled(tmp_path):
    write_file(tmp_path / "a.mp4")
    files = found_in(tmp_path)

    assert part_settled(files, looked_at=0, settle_seconds=0) == (files, 0)


def test_a_file_that_grew_is_busy(tmp_path):
    write_file(tmp_path / "a.mp4")
    files = found_in(tmp_path)
    with open(tmp_path / "a.mp4", "ab") as growing:
        growing.write(b"more")

    assert part_settled(files, looked_at=0, settle_seconds=0) == ([], 1)


def test_a_file_that_vanished_is_neither_settled_nor_busy(tmp_path):
    write_file(tmp_path / "a.mp4")
    files = found_in(tmp_path)
    (tmp_path / "a.mp4").unlink()

    assert part_settled(files, looked_at=0, settle_seconds=0) == ([], 0)


def test_the_wait_counts_from_the_last_look(tmp_path, monkeypatch):
    write_file(tmp_path / "a.mp4")
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(time, "monotonic", lambda: 101.5)

    part_settled(found_in(tmp_path), looked_at=100.0, settle_seconds=2.0)

    assert waits == [0.5]


def test_without_files_nobody_waits(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)

    assert part_settled([], looked_at=0, settle_seconds=60) == ([], 0)
    assert waits == []


def test_a_file_that_another_process_writes_is_seen(tmp_path):
    path = write_file(tmp_path / "a.mp4")
    program = "import sys; f = open(sys.argv[1], 'ab'); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()

        seen = open_for_writing({path})

        writer.communicate()
    assert seen == {path}


def test_a_file_that_is_only_read_is_not_seen(tmp_path):
    path = write_file(tmp_path / "a.mp4")

    with open(path, "rb"):
        assert open_for_writing({path}) == set()


def test_a_writer_is_seen_through_a_link(tmp_path):
    path = write_file(tmp_path / "real/a.mp4")
    (tmp_path / "link").symlink_to("real")
    linked = os.path.join(tmp_path, "link/a.mp4")

    with open(path, "ab"):
        assert open_for_writing({linked}) == {linked}
