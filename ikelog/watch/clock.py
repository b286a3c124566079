"""How far the clock of a log has come, from the times that the report prints."""

from datetime import UTC, datetime

_YEAR_MS = 366 * 24 * 3600 * 1000


def between_ms(first: str | None, last: str | None) -> int | None:
    """Return the milliseconds from one time of a report to another; None where that cannot be told.

    Times without a year come less than one after the other: from December on to January.
    """
    if first is None or last is None or first.startswith("--") != last.startswith("--"):
        return None
    try:
        start, end = _moment(first), _moment(last)
    except ValueError:
        return None
    found = round((end - start).total_seconds() * 1000)
    return found + _YEAR_MS if first.startswith("--") and found < -_YEAR_MS // 2 else found


def _moment(time: str) -> datetime:
    found = datetime.fromisoformat("2000-" + time[2:] if time.startswith("--") else time)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
