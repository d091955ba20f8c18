"""A filter in an address: letters, digits, - and _ only."""

import base64
import json
import zlib
from typing import Any

from library.filters.errors import FilterError
from library.filters.tree import EVERYTHING, Condition, Group, Part, parse_filter

_LONGEST = 8_000
_MOST_BYTES = 60_000


def encode_filter(whole: Group) -> str:
    """Empty for the filter that lets everything through."""
    if not whole:
        return ""
    raw = json.dumps(_short(whole), separators=(",", ":"), ensure_ascii=False).encode()
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(raw) + packer.flush()
    letter, data = ("z", packed) if len(packed) < len(raw) else ("j", raw)
    return letter + base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_filter(text: str) -> Group:
    """Raises FilterError on what `encode_filter` did not write or what this library doesn't know."""
    if not text:
        return EVERYTHING
    try:
        if len(text) > _LONGEST or text[0] not in "jz":
            raise ValueError(text[:1])
        data = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
        if text[0] == "z":
            unpacker = zlib.decompressobj(wbits=-15)
            data = unpacker.decompress(data, _MOST_BYTES)
        raw = _long(json.loads(data))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, zlib.error):
        raise FilterError("That address holds no filter that can be read.") from None
    return parse_filter(raw)


def _short(part: Part) -> Any:
    if isinstance(part, Condition):
        short: Any = [part.facet, part.operator, part.value]
    else:
        short = {"a" if part.mode == "all" else "o": [_short(one) for one in part.parts]}
    return {"n": short} if part.is_negated else short


def _long(short: Any) -> Any:
    if isinstance(short, list):
        facet, operator, value = short
        return {"facet": facet, "op": operator, "value": value}
    ((key, inner),) = short.items()
    if key == "n":
        return {"not": _long(inner)}
    return {{"a": "all", "o": "any"}[key]: [_long(one) for one in inner]}
