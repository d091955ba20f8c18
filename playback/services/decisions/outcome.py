"""What a decision says."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from processing.media.stream.rendition import Action, Rendition

Track = Literal["container", "video", "audio", "subtitle"]


class Method(StrEnum):
    """How a file gets to the browser: as it is; its picture untouched in another container; with a new picture."""

    DIRECT = "direct"
    REMUX = "remux"
    TRANSCODE = "transcode"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something isn't sent as it is. `subject` "is not supported here", or `cause` is a clause of its own; both
    begin small and end without a full stop. `is_hard`: the browser can't, rather than shouldn't."""

    code: str
    track: Track
    subject: str = ""
    cause: str = ""
    is_hard: bool = True

    @property
    def clause(self) -> str:
        return self.cause or f"{self.subject} is not supported here"

    @property
    def sentence(self) -> str:
        return f"{self.clause[:1].upper()}{self.clause[1:]}."


@dataclass(frozen=True, slots=True)
class TrackOutcome:
    """What happens to picture or sound."""

    action: Action
    sentence: str


@dataclass(frozen=True, slots=True)
class Quality:
    """An entry of the quality menu."""

    id: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`method` is None where nothing plays; `sentence` says why then. `rendition` is None for a file sent as it is.
    `audio_index` is the stream that is heard, `burns_subtitle` the one drawn into the picture."""

    method: Method | None
    sentence: str
    reasons: list[Reason] = field(default_factory=list)
    rendition: Rendition | None = None
    video: TrackOutcome | None = None
    audio: TrackOutcome | None = None
    qualities: list[Quality] = field(default_factory=list)
    audio_index: int | None = None
    burns_subtitle: int | None = None
