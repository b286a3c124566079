"""What a device's clock says: ISO 8601 as far as it is known, and milliseconds since the source's first clock."""

import re
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

MONTHS = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_HALF_YEAR = timedelta(days=183)
# A date without a year that lies so far ahead is of the year before: the clock was set back over the new year.
_NEARLY_A_YEAR = timedelta(days=363)
_ZONE = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)")
# Summer time and the zone that it goes back to: only the hour between the two is known of them.
_SUMMER = {"CEST": "CET", "EEST": "EET", "WEST": "WET", "BST": "GMT", "EDT": "EST", "CDT": "CST", "MDT": "MST"} | {
    "PDT": "PST",
    "AKDT": "AKST",
    "NZDT": "NZST",
    "AEDT": "AEST",
    "ACDT": "ACST",
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """One reading of a clock. `when` is naive and, without a year, in a year that only serves to count."""

    when: datetime
    clock: str
    year: int | None
    zone: str | None
    mark: str


class Day(NamedTuple):
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


@dataclass(slots=True)
class ClockState:
    """A source's clock as it goes along: where it began and where it stands, in years that may only serve to count.

    `year` and `zone` are the first that were printed, `last_zone` the latest; `shift` is what changes between summer
    and winter time moved the clock by. `given_year` and `given_zone` are what the user said of it. `day` is that of
    the last reading, whose stamp, but for the time of day, was `printed`.
    """

    given_year: int | None = None
    given_zone: tzinfo | None = None

    first: datetime | None = None
    last: datetime | None = None
    year: int | None = None
    zone: str | None = None
    marks: tuple[str, ...] = ()
    last_zone: str | None = None
    shift: timedelta = timedelta()
    day: Day | None = None
    printed: tuple[date, int | None, str | None, str] | None = None


def read_clock(groups: Mapping[str, str | None]) -> Stamp | None:
    """Build a stamp from the named groups of the envelope's CLOCK or ISO_CLOCK; None for an impossible date."""
    prefix = "iso_" if groups.get("iso") else ""
    fraction = groups.get(f"{prefix}fraction") or ""
    printed_year = groups.get(f"{prefix}year") or groups.get("late_year")
    month = groups.get(f"{prefix}month") or "1"
    try:
        when = datetime(
            int(printed_year) if printed_year else _counting_year(month, groups.get("day")),
            MONTHS.get(month) or int(month),
            int(groups[f"{prefix}day"] or 0),
            int(groups[f"{prefix}hour"] or 0),
            int(groups[f"{prefix}minute"] or 0),
            int(groups[f"{prefix}second"] or 0),
            int(fraction[:6].ljust(6, "0")) if fraction else 0,
        )
    except ValueError:
        return None
    clock = ":".join(groups[f"{prefix}{part}"] or "" for part in ("hour", "minute", "second"))
    return Stamp(
        when,
        f"{clock}.{fraction}" if fraction else clock,
        int(printed_year) if printed_year else None,
        groups.get(f"{prefix}zone"),
        groups.get("mark") or "",
    )


def tell(state: ClockState, stamp: Stamp) -> Moment:
    """Take one more reading of a clock."""
    printed = stamp.when.date(), stamp.year, stamp.zone, stamp.mark
    if state.day is None or printed != state.printed:
        state.day, state.printed = _day(state, stamp), printed
    return Moment(state.day, stamp.clock)


def _day(state: ClockState, stamp: Stamp) -> Day:
    """Take the first reading of a clock on another day, or in another year or zone."""
    if stamp.year is None:
        when = _placed(state, stamp.when)
    else:
        when = stamp.when
        if state.year is None:
            _take_year(state, when)
    if stamp.zone:
        state.shift += _zone_change(state.last_zone, stamp.zone)
        state.last_zone = stamp.zone
    if state.first is None:
        state.first = when
    state.last = when
    state.year = state.year or stamp.year
    state.zone = state.zone or stamp.zone
    if stamp.mark not in state.marks:
        state.marks = (*state.marks, stamp.mark)
    midnight = datetime.combine(when, time())
    since_first = midnight + state.shift - state.first
    return Day(midnight, since_first, stamp.year, stamp.zone, _completed_year(state), state.given_zone)


def _completed_year(state: ClockState) -> int | None:
    """Return the year of the last reading where the user gave that of the first."""
    if state.given_year is None or state.first is None or state.last is None:
        return state.given_year
    return state.given_year + state.last.year - state.first.year


def _iso_time(day: Day, clock: str, when: datetime) -> str:
    """Write a moment as ISO 8601 as far as it is known.

    `2024-11-30T11:16:56.461Z`, `2010-06-10T17:36:05`, `--04-29T16:57:40.944`. A year without the printed 29 February
    is not that clock's.
    """
    year = day.year or day.given_year
    if year and (when.month, when.day) == (2, 29) and not isleap(year):
        year = None
    seconds, _, fraction = clock.partition(".")
    text = f"{when.month:02}-{when.day:02}T{seconds}"
    if fraction:
        text += "." + fraction[:3].ljust(3, "0")
    return (f"{year:04}-" if year else "--") + text + _suffix(day, when, year)


def _suffix(day: Day, when: datetime, year: int | None) -> str:
    if day.zone in ("Z", "UTC", "GMT"):
        return "Z"
    offset = _ZONE.fullmatch(day.zone or "")
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


def _counting_year(month: str, day: str | None) -> int:
    """A year to count in where none is printed: one with a 29 February only where the log names that day."""
    return 2000 if month == "Feb" and day == "29" else 2001


def _placed(state: ClockState, when: datetime) -> datetime:
    """Put a date without a year into the year of the one before it, or beside it where the year turned between."""
    last = state.last
    if last is None:
        return when
    if (when.month, when.day) == (2, 29):
        return _placed_in_leap_year(state, last, when)
    when = when.replace(year=last.year)
    if last - when > _HALF_YEAR:
        return when.replace(year=last.year + 1)
    return when.replace(year=last.year - 1) if when - last > _NEARLY_A_YEAR else when


def _placed_in_leap_year(state: ClockState, last: datetime, when: datetime) -> datetime:
    """A log that names 29 February is of a leap year: where no year was printed, count the days before it in such."""
    year = last.year + (last > datetime(last.year, 8, 31))
    ahead = -year % 4
    if ahead and state.year is None and state.first is not None and not isleap(state.first.year):
        state.first, state.last = _with_year(state.first, state.first.year + ahead), _with_year(last, last.year + ahead)
    return when.replace(year=year + ahead)


def _take_year(state: ClockState, when: datetime) -> None:
    """Count on in the first year that is printed: what came before it is of that year or of the one before."""
    if state.first is None or state.last is None:
        return
    ahead = when.year - state.last.year
    if _with_year(state.last, when.year) - when > _HALF_YEAR:
        ahead -= 1
    state.first = _with_year(state.first, state.first.year + ahead)
    state.last = _with_year(state.last, state.last.year + ahead)


def _zone_change(before: str | None, after: str) -> timedelta:
    """Return what to add to a clock for a change of its zone, so that durations over it are right."""
    if before is None or before == after:
        return timedelta()
    if _SUMMER.get(before) == after:
        return timedelta(hours=1)
    if _SUMMER.get(after) == before:
        return timedelta(hours=-1)
    old, new = _offset(before), _offset(after)
    return old - new if old is not None and new is not None else timedelta()


def _offset(zone: str) -> timedelta | None:
    if zone in ("Z", "UTC", "GMT"):
        return timedelta()
    found = _ZONE.fullmatch(zone)
    if not found:
        return None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -ahead if found[1] == "-" else ahead


def _with_year(when: datetime, year: int) -> datetime:
    try:
        return when.replace(year=year)
    except ValueError:
        return when.replace(year=year, day=28)
