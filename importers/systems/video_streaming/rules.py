"""Tagging rules with their conditions and actions, as one of our rules each.

What a condition or an action says that ours can't is kept with the rule, which then comes switched off: a rule that
meets more videos than it was meant for does harm that nobody sees.
"""

import re
from collections.abc import Mapping
from typing import Any

from importers.records import Mapped, Record, Ref
from importers.sources.cleaning import clean_number, clean_text
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields, key_text, whole
from importers.systems.video_streaming.names import made
from library.exceptions import RuleError
from library.services.rules.patterns import read_pattern

_KINDS = {"path_match", "metadata_match", "manual"}
_TEXTS = {
    "path": "path", "file_path": "path", "path_match": "path", "path_pattern": "path", "path_regex": "path",
    "directory": "path", "file_name": "name", "filename": "name", "title": "title",
}  # fmt: skip
_NUMBERS = {
    "duration": "duration_seconds", "duration_seconds": "duration_seconds", "size": "size_bytes",
    "file_size": "size_bytes", "file_size_bytes": "size_bytes", "width": "width", "height": "height",
    "fps": "frame_rate", "frame_rate": "frame_rate", "bitrate": "bit_rate", "bit_rate": "bit_rate",
}  # fmt: skip
_WORDS = {"codec": "video_codec", "video_codec": "video_codec", "audio_codec": "audio_codec"}
_WHOLE_NUMBERS = ("size_bytes", "width", "height", "bit_rate")
_OPERATORS = {
    "regex": "matches", "matches": "matches", "match": "matches", "regexp": "matches",
    "contains": "contains", "includes": "contains", "like": "contains",
    "starts_with": "begins", "startswith": "begins", "ends_with": "ends", "endswith": "ends",
    "equals": "is", "eq": "is", "=": "is", "==": "is", "is": "is",
    "not_equals": "is_not", "ne": "is_not", "!=": "is_not", "is_not": "is_not",
    "greater_than": "above", "gt": "above", ">": "above",
    "greater_than_or_equal": "at_least", "gte": "at_least", ">=": "at_least", "min": "at_least",
    "less_than": "below", "lt": "below", "<": "below",
    "less_than_or_equal": "at_most", "lte": "at_most", "<=": "at_most", "max": "at_most",
}  # fmt: skip
_HEIGHTS = {"8k": 4320, "4k": 2160, "2160p": 2160, "1440p": 1440, "1080p": 1080, "720p": 720, "480p": 480}
_SIZE = re.compile(r"(\d{2,5})\s*[x×*]\s*(\d{2,5})", re.IGNORECASE)
_ACTION = re.compile(r"(add|remove|set|assign)?_?(tag|creator|studio)")
_TABLES = {"tag": "tags", "creator": "creators", "studio": "studios"}
_MOST_PARTS = 30
_OTHERWISE = "Came from another system with something that rules can't say here: look at it, then switch it on."
_ALL = "Any one of its conditions was enough there; with a name taken from the path, all have to be met here."

Part = Mapping[str, Any]


def map_rule(fields: Fields, facts: Facts) -> Mapped:
    name = fields.text("name", longest=200) or f"Rule {fields.key}"
    kind = fields.text("rule_type").lower()
    given = facts.rule_conditions.get(fields.key, []), facts.rule_actions.get(fields.key, [])
    conditions = [_condition(part, is_alone=len(given[0]) == 1) for part in given[0]]
    actions = [_action(part, facts) for part in given[1]]
    readable = [one for group in conditions if group for one in group][:_MOST_PARTS]
    takes_part = any(action and "capture" in action for action in actions)
    is_any = len(given[0]) > 1 and not takes_part
    notes = [fields.text("description", longest=300)]
    is_whole = all(conditions) and all(actions) and kind in _KINDS and bool(readable or kind == "manual")
    if not is_whole:
        fields.note("bad_value")
        notes.append(_OTHERWISE)
    elif takes_part and len(given[0]) > 1:
        is_whole = False
        notes.append(_ALL)
    values = {
        "name": name,
        "kind": _kind(kind, readable),
        "conditions": readable,
        "is_any": is_any,
        "actions": [action for action in actions if action][:_MOST_PARTS],
        "priority": fields.integer("priority", least=-(2**31), most=2**31 - 1) or 0,
        "is_enabled": fields.boolean("is_enabled", default=True) and is_whole and any(actions),
        "note": " ".join(filter(None, notes))[:500],
        **made(fields),
    }
    mapped = fields.done(Record("library.rule", values), title=name)
    if is_whole:
        return mapped
    lost = {"conditions": [whole(part) for part in given[0]], "actions": [whole(part) for part in given[1]]}
    return Mapped(mapped.records, kept={**mapped.kept, **lost}, notes=mapped.notes, title=mapped.title)


def map_part(fields: Fields, facts: Facts) -> Mapped:
    """A condition or an action: it has come with its rule."""
    rule = fields.ref("tagging_rules", "rule_id")
    if rule is None or rule.key not in facts.ids("tagging_rules"):
        return fields.skip("dangling_reference")
    return fields.skip("taken_along")


def map_log(fields: Fields, facts: Facts) -> Mapped:
    """It says that a rule met a video, not what it put there, which is what ours tells: kept."""
    return fields.skip("no_place_yet")


def _kind(kind: str, conditions: list[dict[str, Any]]) -> str:
    """A rule by path asks for the path; one without anything to ask is applied by hand only."""
    if kind == "manual" or not conditions:
        return "manual"
    asks_path = any(one["field"] in ("path", "name") for one in conditions)
    return "path_match" if kind == "path_match" and asks_path else "metadata_match"


def _condition(part: Part, *, is_alone: bool) -> list[dict[str, Any]]:
    """Ours for one of theirs; [] when it can't be said. Two for a size in pixels, which only a lone one can be."""
    subject = clean_text(part.get("condition_type"))[0].strip().lower()
    operator = _OPERATORS.get(clean_text(part.get("operator"))[0].strip().lower(), "")
    value = clean_text(part.get("value"))[0].strip()
    if not value or not operator:
        return []
    if subject == "resolution":
        return _resolution(operator, value, is_alone)
    if subject in _NUMBERS:
        return _number(_NUMBERS[subject], operator, value)
    if subject in _WORDS:
        known = operator in ("is", "is_not")
        return [{"field": _WORDS[subject], "operator": operator, "value": value.lower()}] if known else []
    if subject in _TEXTS:
        return _text(_TEXTS[subject], operator, value)
    return []


def _text(field: str, operator: str, value: str) -> list[dict[str, Any]]:
    if operator == "begins":
        return [{"field": field, "operator": "begins", "value": value}]
    pattern = {
        "matches": value.removeprefix("(?i)"),
        "contains": re.escape(value),
        "ends": f"{re.escape(value)}$",
        "is": f"^{re.escape(value)}$",
    }.get(operator, "")
    try:
        read_pattern(pattern)
    except RuleError:
        return []
    return [{"field": field, "operator": "matches", "value": pattern}]


def _number(field: str, operator: str, value: str) -> list[dict[str, Any]]:
    """Above and below are at least and at most: of whole numbers the next one."""
    number = clean_number(value)[0]
    if number is None or operator not in ("is", "above", "below", "at_least", "at_most"):
        return []
    step = 1 if field in _WHOLE_NUMBERS else 0
    if operator == "above":
        operator, number = "at_least", number + step
    elif operator == "below":
        operator, number = "at_most", max(number - step, 0)
    return [{"field": field, "operator": operator, "value": int(number) if number.is_integer() else number}]


def _resolution(operator: str, value: str, is_alone: bool) -> list[dict[str, Any]]:
    match = _SIZE.fullmatch(value)
    height = int(match[2]) if match else _HEIGHTS.get(value.lower())
    if height is None:
        return []
    if match and operator == "is" and is_alone:
        return [
            {"field": "width", "operator": "is", "value": int(match[1])},
            {"field": "height", "operator": "is", "value": height},
        ]
    return _number("height", operator, str(height)) if not match or operator != "is" else []


def _action(part: Part, facts: Facts) -> dict[str, Any]:
    """{} when it can't be said: to remove something it has to be there."""
    match = _ACTION.fullmatch(clean_text(part.get("action_type"))[0].strip().lower())
    if match is None:
        return {}
    kind, do = match[2], "remove" if match[1] == "remove" else "add"
    target = key_text(part.get("target_id"))
    if target and target in facts.ids(_TABLES[kind]):
        return {"do": do, "kind": kind, "id": Ref(_TABLES[kind], target)}
    dynamic = clean_text(part.get("dynamic_value"))[0].strip()
    name = " ".join(clean_text(part.get("target_name"))[0].split())
    if do == "remove":
        return {}
    if re.fullmatch(r"\$\{?[A-Za-z_]\w*\}?", dynamic):
        return {"do": do, "kind": kind, "capture": dynamic.strip("${}")}
    return {"do": do, "kind": kind, "name": name} if 0 < len(name) <= 100 else {}
