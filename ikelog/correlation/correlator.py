"""Give each event to its negotiation: by SPI pair, by a handle's current owner, by peer, by what stands beside it."""

from collections.abc import Iterable
from operator import itemgetter

from ikelog.correlation import kinds
from ikelog.correlation.beginnings import adopt, take_beginning
from ikelog.correlation.burst import NO_BURST, Burst, begin_burst, go_on, go_on_run
from ikelog.correlation.devices import Devices, view_of
from ikelog.correlation.expiry import expire, settle
from ikelog.correlation.handles import full_handle, hold, take_over
from ikelog.correlation.identity import NO_IDENTITY, ZERO_SPI, Identity, endpoints, identity_of
from ikelog.correlation.ikev1.correlator import settle_ikev1, take_beside, take_ikev1
from ikelog.correlation.same_request import answer_request, find_answered
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Role
from ikelog.correlation.view import View, end_failed, give, just_aborted, may_be_of_ended, new_state, states_between
from ikelog.correlation.waiting import settle_waiting, take_waiting, wait
from ikelog.events.runs import Run
from ikelog.events.types import Endpoint, Event, Handle

_LINE = itemgetter(2)


class Correlated:
    """The negotiations of all devices, and the events that belong to none."""

    def __init__(self, states: list[NegotiationState], loose: list[Event]) -> None:
        self.states = states
        self.loose = loose


def correlate_events(events: Iterable[Event]) -> Correlated:
    """Sort the events of one or more logs, each in the order of its lines, into negotiations."""
    devices = Devices()
    burst = NO_BURST
    for event in events:
        if type(event) is Run:
            if not go_on_run(burst, event):
                burst = _take_run(devices, event, burst)
        elif not go_on(burst, event):
            burst = _take(devices, event, burst)
    return _finish(devices)


def _take_run(devices: Devices, run: Run, burst: Burst) -> Burst:
    """Take the events of a run at once where its handle is owned by the negotiation that it shows, else one by one."""
    spis, role = run.shown
    identity = _identity(spis, role) if spis is not None else None
    view = view_of(devices, run, identity)
    handle = full_handle(view, run.handle) if run.handle is not None else None
    owner = view.owners.get(handle) if handle is not None else None
    same = view.by_initiator.get(identity.initiator_spi or "") if identity is not None else None
    shows_owner = identity is None or (same and find_answered(same, identity.responder_spi) is owner)
    if owner is None or handle is None or run.ike_version == 1 or not shows_owner:
        for event in run.events:
            if not go_on(burst, event):
                burst = _take(devices, event, burst)
        return burst
    expire(view, run)
    view.ikev1.latest = view.ikev1.latest and run.ike_version is None
    view.syslog_only = False
    if same is not None and identity is not None and identity.responder_spi is not None:
        answer_request(same, owner, identity.responder_spi)
    return _take_named(view, run, owner, handle, role)


def _identity(spis: tuple[str, str], role: Role | None) -> Identity:
    initiator, responder = spis
    return Identity(initiator, None if responder == ZERO_SPI else responder, role)


def _take(devices: Devices, event: Event, burst: Burst) -> Burst:
    """Take the next event; return the burst that it begins, or the one that it does not end."""
    identity = identity_of(event)
    view = view_of(devices, event, identity)
    if event.ike_version == 1:
        take_ikev1(view, event)
        return NO_BURST
    expire(view, event)
    if event.ike_version is None and event.handle is None and identity is None and _is_of_ikev1(view, event):
        return NO_BURST
    view.ikev1.latest = view.ikev1.latest and event.ike_version is None
    if identity is not None:
        return _take_identified(view, event, identity)
    if event.handle is not None:
        return _take_handled(view, event, event.handle)
    return burst if _take_nameless(view, event) else NO_BURST


def _is_of_ikev1(view: View, event: Event) -> bool:
    """Tell whether a line of no IKE version was taken as one of an IKEv1 negotiation; not where IKEv2 has its peer."""
    if not (view.ikev1.latest or view.ikev1.by_peer):
        return False
    remote = endpoints(event)[1]
    return not (remote is not None and view.by_peer.get(remote.address)) and take_beside(view, event)


def _finish(devices: Devices) -> Correlated:
    """Settle what is still held, and put everything in the order of the lines."""
    for views in devices.views.values():
        for view in views:
            settle_ikev1(view)
            settle(view)
    for state in devices.states:
        state.events.sort(key=_LINE)
        if len(devices.sources) > 1:
            state.events.sort(key=lambda event: devices.sources[event.source])
    devices.states.sort(key=lambda state: (devices.sources[state.events[0].source], state.events[0].line))
    return Correlated(devices.states, devices.loose)


def _take_identified(view: View, event: Event, identity: Identity) -> Burst:
    """Take an event that prints an SPI pair, unless its lines were torn apart."""
    view.syslog_only = False
    same = view.by_initiator.get(identity.initiator_spi or "")
    state = find_answered(same, identity.responder_spi) if same is not None else None
    if state is not None and _contradicts(view, event, identity.remote, state):
        view.loose.append(event)
        return NO_BURST
    if state is None:
        state = new_state(view, identity)
    elif same is not None and identity.responder_spi is not None:
        answer_request(same, state, identity.responder_spi)
    handle = full_handle(view, event.handle) if event.handle is not None else None
    return _take_named(view, event, state, handle, identity.role)


def _contradicts(view: View, event: Event, remote: Endpoint | None, state: NegotiationState) -> bool:
    """Tell whether a record names one negotiation's peer and another's SPIs: its lines were torn apart."""
    if remote is None or state.remote is None or remote.address == state.remote.address:
        return False
    return event.handle is None or view.owners.get(event.handle) is not state


def _take_handled(view: View, event: Event, handle: Handle) -> Burst:
    """Take an event that names its negotiation by a handle alone."""
    view.syslog_only = False
    handle = full_handle(view, handle)
    view.full_handles[handle.sa] = handle
    owner = view.owners.get(handle)
    if owner is not None:
        return _take_named(view, event, owner, handle)
    gone = view.gone.get(handle)
    if gone is not None and event.kind in kinds.ENDING and handle not in view.held:
        settle_waiting(view, take_waiting(view), gone)
        give(view, event, gone)
    else:
        hold(view, event, handle)
    return NO_BURST


def _take_nameless(view: View, event: Event) -> bool:
    """Take an event that names neither SPIs nor a handle; tell whether it is of no negotiation, or not yet."""
    if event.kind == "unrecognised" or event.kind in kinds.NAMES_MAP_ONLY:
        view.loose.append(event)
        return True
    local, remote = endpoints(event)
    if remote is None:
        return wait(view, event)
    fitting = states_between(view, local, remote) or just_aborted(view, event, remote)
    if len(fitting) == 1 and event.kind in kinds.REQUESTED and end_failed(view, fitting[0]):
        fitting = []
    if fitting and may_be_of_ended(view, event, remote):
        view.loose.append(event)
        return True
    if len(fitting) == 1:
        _take_named(view, event, fitting[0])
    elif not fitting and event.kind in kinds.NAMES_PEER:
        _take_named(view, event, new_state(view, NO_IDENTITY))
    else:
        return wait(view, event)
    return False


def _take_named(
    view: View, event: Event, state: NegotiationState, handle: Handle | None = None, role: Role | None = None
) -> Burst:
    """Give an event to the negotiation that it names, behind the lines before it that turn out to be that one's."""
    begins = role == "initiator" and not state.events
    waiting = take_waiting(view)
    if handle is not None:
        view.full_handles[handle.sa] = handle
        waiting = [*take_over(view, handle, state), *waiting]
    if begins:
        begun, waiting = take_beginning(view, waiting, state)
        adopt(view, state, begun, event)
    settle_waiting(view, waiting, state)
    give(view, event, state, role)
    view.near = state
    if handle is None or event.handle is None:
        return NO_BURST
    return begin_burst(view, event, event.handle, handle, state)
