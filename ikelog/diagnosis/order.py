"""What comes before what in a negotiation, whose log may be rotated over several sources."""

from collections.abc import Iterable
from typing import TypeVar

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.rule import Lined

_Place = TypeVar("_Place", bound=Lined)


def _position(negotiation: Negotiation, place: Lined) -> tuple[int, int]:
    sources = [span.source for span in negotiation.spans]
    return sources.index(place.source) if place.source in sources else len(sources), place.line


def before(negotiation: Negotiation, first: Lined, second: Lined) -> bool:
    """Tell whether `first` stands before `second` in the log."""
    return _position(negotiation, first) < _position(negotiation, second)


def ordered(negotiation: Negotiation, places: Iterable[_Place]) -> list[_Place]:
    """Return events or messages in the order of the log."""
    return sorted(places, key=lambda place: _position(negotiation, place))
