"""What a file's name says by the customs of those who name films: guessit reads it. Workers only."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any

# Without any of these, a name is a title as it stands, and guessing (a hundredth of a second) is a waste.
_TELLING = re.compile(r"[._\[\](){}]|\d{4}|\d{3,4}[ip]\b", re.IGNORECASE)
# What says that numbers are those of a season and an episode: guessit takes "film 0102" for one as well.
_NUMBERED = re.compile(
    r"s(?:eason)?[ ._-]*\d{1,4}[ ._-]*(?:e|x|episode)[ ._p-]*\d|\d{1,3}x\d{1,4}|season|episode|\bep?[ ._-]*\d",
    re.IGNORECASE,
)
_MOST_CHARACTERS = 250
_TITLES = ("title", "alternative_title", "episode_title")
# What is left out of a title would make two pieces of one work the same.
_PIECES = ("cd", "bonus", "volume", "version", "disc")
_YEARS = range(1880, 2101)


@cache
def _load() -> Callable[[str], Mapping[str, Any]]:
    """Only workers that look at names pay for its rules: a third of a second and 30 MB."""
    from guessit import guessit
    from guessit.api import GuessitException

    def guess(name: str) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = guessit(name)
        except GuessitException:
            # Its own word for a name that it trips over; such a name says nothing.
            return {}
        return found

    return guess


def guess_name(stem: str) -> dict[str, list[str]]:
    """`title` (the parts of it, in their order), `released` (ISO 8601, or a year alone) and `studio` of a name without
    its ending; {} where it says nothing of that kind."""
    if not _TELLING.search(stem):
        return {}
    # The ending tells guessit that it is the name of a file, whose dots are spaces.
    found = _load()(f"{stem[:_MOST_CHARACTERS]}.mkv")
    guess: dict[str, list[str]] = {}
    is_bare = "season" in found and "episode" in found and not _NUMBERED.search(stem)
    titles = [] if is_bare else _titles(found)
    if titles:
        guess["title"] = titles
    released = found.get("date")
    year = found.get("year")
    if isinstance(released, date) and released.year in _YEARS:
        guess["released"] = [released.isoformat()]
    elif isinstance(year, int) and year in _YEARS:
        guess["released"] = [str(year)]
    studios = _texts(found.get("streaming_service"))
    if studios:
        guess["studio"] = studios
    return guess


def _titles(found: Mapping[str, Any]) -> list[str]:
    """The parts of the title, with the numbers that tell pieces of one work apart."""
    if any(name in found for name in _PIECES):
        return []
    titles = [part for name in _TITLES for part in _texts(found.get(name))]
    season, episode, part = (found.get(name) for name in ("season", "episode", "part"))
    if isinstance(episode, int):
        number = f"S{season:02}E{episode:02}" if isinstance(season, int) else f"{episode}"
        titles[1:1] = [number]
    elif season is not None or episode is not None:
        return []
    if isinstance(part, int):
        titles.append(f"part {part}")
    return titles if any(found.get(name) for name in _TITLES) and not isinstance(part, list) else []


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [" ".join(one.split()) for one in values if isinstance(one, str) and one.strip()]
