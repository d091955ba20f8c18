"""What a web process does for a part of a stream: asks the streamer, and waits without holding up all others."""

import threading
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from playback.services.renditions import note_few_keyframes
from processing.media.stream.runs import State
from processing.media.stream.store import part_path
from processing.media.stream.wire import Question, Reply, StreamerAwayError, ask_streamer

WAIT_SECONDS = 8.0
AWAY = "What makes streams is being started; try again in a few seconds."
CROWDED = "Many viewers are waiting for their streams right now; try again in a few seconds."

# So many threads of this process may wait for parts; the others go on serving pages.
_waiting = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 3))


@dataclass(frozen=True, slots=True)
class Part:
    """The answer for a part: `path` when it is there, else why not and in how many seconds to ask again."""

    state: State
    path: Path | None = None
    sentence: str = ""
    retry_seconds: int | None = None


def fetch_part(*, key: str, name: str, viewer: str, at_seconds: float | None = None) -> Part:
    """Has a part made and waits for it, at most WAIT_SECONDS. Raises ValueError for what can be no part.

    That a file can't be copied in parts is written down, so that the next who ask how it plays are offered an encode.
    """
    part = _fetch(key, name, viewer, at_seconds)
    if part.state is State.UNCUT:
        note_few_keyframes(key=key)
    return part


def _fetch(key: str, name: str, viewer: str, at_seconds: float | None) -> Part:
    path = part_path(Path(settings.STREAM_FOLDER), key, name)
    # Most parts are there: whoever only asks takes none of the places of those who wait.
    part = _ask(path, Question(key, name, viewer, 0.0, at_seconds))
    if part.state is not State.LATER:
        return part
    if not _waiting.acquire(blocking=False):
        return Part(State.LATER, sentence=CROWDED, retry_seconds=2)
    try:
        return _ask(path, Question(key, name, viewer, WAIT_SECONDS, at_seconds))
    finally:
        _waiting.release()


def _ask(path: Path, question: Question) -> Part:
    try:
        reply = ask_streamer(Path(settings.STREAMER_SOCKET), question)
    except StreamerAwayError:
        # It is being started again; what it made before is good.
        there = path.is_file()
        return Part(State.READY, path) if there else Part(State.LATER, sentence=AWAY, retry_seconds=2)
    return _part(path, reply)


def _part(path: Path, reply: Reply) -> Part:
    state = State(reply.state)
    retry = {State.LATER: 1, State.BUSY: 5}.get(state)
    said = reply.sentence or ("This part of the film is still being made." if state is State.LATER else "")
    return Part(state, path if state is State.READY else None, said, retry)
