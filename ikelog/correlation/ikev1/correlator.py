"""Give each IKEv1 line to its negotiation: by connection id, by peer, by what stands beside it."""

from ikelog.correlation.ikev1 import kinds
from ikelog.correlation.ikev1.progress import begins, note
from ikelog.correlation.ikev1.subject import connection_of, is_late, remote_of
from ikelog.correlation.ikev1.view import Ikev1View
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.view import View, is_past
from ikelog.events.types import Event


def take_ikev1(view: View, event: Event) -> None:
    """Take the next event of an IKEv1 line."""
    own = view.ikev1
    _take_over_waiting(view, own)
    own.latest = True
    _expire(view, own, event)
    if event.kind in kinds.OF_NONE:
        view.loose.append(event)
        return
    remote, connection = remote_of(event), connection_of(event)
    peer = remote.address if remote is not None else None
    if begins(own, event, peer):
        _give(view, own, event, _begin(view, own))
    elif connection is not None:
        _take_connected(view, own, event, connection, peer)
    elif peer is not None:
        _take_of_peer(view, own, event, peer)
    else:
        _take_nameless(view, own, event)


def take_beside(view: View, event: Event) -> bool:
    """Take an event whose line speaks of no IKE version if it belongs to IKEv1 here; tell whether it was taken."""
    own = view.ikev1
    if event.kind in kinds.OF_NONE:
        return False
    remote = remote_of(event)
    if remote is not None:
        state = own.last_with(remote.address)
        if event.kind in kinds.BEGINNING and (own.latest or state is not None):
            own.waiting.append(event)
            return True
        if state is None or (state.ended is not None and event.kind not in kinds.ENDING):
            return False
        _give(view, own, event, state)
        own.latest = True
        return True
    if not own.latest:
        return False
    _take_nameless(view, own, event)
    return True


def settle_ikev1(view: View) -> None:
    """Decide on all that is still held when the log ends."""
    own = view.ikev1
    if own.latest or own.by_peer or own.held:
        _take_over_waiting(view, own)
    for connection in list(own.held):
        _settle_held(view, own, connection)
    while alone := next(filter(_may_stand_alone, own.waiting), None):
        own.waiting = [event for event in own.waiting if event is not alone]
        _give(view, own, alone, _begin(view, own))
    view.loose.extend(own.waiting)
    own.waiting = []


def _begin(view: View, own: Ikev1View) -> NegotiationState:
    state = NegotiationState(view.device, view.source)
    state.version = 1
    view.states.append(state)
    own.unkeyed[id(state)] = state
    return state


def _take_connected(view: View, own: Ikev1View, event: Event, connection: int, peer: str | None) -> None:
    """Take an event that names a connection id, by its owner; else by the peer, or hold it until one is named."""
    state = own.by_connection.get(connection)
    if state is not None and _is_owned_by(state, event, peer):
        _give(view, own, event, state)
        return
    state = _unkeyed_for(own, connection, peer)
    if state is None and peer is not None and _may_stand_alone(event):
        state = _begin(view, own)
    if state is None:
        own.held.setdefault(connection, []).append(event)
        own.near = None
        own.near_held = connection
        return
    _own(view, own, connection, state)
    _give(view, own, event, state)


def _is_owned_by(state: NegotiationState, event: Event, peer: str | None) -> bool:
    """Tell whether a line with a negotiation's connection id is its: after its end another may have the same."""
    if peer is None or state.remote is None:
        return True
    return state.remote.address == peer and (state.ended is None or event.kind in kinds.ENDING)


def _unkeyed_for(own: Ikev1View, connection: int, peer: str | None) -> NegotiationState | None:
    """Return the negotiation that a new connection id is of: the one with that peer, or the only one that it can be."""
    fitting = [s for s in own.unkeyed.values() if peer is None or (s.remote and s.remote.address == peer)]
    if is_late(connection):
        fitting = [s for s in fitting if id(s) in own.keyed]
    if peer is not None:
        return fitting[-1] if fitting else None
    return fitting[0] if len(fitting) == 1 else None


def _own(view: View, own: Ikev1View, connection: int, state: NegotiationState) -> None:
    """Make a negotiation the owner of a connection id, with the lines held for it."""
    own.by_connection[connection] = state
    state.connection = connection
    own.unkeyed.pop(id(state), None)
    for event in own.held.pop(connection, []):
        _give(view, own, event, state)


def _take_of_peer(view: View, own: Ikev1View, event: Event, peer: str) -> None:
    """Take an event that names the peer and no connection id: it is of the one without keys, else of the last."""
    fitting = [s for s in own.unkeyed.values() if s.remote is not None and s.remote.address == peer]
    state = fitting[-1] if fitting and event.handle is not None else own.last_with(peer)
    if state is None and own.near is not None and own.near.remote is None and own.near.ended is None:
        state = own.near
    if state is not None and (state.ended is None or event.kind in kinds.ENDING or _is_late(event)):
        _give(view, own, event, state)
    elif _may_stand_alone(event):
        _give(view, own, event, _begin(view, own))
    else:
        view.loose.append(event)


def _is_late(event: Event) -> bool:
    """Tell whether a packet came in for an SA that is gone: the first of a new one says that it knows none."""
    return event.kind == "message_received" and event.fields.get("role") in ("I", "R")


def _take_nameless(view: View, own: Ikev1View, event: Event) -> None:
    """Take an event that names nobody: it is of the negotiation named last, or waits for the next."""
    near = own.near
    if event.kind in kinds.BEGINNING or (
        near is not None and near.ended is not None and event.kind not in kinds.ENDING
    ):
        own.waiting.append(event)
    elif near is not None:
        _give(view, own, event, near)
    elif own.near_held in own.held:
        own.held[own.near_held].append(event)
    else:
        (view.loose if event.kind in kinds.NEVER_ALONE else own.waiting).append(event)


def _give(view: View, own: Ikev1View, event: Event, state: NegotiationState) -> None:
    """Give an event to its negotiation, behind the lines before it that began it."""
    first = not state.events
    remote = remote_of(event)
    if remote is not None and state.remote is None:
        own.by_peer.setdefault(remote.address, []).append(state)
    if note(state, event):
        own.keyed.add(id(state))
    if own.waiting:
        _adopt(view, own, state, event if first or event.kind in _STARTING else None)
    if state.ended is not None:
        own.unkeyed.pop(id(state), None)
    own.near = state


# What begins under an SA that is up: the lines that asked for it stand before it.
_STARTING = frozenset({"negotiation_started", "quick_mode_started"})


def _adopt(view: View, own: Ikev1View, state: NegotiationState, first: Event | None) -> None:
    """Give a negotiation the lines that waited: those with its peer; where `first` begins it, those of no peer too."""
    waiting, own.waiting = own.waiting, []
    for event in waiting:
        remote = remote_of(event)
        if remote is not None and (state.remote is None or remote.address != state.remote.address):
            own.waiting.append(event)
        elif remote is not None or (first is not None and _may_begin(event, first)):
            note(state, event)
        else:
            view.loose.append(event)


def _may_begin(event: Event, first: Event) -> bool:
    """Tell whether a nameless line can be of a negotiation that begins here: what asks for one begins no answer."""
    if event.platform != first.platform and None not in (event.platform, first.platform):
        return False
    return not (event.kind in kinds.BEGINNING and first.kind == "message_received")


def _take_over_waiting(view: View, own: Ikev1View) -> None:
    """Take the lines of no IKE version that wait before this one, where none of them can be of IKEv2."""
    everything = own.latest or not view.count
    for place, event in enumerate(view.waiting.events):
        if event is None or event.ike_version is not None or event.kind in kinds.OF_NONE:
            continue
        if everything or event.kind in kinds.BEGINNING:
            own.waiting.append(event)
            view.waiting.events[place] = None


def _expire(view: View, own: Ikev1View, event: Event) -> None:
    """Decide on what has waited longer than any negotiation takes to begin."""
    for connection, held in list(own.held.items()):
        if is_past(held[-1], event):
            _settle_held(view, own, connection)
    while own.waiting and is_past(own.waiting[0], event):
        view.loose.append(own.waiting.pop(0))


def _settle_held(view: View, own: Ikev1View, connection: int) -> None:
    """Make a negotiation of lines whose connection id no line with a peer ever named, if they tell of one."""
    held = own.held[connection]
    if not any(map(_may_stand_alone, held)):
        view.loose.extend(own.held.pop(connection))
        return
    state = _begin(view, own)
    _adopt(view, own, state, held[0])
    _own(view, own, connection, state)


def _may_stand_alone(event: Event) -> bool:
    return event.kind not in kinds.NEVER_ALONE and event.kind not in kinds.BEGINNING and event.ike_version == 1
