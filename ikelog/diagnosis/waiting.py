"""Which request was still waiting for its answer when a device gave up."""

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.order import before
from ikelog.events.types import Event


def answer_to(negotiation: Negotiation, request: Message) -> Message | None:
    """Return the answer to a request, if the log shows one."""
    return next((m for m in negotiation.messages if m.answers == request.n), None)


def waiting_request(negotiation: Negotiation, end: Event) -> Message | None:
    """Return the last request of this device that was sent before `end` and not answered before it."""
    sent = [m for m in negotiation.messages if m.direction == "sent" and not m.response and before(negotiation, m, end)]
    open_ones = [m for m in sent if (answer := answer_to(negotiation, m)) is None or before(negotiation, end, answer)]
    return open_ones[-1] if open_ones else None
