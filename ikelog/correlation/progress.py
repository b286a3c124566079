"""What an event changes in the negotiation that it belongs to."""

from ikelog.correlation import kinds
from ikelog.correlation.identity import endpoints, identity_of
from ikelog.correlation.messages import RECORDS, take_record
from ikelog.correlation.state import NegotiationState
from ikelog.events.types import Event
from ikelog.terms import errors


def take_event(state: NegotiationState, event: Event) -> None:
    """Add an event to its negotiation, in the order of the log."""
    state.events.append(event)
    identity = identity_of(event)
    if identity is not None:
        state.role = state.role or identity.role
    _take_ends(state, event)
    take_record(state, event)
    if event.kind in kinds.IKE_UP:
        state.up = True
    state.failed = state.failed or (is_failure(event) and not state.up)
    if _is_end(event):
        state.ended = event


def _take_ends(state: NegotiationState, event: Event) -> None:
    local, remote = endpoints(event)
    if event.kind in RECORDS or state.local is None:
        state.local = state.local or local
    if event.kind in RECORDS or state.remote is None:
        state.remote = state.remote or remote


def _is_end(event: Event) -> bool:
    if event.kind == "session_status":
        return event.fields.get("status") == "DOWN"
    return event.kind == "sa_deleted" or (event.kind in ("negotiation_aborted", "ike_sa_down") and not event.handle)


def is_failure(event: Event) -> bool:
    """Tell whether an event is one from which an IKE SA that is not up does not come back."""
    if event.kind in kinds.FATAL:
        return True
    if event.kind == "crypto_map_unmatched":  # in syslog it says that the tunnel is rejected, in debugs it may go on
        return "remote" in event.fields
    if event.kind in ("error_reported", "negotiation_aborted"):
        return event.fields.get("error") not in errors.HARMLESS
    if event.kind == "state_changed":
        return event.fields.get("state_event") in kinds.FATAL_STATES
    return event.kind.endswith("_verified") and event.fields.get("result") == "failed"
