"""How the numbers of a fleet summary read."""

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from ikelog.reporting import wording

Row = Mapping[str, Any]

_OUTCOMES = {
    "established": "up",
    "failed": "failed",
    "child_failed": "with a failed Child SA",
    "failed_later": "failed later",
    "ike_only": "IKE SA only",
    "incomplete": "unfinished",
}
# Of the days of a cause so many are named: those with the most failures.
DAYS = 5


def outcomes(row: Row) -> list[tuple[str, int, str]]:
    """Return how many negotiations ended how, those that there are: the outcome, the number, and a word for it."""
    return [(key, row[key], word) for key, word in _OUTCOMES.items() if row[key]]


def negotiations(totals: Row) -> str:
    """Return how many negotiations there are, of how many devices with how many peers."""
    if not totals["negotiations"]:
        return "No negotiation found"
    count = wording.count
    of = f"{count(totals['negotiations'], 'negotiation')} of {count(totals['devices'], 'device')}"
    return f"{of} with {count(totals['peers'], 'peer')}" if totals["peers"] else of


def inputs(totals: Row, store: str) -> str:
    """Return what was read, and where it is kept."""
    return f"{store}, {wording.count(totals['logs'], 'log')}, {wording.count(totals['lines'], 'line')}"


def peer(row: Row) -> str:
    """Return with whom, and on which device."""
    return f"{row['peer'] or '(unknown peer)'} at {row['device']}"


def cause(row: Row) -> str:
    """Return a code and its name."""
    return " ".join(filter(None, (row["code"], row["name"]))) or "(not explained)"


def times(row: Row) -> str:
    """Return how often something failed, and between when."""
    number, all_of = row["failures"], row["negotiations"]
    often = f"{number:,} of {wording.count(all_of, 'negotiation')}"
    return ", ".join(filter(None, (often, period(row))))


def period(row: Row) -> str:
    """Return the first and the last time of something, as far as they are known."""
    first, last = (wording.moment(row[key]) if row[key] else "" for key in ("first_time", "last_time"))
    return first if first == last else f"{first} to {last}"


def days(row: Row) -> str:
    """Return on which days something failed how often; of many days the worst."""
    found: Sequence[Row] = row["days"]
    shown = sorted(
        sorted(found, key=lambda day: (-day["failures"], day["day"]))[:DAYS], key=lambda day: str(day["day"])
    )
    told = [f"{_day(day['day'])} {day['failures']:,}" for day in shown]
    more = len(found) - len(shown)
    return " · ".join([*told, *([f"{wording.count(more, 'more day')}"] if more else [])])


def _day(day: str) -> str:
    return "no date" if day == "unknown" else day.removeprefix("--")


def command(row: Row, store: str) -> str:
    """Return the command that shows a negotiation whole."""
    return f"ikelog batch -o {quote(store)} --show {row['example']}"
