"""What the streamer says of itself, for those who ask it and those who look on."""

from dataclasses import dataclass
from enum import StrEnum

from processing.media.stream.command import StreamSource
from processing.media.stream.rendition import Rendition


class State(StrEnum):
    """What became of a question for a part."""

    READY = "ready"
    LATER = "later"
    BUSY = "busy"
    FAILED = "failed"
    # It can't be copied in parts, but encoded it can be sent.
    UNCUT = "uncut"
    GONE = "gone"


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    ENDED = "ended"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """`sentence` is for the viewer, empty when all is well."""

    state: State
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class StreamJob:
    """A stream that may be asked for: its file and what is made of it."""

    key: str
    source: StreamSource
    rendition: Rendition


@dataclass(frozen=True, slots=True)
class Limits:
    """`encoders` and `copies` are the most runs of each kind at once; `ahead_seconds` is how far before its viewers a
    run goes; it ends `idle_seconds` after the last question."""

    encoders: int = 2
    copies: int = 16
    ahead_seconds: float = 30.0
    idle_seconds: float = 45.0


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as people see it. Times are those of time.time(); `position_seconds` is how far it has come in the film,
    `speed` is in seconds of film per second of work."""

    id: str
    key: str
    state: RunState
    encoder: str
    started_at: float
    asked_at: float
    position_seconds: float
    speed: float
    viewers: int
    error: str
    pid: int
