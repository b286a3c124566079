"""A source's clock as it goes along: on which day and in which year its readings are."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from ikelog.grammar.tables import envelope
from ikelog.reading.moment import Day, Moment, is_leap, zone_offset

MONTHS = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_HALF_YEAR = timedelta(days=183)
# A date without a year that lies so far ahead is of the year before: the clock was set back over the new year.
_NEARLY_A_YEAR = timedelta(days=363)
# Summer time and the zone that it goes back to: only the hour between the two is known of them.
_SUMMER = {"CEST": "CET", "EEST": "EET", "WEST": "WET", "BST": "GMT", "EDT": "EST", "CDT": "CST", "MDT": "MST"} | {
    "PDT": "PST",
    "AKDT": "AKST",
    "NZDT": "NZST",
    "AEDT": "AEST",
    "ACDT": "ACST",
}


class Stamp(NamedTuple):
    """One reading of a clock. `when` is naive and, without a year, in a year that only serves to count."""

    when: datetime
    clock: str
    year: int | None
    zone: str | None
    mark: str


class ClockState:
    """A source's clock as it goes along: where it began and where it stands, in years that may only serve to count.

    `year` and `zone` are the first that were printed, `last_zone` the latest; `shift` is what changes between summer
    and winter time moved the clock by. `given_year` and `given_zone` are what the user said of it. `day` is that of
    the last reading, whose stamp, but for the time of day, was `printed`; `form` is how it was printed, as the text
    before the time of day, the text behind it, where that begins, and the length.
    """

    def __init__(self, given_year: int | None = None, given_zone: tzinfo | None = None) -> None:
        self.given_year = given_year
        self.given_zone = given_zone
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.year: int | None = None
        self.zone: str | None = None
        self.marks: tuple[str, ...] = ()
        self.last_zone: str | None = None
        self.shift = timedelta()
        self.day: Day | None = None
        self.printed: tuple[date, int | None, str | None, str] | None = None
        self.form: tuple[str, str, int, int] | None = None


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
    printed = _printed(stamp)
    if state.day is None or printed != state.printed:
        state.day, state.printed, state.form = _day(state, stamp), printed, None
    return Moment(state.day, stamp.clock)


def note_clock(state: ClockState, text: str) -> None:
    """Remember how the clock of the last reading is printed, if `text` is it."""
    groups = envelope("CLOCK").match(text) or envelope("ISO_CLOCK").match(text)
    if groups is None or groups.end() != len(text):
        return
    stamp = read_clock(groups.groupdict())
    iso = "iso_" if groups.groupdict().get("iso") else ""
    begin, end = groups.start(f"{iso}hour"), max(groups.end(f"{iso}fraction"), groups.end(f"{iso}second"))
    known = stamp is not None and _printed(stamp) == state.printed and text[begin + 8 : begin + 9] != ","
    state.form = (text[:begin], text[end:], end, len(text)) if known else None


def same_day(state: ClockState, text: str) -> Moment | None:
    """Return the moment that a clock gives which differs from the last by its time of day only; None for another."""
    if state.form is None or state.day is None:
        return None
    before, after, end, length = state.form
    if len(text) != length or not text.startswith(before) or not text.endswith(after):
        return None
    clock = text[len(before) : end]
    if clock[2] == ":" and clock < "24" and clock[3] < "6" and clock[6] < "6":
        return Moment(state.day, clock)
    return None


def _printed(stamp: Stamp) -> tuple[date, int | None, str | None, str]:
    return stamp.when.date(), stamp.year, stamp.zone, stamp.mark


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
    if ahead and state.year is None and state.first is not None and not is_leap(state.first.year):
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
    found = zone_offset(zone)
    if not found:
        return None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -ahead if found[1] == "-" else ahead


def _with_year(when: datetime, year: int) -> datetime:
    try:
        return when.replace(year=year)
    except ValueError:
        return when.replace(year=year, day=28)
