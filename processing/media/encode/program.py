"""Running the FFmpeg program: progress, cancelling, stalls, and its last words when it fails."""

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from processing.media.encode.errors import DiskFullError, ProgramFailedError, ProgramStalledError

START = Path(__file__).with_name("start.py")
# FFmpeg tells its progress twice a second; a first picture of a slow encoder may take long.
STALL_SECONDS = 180.0
NICE = 15
_LOOK_SECONDS = 0.25
_TAIL_BYTES = 16 * 1024
_FULL = ("No space left on device", "Disk quota exceeded")
_SPEED = re.compile(r"([\d.]+)x")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far FFmpeg is. `seconds` of the output are written; `speed` is in seconds of video per second, 0 while it
    isn't known; `left_seconds` until the end, None likewise."""

    seconds: float
    ratio: float
    speed: float
    size_bytes: int
    left_seconds: float | None


def ffmpeg_program() -> str:
    """The path of the program that comes along, or of IMAGEIO_FFMPEG_EXE. Raises RuntimeError when there is none."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def run_program(
    command: Sequence[str],
    *,
    duration_seconds: float | None,
    progress: Callable[[Progress], None] = lambda _: None,
    stall_seconds: float = STALL_SECONDS,
    timeout_seconds: float | None = None,
    nice: int = NICE,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Runs FFmpeg to its end and returns what it said on the way, at most 16 KiB.

    Whatever exception comes out of `progress` or of a signal ends FFmpeg, its whole process group, before it passes on.
    Raises ProgramFailedError with its last words, ProgramStalledError after `stall_seconds` without a move or
    `timeout_seconds` altogether, DiskFullError.
    """
    line = [sys.executable, "-I", "-S", str(START), str(os.getpid()), str(nice), *command]
    # Nothing of it is decoded by locale: names in command and messages may hold any byte.
    # SVT-AV1 would tell its whole configuration.
    variables = {**os.environ, "SVT_LOG": "1", **(environment or {})}
    process = subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables
    )
    try:
        watcher = _Watcher(process, duration_seconds, progress, stall_seconds, timeout_seconds)
        watcher.watch()
        code = process.wait()
    finally:
        _end(process)
    words = watcher.words()
    if code:
        if any(text in words for text in _FULL):
            raise DiskFullError("The disk is full: make room, then the conversion is tried again.")
        raise ProgramFailedError(explain(code, words), words)
    return words


class _Watcher:
    """Reads both pipes until they end."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        duration_seconds: float | None,
        progress: Callable[[Progress], None],
        stall_seconds: float,
        timeout_seconds: float | None,
    ) -> None:
        self._process = process
        self._duration = duration_seconds or 0.0
        self._progress = progress
        self._stall_seconds = stall_seconds
        self._began = self._moved_at = time.monotonic()
        self._timeout_seconds = timeout_seconds
        self._tail = b""
        self._line = b""
        self._block: dict[str, str] = {}
        self._mark: tuple[str, ...] = ()

    def words(self) -> str:
        """The end of what came on stderr."""
        return self._tail.decode(errors="replace").strip()

    def watch(self) -> None:
        """Returns when FFmpeg has closed both pipes."""
        with selectors.DefaultSelector() as selector:
            for pipe, take in ((self._process.stdout, self._take_progress), (self._process.stderr, self._take_words)):
                assert pipe is not None
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, take)
            while selector.get_map():
                for key, _ in selector.select(_LOOK_SECONDS):
                    pipe_io: IO[bytes] = key.fileobj  # type: ignore[assignment]
                    if data := pipe_io.read():
                        key.data(data)
                    else:
                        selector.unregister(pipe_io)
                self._check_time()

    def _check_time(self) -> None:
        now = time.monotonic()
        if now - self._moved_at > self._stall_seconds:
            sentence = f"FFmpeg got no further for {self._stall_seconds:.0f} s and was ended."
            raise ProgramStalledError(sentence, self.words())
        if self._timeout_seconds is not None and now - self._began > self._timeout_seconds:
            raise ProgramStalledError(
                f"FFmpeg did not end within {self._timeout_seconds:.0f} s and was ended.", self.words()
            )

    def _take_words(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-_TAIL_BYTES:]

    def _take_progress(self, data: bytes) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            name, _, value = line.decode(errors="replace").partition("=")
            self._block[name] = value.strip()
            if name == "progress":
                self._tell()

    def _tell(self) -> None:
        block, self._block = self._block, {}
        mark = (block.get("frame", ""), block.get("out_time_us", ""), block.get("total_size", ""))
        if mark != self._mark:
            self._mark, self._moved_at = mark, time.monotonic()
        seconds = max(0.0, _number(block.get("out_time_us")) / 1_000_000)
        match = _SPEED.search(block.get("speed", ""))
        speed = float(match[1]) if match else 0.0
        ratio = min(1.0, seconds / self._duration) if self._duration else 0.0
        left = max(0.0, self._duration - seconds) / speed if speed and self._duration else None
        before = time.monotonic()
        self._progress(Progress(seconds, ratio, speed, int(_number(block.get("total_size"))), left))
        # Whoever is told may hold everything up for a while, FFmpeg too: that is no stall.
        self._moved_at += time.monotonic() - before


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kills what is left of the group. The output is thrown away, so nothing has to be finished."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # Before start.py has made the group, there is only the process.
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


# What only repeats that something went wrong, or where.
_NOISE = re.compile(
    r"Terminating thread|Task finished with error|Error sending frames|Conversion failed|Nothing was written|"
    r"Could not open encoder before EOF|Error while opening encoder|Error parsing global options|"
    r"Failed to set value|Device creation failed|Error opening output file|Error parsing filterchain"
)
_PREFIX = re.compile(r"^(\[[^\]]*\]\s*)+")


def reason_of(words: str) -> str:
    """The line of FFmpeg's that says most: the first one that isn't noise."""
    lines = [_PREFIX.sub("", line).strip() for line in words.splitlines()]
    said = [line for line in lines if line and not _NOISE.search(line)]
    return (said or [line for line in lines if line] or [""])[0][:300]


def explain(code: int, words: str) -> str:
    """Why FFmpeg ended so, from its status and its last words."""
    reason = reason_of(words)
    if code < 0:
        how = f"FFmpeg was ended by signal {signal.Signals(-code).name}"
        return f"{how}: {reason}" if reason else f"{how}."
    return f"FFmpeg failed: {reason}" if reason else f"FFmpeg failed with code {code} and said nothing."
