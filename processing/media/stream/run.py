"""A stream and its runs: each is one FFmpeg at a time, whose output is cut into parts and kept."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from processing.media.encode.catalogue import RENDER_NODE
from processing.media.encode.ladder import Capabilities, Rung
from processing.media.stream.command import leads_of, rungs_of, stream_command
from processing.media.stream.cutter import INIT, Cutter, stand_in
from processing.media.stream.errors import StreamError
from processing.media.stream.making import drops_leading
from processing.media.stream.plan import Plan
from processing.media.stream.running import StreamingProgram
from processing.media.stream.runs import Limits, RunInfo, RunState, StreamJob
from processing.media.stream.store import INIT_NAME, PartStore, segment_name

_STALL_SECONDS = 30.0
# Segments that are waited for rather than begun anew from there.
_COPY_REACH, _ENCODE_REACH = 8, 3
# A run ends where so many of the next segments are there already.
_MADE_ALREADY = 3


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all runs work with. `changed` is the lock around streams and runs, and tells who waits that something has
    come; `left` is called by a run's thread at its end."""

    store: PartStore
    program: str
    capabilities: Callable[[], Capabilities]
    limits: Limits
    changed: threading.Condition
    left: Callable[["Run"], None]


@dataclass(slots=True)
class Stream:
    """A stream that somebody has asked for, and how far it is."""

    job: StreamJob
    plan: Plan | None = None
    is_planning: bool = False
    plan_error: Exception | None = None
    runs: list["Run"] = field(default_factory=list)
    # The rung of the ladder that works here; the ones before it have failed.
    rung_at: int = 0
    failure: str = ""
    failed_at: float = 0.0
    stopped_until: float = 0.0
    used_at: float = 0.0


class Run:
    """One FFmpeg at a time in a thread of its own, from the segment `first` on. All but the thread's own work is done
    under the streamer's lock."""

    def __init__(self, workshop: Workshop, stream: Stream, plan: Plan, first: int) -> None:
        self.workshop, self.stream, self.plan = workshop, stream, plan
        self.id = str(uuid.uuid4())
        self.first = self.at = self.head = first
        self.is_encode = not stream.job.rendition.is_remux
        self.reach = _ENCODE_REACH if self.is_encode else _COPY_REACH
        self.viewers: dict[str, float] = {}
        self.asked_at = time.monotonic()
        self.is_over = False
        self._state = RunState.RUNNING
        self._error = ""
        self._encoder = "copy"
        self._pid = 0
        self._began = time.time()
        self._worked_seconds = 0.0
        self._looked_at: float | None = None
        self.thread = threading.Thread(target=self._work, name=f"stream-{stream.job.key[:8]}-{first}", daemon=True)

    def comes_to(self, number: int) -> bool:
        """Whether it makes that segment soon."""
        return self.at <= number <= self.at + self.reach

    def end(self, state: RunState = RunState.ENDED) -> None:
        """Tells the thread to stop; it does within a moment."""
        self._state = state
        self.is_over = True

    def info(self) -> RunInfo:
        made = self.plan.starts[self.at] if self.at < len(self.plan) else self.plan.end
        began = self.plan.starts[self.first]
        return RunInfo(
            id=self.id,
            key=self.stream.job.key,
            state=self._state,
            encoder=self._encoder,
            started_at=self._began,
            asked_at=time.time() - (time.monotonic() - self.asked_at),
            position_seconds=made,
            speed=(made - began) / self._worked_seconds if self._worked_seconds > 0.05 else 0.0,
            viewers=len(self.viewers),
            error=self._error,
            pid=self._pid,
        )

    # ---- In the thread ----------------------------------------------------------------------------------------------
    def _work(self) -> None:
        try:
            self._try_all()
        except (OSError, StreamError) as error:
            self._fail(str(error))
        finally:
            self.workshop.left(self)

    def _try_all(self) -> None:
        """From the fastest way to the surest one, and where a keyframe wasn't hit from further back."""
        job = self.stream.job
        rungs = rungs_of(job.rendition, job.source, self.workshop.capabilities())
        leads = leads_of(job.rendition, job.source)
        failure = ""
        for at in range(min(self.stream.rung_at, len(rungs) - 1), len(rungs)):
            rung = rungs[at]
            self._encoder = rung.encoder.name if rung is not None else "copy"
            for lead in leads:
                failure = self._run(rung, lead, is_last=lead == leads[-1])
                if self.is_over or self.at > self.first:
                    self.stream.rung_at = at
                    return
        self._stand_in(failure)

    def _run(self, rung: Rung | None, lead: float, *, is_last: bool) -> str:
        """One FFmpeg to its end; why it failed, or empty."""
        job = self.stream.job
        command = stream_command(
            self.workshop.program,
            job.rendition,
            job.source,
            self.plan,
            first=self.first,
            lead_seconds=lead,
            rung=rung,
            render_node=self.workshop.capabilities().render_node or RENDER_NODE,
        )
        cutter = Cutter(self.plan, self.first, is_encoded=self.is_encode, drops_leading=drops_leading(job.rendition))
        with StreamingProgram(command) as program:
            self._pid = program.pid
            self._looked_at = None
            try:
                for data in program.read(
                    may_read=self._may_read, is_over=lambda: self.is_over, stall_seconds=_STALL_SECONDS
                ):
                    for number, part in cutter.feed(data):
                        if cutter.has_missed and not is_last:
                            return ""
                        self._keep(number, part)
                if self.is_over:
                    return ""
                failure = program.failure()
                if not program.was_killed and (not cutter.has_missed or is_last):
                    for number, part in cutter.finish():
                        self._keep(number, part)
            except StreamError as error:
                return str(error)
        return failure

    def _may_read(self) -> bool:
        ahead = self.plan.starts[min(self.at, len(self.plan) - 1)] - self.plan.starts[self.head]
        may = ahead <= self.workshop.limits.ahead_seconds
        now = time.monotonic()
        if self._looked_at is not None:
            self._worked_seconds += now - self._looked_at
        self._looked_at = now if may else None
        return may

    def _keep(self, number: int, part: bytes) -> None:
        workshop, key = self.workshop, self.stream.job.key
        workshop.store.put(key, INIT_NAME if number == INIT else segment_name(number), part)
        with workshop.changed:
            if number != INIT:
                self.at = number + 1
                self.stream.failure = ""
                following = range(self.at, self.at + _MADE_ALREADY)
                if all(n >= len(self.plan) or workshop.store.holds(key, segment_name(n)) for n in following):
                    self.end()
            workshop.changed.notify_all()

    def _stand_in(self, failure: str) -> None:
        """No way led to the first segment: a hole in the file, an end before its time, or nothing can be read."""
        store, key = self.workshop.store, self.stream.job.key
        try:
            init = store.path(key, INIT_NAME).read_bytes()
        except FileNotFoundError:
            self._fail(failure or "This file holds nothing that can be shown.")
            return
        neighbours = (
            store.path(key, segment_name(number)) for number in (self.first - 1, self.first + 1) if number >= 0
        )
        neighbour = next((path.read_bytes() for path in neighbours if path.exists()), b"")
        self._error = failure
        self._keep(self.first, stand_in(self.plan, self.first, init, neighbour))

    def _fail(self, sentence: str) -> None:
        with self.workshop.changed:
            self._state, self._error = RunState.FAILED, sentence
            self.stream.failure, self.stream.failed_at = sentence, time.monotonic()


def attend(stream: Stream, run: Run, number: int, viewer: str) -> None:
    """A viewer wants a segment of a run's: it is his from now on, and no other of the stream."""
    run.viewers[viewer] = run.asked_at = time.monotonic()
    run.head = max(run.head, number)
    leave(stream, viewer, but=run)


def leave(stream: Stream, viewer: str, *, but: Run | None = None) -> None:
    for other in stream.runs:
        if other is not but and other.viewers.pop(viewer, None) is not None and not other.viewers:
            other.end()
