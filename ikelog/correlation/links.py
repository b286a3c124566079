"""How negotiations belong together: the two ends' views, answers to one request, simultaneous attempts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ikelog.correlation.gathered import Gathered
from ikelog.correlation.rekeys import began_by_init
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Negotiation, changed
from ikelog.events.types import Event
from ikelog.record import record

# Two attempts with one peer are simultaneous only while the first may still be waiting: IKE gives up within minutes
# (RFC 7296 section 2.4 leaves the time to the device).
LONGEST_WAIT_MS = 300_000
LONGEST_WAIT_LINES = 4000

# With one peer only so many attempts before one are looked at: no more are ever under way at once.
_NEIGHBOURS = 50

_Pair = tuple[Gathered, Negotiation]


def link(gathered: Sequence[Gathered], built: Sequence[Negotiation]) -> tuple[Negotiation, ...]:
    """Fill in the links between negotiations, which come in the order of their first lines."""
    simultaneous: defaultdict[str, list[str]] = defaultdict(list)
    same_request: defaultdict[str, list[str]] = defaultdict(list)
    other: dict[str, str] = {}
    by_spi: defaultdict[str | None, list[_Pair]] = defaultdict(list)
    by_peer: defaultdict[str | None, list[_Pair]] = defaultdict(list)
    for pair in zip(gathered, built, strict=True):
        by_spi[pair[0].state.initiator_spi].append(pair)
        by_peer[pair[1].remote.address].append(pair)
    for (a, first), (b, second) in _neighbours(by_spi):
        if _is_other_view(a.state, b.state):
            other[first.id], other[second.id] = second.id, first.id
        elif a.state.role == b.state.role:
            same_request[first.id].append(second.id)
            same_request[second.id].append(first.id)
    for first, second in _overlapping(by_peer):
        simultaneous[first.id].append(second.id)
        simultaneous[second.id].append(first.id)
    linked = {*simultaneous, *same_request, *other}
    return tuple(
        changed(
            n,
            simultaneous_with=tuple(simultaneous.get(n.id, ())),
            same_request_as=tuple(same_request.get(n.id, ())),
            other_view=other.get(n.id),
        )
        if n.id in linked
        else n
        for n in built
    )


def _neighbours(by_spi: dict[str | None, list[_Pair]]) -> Iterator[tuple[_Pair, _Pair]]:
    """Yield the pairs of negotiations with one initiator SPI."""
    for spi, group in by_spi.items():
        for place, second in enumerate(group if spi is not None else ()):
            for first in group[max(0, place - _NEIGHBOURS) : place]:
                yield first, second


def _is_other_view(a: NegotiationState, b: NegotiationState) -> bool:
    if a.role is None or b.role is None:
        return False
    return a.role != b.role and a.responder_spi in (b.responder_spi, None)


@record
class _Attempt:
    """One attempt with a peer: its place among those with it, and the line at which it was decided, if it was."""

    place: int
    negotiation: Negotiation
    decided: int | None
    last_offset_ms: int | None


def _overlapping(by_peer: dict[str | None, list[_Pair]]) -> Iterator[tuple[Negotiation, Negotiation]]:
    """Yield the pairs of negotiations with one peer that were under way at the same time."""
    for address, group in by_peer.items():
        if address is not None and len(group) > 1:
            yield from _overlapping_in(group)


def _overlapping_in(group: list[_Pair]) -> Iterator[tuple[Negotiation, Negotiation]]:
    under_way: list[_Attempt] = []
    for place, (gathered, second) in enumerate(group):
        if not _was_negotiated(gathered):
            continue
        begin = second.events[0]
        under_way = [first for first in under_way if place - first.place <= _NEIGHBOURS and _may_go_on(first, begin)]
        offset = begin.offset_ms if under_way else None
        for first in under_way:
            if _are_two(first.negotiation, second) and _under_way_until(first, begin, offset) > begin.line:
                yield first.negotiation, second
        under_way.append(_attempt(place, second))


def _was_negotiated(gathered: Gathered) -> bool:
    """Tell whether an SA was being negotiated; one seen only later in its life, or made by a rekey, was not."""
    state = gathered.state
    return state.initiator_spi is not None and state.rekeyed_from is None and began_by_init(gathered)


def _may_go_on(first: _Attempt, begin: Event) -> bool:
    """Tell whether an attempt may still be under way at an event, and at those that come later in the log."""
    same_log = first.negotiation.events[0].source == begin.source
    return same_log and (first.decided is None or first.decided > begin.line)


def _are_two(first: Negotiation, second: Negotiation) -> bool:
    return first.device == second.device and first.initiator_spi != second.initiator_spi


def _attempt(place: int, negotiation: Negotiation) -> _Attempt:
    failed = negotiation.outcome in ("failed", "child_failed")
    decided = negotiation.failure if failed else negotiation.child_up or negotiation.ike_up
    if decided is not None:
        return _Attempt(place, negotiation, decided.line, None)
    return _Attempt(place, negotiation, None, negotiation.events[-1].offset_ms)


def _under_way_until(first: _Attempt, begin: Event, offset_ms: int | None) -> int:
    """Return the line at which the first attempt was over; one that was never decided waits a while."""
    if first.decided is not None:
        return first.decided
    last = first.negotiation.events[-1]
    if last.line > begin.line:
        return last.line
    if first.last_offset_ms is not None and offset_ms is not None:
        waiting = 0 <= offset_ms - first.last_offset_ms <= LONGEST_WAIT_MS
    else:
        waiting = begin.line - last.line <= LONGEST_WAIT_LINES
    return begin.line + 1 if waiting else last.line
