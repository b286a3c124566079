"""Decide what came of a negotiation, and which events show it."""

from dataclasses import dataclass

from ikelog.correlation import kinds
from ikelog.correlation.progress import is_failure
from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import Outcome, Stage
from ikelog.events.types import Event
from ikelog.terms import errors
from ikelog.terms.notifies import CHILD_SA_ERRORS, is_error

_CHILD_EXCHANGES = ("IKE_AUTH", "CREATE_CHILD_SA")


@dataclass(frozen=True, slots=True)
class Decided:
    """An outcome, and the events that first show the IKE SA up, a Child SA up, and the failure."""

    outcome: Outcome
    stage: Stage
    ike_up: Event | None
    child_up: Event | None
    failure: Event | None


def decide(state: NegotiationState) -> Decided:
    """Decide a negotiation's outcome: the first of the contract's list that holds."""
    refusal = child_refusal(state)
    ike_up = _ike_up(state, refusal)
    child_up = _child_up(state, ike_up, refusal)
    failure = _failure(state, ike_up, child_up, refusal)
    stage = _stage(state, ike_up, child_up, failure)
    return Decided(_outcome(state, ike_up, child_up, failure, refusal), stage, ike_up, child_up, failure)


def _outcome(
    state: NegotiationState,
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
    if ike_up is not None and failure is not None and not _child_asked(state):
        return "ike_only"
    if ike_up is not None:
        return "ike_only" if _child_declined(state) else "incomplete" if not state.ended else "ike_only"
    return "incomplete"


def _ike_up(state: NegotiationState, refusal: Event | None) -> Event | None:
    """Return the event that shows the IKE SA up; for a rekeyed SA or one at work, the first of its own."""
    for event in state.events:
        if event.kind in kinds.IKE_UP or _is_session_up(event):
            return event
        if event.kind == "connection_status" and event.fields.get("status_word") == "UP":
            return event
    if state.rekeyed_from is not None or _at_work(state):
        return state.events[0]
    return _authenticated_answer(state)


def _authenticated_answer(state: NegotiationState) -> Event | None:
    """Return an IKE_AUTH answer that carries IDr and AUTH and no failure: the IKE SA stands (RFC 7296 section 1.2)."""
    for message in state.messages:
        if message.exchange == "IKE_AUTH" and message.response and "AUTH" in message.payloads:
            fatal = [n for n in message.notifies if is_error(n) and n not in CHILD_SA_ERRORS]
            if not fatal and not state.failed:
                return message.first
    return None


def _at_work(state: NegotiationState) -> bool:
    """Tell whether the log shows the SA at work: liveness, a rekey, a new Child SA, the DELETE of an ESP SA."""
    if any(m.exchange == "CREATE_CHILD_SA" and m.response is False for m in state.messages):
        return True
    if any(e.kind in kinds.AT_WORK for e in state.events):
        return True
    if any(e.kind == "ike_sa_down" and e.fields.get("reason") not in (None, "local failure") for e in state.events):
        return True
    ends = ("child_delete_sent", "child_delete_received")
    return not _child_asked(state) and any(e.kind in ends for e in state.events)


def _child_up(state: NegotiationState, ike_up: Event | None, refusal: Event | None) -> Event | None:
    if ike_up is None:
        return None
    for event in state.events:
        if event.kind in kinds.CHILD_UP or _is_activation(event) or _is_session_up(event):
            return event
        if event.kind == "child_sa_installed" and event.fields.get("result") == "passed":
            return event
    for message in state.messages:
        if message.exchange in _CHILD_EXCHANGES and message.response and _grants_child(message):
            return message.first
    if state.rekeyed_from is not None or (refusal is None and _at_work(state)):
        return state.events[0]
    return None


def _is_session_up(event: Event) -> bool:
    """Tell whether a crypto session came up: on IOS that is one with a Child SA."""
    return event.kind == "session_status" and event.fields.get("status") == "UP"


def _is_activation(event: Event) -> bool:
    return event.kind == "pfkey_received" and str(event.fields.get("pfkey_action")).lower() == "active sa"


def _grants_child(message: MessageState) -> bool:
    return {"SA", "TSi", "TSr"} <= set(message.payloads) and not any(is_error(n) for n in message.notifies)


def child_refusal(state: NegotiationState) -> Event | None:
    """Return the event that shows the first Child SA refused or not installed."""
    for message in state.messages:
        if message.exchange == "IKE_AUTH" and message.response and CHILD_SA_ERRORS.intersection(message.notifies):
            return message.first
    later = min((m.first.line for m in state.messages if m.exchange == "CREATE_CHILD_SA"), default=None)
    for event in state.events:
        if later is not None and event.line >= later:
            return None  # what is refused from here on is a later Child SA
        if event.kind in ("error_reported", "negotiation_aborted") and event.fields.get("error") in kinds.CHILD_ERRORS:
            return event
        if event.kind in ("child_sa_installed", "child_proposal_validated") and event.fields.get("result") == "failed":
            return event
    return _refused_by_map(state)


def _refused_by_map(state: NegotiationState) -> Event | None:
    """Return the refusal of the first Child SA that an ASA tells without showing the message: no entry fits."""
    tried = [*state.events, *state.nearby]
    if any(e.kind == "crypto_map_matched" for e in tried):
        return None
    if not any(e.kind in ("crypto_map_unmatched", "crypto_map_incomplete", "crypto_map_peer_differs") for e in tried):
        return None
    return next((e for e in state.events if e.kind == "no_proposal_sent"), None)


def _child_asked(state: NegotiationState) -> bool:
    return any(m.exchange in _CHILD_EXCHANGES and "TSi" in m.payloads for m in state.messages)


def _child_declined(state: NegotiationState) -> bool:
    """Tell whether the exchange that made the IKE SA shows its payloads and asks for no Child SA."""
    shown = [m for m in state.messages if m.exchange == "IKE_AUTH" and "AUTH" in m.payloads]
    return bool(shown) and not _child_asked(state)


def _failure(
    state: NegotiationState, ike_up: Event | None, child_up: Event | None, refusal: Event | None
) -> Event | None:
    if ike_up is not None and child_up is None and refusal is not None:
        return refusal
    if ike_up is not None:
        exhausted = [e for e in state.events if e.fields.get("error") == errors.RETRANSMISSIONS_EXHAUSTED]
        return exhausted[0] if exhausted else None
    found = next((e for e in state.events if is_failure(e)), None)
    refused = _refusing_message(state)
    if found is None or (refused is not None and refused.line < found.line):
        return refused or found
    return found


def _refusing_message(state: NegotiationState) -> Event | None:
    """Return the first message with an error notify that ends a negotiation which is not up."""
    for message in state.messages:
        fatal = [n for n in message.notifies if is_error(n)]
        if message.exchange == "IKE_SA_INIT":
            fatal = [n for n in fatal if n != "INVALID_KE_PAYLOAD"]
        if fatal and message.response and message.exchange in ("IKE_SA_INIT", "IKE_AUTH"):
            return message.first
    return None


def _stage(state: NegotiationState, ike_up: Event | None, child_up: Event | None, failure: Event | None) -> Stage:
    if child_up is not None:
        return "up"
    told = _told_stage(failure) if failure is not None else None
    if told and ike_up is None:
        return told
    if ike_up is not None or any(_is_child_event(e) for e in state.events):
        return "child"
    reached = {m.exchange for m in state.messages} | {str(e.fields.get("state", ""))[2:] for e in state.events}
    auth = {"IKE_AUTH", "WAIT_AUTH", "BLD_AUTH", "PROC_AUTH", "VERIFY_AUTH", "TH_DONE"}
    later = any(e.kind in ("peer_identity_received", "peer_method", "init_completed") for e in state.events)
    late_error = any(e.fields.get("error") in _AUTH_ERRORS for e in state.events)
    return "auth" if auth & reached or later or late_error else "init"


_AUTH_ERRORS = {errors.AUTH_EXCHANGE_FAILED, errors.AUTH_TIMER_EXPIRED, errors.AUTHENTICATION_FAILED}


def _told_stage(failure: Event) -> Stage | None:
    error = failure.fields.get("error")
    if error == errors.INITIAL_EXCHANGE_FAILED or failure.kind == "init_failed":
        return "init"
    if error in _AUTH_ERRORS:
        return "auth"
    return "child" if error in kinds.CHILD_ERRORS else None


def _is_child_event(event: Event) -> bool:
    """Tell whether an event speaks of the first Child SA: its proposals, its selectors, the crypto map."""
    proposals = event.fields.get("proposals")
    if event.kind in ("policies_received", "policies_expected") and isinstance(proposals, tuple):
        return any(getattr(p, "protocol", None) in ("esp", "ah") for p in proposals)
    return event.kind in ("crypto_map_unmatched", "crypto_map_incomplete") or (
        event.fields.get("state_event") == "EV_PROC_SA_TS"
    )
