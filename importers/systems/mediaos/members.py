"""The members of MediaOS's JSON files one after another, in little memory and whatever state a file is in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK = 1 << 16
_GAP = re.compile(r"[\s,]*")
# As lenient as can be: raw control characters in text, NaN and infinity.
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Member:
    """A value of a file: `name` is its key, or the number of its place in an array. `within` is the array's or object's
    own name when it was gone through ("items"), else ""."""

    name: str
    value: Any
    within: str = ""


@dataclass(frozen=True, slots=True)
class Torn:
    """What stands in the file from where it can't be read on."""

    text: str
    position: int


def members(path: Path, *opened: str) -> Iterator[Member | Torn]:
    """The members of the object or array in a file. Those named in `opened` are gone through in their turn, one level.

    From the first mistake on, or where the file is cut off, the rest comes as one `Torn`. Bytes that aren't UTF-8 come
    as lone surrogates. A value that is neither object nor array is the member "". Raises OSError.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        reader = _Reader(file)
        try:
            yield from _members(reader, "", opened)
            reader.skip(re.compile(r"\s*"))
            if not reader.is_over():
                raise ValueError
        except (ValueError, RecursionError):
            yield Torn(reader.rest(), reader.position)


def _members(reader: "_Reader", within: str, opened: tuple[str, ...]) -> Iterator[Member]:
    mark = reader.peek()
    if mark not in ("{", "["):
        yield Member("", reader.value(), within)
        return
    reader.at += 1
    for place in range(2**62):
        reader.skip(_GAP)
        following = reader.peek()
        if following in ("}", "]"):
            if following != {"{": "}", "[": "]"}[mark]:
                raise ValueError
            reader.at += 1
            return
        name = str(place)
        start = reader.begin()
        if mark == "{":
            name = reader.value()
            if not isinstance(name, str) or reader.peek() != ":":
                reader.back(start)
                raise ValueError
            reader.at += 1
        if not within and name in opened and reader.peek() in ("{", "["):
            yield from _members(reader, name, ())
            continue
        try:
            value = reader.value()
        except (ValueError, RecursionError):
            reader.back(start)
            raise
        yield Member(name, value, within)


class _Reader:
    """A piece of the file as text; `at` is where reading is in it. What `begin` marked stays in memory."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._passed = 0
        self._begun = 0
        self.text = ""
        self.at = 0

    @property
    def position(self) -> int:
        """In characters from the beginning of the file."""
        return self._passed + self.at

    def begin(self) -> int:
        """Marks a place to which `back` leads; returns it."""
        self._begun = self.position
        return self._begun

    def back(self, place: int) -> None:
        self.at = place - self._passed

    def more(self, size: int = _CHUNK) -> bool:
        piece = self._file.read(size)
        if not piece:
            return False
        gone = min(self.at, max(0, self._begun - self._passed))
        self._passed += gone
        self.text, self.at = self.text[gone:] + piece, self.at - gone
        return True

    def skip(self, gap: re.Pattern[str]) -> None:
        while True:
            match = gap.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text) or not self.more():
                return

    def is_over(self) -> bool:
        return self.at >= len(self.text)

    def peek(self) -> str:
        """The next character that is no space. Raises ValueError at the end of the file."""
        self.skip(re.compile(r"\s*"))
        if self.is_over():
            raise ValueError
        return self.text[self.at]

    def value(self) -> Any:
        """The value that begins here. Reads on for as long as it isn't whole, twice as much each time."""
        self.peek()
        size = _CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except ValueError:
                if not self.more(size):
                    raise
            else:
                # A number, or a word, at the end of the piece may go on.
                if end < len(self.text) or isinstance(value, dict | list | str) or not self.more(size):
                    self.at = end
                    return value
            size *= 2

    def rest(self) -> str:
        """All that is left of the file."""
        return self.text[self.at :] + str(self._file.read())
