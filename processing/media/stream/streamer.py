"""Makes parts of streams when they are asked for: which FFmpeg runs, from where, for whom and how long.

A stream is one rendition of one file; a run is one FFmpeg that makes its segments in order from some segment on. Who
asks for a segment is served from the store, by a run that comes to it soon, or by a new run. All viewers of a stream
share its runs. A run goes a little ahead of those who watch and then waits; it ends when nobody has asked for a while,
when its last viewer went elsewhere in the film, and where it would make what is there already.

Knows neither Django nor sockets; threads may call all of it.
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from processing.media.encode.catalogue import RENDER_NODE
from processing.media.encode.ladder import Capabilities, Rung
from processing.media.errors import MediaError
from processing.media.stream.command import leads_of, rungs_of, stream_command
from processing.media.stream.cutter import INIT, Cutter, stand_in
from processing.media.stream.errors import FewKeyframesError, StreamError
from processing.media.stream.index import read_index
from processing.media.stream.plan import Plan, plan_copied, plan_encoded, plan_sound
from processing.media.stream.rendition import Rendition
from processing.media.stream.running import StreamingProgram
from processing.media.stream.runs import Answer, Limits, RunInfo, RunState, State, StreamJob
from processing.media.stream.store import INIT_NAME, PLAYLIST_NAME, PartStore, segment_name

_STOPPED_SECONDS = 60.0
_FAILED_SECONDS = 20.0
_FORGET_SECONDS = 600.0
# A viewer who asked for nothing so long has enough: his encoder may be taken for somebody else.
_CONTENT_SECONDS = 15.0
_STALL_SECONDS = 30.0
# Who doesn't want to wait waits so long for a file to be read: with an index that is enough.
_PLAN_SECONDS = 0.3
# Segments that are waited for rather than begun anew from there.
_COPY_REACH, _ENCODE_REACH = 8, 3
# A run ends where so many of the next segments are there already.
_MADE_ALREADY = 3

STOPPED = "Somebody who looks after this library stopped this stream. Try again in a minute."


@dataclass(slots=True)
class _Stream:
    job: StreamJob
    plan: Plan | None = None
    is_planning: bool = False
    plan_error: Exception | None = None
    runs: list["_Run"] = field(default_factory=list)
    # The rung of the ladder that works here; the ones before it have failed.
    rung_at: int = 0
    failure: str = ""
    failed_at: float = 0.0
    stopped_until: float = 0.0
    used_at: float = 0.0


class Streamer:
    """See the module. `load` finds the stream of a key, None when there is none; `capabilities` what this machine's
    hardware was proven to do."""

    def __init__(
        self,
        store: PartStore,
        load: Callable[[str], StreamJob | None],
        *,
        program: str,
        capabilities: Callable[[], Capabilities] = Capabilities,
        limits: Limits | None = None,
    ) -> None:
        self.store, self.program, self.limits = store, program, limits or Limits()
        self._load, self.capabilities = load, capabilities
        self.changed = threading.Condition(threading.RLock())
        self._streams: dict[str, _Stream] = {}
        self._over: list[RunInfo] = []
        self._is_closed = False

    # ---- Questions --------------------------------------------------------------------------------------------------
    def ask(
        self, key: str, name: str, *, viewer: str = "", wait_seconds: float = 0.0, at_seconds: float | None = None
    ) -> Answer:
        """Has a part made, and waits for it at most so long. Of a playlist, `at_seconds` tells where its viewer will
        begin, so that those segments are begun at once."""
        stream = self._stream(key)
        if stream is None:
            return Answer(State.GONE, "This stream isn't known; load the page again.")
        if time.monotonic() < stream.stopped_until:
            return Answer(State.BUSY, STOPPED)
        deadline = time.monotonic() + wait_seconds
        try:
            plan = self._plan(stream, wait_seconds)
            if plan is None:
                return Answer(State.LATER)
            if name == PLAYLIST_NAME:
                return self._playlist(stream, plan, viewer, at_seconds)
        except FewKeyframesError as error:
            return Answer(State.UNCUT, str(error))
        except (MediaError, OSError) as error:
            return Answer(State.FAILED, str(error))
        number = INIT if name == INIT_NAME else int(name.partition(".")[0])
        if number >= len(plan):
            return Answer(State.GONE, "The film has no such part.")
        return self._part(stream, plan, number, viewer, deadline)

    def _stream(self, key: str) -> _Stream | None:
        with self.changed:
            stream = self._streams.get(key)
        if stream is None:
            job = self._load(key)
            if job is None:
                return None
            with self.changed:
                stream = self._streams.setdefault(key, _Stream(job))
        stream.used_at = time.monotonic()
        return stream

    def _plan(self, stream: _Stream, wait_seconds: float) -> Plan | None:
        """The stream's segments; None while the file is still being read, which may take longer than anybody waits.

        Raises MediaError, OSError.
        """
        deadline = time.monotonic() + max(wait_seconds, _PLAN_SECONDS)
        with self.changed:
            if stream.plan is None and not stream.is_planning:
                stream.is_planning = True
                threading.Thread(target=self._make_plan, args=(stream,), name="stream-plan", daemon=True).start()
            while stream.is_planning:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.changed.wait(left)
            if stream.plan is None:
                raise stream.plan_error or StreamError("This file can't be read.")
            return stream.plan

    def _make_plan(self, stream: _Stream) -> None:
        try:
            stream.plan = make_plan(stream.job)
        except (MediaError, OSError) as error:
            stream.plan_error = error
        finally:
            with self.changed:
                stream.is_planning = False
                self.changed.notify_all()

    def _playlist(self, stream: _Stream, plan: Plan, viewer: str, at_seconds: float | None) -> Answer:
        key = stream.job.key
        if not self.store.has(key, PLAYLIST_NAME):
            self.store.put(key, PLAYLIST_NAME, plan.playlist().encode())
        if at_seconds is not None:
            with self.changed:
                number = min(max(plan.of_sound(at_seconds), 0), len(plan) - 1)
                if not self.store.has(key, segment_name(number)):
                    self._ensure(stream, plan, number, viewer)
        return Answer(State.READY)

    def _part(self, stream: _Stream, plan: Plan, number: int, viewer: str, deadline: float) -> Answer:
        name = INIT_NAME if number == INIT else segment_name(number)
        with self.changed:
            while True:
                if self.store.has(stream.job.key, name):
                    self._note(stream, plan, number, viewer)
                    return Answer(State.READY)
                if problem := self._ensure(stream, plan, number, viewer):
                    return problem
                left = deadline - time.monotonic()
                if left <= 0:
                    return Answer(State.LATER)
                self.changed.wait(min(left, 1.0))

    # ---- Which run --------------------------------------------------------------------------------------------------
    def _ensure(self, stream: _Stream, plan: Plan, number: int, viewer: str) -> Answer | None:
        """Sees to it that a run comes to a segment that isn't there; an answer says why none does."""
        if self._is_closed:
            return Answer(State.LATER)
        running = [run for run in stream.runs if not run.is_over]
        if number == INIT and running:
            return None
        number = max(number, 0)
        run = next((run for run in running if run.comes_to(number)), None)
        if run is None:
            if time.monotonic() - stream.failed_at < _FAILED_SECONDS and stream.failure:
                return Answer(State.FAILED, stream.failure)
            if time.monotonic() < stream.stopped_until:
                return Answer(State.BUSY, STOPPED)
            is_encode = not stream.job.rendition.is_remux
            # Whoever goes elsewhere in the film gives back what he used first.
            _leave(stream, viewer)
            if not self._has_room(is_encode):
                return Answer(State.BUSY, _full(self.limits.encoders if is_encode else self.limits.copies, is_encode))
            run = _Run(self, stream, plan, number)
            stream.runs.append(run)
            run.thread.start()
        _attend(stream, run, number, viewer)
        return None

    def _note(self, stream: _Stream, plan: Plan, number: int, viewer: str) -> None:
        """A part that is there was asked for: the run that made it goes on, or one for what comes next begins."""
        if number == INIT:
            return
        for run in stream.runs:
            if not run.is_over and run.first <= number <= run.at + run.reach:
                _attend(stream, run, number, viewer)
                return
        for later in range(number + 1, min(number + 3, len(plan))):
            if not self.store.holds(stream.job.key, segment_name(later)):
                self._ensure(stream, plan, later, viewer)
                return

    def _has_room(self, is_encode: bool) -> bool:
        runs = [run for run in self._running() if run.is_encode is is_encode]
        if len(runs) < (self.limits.encoders if is_encode else self.limits.copies):
            return True
        longest = min(runs, key=lambda run: run.asked_at)
        if time.monotonic() - longest.asked_at > _CONTENT_SECONDS:
            longest.end()
            return True
        return False

    def _running(self) -> list["_Run"]:
        return [run for stream in self._streams.values() for run in stream.runs if not run.is_over]

    # ---- Looking after ----------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """Ends runs that nobody asks anything of any more; called every second or so."""
        now = time.monotonic()
        with self.changed:
            for run in self._running():
                if now - run.asked_at > self.limits.idle_seconds:
                    run.end()
            for key, stream in list(self._streams.items()):
                if not stream.runs and now - max(stream.used_at, stream.stopped_until) > _FORGET_SECONDS:
                    del self._streams[key]

    def sessions(self) -> list[RunInfo]:
        """All runs: those that go on, and once each those that have ended since the last call."""
        with self.changed:
            over, self._over = self._over, []
            return [*over, *(run.info() for run in self._running())]

    def stop(self, run_ids: set[str]) -> None:
        """Ends runs because a person wants it; their streams rest for a minute."""
        with self.changed:
            for run in self._running():
                if run.id in run_ids:
                    run.stream.stopped_until = time.monotonic() + _STOPPED_SECONDS
                    run.end(RunState.STOPPED)

    def forget(self, keys: set[str]) -> None:
        """Ends and removes streams whose film is gone."""
        with self.changed:
            for key in keys:
                if stream := self._streams.pop(key, None):
                    for run in stream.runs:
                        run.end()
        self.store.forget(keys)

    def close(self) -> None:
        """Ends everything; returns when no FFmpeg runs."""
        with self.changed:
            self._is_closed = True
            runs = self._running()
            for run in runs:
                run.end()
        for run in runs:
            run.thread.join(5)

    def left(self, run: "_Run") -> None:
        """A run's thread has come to its end."""
        with self.changed:
            run.is_over = True
            if run in run.stream.runs:
                run.stream.runs.remove(run)
            self._over.append(run.info())
            self.changed.notify_all()


class _Run:
    """One FFmpeg at a time in a thread of its own, from the segment `first` on. All but the thread's own work is done
    under the streamer's lock."""

    def __init__(self, streamer: Streamer, stream: _Stream, plan: Plan, first: int) -> None:
        self.streamer, self.stream, self.plan = streamer, stream, plan
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
            self.streamer.left(self)

    def _try_all(self) -> None:
        """From the fastest way to the surest one, and where a keyframe wasn't hit from further back."""
        job = self.stream.job
        rungs = rungs_of(job.rendition, job.source, self.streamer.capabilities())
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
            self.streamer.program,
            job.rendition,
            job.source,
            self.plan,
            first=self.first,
            lead_seconds=lead,
            rung=rung,
            render_node=self.streamer.capabilities().render_node or RENDER_NODE,
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
        may = ahead <= self.streamer.limits.ahead_seconds
        now = time.monotonic()
        if self._looked_at is not None:
            self._worked_seconds += now - self._looked_at
        self._looked_at = now if may else None
        return may

    def _keep(self, number: int, part: bytes) -> None:
        streamer, key = self.streamer, self.stream.job.key
        streamer.store.put(key, INIT_NAME if number == INIT else segment_name(number), part)
        with streamer.changed:
            if number != INIT:
                self.at = number + 1
                self.stream.failure = ""
                following = range(self.at, self.at + _MADE_ALREADY)
                if all(n >= len(self.plan) or streamer.store.holds(key, segment_name(n)) for n in following):
                    self.end()
            streamer.changed.notify_all()

    def _stand_in(self, failure: str) -> None:
        """No way led to the first segment: a hole in the file, an end before its time, or nothing can be read."""
        store, key = self.streamer.store, self.stream.job.key
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
        with self.streamer.changed:
            self._state, self._error = RunState.FAILED, sentence
            self.stream.failure, self.stream.failed_at = sentence, time.monotonic()


def make_plan(job: StreamJob) -> Plan:
    """The segments of a stream. Reads the file; MPEG-TS takes a while. Raises MediaError, OSError."""
    facts, video = job.source.facts, job.rendition.video
    duration = facts.duration_seconds
    is_encode = video is not None and not job.rendition.is_remux
    index = read_index(
        job.source.path, video=video.stream_index if video is not None else None, looks_at_fields=is_encode
    )
    if video is None:
        return plan_sound(index, duration_seconds=duration)
    if is_encode:
        return plan_encoded(index, frame_rate=facts.frame_rate, duration_seconds=duration)
    if drops_leading(job.rendition):
        index = replace(index, leads=())
    return plan_copied(index, duration_seconds=duration)


def drops_leading(rendition: Rendition) -> bool:
    """Whether copied segments go without pictures that are shown before their keyframe.

    After a seek Chromium's decoder of H.264 stops at them with an error. Decoders of HEVC pass over them, as the
    standard says they must.
    """
    return rendition.is_remux and rendition.video is not None and rendition.video.codec == "h264"


def _attend(stream: _Stream, run: _Run, number: int, viewer: str) -> None:
    """A viewer wants a segment of a run's: it is his from now on, and no other of the stream."""
    run.viewers[viewer] = run.asked_at = time.monotonic()
    run.head = max(run.head, number)
    _leave(stream, viewer, but=run)


def _leave(stream: _Stream, viewer: str, *, but: _Run | None = None) -> None:
    for other in stream.runs:
        if other is not but and other.viewers.pop(viewer, None) is not None and not other.viewers:
            other.end()


def _full(limit: int, is_encode: bool) -> str:
    what = "videos are being converted for viewers" if is_encode else "streams are being made"
    return f"{limit} {what} right now, which is as many as this machine may. Try again in a moment."
