"""How often a responder asked for a cookie (RFC 7296 section 2.6), and whether it went on."""

from collections.abc import Sequence

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import events, notified
from ikelog.diagnosis.rule import Lined


def asked(negotiation: Negotiation) -> int:
    """Return how many answers carry a cookie; where no message shows them, how many lines say that one was sent."""
    carried = sum(1 + len(m.repeats) for m in notified(negotiation, "COOKIE", exchange="IKE_SA_INIT") if m.response)
    return max(carried, len(events(negotiation, "cookie_sent")) if negotiation.role != "initiator" else 0)


def cookie_lines(negotiation: Negotiation) -> Sequence[Lined]:
    """Return the lines that show a cookie asked for."""
    carried = [m for m in notified(negotiation, "COOKIE", exchange="IKE_SA_INIT") if m.response]
    if carried:
        return notify_lines(negotiation, "COOKIE", carried)
    return events(negotiation, "cookie_sent") if negotiation.role != "initiator" else []


def went_on(negotiation: Negotiation) -> bool:
    """Tell whether an answer with more than a cookie came, or a later exchange."""
    if negotiation.ike_up or negotiation.stage not in (None, "init"):
        return True
    return any(m.response and ("KE" in m.payloads or "SA" in m.payloads) for m in negotiation.messages)
