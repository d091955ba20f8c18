"""Known names in texts that people wrote: paths, sidecars, tags of files."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from library.folding import fold
from library.services.suggesting.memory import remember
from library.services.suggesting.targets import all_targets

# Longer names are found by their first words.
_MOST_WORDS = 8
# A single word shorter than this is in too many file names to mean anything.
_LEAST_LETTERS = 3
# Words written as one ("anamaria") or apart ("only fans") are compared from this length on.
_LEAST_JOINED = 6
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d{2})")
# Small words of several languages, which names may hold but aren't.
_ORDINARY = frozenset(
    {
        "a", "an", "and", "at", "by", "der", "die", "das", "el", "en", "feat", "for", "from", "ft", "in", "la", "le",
        "of", "on", "or", "part", "the", "to", "und", "vs", "with",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A known name in a text. `words` is how it stands there, folded; `is_whole` when the text is nothing else."""

    kind: str
    object_id: int
    words: str
    is_whole: bool

    @property
    def is_telling(self) -> bool:
        """Of several words, or long: hardly there by chance."""
        return " " in self.words or len(self.words) >= 8


class NameIndex:
    """All names in use, folded as search compares words. What several of one kind are called, or things of several
    kinds, is ambiguous: found, so that no shorter name in it is, but never a hit."""

    def __init__(self, rows: Iterable[tuple[str, int, str]]) -> None:
        self._phrases: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._joined: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._longest = 1
        for kind, pk, name in rows:
            words = fold(name)
            if not words:
                continue
            self._phrases[words].add((kind, pk))
            count = words.count(" ") + 1
            self._longest = max(self._longest, min(count, _MOST_WORDS))
            joined = words.replace(" ", "")
            if len(joined) >= _LEAST_JOINED:
                self._joined[joined].add((kind, pk))

    def exact(self, kind: str, name: str) -> int | None:
        """The one of that kind with this name; None for none and for several."""
        found = {pk for of, pk in self._phrases.get(fold(name), ()) if of == kind}
        return found.pop() if len(found) == 1 else None

    def is_ambiguous(self, kind: str, name: str) -> bool:
        """Whether several of that kind go by this name."""
        return len({pk for of, pk in self._phrases.get(fold(name), ()) if of == kind}) > 1

    def find_in(self, text: str) -> list[Hit]:
        """The names in a text, the longest of those that overlap; each thing once."""
        hits: dict[tuple[str, int], Hit] = {}
        for variant in dict.fromkeys((fold(text), fold(_CAMEL.sub(" ", text)))):
            words = variant.split()
            for start, end, things in self._matches(words):
                if len(things) != 1:
                    continue
                (kind, pk) = next(iter(things))
                is_whole = (start, end) == (0, len(words))
                hits.setdefault((kind, pk), Hit(kind, pk, " ".join(words[start:end]), is_whole))
        return list(hits.values())

    def _matches(self, words: Sequence[str]) -> Iterator[tuple[int, int, set[tuple[str, int]]]]:
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + self._longest), start, -1):
                things = self._named(words[start:end])
                if things:
                    yield start, end, things
                    start = end
                    break
            else:
                start += 1

    def _named(self, words: Sequence[str]) -> set[tuple[str, int]]:
        phrase = " ".join(words)
        if len(words) == 1 and not _says_something(phrase):
            return set()
        found = self._phrases.get(phrase)
        return found or self._joined.get("".join(words)) or set()


def _says_something(word: str) -> bool:
    if word.isdecimal() or word in _ORDINARY:
        return False
    # Of scripts without spaces one letter is a word: it says as little.
    return len(word) >= _LEAST_LETTERS or (not word.isascii() and len(word) >= 2)


def load_names() -> NameIndex:
    """Every name and alias of everything in use. Two queries for each kind; once in a run."""

    def make() -> NameIndex:
        return NameIndex((target.kind, pk, name) for target in all_targets() for pk, name in target.names())

    return remember("names", make)
