"""Which request was still waiting for its answer when a device gave up."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import events, gave_up, peer
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Match
from ikelog.diagnosis.types import Alternative, Fix
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


def failed_state(negotiation: Negotiation) -> Event | None:
    """Return the last line of the state machine that says it failed, else what first shows the failure."""
    failed = [e for e in events(negotiation, "state_changed") if e.fields.get("state_event") == "EV_FAIL"]
    return failed[-1] if failed else negotiation.failure


def given_up_unseen(negotiation: Negotiation, silent: Alternative, fix: tuple[Fix, ...]) -> Iterator[Match]:
    """Yield a negotiation given up in IKE_AUTH of which no message is logged: only who asks waits for an answer."""
    ended = gave_up(negotiation)
    if ended and not negotiation.messages and negotiation.role != "responder" and negotiation.stage == "auth":
        who = peer(negotiation, "the peer")
        text = f"This device gave up in IKE_AUTH: {who} did not answer. No message of it is logged."
        yield Match((negotiation,), ended[:1], text, "inferred", alternatives=(silent,), fix=fix)
