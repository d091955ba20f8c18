"""One run of FFmpeg whose output is read as it is wanted: whoever stops reading makes FFmpeg wait."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import IO, Self

from processing.media.encode.program import START, explain

_READ_BYTES = 256 * 1024
_LOOK_SECONDS = 0.1
_TAIL_BYTES = 8 * 1024


class StreamingProgram:
    """FFmpeg while it writes to a pipe. It dies with the thread that made this, and at the end of the block."""

    def __init__(self, command: Sequence[str]) -> None:
        line = [sys.executable, "-I", "-S", str(START), str(os.getpid()), "0", *command]
        self._process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "SVT_LOG": "1"},
        )
        self._tail = b""
        self.has_stalled = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def read(
        self, *, may_read: Callable[[], bool], is_over: Callable[[], bool], stall_seconds: float
    ) -> Iterator[bytes]:
        """What FFmpeg writes, until its end or until `is_over`. While not `may_read`, nothing is taken from it.

        FFmpeg is ended, and `has_stalled` set, when it has written nothing for `stall_seconds` though it might.
        """
        out, err = self._process.stdout, self._process.stderr
        assert out is not None and err is not None
        moved_at = time.monotonic()
        with selectors.DefaultSelector() as selector:
            for pipe in (out, err):
                os.set_blocking(pipe.fileno(), False)
            selector.register(err, selectors.EVENT_READ)
            is_reading = has_ended = False
            while not has_ended and not is_over():
                if may_read() is not is_reading:
                    is_reading = not is_reading
                    moved_at = time.monotonic()
                    if is_reading:
                        selector.register(out, selectors.EVENT_READ)
                    else:
                        selector.unregister(out)
                for key, _ in selector.select(_LOOK_SECONDS) if selector.get_map() else ():
                    pipe_io: IO[bytes] = key.fileobj  # type: ignore[assignment]
                    data = os.read(pipe_io.fileno(), _READ_BYTES)
                    if pipe_io is out:
                        has_ended = not data
                        moved_at = time.monotonic()
                        if data:
                            yield data
                    elif data:
                        self._tail = (self._tail + data)[-_TAIL_BYTES:]
                    else:
                        selector.unregister(err)
                if not selector.get_map():
                    time.sleep(_LOOK_SECONDS)
                if is_reading and time.monotonic() - moved_at > stall_seconds:
                    self.has_stalled = True
                    return

    @property
    def was_killed(self) -> bool:
        """Whether somebody else ended it in the middle of its work."""
        return (self._process.poll() or 0) < 0 and not self.has_stalled

    def failure(self) -> str:
        """Why it ended, in a sentence; empty when it came to the end of the file. Waits for its end a moment."""
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return "FFmpeg wrote nothing any more and was ended." if self.has_stalled else ""
        return explain(code, self._tail.decode(errors="replace").strip()) if code else ""

    def kill(self) -> None:
        """Ends it with all that it started."""
        process = self._process
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
