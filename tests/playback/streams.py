"""A streamer for tests of the pages, in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processing.media.encode.program import ffmpeg_program
from processing.media.stream.rendition import Action, AudioPlan, Rendition, VideoPlan
from processing.media.stream.runs import Limits, StreamJob
from processing.media.stream.store import PartStore
from processing.media.stream.streamer import Streamer
from processing.media.stream.wire import Question, Reply, StreamerSocket

COPIED = Rendition(VideoPlan(0, Action.COPY, "h264"), None)
ENCODED = Rendition(VideoPlan(0, Action.ENCODE, "h264"), AudioPlan(1, Action.ENCODE, "aac", 2))


@contextmanager
def served(place: Path, folder: Path, *jobs: StreamJob, limits: Limits | None = None) -> Iterator[Streamer]:
    """A streamer that answers at `place` while the block runs."""
    known = {job.key: job for job in jobs}
    store = PartStore(folder, limit_bytes=10**9)
    streamer = Streamer(store, known.get, program=ffmpeg_program(), limits=limits)

    def answer(question: Question) -> Reply:
        made = streamer.ask(
            question.key, question.name, viewer=question.viewer, wait_seconds=question.wait_seconds,
            at_seconds=question.at_seconds,
        )  # fmt: skip
        return Reply(made.state.value, made.sentence)

    with StreamerSocket(place, answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield streamer
        finally:
            server.shutdown()
            thread.join()
            streamer.close()
