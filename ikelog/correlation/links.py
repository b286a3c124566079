"""How negotiations belong together: rekeys, the two ends' views, answers to one request, simultaneous attempts."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Negotiation

# Two attempts with one peer are simultaneous only while the first may still be waiting: IKE gives up within minutes
# (RFC 7296 section 2.4 leaves the time to the device).
LONGEST_WAIT_MS = 300_000
LONGEST_WAIT_LINES = 4000

_Pair = tuple[NegotiationState, Negotiation]


def link_rekeys(states: list[NegotiationState]) -> None:
    """Find, for each IKE SA that begins without IKE_SA_INIT, the one whose rekey made it (RFC 7296 section 1.3.2)."""
    for state in states:
        if state.initiator_spi is None or _began_by_init(state):
            continue
        older = [s for s in states if s is not state and _may_have_made(s, state)]
        if older:
            state.rekeyed_from = older[-1]
            older[-1].rekey_pending = True


def _began_by_init(state: NegotiationState) -> bool:
    if any(m.exchange in ("IKE_SA_INIT", "IKE_AUTH") for m in state.messages):
        return True
    traces = [str(e.fields.get("state")) for e in state.events if e.kind == "state_changed"]
    return any(trace.endswith(("INIT", "AUTH")) or trace in ("INIT_DONE", "AUTH_DONE", "IDLE") for trace in traces)


def _may_have_made(old: NegotiationState, new: NegotiationState) -> bool:
    if (old.device, old.source) != (new.device, new.source) or old.rekey_pending:
        return False
    if old.remote and new.remote and old.remote.address != new.remote.address:
        return False
    begin = new.events[0].line
    return any(
        m.exchange == "CREATE_CHILD_SA" and m.first.line <= begin and "SA" in m.payloads and "TSi" not in m.payloads
        for m in old.messages
    ) or any(e.kind == "ike_rekey_started" and e.line <= begin for e in old.events)


def link(states: list[NegotiationState], built: list[Negotiation]) -> tuple[Negotiation, ...]:
    """Fill in the links between negotiations."""
    simultaneous: dict[str, list[str]] = {n.id: [] for n in built}
    same_request: dict[str, list[str]] = {n.id: [] for n in built}
    other: dict[str, str] = {}
    pairs = list(zip(states, built, strict=True))
    for (a, first), (b, second) in _combined(pairs, lambda pair: pair[0].initiator_spi):
        if _is_other_view(a, b):
            other[first.id], other[second.id] = second.id, first.id
        elif _is_same_request(a, b):
            same_request[first.id].append(second.id)
            same_request[second.id].append(first.id)
    for (a, first), (b, second) in _combined(pairs, lambda pair: pair[1].remote.address):
        if a.initiator_spi == b.initiator_spi or not (_began_by_init(a) and _began_by_init(b)):
            continue  # an SA seen only later in its life, or made by a rekey, was not being negotiated
        if _is_simultaneous(first, second):
            simultaneous[first.id].append(second.id)
            simultaneous[second.id].append(first.id)
    return tuple(
        replace(
            n,
            simultaneous_with=tuple(simultaneous[n.id]),
            same_request_as=tuple(same_request[n.id]),
            other_view=other.get(n.id),
        )
        for n in built
    )


# With one peer only so many attempts before one are looked at: no more are ever under way at once.
_NEIGHBOURS = 50


def _combined(pairs: list[_Pair], key: Callable[[_Pair], str | None]) -> Iterator[tuple[_Pair, _Pair]]:
    """Yield the pairs that share a key, each with those before it."""
    groups: dict[str, list[_Pair]] = {}
    for pair in pairs:
        name = key(pair)
        if name is not None:
            for earlier in groups.setdefault(name, [])[-_NEIGHBOURS:]:
                yield earlier, pair
            groups[name].append(pair)


def _is_other_view(a: NegotiationState, b: NegotiationState) -> bool:
    if a.initiator_spi is None or a.initiator_spi != b.initiator_spi or a.role is None or b.role is None:
        return False
    return a.role != b.role and a.responder_spi in (b.responder_spi, None)


def _is_same_request(a: NegotiationState, b: NegotiationState) -> bool:
    return a.initiator_spi is not None and a.initiator_spi == b.initiator_spi and a.role == b.role


def _is_simultaneous(first: Negotiation, second: Negotiation) -> bool:
    """Tell whether two negotiations of one device with one peer were under way at the same time."""
    known = (first.remote.address, first.initiator_spi, second.initiator_spi)
    if None in known or first.remote.address != second.remote.address:
        return False
    if first.device != second.device or first.spans[0].source != second.spans[0].source:
        return False
    if second.rekeyed_from is not None or first.rekeyed_from is not None:
        return False
    return _under_way_until(first, second) > second.events[0].line


def _under_way_until(first: Negotiation, second: Negotiation) -> int:
    """Return the line at which the first negotiation was over; one that was never decided waits a while."""
    decided = first.failure if first.outcome in ("failed", "child_failed") else first.child_up or first.ike_up
    if decided is not None:
        return decided.line
    last, begin = first.events[-1], second.events[0]
    if last.line > begin.line:
        return last.line
    if last.offset_ms is not None and begin.offset_ms is not None:
        waiting = 0 <= begin.offset_ms - last.offset_ms <= LONGEST_WAIT_MS
    else:
        waiting = begin.line - last.line <= LONGEST_WAIT_LINES
    return begin.line + 1 if waiting else last.line
