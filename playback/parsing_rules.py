"""Rules that clean a title for looking it up elsewhere, as they are stored and checked. Knows no database."""

import re
from typing import Any

RULE_TYPES = (
    "remove_brackets",
    "remove_numbers",
    "remove_years",
    "remove_special_chars",
    "remove_stopwords",
    "remove_duplicates",
    "regex_remove",
    "text_replace",
    "word_length_filter",
    "case_normalize",
)
_MOST_PRESETS, _MOST_RULES, _LONGEST = 50, 100, 500


class ParsingRulesError(ValueError):
    """Rules that can't be; the text is a sentence for their user."""


def check_parsing_rules(given: Any) -> dict[str, Any]:
    """The rules as they are stored: {"presets": [...], "activePresetId": id or None}, {} for none.

    Raises ParsingRulesError with a sentence.
    """
    if given == {}:
        return {}
    if not isinstance(given, dict) or set(given) - {"presets", "activePresetId"}:
        raise ParsingRulesError("Parsing rules are a list of presets, and the id of the active one.")
    presets = [_preset(one) for one in _list(given.get("presets"), _MOST_PRESETS, "presets")]
    ids = _distinct([one["id"] for one in presets], "presets")
    active = given.get("activePresetId")
    if active is not None and active not in ids:
        raise ParsingRulesError("The active preset is none of those.")
    return {"presets": presets, "activePresetId": active}


def _preset(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ParsingRulesError("A preset has an id, a name and rules.")
    rules = [_rule(one) for one in _list(given.get("rules"), _MOST_RULES, "rules")]
    _distinct([one["id"] for one in rules], "rules")
    return {
        "id": _text(given.get("id"), "A preset has an id."),
        "name": _text(given.get("name"), "A preset has a name."),
        "isBuiltIn": bool(given.get("isBuiltIn", False)),
        "rules": rules,
    }


def _rule(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or given.get("type") not in RULE_TYPES:
        raise ParsingRulesError(f"A rule is one of {', '.join(RULE_TYPES)}.")
    config, order = given.get("config", {}), given.get("order", 0)
    if not isinstance(config, dict) or len(str(config)) > 10 * _LONGEST:
        raise ParsingRulesError("The details of a rule are an object of a few lines.")
    if not isinstance(order, int) or isinstance(order, bool):
        raise ParsingRulesError("The order of a rule is a number.")
    if given["type"] == "regex_remove":
        _check_pattern(config.get("pattern"))
    return {
        "id": _text(given.get("id"), "A rule has an id."),
        "type": given["type"],
        "enabled": bool(given.get("enabled", True)),
        "order": order,
        "config": config,
    }


def _check_pattern(pattern: Any) -> None:
    try:
        re.compile(_text(pattern, "A rule with an expression names its pattern."))
    except re.error as error:
        raise ParsingRulesError(f"The expression {pattern!r} can't be read: {error}.") from None


def _list(given: Any, most: int, what: str) -> list[Any]:
    if not isinstance(given, list) or len(given) > most:
        raise ParsingRulesError(f"Give a list of at most {most} {what}.")
    return given


def _text(given: Any, sentence: str) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= _LONGEST or "\0" in given:
        raise ParsingRulesError(sentence)
    return given


def _distinct(ids: list[str], what: str) -> set[str]:
    if len(set(ids)) < len(ids):
        raise ParsingRulesError(f"Two {what} have the same id.")
    return set(ids)
