"""Readers for settings that come from the environment.

Every reader declares the variable it reads in `DECLARED`, which a test compares with `docs/settings.md`, and raises
`ImproperlyConfigured` with a sentence on a value it can't use: a misspelt setting stops the start, it never becomes
a default in silence. An empty value counts as unset.
"""

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
# Of a map of paths: what stands between semicolons, what between equals signs, and what a backslash protects.
_PARTS = re.compile(r"(?:\\.|[^;\\])+", re.DOTALL)
_HALVES = re.compile(r"(?:\\.|[^=\\])+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Declared:
    """One environment variable that the settings read."""

    name: str
    kind: Literal["text", "bool", "int", "path", "list", "choice"]
    default: str


DECLARED: dict[str, Declared] = {}


def _read(name: str, kind: Literal["text", "bool", "int", "path", "list", "choice"], default: str) -> str:
    DECLARED[name] = Declared(name, kind, default)
    return os.environ.get(name, "").strip()


def env_str(name: str, default: str = "") -> str:
    """Text as it stands, without blanks at the ends."""
    return _read(name, "text", default) or default


def env_bool(name: str, default: bool) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off; anything else raises."""
    value = _read(name, "bool", "true" if default else "false").lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: use true or false.")


def env_int(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number from minimum to maximum, both included."""
    value = _read(name, "int", str(default))
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}: use a whole number.") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name} is {number}: use a number from {minimum} to {maximum}.")
    return number


def env_path(name: str, default: Path | None, *, shown_default: str = "") -> Path | None:
    """An absolute path; `~` is expanded and a relative one counts from the current folder."""
    value = _read(name, "path", shown_default)
    return Path(value).expanduser().absolute() if value else default


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Words parted by commas, blanks around them dropped."""
    value = _read(name, "list", ",".join(default))
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def env_networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """IP addresses or networks (10.0.0.0/8) parted by commas; none without a value."""
    try:
        return [ipaddress.ip_network(word) for word in env_list(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}. Use addresses or networks such as 10.0.0.0/8.") from None


def env_path_map(name: str) -> tuple[tuple[str, str], ...]:
    """Pairs of absolute folders, OLD=NEW parted by semicolons, the longest OLD first.

    A backslash takes the meaning from the character after it. Names that aren't UTF-8 stay the bytes that they are.
    """
    pairs: dict[str, str] = {}
    for text in _PARTS.findall(_read(name, "list", "")):
        halves = [_ESCAPED.sub(r"\1", half.strip()) for half in _HALVES.findall(text)]
        if len(halves) != 2 or not all(half.startswith("/") for half in halves):
            shown = _ESCAPED.sub(r"\1", text).encode(errors="backslashreplace").decode()
            raise ImproperlyConfigured(f"{name}: {shown!r} is no pair of whole paths; write /srv/videos=/mnt/videos.")
        old, new = (half.rstrip("/") or "/" for half in halves)
        if pairs.setdefault(old, new) != new:
            raise ImproperlyConfigured(f"{name} maps {old} twice.")
    return tuple(sorted(pairs.items(), key=lambda pair: -len(pair[0])))


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of the choices, in lower case."""
    value = _read(name, "choice", default).lower() or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: use one of {', '.join(choices)}.")
    return value
