"""What an event changes in the negotiation that it belongs to."""

from collections.abc import Callable

from ikelog.correlation import kinds
from ikelog.correlation.identity import ENDS, endpoints
from ikelog.correlation.messages import TAKE_RECORD
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Role
from ikelog.events.types import Event
from ikelog.terms import errors

_Test = Callable[[Event], bool]
_Effect = Callable[[NegotiationState, Event], None]


def take_event(state: NegotiationState, event: Event, role: Role | None = None) -> bool:
    """Add an event to its negotiation, in the order of the log; tell whether it changed more than the list of events.

    `role` is the device's role in the IKE SA where the event shows it.
    """
    state.events.append(event)
    changed = False
    if role is not None and state.role is None:
        state.role = role
        changed = True
    if (state.local is None or state.remote is None) and not ENDS.isdisjoint(event.fields):
        local, remote = endpoints(event)
        state.local = state.local or local
        state.remote = state.remote or remote
        changed = True
    for effect in EFFECTS[event.kind]:
        effect(state, event)
        changed = True
    return changed


def is_failure(event: Event) -> bool:
    """Tell whether an event is one from which an IKE SA that is not up does not come back."""
    test = _FAILURES[event.kind]
    return test is not None and test(event)


def _always(event: Event) -> bool:
    return True


def _is_failed_check(event: Event) -> bool:
    return event.fields.get("result") == "failed"


def _is_harmful_error(event: Event) -> bool:
    return event.fields.get("error") not in errors.HARMLESS


class _Failures(dict[str, _Test | None]):
    """What shows, by kind, that an event is a failure; None for the kinds that never are."""

    def __missing__(self, kind: str) -> _Test | None:
        self[kind] = _is_failed_check if kind.endswith("_verified") else None
        return self[kind]


_FAILURES = _Failures(
    {
        # In syslog it says that the tunnel is rejected, in debugs it may go on.
        "crypto_map_unmatched": lambda event: "remote" in event.fields,
        "error_reported": _is_harmful_error,
        "negotiation_aborted": _is_harmful_error,
        "state_changed": lambda event: event.fields.get("state_event") in kinds.FATAL_STATES,
        **dict.fromkeys(kinds.FATAL, _always),
    }
)
_ENDS: dict[str, _Test] = {
    "session_status": lambda event: event.fields.get("status") == "DOWN",
    "sa_deleted": _always,
    "negotiation_aborted": lambda event: not event.handle,
    "ike_sa_down": lambda event: not event.handle,
}


def _come_up(state: NegotiationState, event: Event) -> None:
    state.up = True


def _fail(state: NegotiationState, event: Event) -> None:
    state.failed = state.failed or (not state.up and is_failure(event))


def _end(state: NegotiationState, event: Event) -> None:
    if _ENDS[event.kind](event):
        state.ended = event


class _Effects(dict[str, tuple[_Effect, ...]]):
    """What the events of a kind change besides the ends, in this order; nothing for most kinds."""

    def __missing__(self, kind: str) -> tuple[_Effect, ...]:
        candidates = (
            TAKE_RECORD.get(kind),
            _come_up if kind in kinds.IKE_UP else None,
            _fail if _FAILURES[kind] is not None else None,
            _end if kind in _ENDS else None,
        )
        self[kind] = tuple(effect for effect in candidates if effect is not None)
        return self[kind]


EFFECTS = _Effects()
