"""One device as one log shows it: which negotiations are under way in it, and whose a line can be."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from itertools import chain, islice

from ikelog.correlation.identity import Identity
from ikelog.correlation.ikev1.view import Ikev1View
from ikelog.correlation.progress import take_event
from ikelog.correlation.same_request import SameRequest, add_to_request, note_request
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Role
from ikelog.events.types import Endpoint, Event, Handle
from ikelog.reading.sources import stream_name
from ikelog.record import record

# A line that begins a negotiation waits so long, in lines, for the message that shows whose it is.
HELD_LINES = 2000

# An abort may be told in several syslog lines: what follows within this is the same one.
ECHO_LINES = 20
ECHO_MS = 2000


class Held:
    """The lines of a handle whose owner is not known yet; `begun` are the nameless ones before its first."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.begun: list[Event] = []


@record
class Supposed:
    """Nameless lines given, or to be given, to a negotiation as long as no other turns up that they may have begun.

    `kinds` are theirs; those given stand from `place` on in the negotiation's events.
    """

    state: NegotiationState
    events: tuple[Event, ...]
    kinds: frozenset[str] = frozenset()
    place: int | None = None


class Waiting:
    """Nameless lines since the last that named its negotiation, None for one that was taken out.

    Of the first `indexed` of them, `beginnings` are the places of those that can begin a negotiation, `starts` of those
    among them that are its first.
    """

    def __init__(self, events: list[Event | None]) -> None:
        self.events = events
        self.indexed = 0
        self.beginnings: list[int] = []
        self.starts: list[int] = []


class View:
    """One device as one log shows it: its negotiations, and who owns which handle now.

    `states` and `loose` take the negotiations and the lines of none, of all devices. `count` counts the negotiations
    seen, `last` is the latest of them, `under_way` those not ended, `negotiating` those of them that are not up,
    `without_handle` those of them that have messages and no handle; `by_peer` has those not ended by remote address and
    local address, `ended_peers` the event that ended the last one with each peer. `syslog_only` holds as long as
    nothing named an SPI or a handle. `held` are the handles without an owner, the one last seen at the end. `waiting`
    are nameless lines since the last that named its negotiation, `near`; `adopted` are beginnings that were given away,
    `undecided` lines that stood in the middle of `near` and may yet be another's beginning. What speaks IKEv1 is in
    `ikev1` alone.
    """

    def __init__(self, device: str | None, source: str, states: list[NegotiationState], loose: list[Event]) -> None:
        self.device = device
        self.source = source
        self.states = states
        self.loose = loose
        self.count = 0
        self.last: NegotiationState | None = None
        self.syslog_only = True
        self.under_way: dict[int, NegotiationState] = {}
        self.negotiating: dict[int, NegotiationState] = {}
        self.without_handle: dict[int, NegotiationState] = {}
        self.by_initiator: dict[str, SameRequest] = {}
        self.by_peer: dict[str, dict[str | None, dict[int, NegotiationState]]] = {}
        self.ended_peers: dict[str, Event] = {}
        self.owners: dict[Handle, NegotiationState] = {}
        self.gone: dict[Handle, NegotiationState] = {}
        self.full_handles: dict[int, Handle] = {}
        self.held: OrderedDict[Handle, Held] = OrderedDict()
        self.waiting = Waiting([])
        self.near: NegotiationState | None = None
        self.adopted: deque[Supposed] = deque()
        self.undecided: deque[Supposed] = deque()
        self.ikev1 = Ikev1View()


def new_state(view: View, identity: Identity) -> NegotiationState:
    """Enter a new negotiation."""
    state = NegotiationState(view.device, view.source, identity.initiator_spi, identity.responder_spi, view.count)
    view.states.append(state)
    view.count += 1
    view.last = view.under_way[id(state)] = view.negotiating[id(state)] = state
    if state.initiator_spi is not None:
        add_to_request(view.by_initiator.setdefault(state.initiator_spi, SameRequest()), state)
    return state


def give(view: View, event: Event, state: NegotiationState, role: Role | None = None) -> None:
    """Give an event to its negotiation; `role` is the device's where the event shows it."""
    if take_event(state, event, role):
        note_state(view, state)


def note_state(view: View, state: NegotiationState) -> None:
    """Enter what an event changed in a negotiation: its peer became known, it came up, it ended."""
    if state.initiator_spi is not None:
        note_request(view.by_initiator[state.initiator_spi], state)
    if state.up or state.ended is not None:
        view.negotiating.pop(id(state), None)
    if state.ended is not None:
        _end(view, state, state.ended)
        return
    if state.remote is not None:
        _enter_ends(view, state, state.remote.address)
    if state.messages and not state.handles:
        view.without_handle[id(state)] = state


def end_failed(view: View, state: NegotiationState) -> bool:
    """End a negotiation that failed, where syslog tells of the next attempt with its peer; tell whether it did.

    Syslog does not tell of every end. Where lines name SPIs or handles these tell one attempt from the next.
    """
    if not view.syslog_only or not state.failed or state.up or state.initiator_spi is not None:
        return False
    state.ended = state.events[-1]
    note_state(view, state)
    return True


def _enter_ends(view: View, state: NegotiationState, remote: str) -> None:
    by_local = view.by_peer.setdefault(remote, {})
    if state.local is None:
        by_local.setdefault(None, {})[id(state)] = state
    elif id(state) not in by_local.setdefault(state.local.address, {}):
        _leave(by_local, None, state)
        by_local[state.local.address][id(state)] = state


def _leave(by_local: dict[str | None, dict[int, NegotiationState]], local: str | None, state: NegotiationState) -> None:
    states = by_local.get(local, {})
    if states.pop(id(state), None) is not None and not states:
        del by_local[local]


def _end(view: View, state: NegotiationState, ended: Event) -> None:
    if view.under_way.pop(id(state), None) is None:
        return
    view.without_handle.pop(id(state), None)
    for handle in state.handles:
        if view.owners.get(handle) is state:
            view.gone[handle] = view.owners.pop(handle)
    if state.remote is not None:
        by_local = view.by_peer.get(state.remote.address, {})
        _leave(by_local, None, state)
        _leave(by_local, state.local.address if state.local is not None else None, state)
        view.ended_peers[state.remote.address] = ended


def own_handle(view: View, handle: Handle, state: NegotiationState) -> None:
    """Make a negotiation the owner of a handle."""
    view.owners[handle] = state
    state.handles.add(handle)
    view.without_handle.pop(id(state), None)


def others_under_way(view: View, state: NegotiationState | None) -> bool:
    """Tell whether another negotiation than `state` has not ended."""
    return len(view.under_way) > (state is not None and id(state) in view.under_way)


def others_negotiating(view: View, state: NegotiationState | None) -> bool:
    """Tell whether another negotiation than `state` is neither up nor ended."""
    return len(view.negotiating) > (state is not None and id(state) in view.negotiating)


def only_without_handle(view: View) -> NegotiationState | None:
    """Return the one negotiation under way that began with a packet and has shown no handle yet, if it is the only one.

    A responder prints the first packet before it gives the SA a handle.
    """
    return next(iter(view.without_handle.values())) if len(view.without_handle) == 1 and not view.held else None


def states_between(view: View, local: Endpoint | None, remote: Endpoint) -> list[NegotiationState]:
    """Return the negotiations under way between two ends, two of them where there are more: which is not known then."""
    by_local = view.by_peer.get(remote.address, {})
    fitting: Iterable[dict[int, NegotiationState]] = by_local.values()
    if local is not None:
        fitting = (by_local.get(local.address, {}), by_local.get(None, {}))
    return list(islice(chain.from_iterable(states.values() for states in fitting), 2))


def just_aborted(view: View, event: Event, remote: Endpoint) -> list[NegotiationState]:
    """Return the negotiation with an event's peer that was aborted just before: the lines behind only repeat it."""
    last = view.last
    if event.kind not in ("negotiation_aborted", "ike_sa_down") or last is None:
        return []
    if last.ended is None or last.ended.kind != "negotiation_aborted" or last.remote is None:
        return []
    near = event.line - last.ended.line <= ECHO_LINES
    now, then = event.offset_ms, last.ended.offset_ms
    if now is not None and then is not None:
        near = abs(now - then) <= ECHO_MS
    return [last] if near and last.remote.address == remote.address else []


def is_past(held: Event, event: Event) -> bool:
    """Tell whether an event stands too far behind a held one to have to do with it."""
    return event.line > last_line(held, event.source)


def last_line(held: Event, source: str) -> int:
    """Return the last line of a source that may have to do with a held event, 0 where none has.

    How long a rotated log goes on behind the event is not known: the next of the device's is looked at as far as that.
    """
    if held.source == source:
        return held.line + HELD_LINES
    return HELD_LINES if stream_name(held.source) == stream_name(source) else 0


def may_be_of_ended(view: View, event: Event, remote: Endpoint) -> bool:
    """Tell whether a peer's `CONNECTION STATUS: DOWN` may be of a negotiation with it that has just ended."""
    ended = view.ended_peers.get(remote.address)
    return ended is not None and event.fields.get("status_word") == "DOWN" and not is_past(ended, event)
