"""How web processes ask the streamer: one line of JSON each way over a unix socket. Standard library only."""

import contextlib
import json
import socket
import socketserver
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_CONNECT_SECONDS = 1.0
# What is left for the answer on top of the time that the streamer was told to wait.
_GRACE_SECONDS = 10.0
_LONGEST_LINE = 4096
_WAITING_QUESTIONS = 256


class StreamerAwayError(Exception):
    """No streamer answers: it is being started, or `manage.py up` doesn't run."""


@dataclass(frozen=True, slots=True)
class Question:
    """A part of a stream that a viewer wants; see Streamer.ask."""

    key: str
    name: str
    viewer: str = ""
    wait_seconds: float = 0.0
    at_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """`state` is one of processing.media.stream.runs.State."""

    state: str
    sentence: str = ""


def ask_streamer(place: Path, question: Question) -> Reply:
    """Asks and waits. Raises StreamerAwayError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_CONNECT_SECONDS)
        try:
            connection.connect(str(place))
            connection.settimeout(question.wait_seconds + _GRACE_SECONDS)
            connection.sendall(json.dumps(asdict(question)).encode() + b"\n")
            with connection.makefile("rb") as answer:
                facts = json.loads(answer.readline(_LONGEST_LINE))
            return Reply(str(facts["state"]), str(facts["sentence"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StreamerAwayError(str(error)) from error


class _Handler(socketserver.StreamRequestHandler):
    timeout = 5.0

    def handle(self) -> None:
        # A caller that went away takes no answer.
        with contextlib.suppress(OSError, ValueError, TypeError):
            question = Question(**json.loads(self.rfile.readline(_LONGEST_LINE)))
            server: Any = self.server
            reply: Reply = server.answer(question)
            self.wfile.write(json.dumps(asdict(reply)).encode() + b"\n")


class StreamerSocket(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers questions at `place`, each in a thread of its own. What lay there before is removed."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = _WAITING_QUESTIONS

    def __init__(self, place: Path, answer: Any) -> None:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.unlink(missing_ok=True)
        self.answer = answer
        super().__init__(str(place), _Handler)
        place.chmod(0o600)
