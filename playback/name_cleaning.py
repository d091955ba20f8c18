"""File names without what somebody's parsing rules call noise. Loaded by `playback.providers`."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection

from library.exceptions import RuleError
from library.services.rules.patterns import limited, read_pattern
from library.services.suggesting.memory import remember
from playback.models import UserSettings

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
_YEARS = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NUMBERS = re.compile(r"(?<!\w)\d+(?!\w)")
_SPECIAL = re.compile(r"[^\w\s-]|_")
_SPACES = re.compile(r"\s+")
_SECONDS = 5
# Words that release names add to what a film is called.
_STOPWORDS = frozenset(
    {"1080p", "2160p", "4k", "720p", "bluray", "hd", "hdrip", "hevc", "uncut", "web", "webdl", "webrip", "x264", "x265"}
)

Config = Mapping[str, Any]


def clean_by_rules(names: Sequence[str]) -> list[str]:
    """The names by the active preset of the first owner who has one; as they are where nobody has."""
    cleaned = list(names)
    for rule in remember("parsing rules", _rules):
        cleaned = _apply(rule["type"], rule.get("config", {}), cleaned)
    return [_SPACES.sub(" ", name).strip() for name in cleaned]


def _rules() -> list[dict[str, Any]]:
    """Enabled rules of that preset in their order. One query."""
    rows = UserSettings.objects.filter(user__is_superuser=True, user__is_active=True).exclude(parsing_rules={})
    for stored in rows.order_by("user").values_list("parsing_rules", flat=True):
        preset = next((one for one in stored["presets"] if one["id"] == stored.get("activePresetId")), None)
        if preset is not None:
            return sorted((rule for rule in preset["rules"] if rule["enabled"]), key=lambda rule: rule["order"])
    return []


def _apply(kind: str, config: Config, names: list[str]) -> list[str]:
    if kind == "regex_remove":
        return _remove(str(config.get("pattern", "")), names)
    clean = _CLEANERS.get(kind)
    return [clean(name, config) for name in names] if clean is not None else names


def _remove(pattern: str, names: list[str]) -> list[str]:
    """By the database, whose engine doesn't backtrack; one that can't be read there, or takes long, removes nothing."""
    try:
        sql = read_pattern(pattern).sql
        with limited(_SECONDS), connection.cursor() as cursor:
            cursor.execute(
                "SELECT regexp_replace(name, %s, ' ', 'gi') FROM unnest(%s::text[]) WITH ORDINALITY AS each(name, n)"
                " ORDER BY n",
                [sql, names],
            )
            return [row[0] for row in cursor.fetchall()]
    except RuleError:
        return names


def _replaced(name: str, config: Config) -> str:
    find = str(config.get("find") or "")
    return name.replace(find, str(config.get("replace") or "")) if find else name


def _without_stopwords(name: str, config: Config) -> str:
    given = config.get("words") or config.get("stopwords")
    words = {str(one).lower() for one in given} if isinstance(given, list) else _STOPWORDS
    return " ".join(word for word in name.split() if word.lower() not in words)


def _without_doubles(name: str, config: Config) -> str:
    return " ".join({word.lower(): word for word in reversed(name.split())}[key] for key in dict.fromkeys(
        word.lower() for word in name.split()
    ))  # fmt: skip


def _long_words(name: str, config: Config) -> str:
    least = config.get("minLength") or config.get("min")
    return " ".join(word for word in name.split() if not isinstance(least, int) or len(word) >= least)


_CLEANERS: dict[str, Callable[[str, Config], str]] = {
    "remove_brackets": lambda name, config: _BRACKETS.sub(" ", name),
    "remove_years": lambda name, config: _YEARS.sub(" ", name),
    "remove_numbers": lambda name, config: _NUMBERS.sub(" ", name),
    "remove_special_chars": lambda name, config: _SPECIAL.sub(" ", name),
    "remove_stopwords": _without_stopwords,
    "remove_duplicates": _without_doubles,
    "text_replace": _replaced,
    "word_length_filter": _long_words,
}
