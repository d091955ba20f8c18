"""Which FFmpeg runs, from where, for whom and how long."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from processing.media.encode.ladder import Capabilities
from processing.media.encode.program import ffmpeg_program
from processing.media.stream import plan as planning
from processing.media.stream import streamer as module
from processing.media.stream.runs import Limits, RunInfo, RunState, State, StreamJob
from processing.media.stream.store import PartStore
from processing.media.stream.streamer import Streamer
from tests import media_factory as factory
from tests.processing.media.streaming import KEY, make_job, pieces

OTHER_KEY = "f" * 32
WAIT = 30.0
SECONDS = 12


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "COPY_SECONDS", 0.9)
    monkeypatch.setattr(planning, "ENCODE_SECONDS", 1.0)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return factory.make_video(tmp_path / "film.mkv", seconds=SECONDS, size="96x64", gop=25, audio="aac")


Make = Callable[..., Streamer]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made = []

    def make(*jobs: StreamJob, limit_bytes: int = 10**9, limits: Limits | None = None, **options) -> Streamer:
        store = PartStore(tmp_path / "store", limit_bytes=limit_bytes)
        known = {job.key: job for job in jobs}
        program = options.pop("program", ffmpeg_program())
        made.append(Streamer(store, known.get, program=program, limits=limits, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def running(streamer: Streamer) -> list[RunInfo]:
    return [run for run in streamer.sessions() if run.state is RunState.RUNNING]


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < deadline, "It didn't come true."
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_any_part_is_made_when_it_is_asked_for(make: Make, film: Path) -> None:
    streamer = make(make_job(film))

    names = ("index.m3u8", "init.mp4", "0.m4s", "9.m4s", "3.m4s")
    answers = [streamer.ask(KEY, name, wait_seconds=WAIT).state for name in names]

    assert answers == [State.READY] * 5
    init, part = (streamer.store.path(KEY, name).read_bytes() for name in ("init.mp4", "9.m4s"))
    assert pieces(init, part)["video"].begin == pytest.approx(9, abs=0.04)


def test_what_there_is_not_is_gone(make: Make, film: Path) -> None:
    streamer = make(make_job(film))

    assert streamer.ask(KEY, "12.m4s").state is State.GONE
    assert streamer.ask(OTHER_KEY, "0.m4s").state is State.GONE
    assert not running(streamer)


def test_a_second_viewer_costs_no_second_ffmpeg(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=1))

    for viewer in ("ann", "ben"):
        assert streamer.ask(KEY, "0.m4s", viewer=viewer, wait_seconds=WAIT).state is State.READY

    [run] = running(streamer)
    assert run.viewers == 2


def test_ffmpeg_waits_a_little_ahead_of_its_viewers(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=2))
    streamer.ask(KEY, "0.m4s", wait_seconds=WAIT)
    wait_until(lambda: streamer.store.holds(KEY, "2.m4s"))

    [run] = running(streamer)
    # Segments that were in the pipe already may follow, the end of the film may not.
    assert not streamer.store.holds(KEY, "9.m4s")
    assert is_alive(run.pid)

    assert streamer.ask(KEY, "3.m4s", wait_seconds=WAIT).state is State.READY
    assert [one.id for one in running(streamer)] == [run.id]


def test_who_goes_elsewhere_gives_back_what_was_made_for_him(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=1, encoders=1))
    streamer.ask(KEY, "0.m4s", viewer="ann", wait_seconds=WAIT)
    [first] = running(streamer)

    assert streamer.ask(KEY, "9.m4s", viewer="ann", wait_seconds=WAIT).state is State.READY

    [second] = running(streamer)
    assert second.id != first.id
    wait_until(lambda: not is_alive(first.pid))


def test_two_viewers_at_different_places_have_an_ffmpeg_each(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=1))

    for viewer, name in (("ann", "0.m4s"), ("ben", "9.m4s"), ("ann", "1.m4s"), ("ben", "9.m4s")):
        assert streamer.ask(KEY, name, viewer=viewer, wait_seconds=WAIT).state is State.READY

    assert len(running(streamer)) <= 2
    assert {run.viewers for run in running(streamer)} <= {1}


def test_ffmpeg_ends_when_nobody_asks_any_more(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=1, idle_seconds=0.2))
    streamer.ask(KEY, "0.m4s", wait_seconds=WAIT)
    [run] = running(streamer)
    time.sleep(0.25)

    streamer.tick()

    wait_until(lambda: not is_alive(run.pid))
    assert streamer.ask(KEY, "1.m4s", wait_seconds=WAIT).state is State.READY


def test_a_stopped_stream_ends_at_once_and_rests(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=1))
    streamer.ask(KEY, "0.m4s", wait_seconds=WAIT)
    [run] = running(streamer)

    streamer.stop({run.id})

    wait_until(lambda: not is_alive(run.pid))
    answer = streamer.ask(KEY, "5.m4s")
    assert (answer.state, "stopped" in answer.sentence) == (State.BUSY, True)
    wait_until(lambda: any(one.state is RunState.STOPPED for one in streamer.sessions()) or not streamer._running())


def test_no_more_encoders_run_than_allowed_and_the_answer_says_so(make: Make, film: Path) -> None:
    jobs = [make_job(film, video="encode"), make_job(film, video="encode", key=OTHER_KEY)]
    streamer = make(*jobs, limits=Limits(encoders=1, ahead_seconds=1))
    streamer.ask(KEY, "0.m4s", viewer="ann", wait_seconds=WAIT)

    answer = streamer.ask(OTHER_KEY, "0.m4s", viewer="ben")

    assert answer.state is State.BUSY
    assert "as many as this machine may" in answer.sentence


def test_an_encoder_whose_viewer_has_enough_is_given_to_the_next(
    make: Make, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CONTENT_SECONDS", -1.0)
    jobs = [make_job(film, video="encode"), make_job(film, video="encode", key=OTHER_KEY)]
    streamer = make(*jobs, limits=Limits(encoders=1, ahead_seconds=1))
    streamer.ask(KEY, "0.m4s", viewer="ann", wait_seconds=WAIT)

    assert streamer.ask(OTHER_KEY, "0.m4s", viewer="ben", wait_seconds=WAIT).state is State.READY


def test_hardware_that_fails_is_replaced_by_software(make: Make, film: Path) -> None:
    # Proven once, and gone since.
    capabilities = Capabilities(encoders=frozenset({"h264_nvenc"}))
    streamer = make(make_job(film, video="encode"), capabilities=lambda: capabilities, limits=Limits(ahead_seconds=1))

    assert streamer.ask(KEY, "0.m4s", wait_seconds=WAIT).state is State.READY

    [run] = running(streamer)
    assert run.encoder == "libx264"


def test_an_ffmpeg_that_is_killed_is_followed_by_another_without_a_gap(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=1))
    streamer.ask(KEY, "1.m4s", wait_seconds=WAIT)
    [run] = running(streamer)

    os.kill(run.pid, signal.SIGKILL)

    for number in range(1, 8):
        assert streamer.ask(KEY, f"{number}.m4s", wait_seconds=WAIT).state is State.READY
    init = streamer.store.path(KEY, "init.mp4").read_bytes()
    row = [pieces(init, streamer.store.path(KEY, f"{n}.m4s").read_bytes())["video"] for n in range(1, 8)]
    assert all(one.end == pytest.approx(other.begin, abs=1e-6) for one, other in itertools.pairwise(row))


def test_playback_goes_on_behind_a_corrupt_middle(make: Make, tmp_path: Path) -> None:
    film = factory.make_damaged(tmp_path / "damaged.ts", seconds=10)
    streamer = make(make_job(film))
    streamer.ask(KEY, "index.m3u8")
    lines = streamer.store.path(KEY, "index.m3u8").read_text().splitlines()
    names = [line for line in lines if line.endswith(".m4s")]

    answers = {streamer.ask(KEY, name, wait_seconds=WAIT).state for name in names}

    assert answers == {State.READY}
    init = streamer.store.path(KEY, "init.mp4").read_bytes()
    last = pieces(init, streamer.store.path(KEY, names[-1]).read_bytes())["video"]
    length = sum(float(line[8:-1]) for line in lines if line.startswith("#EXTINF"))
    assert last.end == pytest.approx(length, abs=0.3)
    assert length == pytest.approx(10, abs=0.3)


def test_segments_behind_the_end_of_a_cut_off_file_are_stand_ins(make: Make, tmp_path: Path) -> None:
    film = factory.make_truncated(tmp_path / "cut.mp4", seconds=10)
    streamer = make(make_job(film))

    answers = {streamer.ask(KEY, f"{number}.m4s", wait_seconds=WAIT).state for number in range(10)}

    assert answers == {State.READY}
    init = streamer.store.path(KEY, "init.mp4").read_bytes()
    stand_in = pieces(init, streamer.store.path(KEY, "9.m4s").read_bytes())["video"]
    assert len(stand_in.data) == 1
    assert stand_in.begin == pytest.approx(9, abs=0.04)


def test_a_file_that_is_no_film_is_answered_with_why(make: Make, film: Path, tmp_path: Path) -> None:
    job = make_job(film)
    film.write_bytes(bytes(5000))
    streamer = make(job)

    answer = streamer.ask(KEY, "index.m3u8")

    assert answer.state is State.FAILED
    assert "not a video" in answer.sentence


def test_a_film_that_nothing_decodes_is_answered_with_why(make: Make, film: Path, tmp_path: Path) -> None:
    fails = tmp_path / "fails"
    fails.write_text("#!/bin/sh\necho 'No decoder for this' >&2\nexit 1\n")
    fails.chmod(0o755)
    streamer = make(make_job(film, video="encode"), program=str(fails))

    answer = streamer.ask(KEY, "0.m4s", wait_seconds=WAIT)

    assert answer.state is State.FAILED
    assert "No decoder for this" in answer.sentence


def test_the_cache_stays_within_its_bytes_while_all_of_a_film_is_watched(make: Make, film: Path) -> None:
    streamer = make(make_job(film), limit_bytes=60_000)
    most = 0

    for number in range(12):
        assert streamer.ask(KEY, f"{number}.m4s", wait_seconds=WAIT).state is State.READY
        most = max(most, sum(path.stat().st_size for path in streamer.store.folder.rglob("*") if path.is_file()))

    assert 20_000 < most <= 60_000
    assert not streamer.store.holds(KEY, "0.m4s")
    # What made room is made again.
    assert streamer.ask(KEY, "0.m4s", wait_seconds=WAIT).state is State.READY


def test_a_new_streamer_goes_on_with_the_cache(make: Make, film: Path) -> None:
    job = make_job(film)
    before = make(job)
    before.ask(KEY, "11.m4s", wait_seconds=WAIT)
    before.close()

    after = make(job, program="/nowhere/ffmpeg")

    assert after.ask(KEY, "11.m4s").state is State.READY


def test_a_playlist_begins_what_its_viewer_will_ask_for(make: Make, film: Path) -> None:
    streamer = make(make_job(film), limits=Limits(ahead_seconds=1))

    streamer.ask(KEY, "index.m3u8", at_seconds=6.2)

    wait_until(lambda: streamer.store.holds(KEY, "6.m4s"))
    assert not streamer.store.holds(KEY, "0.m4s")


def test_closing_leaves_no_ffmpeg(make: Make, film: Path) -> None:
    streamer = make(make_job(film, video="encode"), limits=Limits(ahead_seconds=1))
    streamer.ask(KEY, "0.m4s", wait_seconds=WAIT)
    [run] = running(streamer)

    streamer.close()

    assert not is_alive(run.pid)
    assert streamer.ask(KEY, "11.m4s").state is State.LATER


_PROCESS = """
import sys, time
from pathlib import Path
from processing.media.encode.program import ffmpeg_program
from processing.media.stream.runs import Limits
from processing.media.stream.store import PartStore
from processing.media.stream.streamer import Streamer
from tests.processing.media.streaming import KEY, make_job
job = make_job(Path(sys.argv[1]), video="encode")
streamer = Streamer(PartStore(Path(sys.argv[2]), limit_bytes=10**9), {KEY: job}.get, program=ffmpeg_program(),
                    limits=Limits(ahead_seconds=1))
streamer.ask(KEY, "0.m4s", wait_seconds=30)
print(streamer.sessions()[-1].pid, flush=True)
time.sleep(60)
"""


def test_a_killed_streamer_leaves_no_ffmpeg(film: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-c", _PROCESS, str(film), str(tmp_path / "store")]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            pid = int(process.stdout.readline())
            assert is_alive(pid)
        finally:
            process.kill()

    wait_until(lambda: not is_alive(pid))
