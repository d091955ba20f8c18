"""Makes parts of streams when they are asked for: which FFmpeg runs, from where, for whom and how long.

A stream is one rendition of one file; a run is one FFmpeg that makes its segments in order from some segment on. Who
asks for a segment is served from the store, by a run that comes to it soon, or by a new run. All viewers of a stream
share its runs. A run goes a little ahead of those who watch and then waits; it ends when nobody has asked for a while,
when its last viewer went elsewhere in the film, and where it would make what is there already.

Knows neither Django nor sockets; threads may call all of it.
"""

import threading
import time
from collections.abc import Callable

from processing.media.encode.ladder import Capabilities
from processing.media.errors import MediaError
from processing.media.stream.cutter import INIT
from processing.media.stream.errors import FewKeyframesError, StreamError
from processing.media.stream.making import make_plan
from processing.media.stream.plan import Plan
from processing.media.stream.run import Run, Stream, Workshop, attend, leave
from processing.media.stream.runs import Answer, Limits, RunInfo, RunState, State, StreamJob
from processing.media.stream.store import INIT_NAME, PLAYLIST_NAME, PartStore, segment_name

_STOPPED_SECONDS = 60.0
_FAILED_SECONDS = 20.0
_FORGET_SECONDS = 600.0
# A viewer who asked for nothing so long has enough: his encoder may be taken for somebody else.
_CONTENT_SECONDS = 15.0
# Who doesn't want to wait waits so long for a file to be read: with an index that is enough.
_PLAN_SECONDS = 0.3

STOPPED = "Somebody who looks after this library stopped this stream. Try again in a minute."


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
        self.store, self.limits = store, limits or Limits()
        self._load = load
        self.changed = threading.Condition(threading.RLock())
        self._workshop = Workshop(store, program, capabilities, self.limits, self.changed, self._left)
        self._streams: dict[str, Stream] = {}
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

    def _stream(self, key: str) -> Stream | None:
        with self.changed:
            stream = self._streams.get(key)
        if stream is None:
            job = self._load(key)
            if job is None:
                return None
            with self.changed:
                stream = self._streams.setdefault(key, Stream(job))
        stream.used_at = time.monotonic()
        return stream

    def _plan(self, stream: Stream, wait_seconds: float) -> Plan | None:
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

    def _make_plan(self, stream: Stream) -> None:
        try:
            stream.plan = make_plan(stream.job)
        except (MediaError, OSError) as error:
            stream.plan_error = error
        finally:
            with self.changed:
                stream.is_planning = False
                self.changed.notify_all()

    def _playlist(self, stream: Stream, plan: Plan, viewer: str, at_seconds: float | None) -> Answer:
        key = stream.job.key
        if not self.store.has(key, PLAYLIST_NAME):
            self.store.put(key, PLAYLIST_NAME, plan.playlist().encode())
        if at_seconds is not None:
            with self.changed:
                number = min(max(plan.of_sound(at_seconds), 0), len(plan) - 1)
                if not self.store.has(key, segment_name(number)):
                    self._ensure(stream, plan, number, viewer)
        return Answer(State.READY)

    def _part(self, stream: Stream, plan: Plan, number: int, viewer: str, deadline: float) -> Answer:
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
    def _ensure(self, stream: Stream, plan: Plan, number: int, viewer: str) -> Answer | None:
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
            leave(stream, viewer)
            if not self._has_room(is_encode):
                return Answer(State.BUSY, _full(self.limits.encoders if is_encode else self.limits.copies, is_encode))
            run = Run(self._workshop, stream, plan, number)
            stream.runs.append(run)
            run.thread.start()
        attend(stream, run, number, viewer)
        return None

    def _note(self, stream: Stream, plan: Plan, number: int, viewer: str) -> None:
        """A part that is there was asked for: the run that made it goes on, or one for what comes next begins."""
        if number == INIT:
            return
        for run in stream.runs:
            if not run.is_over and run.first <= number <= run.at + run.reach:
                attend(stream, run, number, viewer)
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

    def _running(self) -> list[Run]:
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

    def _left(self, run: Run) -> None:
        """A run's thread has come to its end."""
        with self.changed:
            run.is_over = True
            if run in run.stream.runs:
                run.stream.runs.remove(run)
            self._over.append(run.info())
            self.changed.notify_all()


def _full(limit: int, is_encode: bool) -> str:
    what = "videos are being converted for viewers" if is_encode else "streams are being made"
    return f"{limit} {what} right now, which is as many as this machine may. Try again in a moment."
