"""What a stream is made of: which tracks of a file, and what happens to each."""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class Action(StrEnum):
    """What happens to a track on its way into the stream."""

    COPY = "copy"
    ENCODE = "encode"


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """The picture. `stream_index` is FFmpeg's in the file. When encoding: `height` is the most of the upright picture's
    shorter side, None to keep it; `bit_rate` in bit/s, None for what the size deserves; `burns_subtitle` is the index
    of a bitmap subtitle stream to draw into the picture. Copied, only `codec` counts, the file's own."""

    stream_index: int
    action: Action
    codec: str
    height: int | None = None
    bit_rate: int | None = None
    tonemaps: bool = False
    burns_subtitle: int | None = None


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """The sound. When encoding: `codec` "aac", `channels` and `bit_rate` (bit/s) of the outcome."""

    stream_index: int
    action: Action
    codec: str
    channels: int | None = None
    bit_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """One way a file is streamed: at most one picture and one sound; at least one of them."""

    video: VideoPlan | None
    audio: AudioPlan | None

    def __post_init__(self) -> None:
        if self.video is None and self.audio is None:
            raise ValueError("A rendition has a picture or a sound.")

    @property
    def is_remux(self) -> bool:
        """Whether the picture is taken over as it is (or there is none)."""
        return self.video is None or self.video.action is Action.COPY

    def key(self, source: str, *, version: int) -> str:
        """32 hex digits that stand for the content of `source` (a fingerprint of the file's bytes) and every parameter;
        `version` is that of the way streams are made."""
        facts = json.dumps([version, source, asdict(self)], sort_keys=True)
        return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, dict[str, object] | None]) -> "Rendition":
        """The inverse of `to_json`. Raises TypeError or ValueError on anything else."""
        video, audio = facts["video"], facts["audio"]
        return cls(
            video and VideoPlan(**{**video, "action": Action(video["action"])}),  # type: ignore[arg-type]
            audio and AudioPlan(**{**audio, "action": Action(audio["action"])}),  # type: ignore[arg-type]
        )
