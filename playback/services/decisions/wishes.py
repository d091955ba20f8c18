"""What a viewer wants of a video: sound, subtitles, quality, file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playback.exceptions import WishError
from playback.services.decisions.outcome import Method

AUTO = "auto"
ORIGINAL = "original"
# As a subtitle: none, not even what the file would show by itself.
OFF = "off"
_RUNG = re.compile(r"([1-9]\d{2,3})p", re.ASCII)
_SUBTITLE = re.compile(r"[a-z0-9]{1,40}", re.ASCII)
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wish:
    """`audio` is the index of a stream, None for the file's own choice; `subtitle` an id, None likewise, "off" for
    none; `quality` "auto", "original" or "720p"; `file` one of the video's files, None for the primary one; `failed`
    are ways of playing that the browser could not go after all."""

    audio: int | None = None
    subtitle: str | None = None
    quality: str = AUTO
    file: int | None = None
    failed: frozenset[Method] = frozenset()

    @property
    def height(self) -> int | None:
        """The class of height that is wished for: 720; None for auto and original."""
        match = _RUNG.fullmatch(self.quality)
        return int(match[1]) if match else None


def read_wish(body: Mapping[str, Any]) -> Wish:
    """The wish in a request's JSON. Raises WishError with a sentence for junk."""
    subtitle, quality = body.get("subtitle"), body.get("quality")
    if subtitle is not None and not (isinstance(subtitle, str) and _SUBTITLE.fullmatch(subtitle)):
        raise WishError("“subtitle” is the id of one of the video's subtitles, “off”, or null.")
    quality = AUTO if quality is None else quality
    if not isinstance(quality, str) or not (quality in (AUTO, ORIGINAL) or _RUNG.fullmatch(quality)):
        raise WishError("“quality” is “auto”, “original” or a height such as “720p”.")
    return Wish(
        audio=_whole(body, "audio", least=0),
        subtitle=subtitle,
        quality=quality,
        file=_whole(body, "file", least=1),
        failed=_failed(body.get("failed")),
    )


def _whole(body: Mapping[str, Any], name: str, *, least: int) -> int | None:
    value: object = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _LARGEST_ID:
        raise WishError(f"“{name}” is a number that an earlier answer named, or null.")
    return value


def _failed(value: object) -> frozenset[Method]:
    if value is None:
        return frozenset()
    if not isinstance(value, list) or not all(isinstance(one, str) and one in list(Method) for one in value):
        raise WishError("“failed” is a list of ways of playing: “direct”, “remux”.")
    return frozenset(Method(one) for one in value)
