"""What somebody may have meant whose words find nothing."""

import difflib

from django.db import connection

from library.filters.words import plain_words

_LEAST_LETTERS = 4
_LIKE = 0.72
# Documents whose words are looked through for each unknown word.
_LOOKED_AT = 400


def suggest_words(text: str) -> str:
    """Words like those typed that some video has; empty where nothing comes near. Three short queries a word at most.

    A word that no video has is compared with those that begin alike: its first letters are taken to be right.
    """
    words = plain_words(text)[:4]
    meant = [_meant(word) for word in words]
    return " ".join(meant) if meant != words else ""


def _meant(word: str) -> str:
    if len(word) < _LEAST_LETTERS or _beginning_with(word, 1):
        return word
    for letters in (3, 2):
        near = difflib.get_close_matches(word, _beginning_with(word[:letters], _LOOKED_AT), n=1, cutoff=_LIKE)
        if near:
            return near[0]
    return word


def _beginning_with(letters: str, documents: int) -> list[str]:
    """Words of some videos that begin with these (folded) letters."""
    inner = "SELECT document FROM library_videotext WHERE document @@ to_tsquery('simple', %s) LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT word FROM ({inner}) AS found, unnest(tsvector_to_array(found.document)) AS word
             WHERE starts_with(word, %s)
            """,
            [f"'{letters}':*", documents, letters],
        )
        return [row[0] for row in cursor.fetchall()]
