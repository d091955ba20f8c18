"""File names in the database.

A file name on Linux is bytes; PostgreSQL stores UTF-8. A name that is valid UTF-8 is stored as it is. A byte that
isn't is stored as one character of a private-use area, U+F0000 plus the byte, and so is each byte of a character of
that area itself: every name has exactly one stored form and comes back byte for byte.
"""

import os
import re
import unicodedata

_BASE = 0xF0000
_OWN_CHARACTERS = re.compile(f"[{chr(_BASE)}-{chr(_BASE + 0xFF)}]")
_SURROGATES = re.compile("[\udc80-\udcff]")
# What breaks a line or turns round the text after it. Other invisible characters belong to names people give: the
# joiners of emoji, the wide space of Japanese.
_ESCAPED_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def encode_path(path: str) -> str:
    """The stored form of a path as `os` functions give it (with surrogate escapes)."""
    path = _OWN_CHARACTERS.sub(lambda m: "".join(chr(_BASE + byte) for byte in m[0].encode()), path)
    return _SURROGATES.sub(lambda m: chr(_BASE + ord(m[0]) - 0xDC00), path)


def decode_path(stored: str) -> str:
    """The path for `os` functions; the inverse of `encode_path`."""
    if not _OWN_CHARACTERS.search(stored):
        return stored
    raw = b"".join(bytes([ord(char) - _BASE]) if _OWN_CHARACTERS.match(char) else char.encode() for char in stored)
    return os.fsdecode(raw)


def display_path(stored: str) -> str:
    r"""The path for a person's eyes: bytes that aren't UTF-8 as \xNN, line breaks and controls escaped."""
    if stored.isprintable():
        return stored
    shown = _OWN_CHARACTERS.sub(lambda m: f"\\x{ord(m[0]) - _BASE:02x}", stored)
    return "".join(repr(char)[1:-1] if _is_escaped(char) else char for char in shown)


def _is_escaped(char: str) -> bool:
    return unicodedata.category(char) in _ESCAPED_CATEGORIES or char in _TURNING
