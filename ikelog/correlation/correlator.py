"""Give each event to its negotiation: by SPI pair, by a handle's current owner, by peer, by what stands beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ikelog.correlation import kinds
from ikelog.correlation.identity import Identity, endpoints, identity_of, turned
from ikelog.correlation.nameless import fits, may_be_of, may_be_of_held, names_peer_of
from ikelog.correlation.progress import take_event
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.view import (
    Held,
    Supposed,
    View,
    add_state,
    asked_again,
    contradicts,
    find_pair,
    full_handle,
    is_past,
    just_aborted,
    may_be_of_ended,
    note_state,
    only_without_handle,
    others_under_way,
    own_handle,
    same_initiator,
    states_of_peer,
    take_beginning,
)
from ikelog.events.types import Event, Handle
from ikelog.reading.sources import stream_name


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
        view.syslog_only = view.syslog_only and identity is None and event.handle is None
        if identity is not None and contradicts(view, event, identity):
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
        fitting = states_of_peer(view, event) or just_aborted(view, event)
        if fitting and may_be_of_ended(view, event):
            self.result.loose.append(event)
        elif len(fitting) == 1:
            self._take_named(view, event, fitting[0])
        elif not fitting and event.kind in kinds.NAMES_PEER and endpoints(event)[1] is not None:
            self._take_named(view, event, self._new_state(view, event, Identity(None, None, None)))
        else:
            view.waiting.append(event)
            if event.kind == "start_failed" or (event.kind == "negotiation_aborted" and view.syslog_only):
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
            view for view in views if not any(turned(s, event, identity) for s in same_initiator(view, identity))
        ]
        known = [view for view in fitting if same_initiator(view, identity)]
        if not fitting:
            fitting.append(View(event.device, event.source))
        chosen = (known or fitting)[-1]
        if views[-1] is not chosen:
            views[:] = [view for view in views if view is not chosen] + [chosen]
        return chosen

    # Negotiations by SPI pair.

    def _state_of_pair(self, view: View, event: Event, identity: Identity) -> NegotiationState:
        state = find_pair(view, event, identity)
        if state is None:
            state = self._new_state(view, event, identity)
        if state.responder_spi is None or asked_again(state):
            state.responder_spi = identity.responder_spi or state.responder_spi
        return state

    def _new_state(self, view: View, event: Event, identity: Identity) -> NegotiationState:
        state = NegotiationState(view.device, view.source, identity.initiator_spi, identity.responder_spi)
        add_state(view, state)
        self.result.states.append(state)
        return state

    # Events that name their negotiation.

    def _take_named(self, view: View, event: Event, state: NegotiationState) -> None:
        begins = not state.events
        if event.handle is not None:
            handle = full_handle(view, event.handle)
            view.full_handles[handle.sa] = handle
            self._own(view, handle, state)
        if begins and _is_initiator(event):
            self._adopt(view, state, take_beginning(view, state), event)
        self._settle_waiting(view, state)
        self._give(view, event, state)
        view.near = state

    def _own(self, view: View, handle: Handle, state: NegotiationState) -> None:
        """Make a negotiation the owner of a handle, with the lines that waited for the handle's owner."""
        if view.owners.get(handle) is state:
            return
        own_handle(view, handle, state)
        held = view.held.pop(handle, None)
        if held is not None:
            view.waiting = [*held.begun, *view.waiting]
            for event in held.events:
                self._give(view, event, state)

    def _take_handled(self, view: View, event: Event, handle: Handle) -> None:
        handle = full_handle(view, handle)
        view.full_handles[handle.sa] = handle
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
        alone = len(view.held) == 1 and not view.under_way
        if (first and event.kind in kinds.BEGINNING) or (alone and not first):
            held.begun.extend(take_beginning(view, held=1))
        if alone and not first:
            held.events.extend(e for e in view.waiting if may_be_of_held(e))
            view.waiting = [e for e in view.waiting if not may_be_of_held(e)]
        self._settle_waiting(view, None)
        held.events.append(event)
        if event.kind == "sa_deleted":
            self._settle_held(view, handle)

    def _give(self, view: View, event: Event, state: NegotiationState) -> None:
        take_event(state, event)
        note_state(view, state)

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
        certain = len(starts) == len(set(starts))
        fitting = [e for e in begun if certain and fits(e, first) and may_be_of(e, state)]
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
        others = view.count > 1 if event.kind in kinds.ENDING else others_under_way(view, near)
        over = near is not None and near.ended is not None and event.kind not in kinds.ENDING
        if near is None or others or view.held or over or not may_be_of(event, near):
            if near is not None and near.ended is None:
                near.nearby.append(event)
            self.result.loose.append(event)
        elif (event.kind in kinds.BEGINNING or view.near is None) and not names_peer_of(event, near):
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
        note_state(view, state)
        return [e for e in waiting if e not in begun]

    def _settle_held(self, view: View, handle: Handle) -> None:
        """Make a negotiation of lines whose handle no message ever owned, unless they only tell of an end."""
        held = view.held.pop(handle)
        if all(e.kind in kinds.ENDING or e.kind == "unrecognised" for e in held.events):
            self.result.loose.extend((*held.begun, *held.events))
            return
        state = only_without_handle(view)
        if state is None:
            state = self._new_state(view, held.events[0], Identity(None, None, None))
            self._adopt(view, state, held.begun, held.events[0])
        own_handle(view, handle, state)
        for event in held.events:
            self._give(view, event, state)
        view.near = state

    def _expire(self, view: View, event: Event) -> None:
        """Decide on what has waited longer than any negotiation takes to begin."""
        for handle in [h for h, held in view.held.items() if is_past(held.events[-1], event)]:
            self._settle_held(view, handle)
        while view.adopted and is_past(view.adopted[0].events[-1], event):
            view.adopted.pop(0)
        while view.undecided and is_past(view.undecided[0].events[-1], event):
            self._decide(view, view.undecided[0])

    def _decide(self, view: View, supposed: Supposed) -> None:
        view.undecided.remove(supposed)
        for event in supposed.events:
            self._give(view, event, supposed.state)


def _is_initiator(event: Event) -> bool:
    identity = identity_of(event)
    return identity is not None and identity.role == "initiator"
