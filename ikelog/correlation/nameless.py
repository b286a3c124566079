"""Whose a line that names no SA can be, by what it does say."""

from ikelog.correlation import kinds
from ikelog.correlation.identity import endpoints
from ikelog.correlation.state import NegotiationState
from ikelog.events.types import Event


def fits(event: Event, other: Event) -> bool:
    """Tell whether two events may be of one negotiation by the platform and the peer that they name."""
    if event.platform != other.platform and event.platform is not None and other.platform is not None:
        return False
    remote = endpoints(event)[1]
    known = endpoints(other)[1] if remote is not None else None
    return remote is None or known is None or remote.address == known.address


def may_be_of(event: Event, state: NegotiationState) -> bool:
    """Tell whether a nameless line is of this negotiation's platform and speaks of no other peer."""
    if state.events and not fits(event, state.events[0]):
        return False
    remote = endpoints(event)[1]
    return remote is None or state.remote is None or remote.address == state.remote.address


def may_be_of_held(event: Event) -> bool:
    """Tell whether a nameless line between those of a handle without an owner can only be of that handle's."""
    return event.kind not in kinds.ENDING and endpoints(event)[1] is None


def names_peer_of(event: Event, state: NegotiationState) -> bool:
    """Tell whether a nameless line names this negotiation's peer."""
    remote = endpoints(event)[1]
    named = remote.address if remote else event.fields.get("address") or event.fields.get("identity_name")
    return state.remote is not None and named == state.remote.address
