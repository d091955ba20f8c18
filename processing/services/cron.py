"""Set times: five fields as cron has them, in local time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from processing.exceptions import CronError

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# The 29th of February comes after eight years at the latest; what hasn't come by then never comes.
_LONGEST_DAYS = 8 * 366 + 1


@dataclass(frozen=True, slots=True)
class Cron:
    """Times that match. With both days given, one of them matching is enough, as in cron."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_any_day: bool
    is_any_weekday: bool

    def latest(self, *, after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
        """The last time in (after, until], None when there is none. Both are aware.

        A local time that the clocks jump over counts an hour later; one that they repeat counts the first time.
        """
        day = until.astimezone(zone).date()
        first = max(after.astimezone(zone).date(), day - timedelta(days=_LONGEST_DAYS))
        while day >= first:
            for moment in self._on(day, zone):
                if after < moment <= until:
                    return moment
            day -= timedelta(days=1)
        return None

    def next(self, *, after: datetime, zone: tzinfo) -> datetime | None:
        """The first time after a moment; None when no such day exists."""
        day = after.astimezone(zone).date()
        for _ in range(_LONGEST_DAYS):
            moments = [moment for moment in self._on(day, zone) if moment > after]
            if moments:
                return moments[-1]
            day += timedelta(days=1)
        return None

    def _on(self, day: date, zone: tzinfo) -> list[datetime]:
        """Its times of one day, the last one first."""
        if not self._is_on(day):
            return []
        local = (
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            for hour in self.hours
            for minute in self.minutes
        )
        # By way of UTC: that moves what the clocks jump over behind the jump.
        return sorted({moment.astimezone(UTC) for moment in local}, reverse=True)

    def _is_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        is_day, is_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.is_any_day or self.is_any_weekday:
            return is_day and is_weekday
        return is_day or is_weekday


def parse_cron(text: str) -> Cron:
    """Reads five fields of *, numbers, lists, ranges, steps, and names of months and days. Raises CronError."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise CronError(f"“{text}” has {len(parts)} parts; five are needed: minute, hour, day, month, day of the week.")
    minutes, hours, days, months, weekdays = (
        _numbers(part, *field) for part, field in zip(parts, _FIELDS, strict=True)
    )
    cron = Cron(
        minutes, hours, days, months, frozenset(day % 7 for day in weekdays), parts[2][0] == "*", parts[4][0] == "*"
    )
    if cron.next(after=datetime(2024, 1, 1, tzinfo=UTC), zone=UTC) is None:
        raise CronError(f"“{text}” never comes: there is no such day.")
    return cron


def _numbers(part: str, what: str, lowest: int, highest: int) -> frozenset[int]:
    found: set[int] = set()
    for item in part.split(","):
        spread, _, step = item.partition("/")
        if spread == "*":
            first, last = lowest, highest
        else:
            low, dash, high = spread.partition("-")
            first = _number(low, what, lowest, highest)
            # "5/10" is from 5 on.
            last = _number(high, what, lowest, highest) if dash else highest if step else first
        if last < first:
            raise CronError(f"The {what} goes from {first} to {last}: backwards.")
        width = _number(step, f"step of the {what}", 1, highest) if "/" in item else 1
        found.update(range(first, last + 1, width))
    return frozenset(found)


def _number(text: str, what: str, lowest: int, highest: int) -> int:
    names = {"month": _MONTHS, "day of the week": _DAYS}.get(what, ())
    if text in names:
        return names.index(text) + (1 if what == "month" else 0)
    if not (text.isascii() and text.isdigit()):
        raise CronError(f"“{text}” is no {what}.")
    if not lowest <= int(text) <= highest:
        raise CronError(f"The {what} goes from {lowest} to {highest}; {int(text)} is not one.")
    return int(text)
