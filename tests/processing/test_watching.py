"""Watching folders: bursts, events, polling, and what becomes of them."""

import errno
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from library.models import Folder
from library.models.scan_log import ScanStatus
from library.services.disks import Mount
from processing.models import Job, JobStatus
from processing.services import bursts, watchers, watching
from processing.services.bursts import Burst
from processing.services.submit import common_part
from processing.services.watchers import EventWatcher, PollingWatcher
from processing.services.watching import Watching
from processing.stages.registry import StageContext
from processing.stages.scan import run
from tests.library.factories import make_file, make_folder, write_file
from tests.processing.factories import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_connection")]


def wait_for(condition: Callable[[], object], what: str, step: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        step()
        time.sleep(0.05)


@pytest.fixture
def noted() -> list[str]:
    return []


@pytest.fixture
def events(tmp_path: Path, noted: list[str]) -> Iterator[EventWatcher]:
    (tmp_path / "a").mkdir()
    watcher = EventWatcher(str(tmp_path), noted.append)
    watcher.start()
    yield watcher
    watcher.stop()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    """A watching whose bursts end at once."""
    monkeypatch.setattr(bursts, "QUIET_SECONDS", 0.2)
    one = Watching()
    yield one
    one.stop()


def scans() -> list[tuple[str, str]]:
    """Folder part and trigger of the scan jobs, the first one first."""
    jobs = Job.objects.filter(stage="scan").order_by("pk")
    return [(job.params["subpath"], job.params["trigger"]) for job in jobs]


def end_scans() -> None:
    Job.objects.filter(stage="scan").delete()


# ---- bursts ---------------------------------------------------------------------------------------------------------
def test_a_burst_ends_when_it_is_quiet_and_is_one_part() -> None:
    burst = Burst()
    for second, part in enumerate(("a/b", "a/c", "a/b")):
        burst.note(part, float(second))
        assert burst.take(second + 1.9) is None

    assert (burst.take(4.1), burst.take(99.0)) == ("a", None)


def test_a_burst_that_never_rests_is_taken_all_the_same() -> None:
    burst = Burst()
    taken = []
    for second in range(40):
        burst.note("a", float(second))
        taken.append(burst.take(second + 0.5))

    assert taken.count("a") == 1


@pytest.mark.parametrize(
    ("parts", "common"), [(["a/b", "a/c"], "a"), (["a/b", "ab"], ""), (["a", ""], ""), (["a/b"], "a/b"), ([], "")]
)
def test_the_common_part_goes_by_whole_names(parts: list[str], common: str) -> None:
    assert common_part(parts) == common


# ---- events ---------------------------------------------------------------------------------------------------------
def test_a_file_is_noted_once_it_is_closed(events: EventWatcher, noted: list[str], tmp_path: Path) -> None:
    with open(tmp_path / "a/film.mp4", "wb") as target:
        target.write(b"x")
        target.flush()
        time.sleep(0.7)
        events.look()
        assert noted == []

    wait_for(lambda: noted == ["a"], "the closed file is noted")


def test_a_file_that_was_moved_here_is_noted_after_a_look(
    events: EventWatcher, noted: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchers, "_OPENED_SECONDS", 0.0)
    outside = tmp_path.parent / f"{tmp_path.name}-outside.mp4"
    outside.write_bytes(b"x")

    outside.rename(tmp_path / "a/film.mp4")

    wait_for(lambda: noted, "the file is noted", events.look)
    assert set(noted) == {"a"}


def test_what_is_no_video_and_what_is_hidden_is_not_noted(
    events: EventWatcher, noted: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a/film.nfo").write_text("x")
    (tmp_path / "a/.film.mp4").write_text("x")
    (tmp_path / "a/last.mp4").write_text("x")

    wait_for(lambda: noted, "the video is noted")
    assert set(noted) == {"a"}


def test_a_move_notes_both_folders_and_new_folders_are_watched(
    events: EventWatcher, noted: list[str], tmp_path: Path
) -> None:
    (tmp_path / "b/c").mkdir(parents=True)
    wait_for(lambda: noted, "the new folder is noted")
    noted.clear()
    (tmp_path / "a/film.mp4").write_text("x")
    wait_for(lambda: noted, "the file is noted")
    noted.clear()

    (tmp_path / "a/film.mp4").rename(tmp_path / "b/c/film.mp4")

    wait_for(lambda: set(noted) == {"a", "b/c"}, "both are noted")


def test_a_deleted_file_is_noted(events: EventWatcher, noted: list[str], tmp_path: Path) -> None:
    (tmp_path / "a/film.mp4").write_text("x")
    wait_for(lambda: noted, "the file is noted")
    noted.clear()

    (tmp_path / "a/film.mp4").unlink()

    wait_for(lambda: noted == ["a"], "its end is noted")


def test_a_watcher_whose_events_were_lost_does_not_work_any_more(events: EventWatcher) -> None:
    before = events.is_working()
    watchers._overflows.count += 1

    assert (before, events.is_working()) == (True, False)


def test_polling_notes_the_parts_whose_names_changed(tmp_path: Path, noted: list[str]) -> None:
    write_file(tmp_path / "a/one.mp4")
    write_file(tmp_path / "b/one.mp4")
    watcher = PollingWatcher(str(tmp_path), noted.append, every_seconds=0.05)
    watcher.start()
    time.sleep(0.2)

    write_file(tmp_path / "a/two.mp4")

    wait_for(lambda: noted == ["a"], "the part is noted")
    watcher.stop()


# ---- folders --------------------------------------------------------------------------------------------------------
def test_a_burst_becomes_one_scan_of_the_part(watch: Watching, tmp_path: Path) -> None:
    make_folder(path=tmp_path, is_auto_scanned=False)
    (tmp_path / "a/b").mkdir(parents=True)
    watch.pass_once()

    for number in range(20):
        write_file(tmp_path / f"a/b/{number}.mp4")

    wait_for(scans, "a scan is submitted", watch.pass_once)
    assert scans() == [("a/b", "watched")]
    assert Folder.objects.get().watch_note == watching._BY_EVENTS


def test_folders_are_taken_up_and_left_as_they_change(watch: Watching, tmp_path: Path) -> None:
    watch.pass_once()
    folder = make_folder(path=tmp_path)
    watch.pass_once()
    assert list(watch._watched) == [folder.pk]
    wait_for(scans, "what changed while nobody watched is scanned", watch.pass_once)

    Folder.objects.update(watch_mode="off")
    watch.pass_once()

    assert (watch._watched, Folder.objects.get().watch_note) == ({}, "")


def test_network_shares_are_looked_at_again_and_again(
    watch: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "mount_of", lambda path: Mount("0:1", "/", "cifs", "//nas/videos"))
    folder = make_folder(path=tmp_path)

    watch.pass_once()

    assert isinstance(watch._watched[folder.pk].watcher, PollingWatcher)
    assert "network share (cifs)" in Folder.objects.get().watch_note


def test_at_the_systems_limit_a_folder_is_polled_and_says_so(
    watch: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: EventWatcher) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(EventWatcher, "start", refuse)
    folder = make_folder(path=tmp_path)

    watch.pass_once()

    assert isinstance(watch._watched[folder.pk].watcher, PollingWatcher)
    assert "fs.inotify.max_user_watches" in Folder.objects.get().watch_note


def test_a_folder_that_vanishes_is_scanned_when_it_is_back(watch: Watching, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    make_folder(path=root, is_auto_scanned=False)
    watch.pass_once()

    shutil.rmtree(root)
    watch.pass_once()
    assert Folder.objects.get().watch_note == watching._AWAY
    end_scans()
    write_file(root / "film.mp4")
    Folder.objects.update(is_auto_scanned=True)
    wait_for(scans, "the folder is scanned", watch.pass_once)

    assert scans() == [("", "watched")]


def test_what_changes_during_a_scan_is_scanned_after_it(watch: Watching, tmp_path: Path) -> None:
    folder = make_folder(path=tmp_path, is_auto_scanned=False)
    (tmp_path / "a").mkdir()
    watch.pass_once()
    running = make_job(stage="scan", target_id=folder.pk, status=JobStatus.RUNNING)
    write_file(tmp_path / "a/film.mp4")
    time.sleep(0.6)
    watch.pass_once()
    assert Job.objects.filter(stage="scan").count() == 1

    running.delete()
    wait_for(scans, "it is scanned afterwards", watch.pass_once)
    assert scans() == [("a", "watched")]


def test_a_file_that_is_still_written_is_looked_at_again(
    watch: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_BUSY_AGAIN_SECONDS", 0.0)
    make_folder(path=tmp_path)
    wait_for(scans, "the first scan", watch.pass_once)
    Job.objects.update(status=JobStatus.COMPLETED, result={"files_busy": 1})

    wait_for(lambda: len(scans()) == 2, "it is scanned again", watch.pass_once)


# ---- scans of what was noticed --------------------------------------------------------------------------------------
def scan_part(folder: Folder, part: str) -> dict[str, int]:
    facts = run(StageContext(folder.pk, {"trigger": "watched", "subpath": part}, folder.pk, lambda done, total: None))
    return {name[6:]: count for name, count in facts.facts.items() if name.startswith("files_") and count}


def test_a_part_that_is_gone_is_judged_in_the_folder_above(tmp_path: Path) -> None:
    folder = make_folder(path=tmp_path)
    make_file(folder=folder, path=write_file(tmp_path / "a/b/film.mp4"))
    make_file(folder=folder, path=write_file(tmp_path / "a/stays.mp4"))
    shutil.rmtree(tmp_path / "a/b")

    assert scan_part(folder, "a/b") == {"seen": 1, "unchanged": 1, "missing": 1}
    assert folder.scans.get().subpath == "a"


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_file_that_went_from_one_watched_part_to_another_keeps_its_row(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    folder = make_folder(path=tmp_path)
    file = make_file(folder=folder, path=write_file(tmp_path / "a/film.mp4"))
    (tmp_path / "b").mkdir()
    (tmp_path / "a/film.mp4").rename(tmp_path / "b/film.mp4")

    for part in order:
        scan_part(folder, part)

    file.refresh_from_db()
    assert (file.relative_path, file.missing_since) == ("b/film.mp4", None)
    assert set(folder.scans.values_list("status", flat=True)) == {ScanStatus.COMPLETED}


# ---- the process ----------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_watcher_watches_until_it_is_told_to_stop(
    start: Callable[..., "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    make_folder(path=tmp_path, is_auto_scanned=False)
    (tmp_path / "a").mkdir()
    process = start("watch")
    wait_for(lambda: Folder.objects.get().watch_note, "the folder is watched")

    write_file(tmp_path / "a/film.mp4")
    wait_for(scans, "the change is scanned")
    process.terminate()

    assert process.wait(10) == 0
    assert scans() == [("a", "watched")]
    assert Folder.objects.get().watch_note == ""
