"""What rules ask of a negotiation, in one word each."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.events.sequence import Events
from ikelog.events.types import Event, Proposal
from ikelog.terms import errors

FAILED = ("failed", "child_failed")
# The same of IKEv1 alone, as a rule needs it (`Rule.needs`).
IKEV1_FAILED = ("ikev1 failed", "ikev1 child_failed")
# The exchanges of which the first message of a negotiation is one.
BEGINNINGS = ("IKE_SA_INIT", "MAIN_MODE", "AGGRESSIVE_MODE")


def events(negotiation: Negotiation, *kinds: str) -> list[Event]:
    """Return a negotiation's own events of the given kinds, in order."""
    return _of(negotiation.events, kinds)


def nearby(negotiation: Negotiation, *kinds: str) -> list[Event]:
    """Return the events of the given kinds that may be this negotiation's: what rests on them is inferred."""
    return _of(negotiation.nearby, kinds)


def _of(found: Events, kinds: tuple[str, ...]) -> list[Event]:
    """Return the events of the given kinds; of most kinds that a rule asks for a healthy negotiation has none."""
    return found.of(*kinds) if found else []


def tells(negotiation: Negotiation, *kinds: str) -> bool:
    """Tell whether a negotiation has an event of its own of one of the kinds."""
    return negotiation.events.has(*kinds)


def errors_reported(negotiation: Negotiation, *sentences: str) -> list[Event]:
    """Return the events in which the device gave one of the error sentences (`ikelog.terms.errors`), or any.

    A line may give two, `what failed: why`: either counts.
    """
    return errors_among(negotiation.events, *sentences)


def errors_among(events: Events, *sentences: str) -> list[Event]:
    """Return those events in which the device gave one of the error sentences, or any."""
    found = _of(events, ("error_reported", "negotiation_aborted"))
    if not sentences:
        return found
    return [e for e in found if {e.fields.get("error"), e.fields.get("detail")}.intersection(sentences)]


def notified(
    negotiation: Negotiation, name: str, direction: str | None = None, exchange: str | None = None
) -> list[Message]:
    """Return the messages that carry a notify, by its RFC name (`NO_PROPOSAL_CHOSEN`)."""
    return [
        message
        for message in negotiation.messages
        if name in message.notifies and direction in (None, message.direction) and exchange in (None, message.exchange)
    ]


def failures(log_negotiations: tuple[Negotiation, ...]) -> Iterator[Negotiation]:
    """Yield the negotiations that failed, wholly or for their first Child SA."""
    return (n for n in log_negotiations if n.outcome in FAILED)


def begun(negotiation: Negotiation) -> bool:
    """Tell whether the first message that the log shows is the one that begins a negotiation."""
    first = next(iter(negotiation.messages), None)
    if first is None:
        return False
    if negotiation.ike_version == 1:
        return first.step in ("MM1", "AM1")
    return first.exchange in BEGINNINGS and not first.response


def offers(negotiation: Negotiation, purpose: str, *directions: str) -> list[Proposal]:
    """Return the proposals of a purpose (`ike`, `child`) that were `sent`, `received` or are this device's `own`."""
    return [o.proposal for o in negotiation.proposals if o.purpose == purpose and o.direction in directions]


def peer(negotiation: Negotiation, unknown: str = "<peer-address>") -> str:
    """Return the peer's address for commands and sentences, or a placeholder."""
    return negotiation.remote.address or unknown


def answered(negotiation: Negotiation) -> bool:
    """Tell whether the first request was answered as far as the log shows."""
    return negotiation.responder_spi is not None or any(m.response for m in negotiation.messages)


def gave_up(negotiation: Negotiation) -> list[Event]:
    """Return the events that say that retransmission ended without an answer."""
    return errors_reported(negotiation, errors.RETRANSMISSIONS_EXHAUSTED)
