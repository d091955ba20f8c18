"""manage.py streamer"""

import fcntl
import logging
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections

from playback.services.renditions import forget_old_renditions, gone_keys, load_stream_job
from playback.services.stream_sessions import end_leftovers, forget_old_sessions, write_sessions
from processing.exceptions import ProcessingError
from processing.media.encode.ladder import Capabilities
from processing.media.stream.runs import Answer, Limits, State, StreamJob
from processing.media.stream.store import PartStore
from processing.media.stream.streamer import Streamer
from processing.media.stream.wire import Question, Reply, StreamerSocket
from processing.services.conversions.proofs import known_capabilities, program_or_refuse

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.1
_ROWS_SECONDS = 1.0
_SWEEP_SECONDS = 60.0
_CAPABILITIES_SECONDS = 60.0
# A little behind the pages; conversions and stages stand behind both.
_NICE = 2


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Makes streams for browsers that can't play a file as it is, until SIGTERM; `up` starts it."
    is_stopping = False

    def handle(self, *args: Any, **options: Any) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self.is_stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        folder = Path(settings.STREAM_FOLDER)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / ".lock").open("w") as lock:
            try:
                # Kept until this process ends, however it does.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CommandError(f"Another streamer works in {folder}.", returncode=2) from None
            try:
                self._serve(folder)
            finally:
                connections.close_all()
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _serve(self, folder: Path) -> None:
        try:
            program = program_or_refuse()
        except ProcessingError as error:
            raise CommandError(str(error), returncode=2) from None
        os.nice(_NICE)
        streamer = Streamer(
            PartStore(folder, limit_bytes=settings.STREAM_CACHE_BYTES),
            _load,
            program=program,
            capabilities=_Capabilities(),
            limits=Limits(encoders=settings.STREAM_ENCODERS),
        )
        place = Path(settings.STREAMER_SOCKET)
        with StreamerSocket(place, lambda question: _answer(streamer, question)) as server:
            thread = threading.Thread(target=server.serve_forever, name="questions", daemon=True)
            thread.start()
            try:
                self._look_after(streamer)
            finally:
                server.shutdown()
                streamer.close()
                _write_last(streamer)
                place.unlink(missing_ok=True)

    def _look_after(self, streamer: Streamer) -> None:
        rows_at = sweep_at = 0.0
        is_first = True
        while not self.is_stopping:
            now = time.monotonic()
            streamer.tick()
            try:
                if is_first:
                    end_leftovers()
                    is_first = False
                if now >= rows_at:
                    rows_at = now + _ROWS_SECONDS
                    if runs := streamer.sessions():
                        streamer.stop(write_sessions(runs))
                if now >= sweep_at:
                    sweep_at = now + _SWEEP_SECONDS
                    keys = streamer.store.keys()
                    streamer.forget(gone_keys(keys))
                    forget_old_renditions(kept=keys)
                    forget_old_sessions()
            except DatabaseError as error:
                logger.warning("The database is away (%s); trying again.", error)
                connections.close_all()
            time.sleep(_PAUSE_SECONDS)


class _Capabilities:
    """What was proven on this machine, asked of the database now and then."""

    def __init__(self) -> None:
        self._known = Capabilities()
        self._asked_at = float("-inf")

    def __call__(self) -> Capabilities:
        if time.monotonic() - self._asked_at > _CAPABILITIES_SECONDS:
            self._asked_at = time.monotonic()
            try:
                self._known = known_capabilities()
            except (DatabaseError, ProcessingError) as error:
                logger.warning("What this machine can encode isn't known: %s", error)
            finally:
                _give_back()
        return self._known


def _load(key: str) -> StreamJob | None:
    try:
        return load_stream_job(key)
    finally:
        _give_back()


def _give_back() -> None:
    """Each question has a thread of its own; its connection must not outlive it."""
    if not connection.in_atomic_block:
        connection.close()


def _answer(streamer: Streamer, question: Question) -> Reply:
    try:
        answer = streamer.ask(
            question.key,
            question.name,
            viewer=question.viewer,
            wait_seconds=min(question.wait_seconds, 30.0),
            at_seconds=question.at_seconds,
        )
    except DatabaseError as error:
        logger.warning("The database is away (%s).", error)
        answer = Answer(State.LATER)
    return Reply(answer.state.value, answer.sentence)


def _write_last(streamer: Streamer) -> None:
    try:
        write_sessions(streamer.sessions())
    except DatabaseError:
        logger.warning("The database went before the streamer did.")
