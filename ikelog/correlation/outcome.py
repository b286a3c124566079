"""Decide what came of a negotiation, and which events show it."""

from itertools import takewhile

from ikelog.correlation import kinds
from ikelog.correlation.gathered import Gathered
from ikelog.correlation.progress import is_failure
from ikelog.correlation.state import MessageState
from ikelog.correlation.types import Decided, Outcome, Stage
from ikelog.events.types import Event
from ikelog.terms import errors
from ikelog.terms.notifies import CHILD_SA_ERRORS, is_error

_CHILD_EXCHANGES = ("IKE_AUTH", "CREATE_CHILD_SA")


def decide(gathered: Gathered) -> Decided:
    """Decide a negotiation's outcome: the first of the contract's list that holds."""
    refusal = child_refusal(gathered)
    ike_up = _ike_up(gathered)
    child_up = _child_up(gathered, ike_up, refusal)
    failure = _failure(gathered, ike_up, child_up, refusal)
    stage = _stage(gathered, ike_up, child_up, failure)
    return Decided(_outcome(gathered, ike_up, child_up, failure, refusal), stage, ike_up, child_up, failure)


def _outcome(
    gathered: Gathered,
    ike_up: Event | None,
    child_up: Event | None,
    failure: Event | None,
    refusal: Event | None,
) -> Outcome:
    if ike_up is not None and child_up is not None:
        return "established"
    if ike_up is not None and refusal is not None:
        return "child_failed"
    if ike_up is None and failure is not None:
        return "failed"
    if ike_up is not None and failure is not None and not _child_asked(gathered):
        return "ike_only"
    if ike_up is not None:
        return "ike_only" if _child_declined(gathered) else "incomplete" if not gathered.state.ended else "ike_only"
    return "incomplete"


def _ike_up(gathered: Gathered) -> Event | None:
    """Return the event that shows the IKE SA up; for a rekeyed SA or one at work, the first of its own."""
    for event in gathered.events.of(*kinds.IKE_UP, "session_status", "connection_status"):
        if event.kind in kinds.IKE_UP or _is_session_up(event) or event.fields.get("status_word") == "UP":
            return event
    if gathered.state.rekeyed_from is not None or _at_work(gathered):
        return gathered.events[0]
    return _authenticated_answer(gathered) or _traced_ready(gathered)


def _traced_ready(gathered: Gathered) -> Event | None:
    """Return the trace of a state machine that has come through IKE_AUTH: not every release says that an SA is made."""
    return next((e for e in gathered.events.of(*kinds.NAME_STATE) if e.fields.get("state") == "READY"), None)


def _authenticated_answer(gathered: Gathered) -> Event | None:
    """Return an IKE_AUTH answer that carries IDr and AUTH and no failure: the IKE SA stands (RFC 7296 section 1.2)."""
    for message in gathered.messages:
        if message.exchange == "IKE_AUTH" and message.response and "AUTH" in message.payloads:
            fatal = [n for n in message.notifies if is_error(n) and n not in CHILD_SA_ERRORS]
            if not fatal and not gathered.state.failed:
                return message.first
    return None


def _at_work(gathered: Gathered) -> bool:
    """Tell whether the log shows the SA at work: liveness, a rekey, a new Child SA, the DELETE of an ESP SA."""
    if any(m.exchange == "CREATE_CHILD_SA" and m.response is False for m in gathered.messages):
        return True
    if any(str(e.fields.get("state")).startswith("CHILD_") for e in gathered.events.of(*kinds.NAME_STATE)):
        return True
    if gathered.events.has(*kinds.AT_WORK):
        return True
    if any(e.fields.get("reason") not in (None, "local failure") for e in gathered.events.of("ike_sa_down")):
        return True
    return not _child_asked(gathered) and gathered.events.has("child_delete_sent", "child_delete_received")


def _child_up(gathered: Gathered, ike_up: Event | None, refusal: Event | None) -> Event | None:
    if ike_up is None:
        return None
    for event in gathered.events.of(*kinds.CHILD_UP, "pfkey_received", "session_status", "child_sa_installed"):
        if event.kind == "child_keys_loaded" and refusal is not None and refusal.kind == "child_sa_installed":
            continue  # the keys went to IPsec, which could not install them
        if event.kind in kinds.CHILD_UP or _is_activation(event) or _is_session_up(event) or _is_installed(event):
            return event
    for message in gathered.messages:
        if message.exchange in _CHILD_EXCHANGES and message.response and _grants_child(message):
            return message.first
    if gathered.state.rekeyed_from is not None or (refusal is None and _at_work(gathered)):
        return gathered.events[0]
    return _traced_session(gathered)


def _traced_session(gathered: Gathered) -> Event | None:
    """Return the event of an event trace that shows a session up, which tells no payloads, behind IKE_AUTH."""
    answered = any(m.exchange == "IKE_AUTH" and m.response and "direction" in m.first.fields for m in gathered.messages)
    return gathered.events.first("ike_sa_up") if answered else None


def _is_session_up(event: Event) -> bool:
    """Tell whether a crypto session came up: on IOS that is one with a Child SA."""
    return event.kind == "session_status" and event.fields.get("status") == "UP"


def _is_activation(event: Event) -> bool:
    return event.kind == "pfkey_received" and str(event.fields.get("pfkey_action")).lower() == "active sa"


def _is_installed(event: Event) -> bool:
    return event.kind == "child_sa_installed" and event.fields.get("result") == "passed"


def _grants_child(message: MessageState) -> bool:
    return {"SA", "TSi", "TSr"} <= set(message.payloads) and not any(is_error(n) for n in message.notifies)


def child_refusal(gathered: Gathered) -> Event | None:
    """Return the event that shows the first Child SA refused or not installed."""
    later: int | None = None
    for message in gathered.messages:
        if message.exchange == "CREATE_CHILD_SA":
            later = message.first.line if later is None else min(later, message.first.line)
        elif message.exchange == "IKE_AUTH" and message.response and not CHILD_SA_ERRORS.isdisjoint(message.notifies):
            return message.first
    refusing = [event for event in gathered.events.of(*_REFUSING) if _is_refusal(event)]
    if later is None:
        return refusing[0] if refusing else _refused_by_map(gathered)
    if refusing:  # what is refused from there on is a later Child SA
        refusing = [event for event in takewhile(lambda e: e.line < later, gathered.events.told) if _is_refusal(event)]
    return refusing[0] if refusing else None


# Events that may show a Child SA refused, or not installed.
_REFUSING = ("error_reported", "negotiation_aborted", "child_sa_installed", "child_proposal_validated")


def _is_refusal(event: Event) -> bool:
    if event.kind in ("error_reported", "negotiation_aborted"):
        return event.fields.get("error") in kinds.CHILD_ERRORS
    return event.kind in _REFUSING and event.fields.get("result") == "failed"


def _refused_by_map(gathered: Gathered) -> Event | None:
    """Return the refusal of the first Child SA that an ASA tells without showing the message: no entry fits."""
    refused = gathered.events.first("no_proposal_sent")
    tried = (gathered.events, gathered.nearby)
    if refused is None or any(events.has("crypto_map_matched") for events in tried):
        return None
    return refused if any(events.has(*_UNFIT_ENTRIES) for events in tried) else None


_UNFIT_ENTRIES = ("crypto_map_unmatched", "crypto_map_incomplete", "crypto_map_peer_differs")


def _child_asked(gathered: Gathered) -> bool:
    return any(m.exchange in _CHILD_EXCHANGES and "TSi" in m.payloads for m in gathered.messages)


def _child_declined(gathered: Gathered) -> bool:
    """Tell whether the exchange that made the IKE SA shows its payloads and asks for no Child SA."""
    shown = [m for m in gathered.messages if m.exchange == "IKE_AUTH" and "AUTH" in m.payloads]
    return bool(shown) and not _child_asked(gathered)


def _failure(gathered: Gathered, ike_up: Event | None, child_up: Event | None, refusal: Event | None) -> Event | None:
    if ike_up is not None and child_up is None and refusal is not None:
        return refusal
    if ike_up is not None:
        told = gathered.events.of(*kinds.NAME_ERROR)
        return next((e for e in told if e.fields.get("error") == errors.RETRANSMISSIONS_EXHAUSTED), None)
    refused = _refusing_message(gathered)
    return next((e for e in gathered.events.told if e is refused or is_failure(e)), refused)


def _refusing_message(gathered: Gathered) -> Event | None:
    """Return the first message with an error notify that ends a negotiation which is not up."""
    for message in gathered.messages:
        fatal = [n for n in message.notifies if is_error(n)]
        if message.exchange == "IKE_SA_INIT":
            fatal = [n for n in fatal if n != "INVALID_KE_PAYLOAD"]
        if fatal and message.response and message.exchange in ("IKE_SA_INIT", "IKE_AUTH"):
            return message.first
    return None


def _stage(gathered: Gathered, ike_up: Event | None, child_up: Event | None, failure: Event | None) -> Stage:
    if child_up is not None:
        return "up"
    told = _told_stage(failure) if failure is not None else None
    if told and ike_up is None:
        return told
    if ike_up is not None or any(map(_is_child_event, gathered.events.of(*_CHILD_EVENTS))):
        return "child"
    return "auth" if _reached_auth(gathered) else "init"


_AUTH_ERRORS = {errors.AUTH_EXCHANGE_FAILED, errors.AUTH_TIMER_EXPIRED, errors.AUTHENTICATION_FAILED}
# States of the exchange, behind `I_` or `R_`.
_AUTH_STATES = {"IKE_AUTH", "WAIT_AUTH", "BLD_AUTH", "PROC_AUTH", "VERIFY_AUTH", "TH_DONE"}


def _reached_auth(gathered: Gathered) -> bool:
    events = gathered.events
    return (
        any(m.exchange == "IKE_AUTH" for m in gathered.messages)
        or events.has("peer_identity_received", "peer_method", "init_completed")
        or any(e.fields.get("error") in _AUTH_ERRORS for e in events.of(*kinds.NAME_ERROR))
        or any(str(e.fields.get("state", ""))[2:] in _AUTH_STATES for e in events.of(*kinds.NAME_STATE))
    )


def _told_stage(failure: Event) -> Stage | None:
    error = failure.fields.get("error")
    if error == errors.INITIAL_EXCHANGE_FAILED or failure.kind == "init_failed":
        return "init"
    if error in _AUTH_ERRORS:
        return "auth"
    return "child" if error in kinds.CHILD_ERRORS else None


_CHILD_EVENTS = (
    "policies_received",
    "policies_expected",
    "crypto_map_unmatched",
    "crypto_map_incomplete",
    *kinds.NAME_STATE,
)


def _is_child_event(event: Event) -> bool:
    """Tell whether an event speaks of the first Child SA: its proposals, its selectors, the crypto map."""
    proposals = event.fields.get("proposals")
    if event.kind in ("policies_received", "policies_expected") and isinstance(proposals, tuple):
        return any(getattr(p, "protocol", None) in ("esp", "ah") for p in proposals)
    return event.kind in ("crypto_map_unmatched", "crypto_map_incomplete") or (
        event.fields.get("state_event") == "EV_PROC_SA_TS"
    )
