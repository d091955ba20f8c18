"""What the probe found out about a file, as decisions need it."""

from dataclasses import dataclass, fields
from typing import Any

from library.models import VideoFile
from library.words import WIDE
from processing.media.colors import HLG, PQ
from processing.media.facts import StreamFacts

TEXT_SUBTITLES = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt"})
BITMAP_SUBTITLES = frozenset({"dvb_subtitle", "dvd_subtitle", "hdmv_pgs_subtitle", "xsub"})
_FIELDS = frozenset(field.name for field in fields(StreamFacts))
_NEEDED = ("index", "kind", "codec")
# Transfers with a picture below the Dolby Vision layer that ordinary players can show.
_ORDINARY = (PQ, HLG, "bt709", "bt2020-10")


@dataclass(frozen=True, slots=True)
class Media:
    """A file. `picture` is the one that players show; `sounds` and `subtitles` are in the file's order; size in upright
    pixels. `is_known` is False before the probe, or when that failed: then the rest says nothing."""

    container: str
    picture: StreamFacts | None
    sounds: tuple[StreamFacts, ...]
    subtitles: tuple[StreamFacts, ...]
    width: int
    height: int
    rotation: int
    bit_rate: int | None
    is_hdr: bool
    hdr_format: str
    is_known: bool

    @property
    def shorter_side(self) -> int:
        return min(self.width, self.height)

    @property
    def class_height(self) -> int:
        """What people call it: 1080 for 1920 × 800 too, since at 16:9 it would be; 0 without a picture."""
        return max(self.shorter_side, round(max(self.width, self.height) / WIDE))

    @property
    def default_sound(self) -> StreamFacts | None:
        """The track that the file marks, else the first one; one that nothing can read only where there is no other."""
        return max(self.sounds, key=lambda s: (bool(s.channels), s.is_default, -s.index), default=None)

    @property
    def picture_bit_rate(self) -> int | None:
        """bit/s of the picture alone, by guess where the file doesn't say."""
        if self.picture is not None and self.picture.bit_rate:
            return self.picture.bit_rate
        if not self.bit_rate:
            return None
        return max(self.bit_rate - sum(s.bit_rate or 0 for s in self.sounds), self.bit_rate // 2)

    @property
    def has_readable_colors(self) -> bool:
        """False for the Dolby Vision (profile 5) that only Dolby's own players show in its colours."""
        is_dolby = self.hdr_format == "dolby_vision" and self.picture is not None
        return not is_dolby or self.picture is None or self.picture.color_transfer in _ORDINARY

    @property
    def needs_tone_map(self) -> bool:
        """Whether the picture is HDR in fact: there is HDR of Dolby's over an SDR picture too."""
        return self.is_hdr and self.picture is not None and self.picture.color_transfer in (PQ, HLG)

    def sound(self, index: int) -> StreamFacts | None:
        return next((s for s in self.sounds if s.index == index), None)


def media_of(file: VideoFile) -> Media:
    """Reads columns only. Junk among the streams is left out."""
    streams = [facts for one in file.streams or [] if (facts := _stream(one)) is not None]
    moving = [s for s in streams if s.kind == "video" and not s.is_attached_picture]
    return Media(
        container=file.container,
        picture=max(moving, key=lambda s: (s.is_default, (s.width or 0) * (s.height or 0), -s.index), default=None),
        sounds=tuple(s for s in streams if s.kind == "audio"),
        subtitles=tuple(s for s in streams if s.kind == "subtitle"),
        width=file.width or 0,
        height=file.height or 0,
        rotation=file.rotation,
        bit_rate=file.bit_rate,
        is_hdr=file.is_hdr,
        hdr_format=file.hdr_format,
        is_known=bool(streams and file.container),
    )


def _stream(entry: Any) -> StreamFacts | None:
    if not isinstance(entry, dict) or any(entry.get(name) is None for name in _NEEDED):
        return None
    return StreamFacts(**{name: value for name, value in entry.items() if name in _FIELDS})
