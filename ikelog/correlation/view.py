"""One device as one log shows it: which negotiations are under way in it, and whose a line can be."""

from dataclasses import dataclass, field

from ikelog.correlation import kinds
from ikelog.correlation.identity import Identity, endpoints
from ikelog.correlation.state import NegotiationState
from ikelog.events.types import Event, Handle

# A line that begins a negotiation waits so long, in lines, for the message that shows whose it is.
HELD_LINES = 2000

# An abort may be told in several syslog lines: what follows within this is the same one.
ECHO_LINES = 20
ECHO_MS = 2000


@dataclass(slots=True)
class Held:
    """The lines of a handle whose owner is not known yet; `begun` are the nameless ones before its first."""

    events: list[Event] = field(default_factory=list)
    begun: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Supposed:
    """Nameless lines given, or to be given, to a negotiation as long as no other turns up that they may have begun."""

    state: NegotiationState
    events: tuple[Event, ...]


@dataclass(slots=True)
class View:
    """One device as one log shows it: its negotiations, and who owns which handle now.

    `count` counts the negotiations seen, `last` is the latest of them, `under_way` those not ended, `negotiating` those
    of them that are not up; `ended_peers` has the event that ended the last one with each peer. `syslog_only` holds as
    long as nothing named an SPI or a handle. `waiting` are nameless lines since the last that named its negotiation,
    `near`; `adopted` are beginnings that were given away, `undecided` lines that stood in the middle of `near` and may
    yet be another's beginning.
    """

    device: str | None
    source: str
    count: int = 0
    last: NegotiationState | None = None
    syslog_only: bool = True
    under_way: dict[int, NegotiationState] = field(default_factory=dict)
    negotiating: dict[int, NegotiationState] = field(default_factory=dict)
    by_initiator: dict[str, list[NegotiationState]] = field(default_factory=dict)
    by_peer: dict[str, dict[int, NegotiationState]] = field(default_factory=dict)
    ended_peers: dict[str, Event] = field(default_factory=dict)
    owners: dict[Handle, NegotiationState] = field(default_factory=dict)
    gone: dict[Handle, NegotiationState] = field(default_factory=dict)
    full_handles: dict[int, Handle] = field(default_factory=dict)
    held: dict[Handle, Held] = field(default_factory=dict)
    waiting: list[Event] = field(default_factory=list)
    near: NegotiationState | None = None
    adopted: list[Supposed] = field(default_factory=list)
    undecided: list[Supposed] = field(default_factory=list)


def add_state(view: View, state: NegotiationState) -> None:
    """Enter a new negotiation."""
    view.count += 1
    view.last = view.under_way[id(state)] = view.negotiating[id(state)] = state
    if state.initiator_spi is not None:
        view.by_initiator.setdefault(state.initiator_spi, []).append(state)


def note_state(view: View, state: NegotiationState) -> None:
    """Enter what an event changed in a negotiation: its peer became known, it came up, it ended."""
    if state.up or state.ended is not None:
        view.negotiating.pop(id(state), None)
    if state.ended is None:
        if state.remote is not None:
            view.by_peer.setdefault(state.remote.address, {})[id(state)] = state
        return
    if view.under_way.pop(id(state), None) is not None:
        for handle in state.handles:
            if view.owners.get(handle) is state:
                view.gone[handle] = view.owners.pop(handle)
        if state.remote is not None:
            view.by_peer.get(state.remote.address, {}).pop(id(state), None)
            view.ended_peers[state.remote.address] = state.ended


def own_handle(view: View, handle: Handle, state: NegotiationState) -> None:
    """Make a negotiation the owner of a handle."""
    view.owners[handle] = state
    state.handles.add(handle)


def others_under_way(view: View, state: NegotiationState | None) -> bool:
    """Tell whether another negotiation than `state` has not ended."""
    return len(view.under_way) > (state is not None and id(state) in view.under_way)


def others_negotiating(view: View, state: NegotiationState | None) -> bool:
    """Tell whether another negotiation than `state` is neither up nor ended."""
    return len(view.negotiating) > (state is not None and id(state) in view.negotiating)


def just_aborted(view: View, event: Event) -> list[NegotiationState]:
    """Return the negotiation with an event's peer that was aborted just before: the lines behind only repeat it."""
    last, remote = view.last, endpoints(event)[1]
    if event.kind not in ("negotiation_aborted", "ike_sa_down") or last is None:
        return []
    if last.ended is None or last.ended.kind != "negotiation_aborted" or remote is None or last.remote is None:
        return []
    near = event.line - last.ended.line <= ECHO_LINES
    if None not in (event.offset_ms, last.ended.offset_ms):
        near = abs((event.offset_ms or 0) - (last.ended.offset_ms or 0)) <= ECHO_MS
    return [last] if near and last.remote.address == remote.address else []


def only_without_handle(view: View) -> NegotiationState | None:
    """Return the one negotiation under way that began with a packet and has shown no handle yet, if it is the only one.

    A responder prints the first packet before it gives the SA a handle.
    """
    without = [s for s in view.under_way.values() if s.messages and not s.handles]
    return without[0] if len(without) == 1 and not view.held else None


def take_beginning(view: View, state: NegotiationState | None = None, held: int = 0) -> list[Event]:
    """Take the nameless lines that can begin a negotiation off those that wait.

    Where another than `state`, or than the `held` handles, is being negotiated they may be its: only those that name
    their peer are taken. Where another is up: those from a line on that starts one.
    """
    begun = [e for e in view.waiting if e.kind in kinds.BEGINNING]
    if view.count > (state is not None):
        begun = [e for e in begun if e.kind not in kinds.ENDING]
    if len(view.held) > held or others_negotiating(view, state):
        begun = [e for e in begun if endpoints(e)[1] is not None]
    elif others_under_way(view, state):
        starts = [i for i, e in enumerate(begun) if e.kind in kinds.STARTING]
        begun = begun[starts[0] :] if starts else []
    taken = {id(e) for e in begun}
    view.waiting = [e for e in view.waiting if id(e) not in taken]
    return begun


def full_handle(view: View, handle: Handle) -> Handle:
    """Complete a handle that gives only the SA ID: it is the one last seen with that ID."""
    if handle.session is not None or handle in view.owners or handle in view.held:
        return handle
    known = view.full_handles.get(handle.sa)
    return known if known is not None and (known in view.owners or known in view.held) else handle


def same_initiator(view: View, identity: Identity) -> list[NegotiationState]:
    """Return the negotiations with an initiator SPI, in the order in which they began."""
    return view.by_initiator.get(identity.initiator_spi or "", [])


def find_pair(view: View, event: Event, identity: Identity) -> NegotiationState | None:
    """Return the negotiation of an SPI pair, or the one under way that this event's pair completes."""
    same = same_initiator(view, identity)
    if identity.responder_spi is not None:
        known = [s for s in same if s.responder_spi == identity.responder_spi]
        if known:
            return known[-1]
        unanswered = [s for s in same if s.ended is None and (s.responder_spi is None or asked_again(s))]
        return unanswered[-1] if unanswered else None
    under_way = [s for s in same if s.ended is None and not (s.failed and s.role == "responder")]
    return under_way[-1] if under_way else None


def asked_again(state: NegotiationState) -> bool:
    """Tell whether the last answer asked for a cookie or another group: the real answer may have another SPI."""
    answers = [m for m in state.messages if m.response]
    return bool(
        answers
        and answers[-1].exchange == "IKE_SA_INIT"
        and {"COOKIE", "INVALID_KE_PAYLOAD"}.intersection(answers[-1].notifies)
    )


def contradicts(view: View, event: Event, identity: Identity) -> bool:
    """Tell whether a record names one negotiation's peer and another's SPIs: its lines were torn apart."""
    remote = endpoints(event)[1]
    state = find_pair(view, event, identity)
    if remote is None or state is None or state.remote is None or remote.address == state.remote.address:
        return False
    return event.handle is None or view.owners.get(event.handle) is not state


def states_of_peer(view: View, event: Event) -> list[NegotiationState]:
    """Return the negotiations under way between the ends that an event names."""
    local, remote = endpoints(event)
    if remote is None:
        return []
    return [
        s
        for s in view.by_peer.get(remote.address, {}).values()
        if (local is None or s.local is None or s.local.address == local.address)
    ]


def is_past(held: Event, event: Event) -> bool:
    """Tell whether an event stands too far behind a held one to have to do with it."""
    return held.source != event.source or event.line - held.line > HELD_LINES


def may_be_of_ended(view: View, event: Event) -> bool:
    """Tell whether a peer's `CONNECTION STATUS: DOWN` may be of a negotiation with it that has just ended."""
    remote = endpoints(event)[1]
    ended = view.ended_peers.get(remote.address) if remote else None
    return event.fields.get("status_word") == "DOWN" and ended is not None and not is_past(ended, event)
