"""Which IKE SA a rekey of which older one made (RFC 7296 section 1.3.2)."""

from collections import defaultdict
from heapq import heappop, heappush
from operator import attrgetter
from typing import NamedTuple

from ikelog.correlation import kinds
from ikelog.correlation.gathered import Gathered
from ikelog.correlation.state import NegotiationState


class _Maker(NamedTuple):
    """An IKE SA under which a rekey was begun: the line of the first, and its place among all negotiations."""

    line: int
    place: int
    state: NegotiationState


# The makers of one peer, the latest on top; each stands there with its place counted downwards.
_Heap = list[tuple[int, NegotiationState]]


def link_rekeys(gathered: list[Gathered]) -> None:
    """Find, for each IKE SA that begins without IKE_SA_INIT, the one whose rekey made it."""
    made = [new for new in gathered if new.state.initiator_spi is not None and not began_by_init(new)]
    makers: dict[tuple[str | None, str], list[_Maker]] = {_log(new): [] for new in made}
    for place, old in enumerate(gathered if made else ()):
        line = _first_rekey(old) if _log(old) in makers else None
        if line is not None:
            makers[_log(old)].append(_Maker(line, place, old.state))
    rekeys = {log: _Rekeys(found) for log, found in makers.items()}
    for new in made:
        maker = rekeys[_log(new)].maker_of(new)
        if maker is not None:
            new.state.rekeyed_from = maker
            maker.rekey_pending = True


def _log(gathered: Gathered) -> tuple[str | None, str]:
    return gathered.state.device, gathered.state.source


def began_by_init(gathered: Gathered) -> bool:
    """Tell whether the log shows a negotiation begin, with IKE_SA_INIT or IKE_AUTH."""
    if any(m.exchange in ("IKE_SA_INIT", "IKE_AUTH") for m in gathered.messages):
        return True
    traces = [str(e.fields.get("state")) for e in gathered.events.of(*kinds.NAME_STATE)]
    return any(trace.endswith(("INIT", "AUTH")) or trace in ("INIT_DONE", "AUTH_DONE", "IDLE") for trace in traces)


def _first_rekey(old: Gathered) -> int | None:
    """Return the line at which a negotiation's IKE SA was first being rekeyed."""
    asked = [
        m.first.line
        for m in old.messages
        if m.exchange == "CREATE_CHILD_SA" and "SA" in m.payloads and "TSi" not in m.payloads
    ]
    return min((*asked, *(e.line for e in old.events.of("ike_rekey_started"))), default=None)


class _Rekeys:
    """The rekeys of one device's log, for going along it from one new IKE SA to the next."""

    def __init__(self, makers: list[_Maker]) -> None:
        self.makers = makers
        self._go_back()

    def _go_back(self) -> None:
        self.line = 0
        self.ahead = sorted((m for m in self.makers if not m.state.rekey_pending), key=attrgetter("line"), reverse=True)
        self.by_peer: defaultdict[str | None, _Heap] = defaultdict(list)
        self.of_all: _Heap = []

    def maker_of(self, new: Gathered) -> NegotiationState | None:
        """Return the latest IKE SA that was being rekeyed before a new one began, and has not made another."""
        self._go_on(new.events[0].line)
        if new.state.remote is None:
            heaps = [self.of_all]
        else:
            heaps = [self.by_peer[new.state.remote.address], self.by_peer[None]]
        latest = min((top for heap in heaps for top in _top(heap, new.state)), default=None)
        return latest[1] if latest is not None else None

    def _go_on(self, line: int) -> None:
        """Go on to a line; a lower one than the last is of another file, whose lines count from 1 again."""
        if line < self.line:
            self._go_back()
        self.line = line
        while self.ahead and self.ahead[-1].line <= line:
            _, place, state = self.ahead.pop()
            heappush(self.by_peer[state.remote.address if state.remote else None], (-place, state))
            heappush(self.of_all, (-place, state))


def _top(heap: _Heap, new: NegotiationState) -> _Heap:
    """Return the latest of a heap, at most one, that has not made another IKE SA and is not the new one itself."""
    while heap and heap[0][1].rekey_pending:
        heappop(heap)
    if heap and heap[0][1] is new:
        itself = heappop(heap)
        latest = _top(heap, new)
        heappush(heap, itself)
        return latest
    return heap[:1]
