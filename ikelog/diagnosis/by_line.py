"""Find what stands on a stretch of lines: an IKE SA that lives for weeks has too many to go through them each time."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar


class OnLine(Protocol):
    """Anything that stands on a line."""

    @property
    def line(self) -> int:
        """The first line, from 1."""


_Place = TypeVar("_Place", bound=OnLine)


class ByLine(Generic[_Place]):
    """Places in an order of their own, to be found by their first lines."""

    def __init__(self, places: Sequence[_Place]) -> None:
        self.places = places
        self.numbers = sorted(range(len(places)), key=lambda number: places[number].line)
        self.lines = [places[number].line for number in self.numbers]

    def between(self, first: float, end: float) -> list[_Place]:
        """Return the places from line `first` up to, not including, `end`, in their own order."""
        start = bisect_left(self.lines, first)
        return [self.places[number] for number in sorted(self.numbers[start : bisect_left(self.lines, end, start)])]
