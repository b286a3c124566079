"""Which request was still waiting for its answer when a device gave up."""

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.order import before
from ikelog.events.types import Event


def answers(negotiation: Negotiation) -> dict[int, Message]:
    """Return the answers that the log shows, by the `n` of the request."""
    return {m.answers: m for m in reversed(negotiation.messages) if m.answers is not None}


def waiting_request(negotiation: Negotiation, end: Event) -> Message | None:
    """Return the last request of this device that was sent before `end` and not answered before it."""
    known = answers(negotiation)
    for message in reversed(negotiation.messages):
        if message.direction == "sent" and not message.response and before(negotiation, message, end):
            answer = known.get(message.n)
            if answer is None or before(negotiation, end, answer):
                return message
    return None
