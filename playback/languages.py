"""Languages in words, from how files and file names write them."""

# ISO 639-1, ISO 639-2 (both kinds), English name, and how people write it in file names besides.
_ROWS = """
ar ara Arabic|bg bul Bulgarian|bn ben Bengali|bs bos Bosnian|ca cat Catalan|cs cze ces Czech|cy wel cym Welsh
da dan Danish|de ger deu German deutsch|el gre ell Greek|en eng English|es spa Spanish espanol castellano
et est Estonian|eu baq eus Basque|fa per fas Persian farsi|fi fin Finnish|fr fre fra French francais
ga gle Irish|gl glg Galician|he heb Hebrew iw|hi hin Hindi|hr hrv scr Croatian|hu hun Hungarian magyar
hy arm hye Armenian|id ind Indonesian|is ice isl Icelandic|it ita Italian italiano|ja jpn Japanese jp
ka geo kat Georgian|kk kaz Kazakh|ko kor Korean kr|lt lit Lithuanian|lv lav Latvian|mk mac mkd Macedonian
ml mal Malayalam|mn mon Mongolian|mr mar Marathi|ms may msa Malay|nb nob Norwegian|nl dut nld Dutch nederlands
nn nno Norwegian|no nor Norwegian norsk|pa pan Punjabi|pl pol Polish polski|pt por Portuguese portugues pb
ro rum ron Romanian|ru rus Russian|sk slo slk Slovak|sl slv Slovenian|sq alb sqi Albanian|sr srp scc Serbian
sv swe Swedish svenska|sw swa Swahili|ta tam Tamil|te tel Telugu|th tha Thai|tl tgl Tagalog|tr tur Turkish turkce
uk ukr Ukrainian|ur urd Urdu|vi vie Vietnamese|zh chi zho Chinese chs cht mandarin cantonese yue cmn|la lat Latin
""".replace("\n", "|")
_NOTHING = frozenset({"", "und", "mis", "mul", "zxx", "unk", "qaa"})
_REGIONS = {
    "br": "Brazil", "pt": "Portugal", "us": "US", "gb": "UK", "mx": "Mexico", "419": "Latin America", "ca": "Canada",
    "hans": "simplified", "hant": "traditional", "cn": "simplified", "tw": "traditional", "hk": "Hong Kong",
}  # fmt: skip


def _read_rows() -> tuple[dict[str, str], dict[str, str]]:
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for row in filter(None, _ROWS.split("|")):
        code, *others = row.split()
        names[code] = next(word for word in others if word[0].isupper())
        codes |= {word.lower(): code for word in (code, *others)}
    return codes, names


_CODES, _NAMES = _read_rows()


def language_code(text: str | None) -> str:
    """The two letters for eng, en-GB, English or German's ger and deu; empty for what is none."""
    first = (text or "").strip().lower().replace("_", "-").partition("-")[0]
    return "" if first in _NOTHING else _CODES.get(first, "")


def language_name(text: str | None) -> str:
    """English, Portuguese (Brazil); what nobody wrote down here as the file has it; empty for an unknown one."""
    text = (text or "").strip()
    code = language_code(text)
    if not code:
        return "" if text.lower() in _NOTHING else text
    region = text.lower().replace("_", "-").partition("-")[2]
    named = _REGIONS.get(region, "")
    return f"{_NAMES[code]} ({named})" if named else _NAMES[code]


def accepted_languages(header: str) -> tuple[str, ...]:
    """Two-letter codes of an Accept-Language header, the most wanted first; junk is left out."""
    wanted: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";")
        code = language_code(tag)
        try:
            share = float(weight.partition("=")[2]) if weight else 1.0
        except ValueError:
            continue
        if code and share > 0:
            wanted.append((-share, code))
    return tuple(dict.fromkeys(code for _, code in sorted(wanted, key=lambda pair: pair[0])))
