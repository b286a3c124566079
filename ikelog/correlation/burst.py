"""A burst: lines of one handle in a row, and nameless ones among them, which go to its owner a short way."""

from collections.abc import Mapping

from ikelog.correlation import kinds
from ikelog.correlation.expiry import lasts_until
from ikelog.correlation.handles import full_handle
from ikelog.correlation.identity import ENDS, IDENTIFYING, ZERO_SPI, role_of_state
from ikelog.correlation.progress import EFFECTS
from ikelog.correlation.same_request import find_answered
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Role
from ikelog.correlation.view import View, give
from ikelog.correlation.waiting import settle_waiting, take_waiting
from ikelog.events.runs import Run
from ikelog.events.types import Event, Handle, Value

# Nameless lines of these kinds do not wait, or do more than that.
_NOT_WAITING = kinds.START_FAILED | kinds.NAMES_MAP_ONLY | {"unrecognised"}


class Burst:
    """What the next line must show to be of the burst.

    `handle` is as printed last, `owned` as its owner `state` has it. Nothing that is held expires up to the line
    `until`. A line that repeats what is known of the IKE SA prints `initiator_spi` and `responder_spi`, and no other
    role than `role`.
    """

    def __init__(
        self, view: View, state: NegotiationState, source: str, device: str | None, handle: Handle, owned: Handle
    ) -> None:
        self.view = view
        self.state = state
        self.source = source
        self.device = device
        self.handle = handle
        self.owned = owned
        self.until = -1
        self.initiator_spi: str | None = None
        self.responder_spi: str | None = None
        self.role: Role | None = None


NO_BURST = Burst(View(None, "", [], []), NegotiationState(None, ""), "", None, Handle(0), Handle(0))


def begin_burst(view: View, event: Event, handle: Handle, owned: Handle, state: NegotiationState) -> Burst:
    """Return the burst that an event begins after it was given to the owner of its handle."""
    burst = Burst(view, state, event.source, event.device, handle, owned)
    _renew(burst)
    return burst


def go_on(burst: Burst, event: Event) -> bool:
    """Take an event as one of the burst, if it shows nothing else of whose it is; tell whether it was taken."""
    kind, source, line, _, _, device, _, handle, fields, _, version, _ = event
    if line > burst.until or source != burst.source or device != burst.device or version == 1:
        return False
    if handle is None:
        return _wait(burst, event)
    if handle is not burst.handle and not _is_same_owner(burst, handle):
        return False
    if kind == "state_changed":
        if not _repeats(burst, fields):
            return False
    elif not IDENTIFYING.isdisjoint(fields):
        return False
    if burst.view.waiting.events or (EFFECTS[kind] and kind != "state_changed"):
        _take(burst, event)
    else:
        burst.state.events.append(event)
    return True


def go_on_run(burst: Burst, run: Run) -> bool:
    """Take a run as `go_on` would take its events one by one; tell whether it was taken."""
    spis, role = run.shown
    if run.line > burst.until or run.source != burst.source or run.device != burst.device or run.handle is None:
        return False
    if run.handle is not burst.handle and not _is_same_owner(burst, run.handle):
        return False
    if spis is not None and (spis != (burst.initiator_spi, burst.responder_spi) or role not in (None, burst.role)):
        return False
    if burst.view.waiting.events:
        settle_waiting(burst.view, take_waiting(burst.view), burst.state)
        burst.state.events.append(run)
        _renew(burst)
    else:
        burst.state.events.append(run)
    return True


def _wait(burst: Burst, event: Event) -> bool:
    """Let a nameless line wait for the next of the burst's, if it does no more; tell whether it does."""
    if event.kind in _NOT_WAITING or not IDENTIFYING.isdisjoint(event.fields):
        return False
    burst.view.waiting.events.append(event)
    return True


def _is_same_owner(burst: Burst, handle: Handle) -> bool:
    """Tell whether another handle than the one printed last has the same owner."""
    owned = burst.owned
    if handle.sa != owned.sa or (handle.session != owned.session and full_handle(burst.view, handle) != owned):
        return False
    burst.handle = handle
    return True


def _repeats(burst: Burst, fields: Mapping[str, Value]) -> bool:
    """Tell whether a line of the state machine shows what is known: the same SPI pair, no other role, no failure."""
    try:
        state_event = fields["state_event"]
        role = role_of_state(fields["state"], state_event, fields["role"])
        return (
            fields["initiator_spi"] == burst.initiator_spi
            and fields["responder_spi"] == burst.responder_spi
            and (role is None or role == burst.role)
            and state_event not in kinds.FATAL_STATES
            and ENDS.isdisjoint(fields)
        )
    except KeyError:
        return False


def _take(burst: Burst, event: Event) -> None:
    """Take an event behind lines that wait, or one that changes something in its negotiation."""
    settle_waiting(burst.view, take_waiting(burst.view), burst.state)
    give(burst.view, event, burst.state)
    _renew(burst)


def _renew(burst: Burst) -> None:
    """Enter what has changed around the burst: it is over where its negotiation does not own the handle any more."""
    view, state = burst.view, burst.state
    burst.until = lasts_until(view, burst.source) if view.owners.get(burst.owned) is state else -1
    burst.initiator_spi, burst.responder_spi, burst.role = None, None, None
    same = view.by_initiator.get(state.initiator_spi or "")
    if same is not None and find_answered(same, state.responder_spi) is state:
        burst.initiator_spi, burst.responder_spi = state.initiator_spi, state.responder_spi or ZERO_SPI
        burst.role = state.role
