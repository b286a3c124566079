"""Give each event to its negotiation: by SPI pair, by a handle's current owner, by peer, by what stands beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ikelog.correlation import kinds
from ikelog.correlation.identity import Identity, endpoints, identity_of, turned
from ikelog.correlation.progress import take_event
from ikelog.correlation.state import NegotiationState
from ikelog.events.types import Event, Handle
from ikelog.reading.sources import stream_name

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

    `waiting` are nameless lines since the last that named its negotiation, `near`; `adopted` are beginnings that were
    given away, `undecided` lines that stood in the middle of `near` and may yet be another's beginning.
    """

    device: str | None
    source: str
    states: list[NegotiationState] = field(default_factory=list)
    by_initiator: dict[str, list[NegotiationState]] = field(default_factory=dict)
    owners: dict[Handle, NegotiationState] = field(default_factory=dict)
    gone: dict[Handle, NegotiationState] = field(default_factory=dict)
    held: dict[Handle, Held] = field(default_factory=dict)
    waiting: list[Event] = field(default_factory=list)
    near: NegotiationState | None = None
    adopted: list[Supposed] = field(default_factory=list)
    undecided: list[Supposed] = field(default_factory=list)


@dataclass(slots=True)
class Correlated:
    """The negotiations of all devices, and the events that belong to none."""

    states: list[NegotiationState] = field(default_factory=list)
    loose: list[Event] = field(default_factory=list)


def correlate_events(events: Iterable[Event]) -> Correlated:
    """Sort the events of one or more logs into negotiations."""
    correlator = _Correlator()
    for event in events:
        correlator.take(event)
    return correlator.finish()


class _Correlator:
    """Goes along a stream of events, one view for each device in it."""

    def __init__(self) -> None:
        self.views: dict[tuple[str | None, str], list[View]] = {}
        self.sources: dict[str, int] = {}
        self.result = Correlated()

    def _order(self, event: Event) -> tuple[int, int]:
        return self.sources[event.source], event.line

    def take(self, event: Event) -> None:
        """Take the next event of the stream."""
        self.sources.setdefault(event.source, len(self.sources))
        identity = identity_of(event)
        view = self._view(event, identity)
        self._expire(view, event)
        if identity is not None and _contradicts(view, event, identity):
            self.result.loose.append(event)
        elif identity is not None:
            self._take_named(view, event, self._state_of_pair(view, event, identity))
        elif event.handle is not None:
            self._take_handled(view, event, event.handle)
        else:
            self._take_nameless(view, event)

    def finish(self) -> Correlated:
        """Settle what is still held, and return the result."""
        for views in self.views.values():
            for view in views:
                for handle in list(view.held):
                    self._settle_held(view, handle)
                self._settle_waiting(view, None)
                for supposed in list(view.undecided):
                    self._decide(view, supposed)
        for state in self.result.states:
            state.events.sort(key=self._order)
        self.result.states.sort(key=lambda state: min(map(self._order, state.events)))
        return self.result

    def _take_nameless(self, view: View, event: Event) -> None:
        if event.kind == "unrecognised" or event.kind in kinds.NAMES_MAP_ONLY:
            self.result.loose.append(event)
            return
        fitting = _states_of_peer(view, event) or _just_aborted(view, event)
        if len(fitting) == 1:
            self._take_named(view, event, fitting[0])
        elif not fitting and event.kind in kinds.NAMES_PEER and endpoints(event)[1] is not None:
            self._take_named(view, event, self._new_state(view, event, Identity(None, None, None)))
        else:
            view.waiting.append(event)
            if event.kind == "start_failed" or (event.kind == "negotiation_aborted" and _is_syslog_only(view)):
                view.waiting = self._failed_start(view, view.waiting)

    # Views: one source in which roles turn round is two devices.

    def _view(self, event: Event, identity: Identity | None) -> View:
        key = (event.device, stream_name(event.source) if event.device is None else "")
        views = self.views.setdefault(key, [])
        if not views:
            views.append(View(event.device, event.source))
        if identity is None:
            return views[-1]
        fitting = [
            view for view in views if not any(turned(s, event, identity) for s in _same_initiator(view, identity))
        ]
        known = [view for view in fitting if _same_initiator(view, identity)]
        if not fitting:
            fitting.append(View(event.device, event.source))
        chosen = (known or fitting)[-1]
        if views[-1] is not chosen:
            views[:] = [view for view in views if view is not chosen] + [chosen]
        return chosen

    # Negotiations by SPI pair.

    def _state_of_pair(self, view: View, event: Event, identity: Identity) -> NegotiationState:
        state = _find_pair(view, event, identity)
        if state is None:
            state = self._new_state(view, event, identity)
        if state.responder_spi is None or _asked_again(state):
            state.responder_spi = identity.responder_spi or state.responder_spi
        return state

    def _new_state(self, view: View, event: Event, identity: Identity) -> NegotiationState:
        state = NegotiationState(view.device, view.source, identity.initiator_spi, identity.responder_spi)
        view.states.append(state)
        self.result.states.append(state)
        if identity.initiator_spi is not None:
            view.by_initiator.setdefault(identity.initiator_spi, []).append(state)
        return state

    # Events that name their negotiation.

    def _take_named(self, view: View, event: Event, state: NegotiationState) -> None:
        begins = not state.events
        if event.handle is not None:
            self._own(view, _full_handle(view, event.handle), state)
        if begins and _is_initiator(event):
            self._adopt(view, state, _take_beginning(view, state), event)
        self._settle_waiting(view, state)
        self._give(view, event, state)
        view.near = state

    def _own(self, view: View, handle: Handle, state: NegotiationState) -> None:
        """Make a negotiation the owner of a handle, with the lines that waited for the handle's owner."""
        if view.owners.get(handle) is state:
            return
        view.owners[handle] = state
        held = view.held.pop(handle, None)
        if held is not None:
            view.waiting = [*held.begun, *view.waiting]
            for event in held.events:
                self._give(view, event, state)

    def _take_handled(self, view: View, event: Event, handle: Handle) -> None:
        handle = _full_handle(view, handle)
        owner = view.owners.get(handle)
        if owner is not None:
            self._take_named(view, event, owner)
            return
        gone = view.gone.get(handle)
        if gone is not None and event.kind in kinds.ENDING and handle not in view.held:
            self._settle_waiting(view, gone)
            self._give(view, event, gone)
            return
        self._hold(view, event, handle)

    def _hold(self, view: View, event: Event, handle: Handle) -> None:
        """Keep a line until a message shows whose its handle is."""
        first = handle not in view.held
        held = view.held.setdefault(handle, Held())
        alone = len(view.held) == 1 and not any(s.ended is None for s in view.states)
        if (first and event.kind in kinds.BEGINNING) or (alone and not first):
            held.begun.extend(_take_beginning(view, held=1))
        if alone and not first:
            held.events.extend(e for e in view.waiting if _may_be_of_held(e))
            view.waiting = [e for e in view.waiting if not _may_be_of_held(e)]
        self._settle_waiting(view, None)
        held.events.append(event)
        if event.kind == "sa_deleted":
            self._settle_held(view, handle)

    def _give(self, view: View, event: Event, state: NegotiationState) -> None:
        take_event(state, event)
        if state.ended is event:
            for handle in [h for h, owner in view.owners.items() if owner is state]:
                view.gone[handle] = view.owners.pop(handle)

    # Events without a name of their own.

    def _adopt(self, view: View, state: NegotiationState, begun: list[Event], first: Event) -> None:
        """Give a negotiation the lines that began it, unless they may have begun another.

        Two beginnings in a row, or an earlier one with lines that this one lacks, were torn apart: none of them is
        certain.
        """
        here = {e.kind for e in begun}
        for supposed in list(view.undecided):
            self._revoke(view.undecided, supposed)
        for supposed in list(view.adopted):
            if {e.kind for e in supposed.events} - here:
                self._revoke(view.adopted, supposed)
        starts = [e.kind for e in begun if e.kind in kinds.STARTING]
        fitting = (
            [e for e in begun if _fits(e, first) and _may_be_of(e, state)] if len(starts) == len(set(starts)) else []
        )
        self.result.loose.extend(e for e in begun if e not in fitting)
        for event in fitting:
            self._give(view, event, state)
        if fitting:
            view.adopted.append(Supposed(state, tuple(fitting)))

    def _revoke(self, where: list[Supposed], supposed: Supposed) -> None:
        """Take back what was supposed of nameless lines: another negotiation turned up that may own them."""
        where.remove(supposed)
        taken = {id(e) for e in supposed.events}
        supposed.state.events = [e for e in supposed.state.events if id(e) not in taken]
        supposed.state.nearby.extend(supposed.events)
        self.result.loose.extend(supposed.events)

    def _settle_waiting(self, view: View, named: NegotiationState | None) -> None:
        """Decide on the nameless events that stood before one that names `named`."""
        waiting, view.waiting = view.waiting, []
        if named is None and any(e.kind == "policy_not_built" for e in waiting):
            waiting = self._failed_start(view, waiting)
        for event in waiting:
            self._place(view, event, view.near or named)

    def _place(self, view: View, event: Event, near: NegotiationState | None) -> None:
        """Give a nameless event to the only negotiation that it can be of, or note it beside the one before it."""
        others = [s for s in view.states if s is not near and (s.ended is None or event.kind in kinds.ENDING)]
        if (
            near is None
            or others
            or view.held
            or not _may_be_of(event, near)
            or (near.ended is not None and event.kind not in kinds.ENDING)
        ):
            if near is not None and near.ended is None:
                near.nearby.append(event)
            self.result.loose.append(event)
        elif (event.kind in kinds.BEGINNING or view.near is None) and not _names_peer_of(event, near):
            view.undecided.append(Supposed(near, (event,)))
        else:
            self._give(view, event, near)

    def _failed_start(self, view: View, waiting: list[Event]) -> list[Event]:
        """Make a negotiation of a start that failed before it had an SPI; return the events behind it."""
        last = max(i for i, e in enumerate(waiting) if e.kind in kinds.START_FAILED)
        starts = [i for i, e in enumerate(waiting[:last]) if e.kind in kinds.STARTING]
        begun = [e for e in waiting[max(starts, default=0) : last] if e.kind in kinds.BEGINNING] + [waiting[last]]
        state = self._new_state(view, begun[0], Identity(None, None, None))
        for event in begun:
            self._give(view, event, state)
        state.ended = begun[-1]
        return [e for e in waiting if e not in begun]

    def _settle_held(self, view: View, handle: Handle) -> None:
        """Make a negotiation of lines whose handle no message ever owned, unless they only tell of an end."""
        held = view.held.pop(handle)
        if all(e.kind in kinds.ENDING or e.kind == "unrecognised" for e in held.events):
            self.result.loose.extend((*held.begun, *held.events))
            return
        state = _only_without_handle(view)
        if state is None:
            state = self._new_state(view, held.events[0], Identity(None, None, None))
            self._adopt(view, state, held.begun, held.events[0])
        view.owners[handle] = state
        for event in held.events:
            self._give(view, event, state)
        view.near = state

    def _expire(self, view: View, event: Event) -> None:
        """Decide on what has waited longer than any negotiation takes to begin."""
        for handle, held in list(view.held.items()):
            if _is_past(held.events[-1], event):
                self._settle_held(view, handle)
        view.adopted = [s for s in view.adopted if not _is_past(s.events[-1], event)]
        for supposed in [s for s in view.undecided if _is_past(s.events[-1], event)]:
            self._decide(view, supposed)

    def _decide(self, view: View, supposed: Supposed) -> None:
        view.undecided.remove(supposed)
        for event in supposed.events:
            self._give(view, event, supposed.state)


def _is_syslog_only(view: View) -> bool:
    """Tell whether nothing but syslog was seen of a device: an abort without a name then stands for itself."""
    return not view.held and all(s.initiator_spi is None and not _has_handle(s) for s in view.states)


def _just_aborted(view: View, event: Event) -> list[NegotiationState]:
    """Return the negotiation with an event's peer that was aborted just before: the lines behind only repeat it."""
    if event.kind not in ("negotiation_aborted", "ike_sa_down") or not view.states:
        return []
    last, remote = view.states[-1], endpoints(event)[1]
    if last.ended is None or last.ended.kind != "negotiation_aborted" or remote is None or last.remote is None:
        return []
    near = event.line - last.ended.line <= ECHO_LINES
    if None not in (event.offset_ms, last.ended.offset_ms):
        near = abs((event.offset_ms or 0) - (last.ended.offset_ms or 0)) <= ECHO_MS
    return [last] if near and last.remote.address == remote.address else []


def _has_handle(state: NegotiationState) -> bool:
    return any(event.handle is not None for event in state.events)


def _only_without_handle(view: View) -> NegotiationState | None:
    """Return the one negotiation under way that began with a packet and has shown no handle yet, if it is the only one.

    A responder prints the first packet before it gives the SA a handle.
    """
    without = [s for s in view.states if s.ended is None and s.messages and not _has_handle(s)]
    return without[0] if len(without) == 1 and not view.held else None


def _take_beginning(view: View, state: NegotiationState | None = None, held: int = 0) -> list[Event]:
    """Take the nameless lines that can begin a negotiation off those that wait.

    Where another than `state`, or than the `held` handles, is being negotiated they may be its: only those that name
    their peer are taken. Where another is up: those from a line on that starts one.
    """
    begun = [e for e in view.waiting if e.kind in kinds.BEGINNING]
    if any(s is not state for s in view.states):
        begun = [e for e in begun if e.kind not in kinds.ENDING]
    others = [s for s in view.states if s.ended is None and s is not state]
    if len(view.held) > held or any(not s.up for s in others):
        begun = [e for e in begun if endpoints(e)[1] is not None]
    elif others:
        starts = [i for i, e in enumerate(begun) if e.kind in kinds.STARTING]
        begun = begun[starts[0] :] if starts else []
    taken = {id(e) for e in begun}
    view.waiting = [e for e in view.waiting if id(e) not in taken]
    return begun


def _is_initiator(event: Event) -> bool:
    identity = identity_of(event)
    return identity is not None and identity.role == "initiator"


def _is_past(held: Event, event: Event) -> bool:
    return held.source != event.source or event.line - held.line > HELD_LINES


def _fits(event: Event, other: Event) -> bool:
    """Tell whether two events may be of one negotiation by the platform and the peer that they name."""
    if None not in (event.platform, other.platform) and event.platform != other.platform:
        return False
    remotes = {end.address for end in (endpoints(event)[1], endpoints(other)[1]) if end is not None}
    return len(remotes) < 2


def _may_be_of(event: Event, state: NegotiationState) -> bool:
    """Tell whether a nameless line is of this negotiation's platform and speaks of no other peer."""
    if state.events and not _fits(event, state.events[0]):
        return False
    remote = endpoints(event)[1]
    return remote is None or state.remote is None or remote.address == state.remote.address


def _may_be_of_held(event: Event) -> bool:
    """Tell whether a nameless line between those of a handle without an owner can only be of that handle's."""
    return event.kind not in kinds.ENDING and endpoints(event)[1] is None


def _names_peer_of(event: Event, state: NegotiationState) -> bool:
    """Tell whether a nameless line names this negotiation's peer."""
    remote = endpoints(event)[1]
    named = remote.address if remote else event.fields.get("address") or event.fields.get("identity_name")
    return state.remote is not None and named == state.remote.address


def _full_handle(view: View, handle: Handle) -> Handle:
    """Complete a handle that gives only the SA ID: it is the one last seen with that ID."""
    if handle.session is not None or handle in view.owners or handle in view.held:
        return handle
    known = [*view.owners, *view.held]
    return next((h for h in reversed(known) if h.sa == handle.sa), handle)


def _same_initiator(view: View, identity: Identity) -> list[NegotiationState]:
    return view.by_initiator.get(identity.initiator_spi or "", [])


def _find_pair(view: View, event: Event, identity: Identity) -> NegotiationState | None:
    """Return the negotiation of an SPI pair, or the one under way that this event's pair completes."""
    same = _same_initiator(view, identity)
    if identity.responder_spi is not None:
        known = [s for s in same if s.responder_spi == identity.responder_spi]
        if known:
            return known[-1]
        unanswered = [s for s in same if s.ended is None and (s.responder_spi is None or _asked_again(s))]
        return unanswered[-1] if unanswered else None
    under_way = [s for s in same if s.ended is None and not (s.failed and s.role == "responder")]
    return under_way[-1] if under_way else None


def _asked_again(state: NegotiationState) -> bool:
    """Tell whether the last answer asked for a cookie or another group: the real answer may have another SPI."""
    answers = [m for m in state.messages if m.response]
    return bool(
        answers
        and answers[-1].exchange == "IKE_SA_INIT"
        and {"COOKIE", "INVALID_KE_PAYLOAD"}.intersection(answers[-1].notifies)
    )


def _contradicts(view: View, event: Event, identity: Identity) -> bool:
    """Tell whether a record names one negotiation's peer and another's SPIs: its lines were torn apart."""
    remote = endpoints(event)[1]
    state = _find_pair(view, event, identity)
    if remote is None or state is None or state.remote is None or remote.address == state.remote.address:
        return False
    return event.handle is None or view.owners.get(event.handle) is not state


def _states_of_peer(view: View, event: Event) -> list[NegotiationState]:
    """Return the negotiations under way between the ends that an event names."""
    local, remote = endpoints(event)
    if remote is None:
        return []
    return [
        s
        for s in view.states
        if s.ended is None
        and (s.remote is not None and s.remote.address == remote.address)
        and (local is None or s.local is None or s.local.address == local.address)
    ]
