"""Which encoding a subtitle file is in. They rarely say; most are UTF-8, old ones are what Windows wrote."""

import codecs
import re
from collections import Counter
from collections.abc import Mapping

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# By language: what its old files are in.
_BY_LANGUAGE = {
    "ru": "cp1251", "uk": "cp1251", "bg": "cp1251", "sr": "cp1250", "mk": "cp1251", "kk": "cp1251", "mn": "cp1251",
    "pl": "cp1250", "cs": "cp1250", "sk": "cp1250", "hu": "cp1250", "sl": "cp1250", "hr": "cp1250", "bs": "cp1250",
    "ro": "cp1250", "sq": "cp1250", "el": "cp1253", "tr": "cp1254", "he": "cp1255", "ar": "cp1256", "fa": "cp1256",
    "ur": "cp1256", "lt": "cp1257", "lv": "cp1257", "et": "cp1257", "vi": "cp1258", "ja": "cp932", "ko": "cp949",
    "zh": "gb18030", "th": "cp874",
}  # fmt: skip
_FALLBACK = "cp1252"
# Letters of scripts that aren't Latin, the most frequent ones first.
_RANKED = {
    "cp1251": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёіїєґ",
    "cp1253": "αειοητσνκρυπμλςάέίόήύώδγθωχφβζ",
    "cp1255": "יוהלארתבשמןםנכעחדקפגצטזס",
    "cp1256": "الينمرتوهبةعدسفقكحجشطصخذضزغ",
}
# Letters beyond ASCII that are common in an encoding's languages, and rare in what another's bytes look like in it.
_USUAL = {
    "cp1252": "éèàùçâêîôûëïüäöößñáíóúåæøãõ¿¡«»’“”–—…°ºª",
    "cp1250": "ąęłńóśźżáčďéěíňřšťúůýžőűăâîşţ„”“’–—…«»",
    "cp1254": "ğışçöü’“”–…",
}
# Of a word with letters beyond ASCII, at least this share is beyond ASCII where the script isn't Latin.
_FOREIGN_SHARE = 0.7
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
_SAMPLE_BYTES = 64 * 1024


def decode_text(raw: bytes, *, language: str = "") -> str:
    """The text, whatever it takes: never raises, at worst with replacement characters. `language` (two letters) is
    a hint for files that aren't Unicode. Line ends become "\\n", NUL characters go."""
    text = raw.decode(_encoding_of(raw, language), "replace")
    return text.removeprefix("\ufeff").replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def _encoding_of(raw: bytes, language: str) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    if wide := _utf16_without_mark(raw):
        return wide
    if _fits(raw, "utf-8"):
        return "utf-8"
    # A name may lie about the language; what doesn't even decode is no hint.
    hinted = _BY_LANGUAGE.get(language, "")
    if hinted and _fits(raw, hinted):
        return hinted
    if language and not hinted:
        return _FALLBACK
    return _guess(raw[:_SAMPLE_BYTES])


def _utf16_without_mark(raw: bytes) -> str:
    """Text in UTF-16 has a zero in every second byte of its ASCII: digits, arrows, line ends."""
    sample = raw[:4000]
    if len(sample) < 8:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > len(sample) / 8 and odd > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > len(sample) / 8 and even > 4 * odd else ""


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _guess(sample: bytes) -> str:
    words = [word for word in _WORD.findall(sample) if any(byte > 127 for byte in word)]
    letters = sum(len(word) for word in words)
    beyond = sum(byte > 127 for word in words for byte in word)
    if letters and beyond / letters >= _FOREIGN_SHARE:
        return _asian(sample) or _best(sample, {name: _weights(letters) for name, letters in _RANKED.items()})
    return _best(sample, {name: dict.fromkeys(letters, 1.0) for name, letters in _USUAL.items()})


def _asian(sample: bytes) -> str:
    """Encodings of two bytes: only text that really is in one decodes, and then in its script."""
    # A sample may end within a character.
    for encoding, ranges, least in (
        ("cp932", ((0x3040, 0x30FF),), 0.25),
        ("cp949", ((0xAC00, 0xD7A3),), 0.6),
        ("gb18030", ((0x4E00, 0x9FFF), (0x3000, 0x303F), (0xFF00, 0xFFEF)), 0.9),
    ):
        if not any(_fits(sample[: len(sample) - cut], encoding) for cut in (0, 1, 2, 3)):
            continue
        text = [char for char in sample.decode(encoding, "ignore") if ord(char) > 127]
        hits = sum(any(low <= ord(char) <= high for low, high in ranges) for char in text)
        if text and hits / len(text) >= least and _is_varied(text, encoding):
            return encoding
    return ""


def _is_varied(text: list[str], encoding: str) -> bool:
    """Cyrillic bytes read as Chinese give rare characters; Chinese text repeats its common ones."""
    if encoding != "gb18030":
        return True
    common = set("的一是不了我在有人他这中大来你们到说和地出也得里就么可看那她会没过着好吗什")
    return sum(char in common for char in text) / len(text) >= 0.05


def _weights(letters: str) -> dict[str, float]:
    """1 for the most frequent letter, down to -1 for the rarest."""
    return {letter: 1 - 2 * rank / len(letters) for rank, letter in enumerate(letters)}


def _best(sample: bytes, weights: Mapping[str, Mapping[str, float]]) -> str:
    """The encoding in which the characters are the usual ones; the first of equals."""
    scores = {}
    for encoding, usual in weights.items():
        counts = Counter(char for char in sample.decode(encoding, "replace").lower() if ord(char) > 127)
        scores[encoding] = sum(count * usual.get(char, -1.0) for char, count in counts.items())
    best = max(weights, key=lambda encoding: scores[encoding])
    return best if scores[best] > 0 else _FALLBACK
