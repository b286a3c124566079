"""What an IKEv1 event changes in its negotiation, and which begin another one."""

from ikelog.correlation.ikev1 import kinds
from ikelog.correlation.ikev1.subject import connection_of, local_of, remote_of
from ikelog.correlation.ikev1.view import Ikev1View
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Role
from ikelog.events.types import Event

_ROLES: dict[object, Role] = {"I": "initiator", "R": "responder"}
# Payloads of MM3 and MM4, AM1 and AM2: behind them the keys exist, and with them the connection id.
_KEYING = frozenset({"KE", "NONCE"})
_KEYING_STATES = frozenset({"IKE_I_MM4", "IKE_R_MM3"})
_ENDING = frozenset(
    """sa_deleted session_torn_down connection_terminated session_disconnected sa_terminating
    negotiation_timed_out""".split()
)


def begins(own: Ikev1View, event: Event, peer: str | None) -> bool:
    """Tell whether an event is the first of a new negotiation."""
    fields = event.fields
    if event.kind == "message_received" and fields.get("role") == "N":
        return True
    if event.kind == "negotiation_started":
        return str(fields.get("start", "")).endswith("Phase 1")
    if peer is None:
        return event.kind == "exchange_started" and connection_of(event) is None and _begins_exchange(own.near)
    if event.kind in ("peer_created", "peer_found"):
        return not _has_only_begun(own.last_with(peer))
    if event.kind in ("message_sent", "message_received") and fields.get("node") == 0:
        return "HDR + SA " in str(fields.get("payload_list")) and _is_over(own.last_with(peer), event)
    return False


def _begins_exchange(near: NegotiationState | None) -> bool:
    return near is None or near.ended is not None or near.up or any(e.kind == "exchange_started" for e in near.events)


def _has_only_begun(last: NegotiationState | None) -> bool:
    """Tell whether a negotiation has shown no more than its first message."""
    return (
        last is not None
        and last.ended is None
        and all(e.kind in _FIRST or e.kind in kinds.NEVER_ALONE for e in last.events)
    )


_FIRST = frozenset({"message_received", "sa_request_profile", "child_sa_wanted", "packet_dequeued", "peer_allocated"})


def _is_over(last: NegotiationState | None, event: Event) -> bool:
    """Tell whether a message that opens Main or Aggressive Mode cannot be of the last negotiation with its peer."""
    if last is None or last.ended is not None or last.up or last.failed:
        return True
    answered = any(e.kind == "message_sent" for e in last.events)
    return event.kind == "message_received" and last.role == "responder" and answered and _has_gone_on(last)


def _has_gone_on(last: NegotiationState) -> bool:
    return any(e.kind == "message_received" and "HDR + KE" in str(e.fields.get("payload_list")) for e in last.events)


def note(state: NegotiationState, event: Event) -> bool:
    """Add an event to its negotiation; tell whether the SA's keys, and with them its connection id, come next."""
    state.events.append(event)
    state.local = state.local or local_of(event)
    state.remote = state.remote or remote_of(event)
    state.role = state.role or role_of(event)
    state.up = state.up or shows_up(event)
    if not state.up and is_fatal(event):
        state.failed = True
    if is_end(event):
        state.ended = event
    if event.kind == "state_changed":
        return event.fields.get("new_state") in _KEYING_STATES
    return event.kind == "payload_processed" and str(event.fields.get("payload")).upper() in _KEYING


def is_fatal(event: Event) -> bool:
    """Tell whether an ISAKMP SA that is not up does not come back from an event; one of other lines names the peer."""
    if event.kind == "key_mismatch_suspected" and "tunnel_group" in event.fields:  # it goes on with that group
        return False
    return event.kind in kinds.FATAL and (event.ike_version == 1 or remote_of(event) is not None)


def role_of(event: Event) -> Role | None:
    """Tell the device's role in the ISAKMP SA as an event shows it."""
    fields = event.fields
    match event.kind:
        case "message_sent" | "message_received":
            if fields.get("role") == "N":
                return "responder"
            if str(fields.get("state", "")).startswith(("MM_", "AG_", "QM_")):
                return _ROLES.get(fields.get("role"))
            if (
                fields.get("node") == 0
                and event.kind == "message_received"
                and "HDR + SA " in str(fields["payload_list"])
            ):
                return "responder"
        case "state_changed":
            state = str(fields.get("new_state", ""))
            return "initiator" if state.startswith("IKE_I_") else "responder" if state.startswith("IKE_R_") else None
        case "sa_deleted":
            return _ROLES.get(fields.get("role"))
        case "negotiation_started" | "exchange_started" | "aggressive_mode_not_started" | "main_mode_not_started":
            return "initiator"
        case "ike_state_failed":
            return {"Initiator": "initiator", "Responder": "responder"}.get(str(fields.get("end_role")))  # type: ignore[return-value]
    return None


def shows_up(event: Event) -> bool:
    """Tell whether an event shows the ISAKMP SA up."""
    if event.kind == "state_changed":
        return event.fields.get("new_state") in kinds.UP_STATES or str(event.fields.get("new_state")).startswith(
            "IKE_QM_"
        )
    if event.kind in ("message_sent", "message_received", "sa_deleted"):
        return event.fields.get("state") == "QM_IDLE"
    return event.kind in kinds.IKE_UP or event.kind in kinds.QUICK_MODE


def is_end(event: Event) -> bool:
    """Tell whether an event ends a negotiation."""
    if event.kind == "ike_state_failed":
        return event.fields.get("mode") in ("MM", "AM")
    if event.kind == "session_status":
        return event.fields.get("status") == "DOWN"
    return event.kind in _ENDING
