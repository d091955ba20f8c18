"""What a file's name says where it is like none of the owner's templates: by the customs of cameras, and of those who
name films (`facts["name"]` of a SuggestionInput, which a worker has read)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from library.folding import fold
from library.models.suggestion import SuggestedKind
from library.services.suggesting.names import NameIndex
from library.services.suggesting.places import FileRow
from library.services.suggestions import Proposal

# "VID_20210531_142233", "2021-05-31 14.22.33", "PXL_20210531_142233123", "VID-20210531-WA0001".
_CAMERA = re.compile(
    r"(?P<prefix>[A-Za-z]{0,20}[-_ ]?)(?P<day>(?:19|20)\d{2}[-.]?\d{2}[-.]?\d{2})"
    r"(?:[-_ T.](?:at[ .])?(?P<time>\d{2}[-.:h]?\d{2}[-.:m]?\d{2})\d{0,3}s?|-WA\d+)(?:[-_~ (].{0,20})?"
)
_LEAST_LETTERS = 3
# A name that only says when it was recorded says it exactly.
_RECORDED, _RELEASED, _YEAR, _TITLE, _STUDIO = 0.85, 0.65, 0.5, 0.6, 0.6


def propose_by_guess(file: FileRow, guess: Mapping[str, Sequence[str]], names: NameIndex) -> list[Proposal]:
    """A moment of recording for what a camera has named; else a title, a date of release and a known studio."""
    recorded = recorded_at(file.stem)
    if recorded is not None:
        value = recorded.isoformat()
        return [Proposal.of_value(file.video_id, SuggestedKind.RECORDED, value, _RECORDED, {"words": file.stem[:200]})]
    found = []
    title = _title(guess.get("title", ()), names)
    if title and title != file.title:
        found.append(Proposal.of_value(file.video_id, SuggestedKind.TITLE, title, _TITLE, {"words": title}))
    for text in guess.get("released", ()):
        is_year = len(text) == 4
        value, confidence = (f"{text}-01-01", _YEAR) if is_year else (text, _RELEASED)
        found.append(Proposal.of_value(file.video_id, SuggestedKind.RELEASED, value, confidence, {"words": text}))
    for text in guess.get("studio", ()):
        studio = names.exact("studio", text)
        if studio is not None:
            found.append(Proposal(file.video_id, SuggestedKind.STUDIO, studio, _STUDIO, {"words": text}))
    return found


def without_marks(title: str, guess: Mapping[str, Sequence[str]], names: NameIndex) -> str:
    """A title as somebody's template found it, without what stands behind it by custom ("1080p"), where the guess
    begins as it does."""
    guessed = _title(guess.get("title", ()), names)
    return guessed if guessed and fold(title).startswith(fold(guessed)) else title


def recorded_at(stem: str) -> datetime | None:
    """The moment in the name that a camera gave, in its own time; midnight where it tells the day alone."""
    match = _CAMERA.fullmatch(stem.strip())
    if match is None:
        return None
    digits = re.sub(r"\D", "", match["day"] + (match["time"] or "000000"))
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S")
    except ValueError:
        return None


def _title(parts: Any, names: NameIndex) -> str:
    """The parts that are no known name for themselves, in their order; empty where too little is left to be one."""
    kept = [
        part
        for part in parts
        if not any(names.exact(kind, part) or names.is_ambiguous(kind, part) for kind in ("creator", "studio"))
    ]
    title = " - ".join(kept)
    return title if sum(letter.isalpha() for letter in title) >= _LEAST_LETTERS and len(title) <= 200 else ""
