"""What people type into a search box, as a query of PostgreSQL's full text search."""

import re

from library.folding import fold

LONGEST_TEXT = 200
_MOST_TERMS = 16
_TOKEN = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>\S+)')


def text_query(text: str) -> str:
    """The query for `to_tsquery('simple', ...)`; empty when nothing in `text` is a word.

    Words are AND-ed and match beginnings; "quoted words" stand beside each other; -word must not occur, as a whole
    word; OR (or |) between two terms is enough of either. Whatever is typed, the query is valid.
    """
    wanted: list[list[str]] = []
    unwanted: list[str] = []
    is_alternative = False
    for token in list(_TOKEN.finditer(text[:LONGEST_TEXT].replace("\0", " ")))[:_MOST_TERMS]:
        word = token["word"]
        if word in ("OR", "|"):
            is_alternative = bool(wanted)
            continue
        is_excluded = bool(token["minus"]) if word is None else word.startswith("-") and len(word) > 1
        term = fold(token["phrase"] if word is None else word)
        if not term:
            continue
        # Folded words hold neither quotes nor backslashes, so nothing in them ends the quotation.
        is_whole = is_excluded or (word is None and bool(token["end"]))
        written = f"'{term}'" if is_whole else f"'{term}':*"
        if is_excluded:
            unwanted.append(f"!({written})")
        elif is_alternative:
            wanted[-1].append(written)
        else:
            wanted.append([written])
        is_alternative = False
    return " & ".join([*(f"({' | '.join(terms)})" for terms in wanted), *unwanted])


def plain_words(text: str) -> list[str]:
    """The folded words that must occur, each once, in their order: what a suggestion replaces."""
    words = [
        word
        for token in _TOKEN.finditer(text[:LONGEST_TEXT])
        if not (token["minus"] or (token["word"] or "").startswith("-") or token["word"] in ("OR", "|"))
        for word in fold(token["phrase"] if token["word"] is None else token["word"]).split()
    ]
    return list(dict.fromkeys(words))[:_MOST_TERMS]
