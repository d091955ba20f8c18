"""A player, as the server hears it."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from library.devices import read_device
from library.models import User, Video
from playback.services.sessions import Heard, Heartbeat, record_heartbeat
from tests.library.factories import make_file, make_video

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def make_film(*, seconds: float = 1000, is_missing: bool = False, **columns: object) -> Video:
    """A video with a file, of that length."""
    video = make_video(duration_seconds=seconds, **columns)
    make_file(video=video, duration_seconds=seconds, missing_since=timezone.now() if is_missing else None)
    return video


@dataclass
class Player:
    """Plays in real time from `position`; `now` is its clock, which the server's stands still for."""

    user: User
    video: Video
    position: float = 0
    now: datetime = field(default_factory=timezone.now)
    watched: float = 0
    sequence: int | None = None
    session: uuid.UUID = field(default_factory=uuid.uuid4)

    def tell(self, state: str = "playing", **changes: object) -> Heard:
        """Sends a message of where it is."""
        if self.sequence is not None:
            self.sequence += 1
        told = {
            "video_id": self.video.pk,
            "state": state,
            "position_seconds": self.position,
            "watched_seconds": self.watched,
            "duration_seconds": self.video.duration_seconds,
            "sequence": self.sequence,
            **changes,
        }
        return record_heartbeat(
            user=self.user,
            public_id=self.session,
            heartbeat=Heartbeat(**told),
            device=read_device(CHROME),
            address="192.0.2.7",
            at=self.now,
        )

    def pass_by(self, seconds: float) -> None:
        """Plays without a word, as when messages are lost."""
        self.now += timedelta(seconds=seconds)
        self.watched += seconds
        self.position += seconds

    def play(self, seconds: float, *, every: float = 10) -> Heard:
        """Plays and tells every ten seconds; returns the last answer."""
        heard = self.tell()
        while seconds > 0:
            self.pass_by(min(every, seconds))
            seconds -= every
            heard = self.tell()
        return heard

    def wait(self, **time: float) -> None:
        """Is paused, or closed, for a while."""
        self.now += timedelta(**time)
