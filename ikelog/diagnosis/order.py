"""What comes before what in a negotiation, whose log may be rotated over several sources."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import TypeVar

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.rule import Lined, Log

_Place = TypeVar("_Place", bound=Lined)


def position(negotiation: Negotiation, place: Lined) -> tuple[int, int]:
    """Return what orders places as the log does: the number of the source among the negotiation's, and the line."""
    if negotiation.events and place.source == negotiation.events[0].source:
        return 0, place.line
    sources = [span.source for span in negotiation.spans]
    return sources.index(place.source) if place.source in sources else len(sources), place.line


def places_in(log: Log) -> Callable[[Lined], tuple[int, int]]:
    """Return what orders the places of several negotiations: the number of the source, and the line."""
    sources = {source.name: number for number, source in enumerate(log.sources)}
    return lambda place: (sources.get(place.source, 0), place.line)


def before(negotiation: Negotiation, first: Lined, second: Lined) -> bool:
    """Tell whether `first` stands before `second` in the log."""
    return position(negotiation, first) < position(negotiation, second)


def next_behind(negotiation: Negotiation, first: Lined, places: Sequence[_Place]) -> _Place | None:
    """Return the first of `places`, which are in the order of the log, that stands behind another place."""
    after = bisect_right(places, position(negotiation, first), key=lambda place: position(negotiation, place))
    return places[after] if after < len(places) else None


def last_before(negotiation: Negotiation, places: Sequence[_Place]) -> Callable[[Lined], _Place | None]:
    """Return what gives the last one of `places` that stands before another place in the log, if there is one."""
    numbered = sorted((position(negotiation, place), number) for number, place in enumerate(places))
    positions = [where for where, _ in numbered]
    last = list(accumulate((number for _, number in numbered), max))

    def find(other: Lined) -> _Place | None:
        earlier = bisect_left(positions, position(negotiation, other))
        return places[last[earlier - 1]] if earlier else None

    return find


def ordered(negotiation: Negotiation, places: Iterable[_Place]) -> list[_Place]:
    """Return events or messages in the order of the log."""
    return sorted(places, key=lambda place: position(negotiation, place))


def median(numbers: Iterable[int]) -> float:
    """Return the middle one of some numbers, or the mean of the two in the middle. Raises IndexError without any."""
    found = sorted(numbers)
    return (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2
