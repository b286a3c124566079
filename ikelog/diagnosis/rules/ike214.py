"""IKE214: IKE_SA_INIT went through, IKE_AUTH was never answered."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.authentication import certificate_sent, own_method
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.facts import IKEV1_FAILED, events, failures, gave_up, peer
from ikelog.diagnosis.ikev1_silence import auth_unanswered
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.diagnosis.waiting import failed_state, given_up_unseen
from ikelog.events.types import Event

_SILENT = Alternative("IKE204", "the peer got it and dropped it without an answer: its own log then names our identity")


def find(log: Log) -> Iterator[Match]:
    """Yield the initiators that sent a round of IKE_AUTH again and again until they gave up."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from auth_unanswered(negotiation)
            continue
        yield from given_up_unseen(negotiation, _SILENT, _fixes(negotiation))
        if negotiation.role != "initiator" or negotiation.stage != "auth" or negotiation.ike_up:
            continue
        message, resent = _unanswered(negotiation), _resent(negotiation)
        if message is None and (not resent or _answered(negotiation)):
            continue
        ended = gave_up(negotiation)
        end = next(iter(ended), None) or failed_state(negotiation)
        if end and (ended or resent or (message and message.repeats)):
            yield _match(negotiation, message, resent, end, observed=bool(ended))


def _unanswered(negotiation: Negotiation) -> Message | None:
    """Return the last IKE_AUTH request of ours, if no answer to it was received."""
    sent = [m for m in negotiation.messages if m.exchange == "IKE_AUTH" and m.direction == "sent" and not m.response]
    answers = {m.answers for m in negotiation.messages if m.direction == "received"}
    return sent[-1] if sent and sent[-1].n not in answers else None


def _answered(negotiation: Negotiation) -> bool:
    return any(m.exchange == "IKE_AUTH" and m.direction == "received" for m in negotiation.messages)


def _resent(negotiation: Negotiation) -> list[Event]:
    """Return the state machine's retransmissions while it waits for IKE_AUTH."""
    traced = events(negotiation, "state_changed")
    return [e for e in traced if e.fields.get("state_event") == "EV_RE_XMT" and "AUTH" in str(e.fields.get("state"))]


def _match(
    negotiation: Negotiation, message: Message | None, resent: list[Event], end: Event, *, observed: bool
) -> Match:
    resends = len(message.repeats) if message and message.repeats else len(resent)
    return Match(
        (negotiation,),
        [message or resent[0], end],
        _explanation(negotiation, message.message_id if message else _message_id(resent[0]), resends),
        "observed" if observed else "inferred",
        alternatives=(_SILENT,),
        fix=_fixes(negotiation),
    )


def _message_id(event: Event) -> int:
    return int(str(event.fields.get("message_id", event.fields.get("message_hex", 1))))


def _explanation(negotiation: Negotiation, number: int | None, resends: int) -> str:
    floated = negotiation.nat.port_floated or negotiation.nat.detected in ("local", "remote", "both")
    again = f", sent again {resends} times," if resends > 1 else ""
    what = f"IKE_AUTH (message ID {number}) to {peer(negotiation, 'the peer')}{again}"
    text = f"IKE_SA_INIT went through. {what} was never answered."
    if floated and number == 1:
        return f"{text} NAT was found and IKE moved to UDP 4500: most likely that port is blocked on the way."
    if certificate_sent(negotiation) or own_method(negotiation) == "certificate":
        return f"{text} It carries certificates and is large: most likely its IP fragments are dropped on the way."
    return f"{text} Something on the way drops it, or the peer dropped it without a word."


def _fixes(negotiation: Negotiation | None = None) -> tuple[Fix, ...]:
    address = peer(negotiation) if negotiation else "<peer-address>"
    return (
        Fix("path", (), f"let UDP 4500 and 500 to and from {address} through, and IP fragments of both"),
        *(
            Fix(name, ("crypto ikev2 fragmentation mtu <mtu>",), "on both ends: IKE cuts its messages itself")
            for name in platforms(negotiation.platform if negotiation else None)
        ),
        Fix("peer", (), "see in its log whether IKE_AUTH arrived: that tells the path from the peer"),
    )


RULE = Rule(
    code="IKE214",
    name="ike-auth-unanswered",
    severity="error",
    title="IKE_AUTH (IKEv1: MM5) was never answered",
    side="path",
    rank=Rank.ECHO,
    meaning="The first exchange worked, so the peer is there and UDP 500 is open. IKE_AUTH, the second, got no answer. "
    "It differs in two ways: after NAT was found it uses UDP 4500, and with certificates it is so large that it "
    "travels in fragments. Some peers also refuse without an answer.",
    find=find,
    needs=("failed in auth", "child_failed in auth", *IKEV1_FAILED),
    fix=_fixes(),
    looks_like=(
        "IKEv2:(SESSION ID = 14,SA ID = 1):Retransmitting packet",
        "ISAKMP:(1002): retransmitting phase 1 MM_KEY_EXCH...",
        "IKEv2-ERROR:(SESSION ID = 14,SA ID = 1):: Maximum number of retransmissions reached",
    ),
    mistaken_for="IKE101, where not even the first request was answered.",
    references=("RFC 7296 section 2.1", "RFC 7296 section 2.23", "RFC 7383"),
    sample="iosxe-auth-unanswered.log",
)
