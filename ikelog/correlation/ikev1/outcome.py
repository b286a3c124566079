"""Decide what came of an IKEv1 negotiation, and which events show it."""

from collections.abc import Iterable

from ikelog.correlation.gathered import Gathered
from ikelog.correlation.ikev1 import kinds
from ikelog.correlation.ikev1.progress import is_fatal, shows_up
from ikelog.correlation.types import Decided, Outcome, Stage
from ikelog.events.sequence import Events
from ikelog.events.types import Event

# Reasons with which an SA is deleted that had not failed.
_HARMLESS_REASONS = ("No reason", "No Error", "Receive initial contact", "Initial contact")


def decide_ikev1(gathered: Gathered) -> Decided:
    """Decide an outcome: the first of the contract's list that holds."""
    up = _ike_up(gathered)
    child_up = _child_up(gathered) if up is not None else None
    refused = None if up is None or child_up is not None else _child_refused(gathered)
    failure = refused if up is not None else _failure(gathered)
    return Decided(_outcome(up, child_up, failure, gathered), _stage(gathered, up, child_up), up, child_up, failure)


def _outcome(up: Event | None, child_up: Event | None, failure: Event | None, gathered: Gathered) -> Outcome:
    if up is not None and child_up is not None:
        return "established"
    if failure is not None:
        return "failed" if up is None else "child_failed"
    if up is None or _child_under_way(gathered):
        return "incomplete"
    return "ike_only" if gathered.state.ended is not None else "incomplete"


def _child_under_way(gathered: Gathered) -> bool:
    return gathered.state.ended is None and gathered.events.has(*kinds.QUICK_MODE)


def _ike_up(gathered: Gathered) -> Event | None:
    """Return the event that shows the ISAKMP SA up: it says so, or Quick Mode is under way."""
    for event in gathered.events:
        if shows_up(event) or (event.kind == "session_status" and event.fields.get("status") == "UP"):
            return event
    quick = next((m for m in gathered.messages if m.exchange == "QUICK_MODE"), None)
    return quick.first if quick is not None else _at_work(gathered) or _refused_under_keys(gathered)


def _at_work(gathered: Gathered) -> Event | None:
    """Return the event that shows an SA at work whose beginning is not in the log: liveness, or an end after use."""
    if any(m.exchange in _PHASE_1 for m in gathered.messages) or gathered.state.failed:
        return None
    return gathered.events.first("liveness_query_sent", "liveness_query_received", "peer_lost")


def _refused_under_keys(gathered: Gathered) -> Event | None:
    """Return a refusal that the peer sent under the keys of an ISAKMP SA whose beginning is not in the log.

    ASA takes only an encrypted notify as `non-routine`, with its number; others it drops as un-encrypted.
    """
    begun = any("Phase 1" in str(e.fields["start"]) for e in gathered.events.of("negotiation_started"))
    if begun or any(m.exchange in _PHASE_1 for m in gathered.messages):
        return None
    received = (e for e in gathered.events.of("notify_received") if "notify_number" in e.fields)
    return next((e for e in received if notify_key(str(e.fields["notify"])) in _OF_QUICK_MODE), None)


_PHASE_1 = ("MAIN_MODE", "AGGRESSIVE_MODE")
_OF_QUICK_MODE = ("NO_PROPOSAL_CHOSEN", "INVALID_ID_INFO", "INVALID_ID_INFORMATION")


def _child_up(gathered: Gathered) -> Event | None:
    for event in gathered.events:
        if event.kind in kinds.CHILD_UP or _is_session_up(event):
            return event
        if event.kind == "state_changed" and event.fields.get("new_state") in kinds.CHILD_UP_STATES:
            return event
    return gathered.events.first("liveness_query_sent", "liveness_query_received", "peer_lost") and _at_work(gathered)


def _is_session_up(event: Event) -> bool:
    return event.kind == "session_status" and event.fields.get("status") == "UP"


def _child_refused(gathered: Gathered) -> Event | None:
    """Return the event that shows a Quick Mode refused, here or by the peer."""
    refusal = next((event for event in gathered.events if is_child_refusal(event)), None)
    return refusal or _refused_by_peer(gathered) or _unanswered(gathered.events)


def _unanswered(events: Events) -> Event | None:
    """Return the line that deletes an SA for a Quick Mode that was not answered, not for XAUTH that was not."""
    if not events.has("quick_mode_started"):
        return None
    return next((e for e in events.of("sa_deleted") if is_unanswered_quick_mode(e)), None)


def is_unanswered_quick_mode(event: Event) -> bool:
    """Tell whether an SA is deleted because a message of Quick Mode was sent again and again in vain."""
    died = str(event.fields.get("reason", "")).startswith("Death by retransmission P2")
    return died and not str(event.fields.get("state", "")).startswith("CONF_")


def is_child_refusal(event: Event) -> bool:
    """Tell whether an event shows a Quick Mode refused."""
    if event.kind == "node_deleted":
        return event.fields.get("failed") == "TRUE" and "QM" in str(event.fields.get("reason"))
    if event.kind == "ike_state_failed":
        return event.fields.get("mode") == "QM"
    return event.kind in kinds.CHILD_REFUSED


def _refused_by_peer(gathered: Gathered) -> Event | None:
    """Return the first error notify that came in once Quick Mode had begun."""
    for message in gathered.messages:
        if message.direction == "received" and kinds.ERROR_NOTIFIES.intersection(map(notify_key, message.notifies)):
            return message.first
    received = gathered.events.of("notify_received")
    return next((e for e in received if notify_key(str(e.fields.get("notify"))) in kinds.ERROR_NOTIFIES), None)


def notify_key(printed: str) -> str:
    """Return a notify's name as RFC 2408 writes it: `No proposal chosen` is NO_PROPOSAL_CHOSEN."""
    return printed.strip().upper().replace(" ", "_").replace("-", "_")


def _failure(gathered: Gathered) -> Event | None:
    found = next((event for event in gathered.events if _is_failure(event)), None)
    refused = _refused_by_peer(gathered)
    return _first(found, refused)


def _first(*events: Event | None) -> Event | None:
    return min((e for e in events if e is not None), key=lambda e: e.line, default=None)


def _is_failure(event: Event) -> bool:
    if event.kind in ("sa_deleted", "session_torn_down", "connection_terminated"):
        return not str(event.fields.get("reason", "")).startswith(_HARMLESS_REASONS)
    if event.kind == "ike_state_failed":
        return event.fields.get("mode") != "QM"
    return is_fatal(event)


def _stage(gathered: Gathered, up: Event | None, child_up: Event | None) -> Stage:
    if child_up is not None:
        return "up"
    if up is not None:
        return "child"
    return "auth" if _reached_auth(gathered) else "init"


def _reached_auth(gathered: Gathered) -> bool:
    """Tell whether MM5 or AM2 was sent or received: from there on the peers authenticate."""
    if any(m.step in ("MM5", "MM6", "AM2", "AM3") for m in gathered.messages):
        return True
    events = gathered.events
    states = _states(events.of("retransmission_begun", "sa_deleted", "negotiation_timed_out"))
    keyed = not gathered.messages or any(m.step in _KEYED for m in gathered.messages)
    return (
        (keyed and events.has(*_AUTHENTICATING))
        or any(state in ("MM_KEY_EXCH", "AG_INIT_EXCH", "MM_WAIT_MSG5", "MM_WAIT_MSG6") for state in states)
        or any("MM_WAIT_MSG6" in history or "MM_WAIT_MSG5" in history for history in _histories(events))
    )


# Messages behind which the ends authenticate, and the lines that tell of it: those that name nobody count there only.
_KEYED = ("MM3", "MM4", "AM1", "AM2")
_AUTHENTICATING = (
    "key_mismatch_suspected",
    "message_not_decrypted",
    "id_payload_malformed",
    "authentication_by_key",
)


def _states(events: Iterable[Event]) -> list[str]:
    return [str(event.fields.get("state")) for event in events]


def _histories(events: Events) -> list[str]:
    return [str(e.fields.get("history")) for e in events.of("ike_state_failed")]
