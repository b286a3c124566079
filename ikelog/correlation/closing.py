"""What became of an IKE SA that had come up: who ended it, and why."""

from ikelog.correlation.gathered import Gathered
from ikelog.correlation.messages import names
from ikelog.correlation.types import Closed, ClosedBy, Decided
from ikelog.events.sequence import Events
from ikelog.events.types import Event
from ikelog.terms import errors

# The kinds that may tell of an end.
CLOSING = (
    "message_received",
    "message_decrypted",
    "ike_delete_received",
    "delete_received",
    "ike_sa_down",
    "error_reported",
    "initial_contact_replaced",
    "ike_delete_sent",
    "delete_queued",
    "session_killed",
)


def build_closed(gathered: Gathered, decided: Decided) -> Closed | None:
    """Tell what became of an IKE SA that had come up; None while it stands."""
    up, events = decided.ike_up, gathered.events
    if up is None:
        return None
    for event in events.since(up, *CLOSING):
        by, reason = _closing(event, events)
        if by is not None:
            by = "rekey" if by == "local" and gathered.state.rekey_pending else by
            return Closed(by, reason, event.line, event.time)
    return None


def _closing(event: Event, events: Events) -> tuple[ClosedBy | None, str | None]:
    """Return who ended the IKE SA, and why, where an event among others says so."""
    reason = str(event.fields["reason"]) if "reason" in event.fields else None
    reason = None if reason in ("unknown", "Unknown") else reason
    if event.kind in ("message_received", "message_decrypted"):
        refused = "AUTHENTICATION_FAILED" in names(event.fields.get("notifies"))
        return ("peer", "AUTHENTICATION_FAILED") if refused else (None, None)
    match event.kind:
        case "ike_delete_received":
            return "peer", reason
        case "delete_received":  # printed before the line that says which SA: an ESP SA's DELETE ends no IKE SA
            return (None if events.follows(event, "child_delete_received", within=3) else "peer"), reason
        case "ike_sa_down":
            return _ended_by(reason or ""), reason
        case "error_reported" if event.fields.get("error") == errors.RETRANSMISSIONS_EXHAUSTED:
            return "timeout", "retransmission gave up"
        case "initial_contact_replaced":
            return "replaced", "initial contact"
        case "ike_delete_sent" | "delete_queued" | "session_killed":
            return "local", reason
    return None, None


def _ended_by(reason: str) -> ClosedBy:
    """Tell who ended an SA by the reason of ASA's 750007."""
    if "lost" in reason:
        return "timeout"
    return "peer" if "peer" in reason else "local"
