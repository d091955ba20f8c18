from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from processing.exceptions import CronError
from processing.services.cron import parse_cron

BERLIN = ZoneInfo("Europe/Berlin")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("30 3 * * *", "2026-05-01 04:00", "2026-05-02 03:30"),
        ("30 3 * * *", "2026-05-01 03:29", "2026-05-01 03:30"),
        ("*/15 * * * *", "2026-05-01 10:16", "2026-05-01 10:30"),
        ("0 0 1 1 *", "2026-05-01 00:00", "2027-01-01 00:00"),
        ("0 12 * * mon-fri", "2026-05-01 13:00", "2026-05-04 12:00"),
        ("0 12 * * 7", "2026-05-01 00:00", "2026-05-03 12:00"),
        ("5/20 8-9 * feb *", "2026-02-01 08:30", "2026-02-01 08:45"),
        ("0 0 29 2 *", "2026-03-01 00:00", "2028-02-29 00:00"),
        # Both days given: one is enough, as in cron.
        ("0 0 13 * fri", "2026-05-02 00:00", "2026-05-08 00:00"),
        ("0 0 13 * fri", "2026-05-09 00:00", "2026-05-13 00:00"),
        ("0 0 */2 * fri", "2026-05-02 00:00", "2026-05-15 00:00"),
    ],
)
def test_the_next_time(text: str, after: str, expected: str) -> None:
    assert parse_cron(text).next(after=_utc(after), zone=UTC) == _utc(expected)


def test_a_time_is_local() -> None:
    cron = parse_cron("30 3 * * *")

    assert cron.next(after=_utc("2026-01-10 00:00"), zone=BERLIN) == _utc("2026-01-10 02:30")
    assert cron.next(after=_utc("2026-07-10 00:00"), zone=BERLIN) == _utc("2026-07-10 01:30")


def test_a_time_that_the_clocks_jump_over_comes_after_the_jump() -> None:
    moment = parse_cron("30 2 * * *").next(after=_utc("2026-03-28 12:00"), zone=BERLIN)

    assert moment is not None
    assert moment == _utc("2026-03-29 01:30")
    assert moment.astimezone(BERLIN).hour == 3


def test_a_time_that_the_clocks_repeat_comes_once() -> None:
    cron = parse_cron("30 2 * * *")

    first = cron.next(after=_utc("2026-10-24 12:00"), zone=BERLIN)
    assert first is not None
    second = cron.next(after=first, zone=BERLIN)

    assert (first, second) == (_utc("2026-10-25 00:30"), _utc("2026-10-26 01:30"))


def test_the_latest_time_of_a_stretch() -> None:
    cron = parse_cron("0 3 * * *")

    assert cron.latest(after=_utc("2026-05-01 03:00"), until=_utc("2026-05-04 02:59"), zone=UTC) == _utc(
        "2026-05-03 03:00"
    )
    assert cron.latest(after=_utc("2026-05-01 03:00"), until=_utc("2026-05-02 02:59"), zone=UTC) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has 0 parts"),
        ("* * * *", "has 4 parts"),
        ("60 * * * *", "The minute goes from 0 to 59; 60 is not one"),
        ("* 24 * * *", "The hour goes from 0 to 23"),
        ("* * 0 * *", "The day of the month goes from 1 to 31"),
        ("* * * 13 *", "The month goes from 1 to 12"),
        ("* * * * 8", "The day of the week goes from 0 to 7"),
        ("a * * * *", "“a” is no minute"),
        ("5-2 * * * *", "backwards"),
        ("*/0 * * * *", "step of the minute goes from 1"),
        ("*/ * * * *", "is no step of the minute"),
        ("1,,2 * * * *", "is no minute"),
        ("² * * * *", "is no minute"),
        ("0 0 31 2 *", "never comes"),
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(CronError, match=sentence):
        parse_cron(text)
