"""FFmpeg as a process: its progress, its end by cancelling, stalling and failing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from processing.media.encode.errors import DiskFullError, ProgramFailedError, ProgramStalledError
from processing.media.encode.program import Progress, ffmpeg_program, reason_of, run_program

ENDLESS = ("-re", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=600")


def command(*arguments: str) -> list[str]:
    return [ffmpeg_program(), "-nostdin", "-y", "-v", "warning", "-nostats", "-progress", "pipe:1", *arguments]


class Cancelled(BaseException):
    """As the engine's: not an Exception."""


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "ffmpeg" in child.name()]


def test_progress_is_told_with_ratio_and_speed(tmp_path: Path) -> None:
    told: list[Progress] = []
    output = tmp_path / "out.mkv"

    run_program(
        command("-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=1", "-c:v", "libx264", f"file:{output}"),
        duration_seconds=1,
        progress=told.append,
    )

    assert told[-1].ratio == pytest.approx(1, abs=0.1)
    assert told[-1].speed > 0
    assert output.stat().st_size > 0


def test_it_runs_in_a_group_of_its_own_and_stands_back() -> None:
    seen: list[tuple[int, int]] = []

    def look(_: Progress) -> None:
        [child] = children()
        seen.append((os.getpgid(child.pid), child.nice()))
        raise Cancelled

    with pytest.raises(Cancelled):
        run_program(command(*ENDLESS, "-f", "null", "-"), duration_seconds=600, progress=look, nice=12)

    assert seen[0][0] != os.getpgid(0)
    assert seen[0][1] == os.nice(0) + 12


def test_an_exception_from_outside_ends_ffmpeg() -> None:
    def cancel(_: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run_program(command(*ENDLESS, "-f", "null", "-"), duration_seconds=600, progress=cancel)

    assert children() == []


def test_a_signals_exception_ends_ffmpeg_while_it_says_nothing() -> None:
    def interrupt(number: int, frame: object) -> None:
        raise Cancelled

    before = signal.signal(signal.SIGUSR2, interrupt)
    try:
        with pytest.raises(Cancelled):
            run_program(
                [sys.executable, "-c", "import os, signal, time; os.kill(int(os.environ['TOLD']), 12); time.sleep(60)"],
                duration_seconds=None,
                environment={"TOLD": str(os.getpid())},
            )
    finally:
        signal.signal(signal.SIGUSR2, before)

    assert [child.cmdline() for child in psutil.Process().children() if "TOLD" in " ".join(child.cmdline())] == []


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "from processing.media.encode.program import run_program, ffmpeg_program\n"
        f"run_program({command(*ENDLESS, '-f', 'null', '-')!r}, duration_seconds=600,"
        " progress=lambda p: print('going', flush=True))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert parent.stdout is not None
    parent.stdout.readline()
    [child] = [child for child in psutil.Process(parent.pid).children() if "ffmpeg" in child.name()]

    parent.kill()
    parent.wait()
    parent.stdout.close()

    _, alive = psutil.wait_procs([child], timeout=10)
    assert alive == []


def test_a_program_that_gets_no_further_is_ended() -> None:
    with pytest.raises(ProgramStalledError, match="no further for") as caught:
        run_program([sys.executable, "-c", "import time; time.sleep(60)"], duration_seconds=None, stall_seconds=0.3)

    assert not caught.value.permanent


def test_one_that_takes_too_long_is_ended_although_it_moves() -> None:
    with pytest.raises(ProgramStalledError, match="did not end within"):
        run_program(command(*ENDLESS, "-f", "null", "-"), duration_seconds=600, timeout_seconds=0.3)


def test_a_failure_carries_ffmpegs_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film at all" * 100)

    with pytest.raises(ProgramFailedError, match="FFmpeg failed: ") as caught:
        run_program(command("-i", str(broken), "-f", "null", "-"), duration_seconds=None)

    assert "broken.mp4" in caught.value.words


def test_a_full_disk_is_told_apart_and_may_heal() -> None:
    with pytest.raises(DiskFullError) as caught:
        run_program(
            command("-f", "lavfi", "-i", "testsrc2=s=64x36:d=1", "-c:v", "rawvideo", "-f", "nut", "file:/dev/full"),
            duration_seconds=1,
        )

    assert not caught.value.permanent


def test_the_reason_is_the_line_that_says_most() -> None:
    words = (
        "[AMF @ 0x7f64] DLL libamfrt64.so.1 failed to open\n"
        "[vost#0:0/h264_amf @ 0x55e6] [enc:h264_amf @ 0x55e6] Error while opening encoder - maybe\n"
        "[vf#0:0 @ 0x55e6] Task finished with error code: -1313558101 (Unknown error occurred)\n"
    )

    assert reason_of(words) == "DLL libamfrt64.so.1 failed to open"


def test_a_program_killed_by_a_signal_says_so() -> None:
    with pytest.raises(ProgramFailedError, match="ended by signal SIGKILL"):
        run_program([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], duration_seconds=None)


def test_the_pipes_of_a_chatty_program_never_fill() -> None:
    noise = "import sys; sys.stderr.write('x' * 3_000_000); sys.stdout.write('frame=1\\nprogress=end\\n')"

    words = run_program([sys.executable, "-c", noise], duration_seconds=None)

    assert len(words) == 16 * 1024


def test_a_listener_that_holds_everything_up_is_no_stall() -> None:
    told: list[Progress] = []

    def hold_up(done: Progress) -> None:
        if not told:
            time.sleep(0.5)
        told.append(done)

    line = "import time; print('frame=1\\nprogress=continue', flush=True); time.sleep(0.05); print('progress=end')"
    run_program([sys.executable, "-c", line], duration_seconds=None, progress=hold_up, stall_seconds=0.4)

    assert len(told) == 2
