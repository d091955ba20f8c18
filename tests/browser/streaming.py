"""Somebody who makes streams for the live server, in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from playback.services.renditions import load_stream_job
from processing.media.encode.program import ffmpeg_program
from processing.media.stream.runs import StreamJob
from processing.media.stream.store import PartStore
from processing.media.stream.streamer import Streamer
from processing.media.stream.wire import Question, Reply, StreamerSocket


@contextmanager
def streaming(place: Path, settings: Any) -> Iterator[Streamer]:
    """Whatever the pages register is streamed while the block runs; the parts lie below `place`."""
    settings.STREAM_FOLDER, settings.STREAMER_SOCKET = place / "streams", place / "streamer.sock"
    streamer = Streamer(PartStore(settings.STREAM_FOLDER, limit_bytes=10**9), _load, program=ffmpeg_program())

    def answer(question: Question) -> Reply:
        made = streamer.ask(
            question.key, question.name, viewer=question.viewer, wait_seconds=question.wait_seconds,
            at_seconds=question.at_seconds,
        )  # fmt: skip
        return Reply(made.state.value, made.sentence)

    with StreamerSocket(settings.STREAMER_SOCKET, answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield streamer
        finally:
            server.shutdown()
            thread.join()
            streamer.close()


def _load(key: str) -> StreamJob | None:
    """Called in the streamer's own threads, whose connections nobody else closes."""
    try:
        return load_stream_job(key)
    finally:
        connection.close()
