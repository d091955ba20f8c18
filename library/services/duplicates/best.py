"""Which of several duplicates is the best one, by rules that the owner orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

# Figures this close count as equal, and the next rule decides.
_BIT_RATE_SHARE, _DURATION_SECONDS, _FRAME_RATE_SHARE = 0.05, 1.0, 0.02


@dataclass(frozen=True, slots=True)
class Facts:
    """A video as the rules see it: of its primary file, and how much is known about it. None where nobody knows."""

    video_id: int
    title: str
    pixels: int
    is_hdr: bool
    bit_rate: int | None
    video_codec: str
    audio_codec: str
    frame_rate: float | None
    duration_seconds: float | None
    size_bytes: int
    folder_id: int | None
    added_at: datetime
    links: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """`key(facts, order)` is higher for the better one; `order` is what the owner prefers, best first, for a rule that
    `has_order`. Figures that differ by less than `share` (of the higher one) or `margin` count as equal."""

    name: str
    label: str
    key: Callable[[Facts, Sequence[Any]], float]
    has_order: bool = False
    share: float = 0.0
    margin: float = 0.0


def _place(value: Any, order: Sequence[Any]) -> float:
    """The earlier in the owner's order the higher; what isn't in it comes last."""
    return float(len(order) - order.index(value)) if value in order else 0.0


RULES: tuple[Rule, ...] = (
    Rule("resolution", "More pixels", lambda facts, order: facts.pixels),
    Rule("hdr", "HDR", lambda facts, order: facts.is_hdr),
    Rule("bit_rate", "Higher bit rate", lambda facts, order: facts.bit_rate or 0, share=_BIT_RATE_SHARE),
    Rule("codec", "Preferred codec", lambda facts, order: _place(facts.video_codec, order), has_order=True),
    Rule("frame_rate", "More frames a second", lambda facts, order: facts.frame_rate or 0, share=_FRAME_RATE_SHARE),
    Rule("duration", "Longer", lambda facts, order: facts.duration_seconds or 0, margin=_DURATION_SECONDS),
    Rule("audio", "Has sound", lambda facts, order: bool(facts.audio_codec)),
    Rule("tagged", "More tags, people and ratings", lambda facts, order: facts.links),
    Rule("larger", "Larger file", lambda facts, order: facts.size_bytes),
    Rule("smaller", "Smaller file", lambda facts, order: -facts.size_bytes),
    Rule("older", "Longer in the library", lambda facts, order: -facts.added_at.timestamp()),
    Rule("newer", "Newer in the library", lambda facts, order: facts.added_at.timestamp()),
    Rule("folder", "Preferred folder", lambda facts, order: _place(facts.folder_id, order), has_order=True),
)
BY_NAME = {rule.name: rule for rule in RULES}


def check_rules(value: object) -> list[dict[str, Any]]:
    """The rules as they are stored, [{"rule": name, "order": [...]}], each at most once. Raises ValidationError."""
    if not isinstance(value, list) or not value:
        raise ValidationError("Choose at least one rule.")
    names = []
    for item in value:
        if not isinstance(item, dict) or item.get("rule") not in BY_NAME or not isinstance(item.get("order", []), list):
            raise ValidationError("That is no rule that Videothek knows.")
        names.append(item["rule"])
    if len(set(names)) < len(names) or {"larger", "smaller"} <= set(names) or {"older", "newer"} <= set(names):
        raise ValidationError("A rule counts once, and its opposite can't count too.")
    return value


@dataclass(frozen=True, slots=True)
class Choice:
    """The best of several and the label of the rule that told it from the last rival; empty when none did."""

    best: Facts
    reason: str


def choose(videos: Sequence[Facts], rules: Sequence[dict[str, Any]]) -> Choice:
    """Rule by rule those that are behind drop out until one is left; among equal ones the lowest id. Not empty."""
    left, reason = sorted(videos, key=lambda facts: facts.video_id), ""
    for stored in rules:
        if len(left) == 1:
            break
        rule = BY_NAME.get(stored["rule"])
        if rule is None:
            continue
        values = [float(rule.key(facts, stored.get("order", []))) for facts in left]
        highest = max(values)
        least = highest - max(abs(highest) * rule.share, rule.margin)
        ahead = [facts for facts, value in zip(left, values, strict=True) if value >= least]
        if len(ahead) < len(left):
            left, reason = ahead, rule.label
    return Choice(left[0], reason if len(left) == 1 else "")
