"""Rows of a JSON file one after another, in little memory and whatever state the file is in."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 16
# An item that hasn't ended after so many characters is taken for one that never does.
_LONGEST_ITEM = 1 << 26
_GAP = re.compile(r"[\s,]*")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|"', re.DOTALL)
# As lenient as can be: raw control characters in text, NaN and infinity, lone surrogates.
_DECODER = json.JSONDecoder(strict=False)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Broken:
    """A part of the file that is no JSON. `is_cut` says that the file ends in it; else what follows was read."""

    text: str
    position: int
    is_cut: bool


def items(path: Path) -> Iterator[Any]:
    """The items of the array in the file, or the values that stand in it one after another (a row a line).

    What can't be read comes as `Broken`, so that nothing of the file is lost: an item within it, or the rest of a file
    that is cut off. A value that is no array is the only item. Bytes that aren't UTF-8 come as lone surrogates. At most
    one item and a piece of the file are in memory. Raises OSError.
    """
    window = _Window(path)
    try:
        window.skip(re.compile(r"\s*"))
        is_open = window.text.startswith("[", window.at)
        is_empty = window.is_over()
        window.at += is_open
        while True:
            window.skip(_GAP)
            if window.is_over():
                # An array without its bracket, or a file of nothing: the end is missing, though no row shows it.
                if is_open or is_empty:
                    yield Broken("", window.position, is_cut=True)
                return
            if is_open and window.text[window.at] == "]":
                window.at += 1
                is_open = False
                continue
            item = _next_item(window)
            yield item
            if isinstance(item, Broken) and item.is_cut:
                return
    finally:
        window.close()


class _Window:
    """A piece of the file as text: `at` is where reading is in it."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            head = file.read(4)
        encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
        self._file = path.open(encoding=encoding, errors="surrogateescape" if "16" not in encoding else "replace")
        self._passed = 0
        self._is_at_end = False
        self.text = ""
        self.at = 0

    @property
    def position(self) -> int:
        """In characters from the beginning of the file."""
        return self._passed + self.at

    def more(self, size: int = _CHUNK_BYTES) -> bool:
        """Reads on and forgets what lies behind. False at the end of the file."""
        if self._is_at_end:
            return False
        piece = self._file.read(size)
        self._is_at_end = not piece
        self._passed += self.at
        self.text, self.at = self.text[self.at :] + piece, 0
        return not self._is_at_end

    def skip(self, gap: re.Pattern[str]) -> None:
        while True:
            match = gap.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text) or not self.more():
                return

    def is_over(self) -> bool:
        return self.at >= len(self.text)

    def close(self) -> None:
        self._file.close()


def _next_item(window: _Window) -> Any:
    """The value at the window's place. Reads on for as long as it isn't whole, twice as much each time."""
    size = _CHUNK_BYTES
    while True:
        try:
            value, end = _DECODER.raw_decode(window.text, window.at)
        except (ValueError, RecursionError):
            broken = _broken_item(window)
            if broken is not None:
                return broken
            size *= 2
        else:
            # A number, or a word, at the end of the piece may go on.
            if end < len(window.text) or isinstance(value, dict | list | str) or not window.more(size):
                window.at = end if end <= len(window.text) else len(window.text)
                return value


def _broken_item(window: _Window) -> Broken | None:
    """What stands at the window's place and is no JSON, if it is all there; None when more was read to see."""
    start, position = window.at, window.position
    end = _end_of_item(window.text, start)
    if end is None and len(window.text) - start < _LONGEST_ITEM:
        if window.more(max(_CHUNK_BYTES, len(window.text) - start)):
            return None
        start = window.at
    text = window.text[start : end if end is not None else len(window.text)]
    window.at = start + len(text)
    return Broken(text, position, is_cut=end is None)


def _end_of_item(text: str, start: int) -> int | None:
    """Where the brackets that open at `start` are closed, whatever stands between them; None when they aren't."""
    if text[start] not in "{[":
        match = re.compile(r"[,\]\n]").search(text, start + 1)
        return match.start() if match else None
    depth = 0
    for token in _TOKEN.finditer(text, start):
        mark = token.group()
        if mark == '"':
            return None
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark, 0)
        if depth == 0:
            return token.end()
    return None
