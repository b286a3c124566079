"""A moment as a clock gives it: in ISO 8601 as far as it is known, and in milliseconds since the source's first."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from ikelog.record import record

_ZONE = r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)"


@record
class Day:
    """A stretch of a log in which the clock's date, year and zone stay the same.

    `midnight` is its first reading of all, in a year that may only serve to count, and `since_first` how long after the
    source's first clock that is. `year` and `zone` are what was printed, `given_year` and `given_zone` what the user
    said where they were not.
    """

    midnight: datetime
    since_first: timedelta
    year: int | None
    zone: str | None
    given_year: int | None
    given_zone: tzinfo | None


class Moment(NamedTuple):
    """What a clock said: a day, and the time of day as printed, `16:57:40.944`."""

    day: Day
    clock: str

    @property
    def time(self) -> str | None:
        """ISO 8601 as far as it is known; None where it is no time of day."""
        into_day = time_of_day(self.clock)
        if into_day is None:
            return None
        return _iso_time(self.day, self.clock, self.day.midnight + into_day)

    @property
    def offset_ms(self) -> int | None:
        """Milliseconds since the source's first clock; None where it is no time of day."""
        into_day = time_of_day(self.clock)
        return None if into_day is None else round((self.day.since_first + into_day).total_seconds() * 1000)


def time_of_day(clock: str) -> timedelta | None:
    """Return how long after midnight a clock such as `16:57:40.944` stands; None where there is no such time."""
    hour, minute, second, fraction = int(clock[:2]), int(clock[3:5]), int(clock[6:8]), clock[9:15]
    if hour > 23 or minute > 59 or second > 59:
        return None
    return timedelta(0, hour * 3600 + minute * 60 + second, int(fraction.ljust(6, "0")) if fraction else 0)


def is_leap(year: int) -> bool:
    """Tell whether a year has a 29 February; `calendar` takes longer to import than a paste's clocks to read."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def zone_offset(zone: str | None) -> re.Match[str] | None:
    """Return the sign, hours and minutes of a zone such as `UTC+2:00`; None for a name alone."""
    return re.fullmatch(_ZONE, zone) if zone else None


def _iso_time(day: Day, clock: str, when: datetime) -> str:
    """Write a moment as ISO 8601 as far as it is known.

    `2024-11-30T11:16:56.461Z`, `2010-06-10T17:36:05`, `--04-29T16:57:40.944`. A year without the printed 29 February
    is not that clock's.
    """
    year = day.year or day.given_year
    if year and (when.month, when.day) == (2, 29) and not is_leap(year):
        year = None
    seconds, _, fraction = clock.partition(".")
    text = f"{when.month:02}-{when.day:02}T{seconds}"
    if fraction:
        text += "." + fraction[:3].ljust(3, "0")
    return (f"{year:04}-" if year else "--") + text + _suffix(day, when, year)


def _suffix(day: Day, when: datetime, year: int | None) -> str:
    if day.zone in ("Z", "UTC", "GMT"):
        return "Z"
    offset = zone_offset(day.zone)
    if offset:
        return f"{offset[1]}{int(offset[2]):02}:{offset[3]}"
    if day.given_zone is None or year is None:
        return ""
    try:
        shift = when.replace(year=year, tzinfo=day.given_zone).utcoffset()
    except ValueError:
        return ""
    if shift is None:
        return ""
    minutes = round(shift.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "Z"
