"""Which message of Main or Aggressive Mode (IKEv1) an end was waiting for when it gave up."""

import re

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events
from ikelog.events.types import Event
from ikelog.record import record

# The states of IOS, with the message that the initiator and the responder wait for in each.
_IOS = {
    "MM_NO_STATE": ("MM2", None),
    "MM_SA_SETUP": ("MM4", "MM3"),
    "MM_KEY_EXCH": ("MM6", "MM5"),
    "AG_NO_STATE": ("AM2", None),
    "AG_INIT_EXCH": ("AM2", "AM3"),
}
_ASA = re.compile(r"\b([MA]M)_WAIT_MSG([2-6])\b")
_TELLING = (
    "retransmission_begun",
    "sa_deleted",
    "negotiation_timed_out",
    "ike_state_failed",
    "server_contact_timed_out",
)


@record
class Waited:
    """The message that never came, the retransmissions in that state, and the line that tells of the end."""

    step: str
    resent: tuple[Event, ...]
    end: Event | None


def waited(negotiation: Negotiation) -> Waited | None:
    """Return what an end waited for last; None where no line names the state."""
    told = [(event, _step(event, negotiation.role)) for event in events(negotiation, *_TELLING)]
    known = [(event, step) for event, step in told if step]
    if not known:
        return None
    last = known[-1][1] or ""
    resent = tuple(e for e, step in known if e.kind == "retransmission_begun" and step == last)
    return Waited(last, resent, next((e for e, step in known if step == last and _ends(e)), None))


def _ends(event: Event) -> bool:
    if event.kind == "sa_deleted":
        return "etransmission" in str(event.fields.get("reason"))
    return event.kind != "retransmission_begun"


def _step(event: Event, role: str | None) -> str | None:
    fields = event.fields
    if event.kind == "server_contact_timed_out":  # no answer to the first message
        return "MM2"
    state = str(fields.get("state", fields.get("history", "")))
    named = _ASA.search(state)
    if named:
        return f"{named[1]}{named[2]}"
    if event.kind == "sa_deleted" and not _ends(event):
        return None
    initiator, responder = _IOS.get(state.strip(), (None, None))
    return responder if role == "responder" else initiator
