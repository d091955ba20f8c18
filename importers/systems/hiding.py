"""Passwords and keys in what is kept of another system: found by their names, and by what addresses say."""

import re
from collections.abc import Mapping
from typing import Any

from importers.records import Secret

_NAMES = re.compile(r"pass(word|wd|phrase|key)?$|pwd$|api[-_]?key|secret|token|credential|private[-_]?key|auth", re.I)
# Names that only sound like it.
_HARMLESS = re.compile(r"^(has|is)[A-Z_]|author|max_?tokens|authenticated", re.I)
_ADDRESS = re.compile(
    r"://[^/\s@]*:[^/\s@]*@|[?&;](api[-_]?key|pass(key|word)|token|secret|auth|r|sig)=|rsskey|torrent_pass", re.I
)
# A secret's name within JSON that stands in a text.
_IN_JSON = re.compile(r'"[^"]*(pass(word|wd|phrase)|api[-_]?key|secret|token|credential)[^"]*"\s*:\s*["\d]', re.I)


def is_secret_name(name: str) -> bool:
    return bool(_NAMES.search(name)) and not _HARMLESS.search(name)


def hide_secrets(value: Any, name: str = "") -> Any:
    """The value with each secret in it as a `Secret`: texts and numbers under a secret's name, addresses that carry a
    password or key. Empty ones stay as they are."""
    if isinstance(value, Mapping):
        return {key: hide_secrets(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [hide_secrets(item, name) for item in value]
    if isinstance(value, str) and value and _is_secret(name, value):
        return Secret(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and is_secret_name(name):
        return Secret(str(value))
    return value


def _is_secret(name: str, text: str) -> bool:
    return is_secret_name(name) or bool(_ADDRESS.search(text)) or ("{" in text and bool(_IN_JSON.search(text)))
