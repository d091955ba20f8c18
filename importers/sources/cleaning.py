"""Values of other systems made fit for ours. Each function returns the value and "" or the reason it was left out."""

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

# What may stand behind it is the zone's name and the clock's reading that Go's time.String() adds.
_ISO = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?"
    r"(?:\s*[A-Z]{3,5})?(?:\s+m=[+-][\d.]+)?$"
)
_USUAL = len("2024-01-01 10:00:00")
# What a text of PostgreSQL can't hold: NUL and halves of a pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off", ""})
# Beyond these a moment is surely a mistake (the year 0001 of Go, say) and not a date of anybody's.
_EARLIEST, _LATEST = 1000, 9998


def clean_moment(value: Any) -> tuple[datetime | None, str]:
    """A moment in UTC. Takes ISO and SQLite text, with or without a zone (none is UTC), seconds or milliseconds since
    1970, and datetimes. Fractions are cut at microseconds. Reason: `bad_date`."""
    if value is None or value == "":
        return None, ""
    if isinstance(value, str) and len(value) == _USUAL and value[4] == value[7] == "-":
        # The form of nearly all of them, by the fastest way.
        with suppress(ValueError):
            usual = datetime.fromisoformat(value)
            return (usual.replace(tzinfo=UTC), "") if _EARLIEST <= usual.year <= _LATEST else (None, "bad_date")
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC), ""
    if isinstance(value, bool):
        return None, "bad_date"
    if isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"\d{9,13}(\.\d+)?", value.strip())):
        return _since_1970(value)
    match = _ISO.match(str(value).strip())
    if match is None:
        return None, "bad_date"
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")), tzinfo=UTC,
        )  # fmt: skip
        moment -= _offset(zone)
    except (ValueError, OverflowError):
        return None, "bad_date"
    return (moment, "") if _EARLIEST <= moment.year <= _LATEST else (None, "bad_date")


def clean_date(value: Any) -> tuple[date | None, str]:
    """A day: that of the text as written, whatever its zone. Reason: `bad_date`."""
    if value is None or value == "":
        return None, ""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value, ""
    if isinstance(value, str) and (match := _ISO.match(value.strip())):
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None, "bad_date"
        return (day, "") if _EARLIEST <= day.year <= _LATEST else (None, "bad_date")
    moment, reason = clean_moment(value)
    return (moment.date() if moment else None), reason


def clean_boolean(value: Any, default: bool | None = None) -> tuple[bool | None, str]:
    """Yes or no from 0, 1, true, "1", "t" and their kin; `default` for None. Reason: `bad_boolean` (then `default`)."""
    if value is None:
        return default, ""
    if isinstance(value, bool):
        return value, ""
    text = str(value).strip().lower()
    if text in ("1.0", "0.0"):
        text = text[0]
    if text in _TRUE:
        return True, ""
    if text in _FALSE:
        return False, ""
    return default, "bad_boolean"


def clean_integer(value: Any, *, least: int = 0, most: int = 2**63 - 1) -> tuple[int | None, str]:
    """A whole number within bounds; fractions are rounded. Reason: `bad_number`."""
    number, reason = clean_number(value, least=float("-inf"), most=float("inf"))
    if number is None:
        return None, reason
    exact = (
        int(value)
        if isinstance(value, int) or (isinstance(value, str) and value.strip().lstrip("-").isdigit())
        else round(number)
    )
    return (exact, "") if least <= exact <= most else (None, "bad_number")


def clean_number(value: Any, *, least: float = 0.0, most: float = 1e15) -> tuple[float | None, str]:
    """A finite number within bounds. Reason: `bad_number`."""
    if value is None or value == "":
        return None, ""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None, "bad_number"
    if math.isfinite(number) and least <= number <= most:
        return number, ""
    return None, "bad_number"


def clean_text(value: Any, *, longest: int | None = None) -> tuple[str, str]:
    """Text that PostgreSQL holds: NUL bytes and lone surrogates become U+FFFD. Reasons: `bad_text`, `too_long`."""
    if value is None:
        return "", ""
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
    cleaned = _UNFIT.sub("\ufffd", text)
    reason = "bad_text" if cleaned != text else ""
    if longest is not None and len(cleaned) > longest:
        return cleaned[:longest], "too_long"
    return cleaned, reason


def clean_json(value: Any, default: Any = None) -> tuple[Any, str]:
    """JSON from text (or what is parsed already); `default` for none. Reason: `bad_json`."""
    if value is None or value == "":
        return default, ""
    if not isinstance(value, str | bytes):
        return value, ""
    try:
        return json.loads(value, strict=False), ""
    except (ValueError, RecursionError):
        return default, "bad_json"


def clean_vector(value: Any, length: int = 512) -> tuple[list[float] | None, str]:
    """A vector of `length` finite numbers, not all zero, from a list or the text of one. Reason: `bad_vector`."""
    if value is None or value == "":
        return None, ""
    parsed, reason = clean_json(value)
    if reason or not isinstance(parsed, Sequence) or isinstance(parsed, str | bytes) or len(parsed) != length:
        return None, "bad_vector"
    if any(isinstance(number, bool | str) for number in parsed):
        return None, "bad_vector"
    try:
        numbers = [float(number) for number in parsed]
    except (TypeError, ValueError, OverflowError):
        return None, "bad_vector"
    if not all(math.isfinite(number) for number in numbers) or not any(numbers):
        return None, "bad_vector"
    return numbers, ""


def keepable(value: Any) -> Any:
    """The value as a JSON column holds it, losslessly: what JSON or PostgreSQL can't hold becomes {"escaped": text in
    Python's escapes}, {"base64": bytes} or its text."""
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return {"escaped": value.encode("unicode_escape").decode()} if _UNFIT.search(value) else value
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {_key(name): keepable(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [keepable(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return keepable(str(value))


def _key(name: Any) -> str:
    return str(name).encode("unicode_escape").decode() if _UNFIT.search(str(name)) else str(name)


def _since_1970(value: float | str) -> tuple[datetime | None, str]:
    try:
        number = float(value)
        seconds = number / 1000 if abs(number) >= 1e11 else number
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None, "bad_date"
    return (moment, "") if _EARLIEST <= moment.year <= _LATEST else (None, "bad_date")


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 15 or int(digits[2:]) > 59:
        raise ValueError("No zone is that far away.")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset
