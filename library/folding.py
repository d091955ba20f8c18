"""How words are compared: the twin of the SQL function `videothek_fold` (a test holds them against each other)."""

import re
import unicodedata

_LETTERS = str.maketrans(
    dict(zip("øłđðħıŧŋĸƒɨʉɓɗ", "olddhitnkfiubd", strict=True))
    | {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ς": "\u03c3"}
)
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
)
_BETWEEN = re.compile(
    r"[\u0000-/:-@\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u2e00-\u2e7f\u3000-\u3004"
    r"\u3008-\u3020\u3030\U000f0000-\U000f00ff]+"
)
# Thai, Lao, Burmese, Khmer, kana and Han: written without spaces, so each letter is a word and a word is a phrase.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def fold(text: str) -> str:
    """The words in lower case, without accents and punctuation, with single spaces between them and around each letter
    of scripts that have no spaces."""
    # Letter by letter: Python lowers some letters by their neighbours or to two, PostgreSQL does not.
    lowered = "".join(low if len(low := one.lower()) == 1 else one for one in unicodedata.normalize("NFKD", text))
    plain = _MARKS.sub("", lowered).translate(_LETTERS)
    return _BETWEEN.sub(" ", _UNSPACED.sub(r" \g<0> ", plain)).strip()
