"""IKE411: packets were lost and sent again, and it came up all the same."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Evidence, Fix
from ikelog.diagnosis.waiting import answers

_CAME_UP = ("established", "ike_only")


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations that came up although messages had to be sent again."""
    for negotiation in log.negotiations:
        if negotiation.outcome not in _CAME_UP:
            continue
        again = _sent_again(negotiation)
        if again:
            evidence: list[Lined] = [place for message in again[:3] for place in (message, _repeat(message))]
            yield Match((negotiation,), evidence, _explanation(negotiation, again))
        elif not negotiation.messages and negotiation.child_up:
            sent_again = events(negotiation, "message_retransmitted")
            resent = [e for e in sent_again if before(negotiation, e, negotiation.child_up)]
            if resent:
                yield Match((negotiation,), resent[:3], _counted(negotiation, len(resent), None))


def _sent_again(negotiation: Negotiation) -> list[Message]:
    """Return the requests that were repeated and answered, and the answers that were repeated and followed by more."""
    repeated = [m for m in negotiation.messages if m.repeats]
    known = answers(negotiation) if repeated else {}
    recovered = {m.n: m for m in repeated if (m.n < len(negotiation.messages) if m.response else m.n in known)}
    return [m for m in recovered.values() if m.answers not in recovered]  # one loss, not two


def _repeat(message: Message) -> Evidence:
    last = message.repeats[-1]
    return Evidence(last.source, last.line, last.line, "")


def _explanation(negotiation: Negotiation, again: list[Message]) -> str:
    waits = [_waited(message) for message in again]
    known = [wait for wait in waits if wait is not None]
    exchanges = ", ".join(dict.fromkeys(m.step or f"{m.exchange} {m.message_id}" for m in again))
    text = _counted(negotiation, sum(len(m.repeats) for m in again), sum(known) if known else None)
    return f"{text} It was {exchanges}."


def _waited(message: Message) -> int | None:
    """Return the milliseconds between the first and the last sending; offsets of two sources do not compare."""
    last = message.repeats[-1]
    if last.offset_ms is None or message.offset_ms is None or last.source != message.source:
        return None
    return last.offset_ms - message.offset_ms


def _counted(negotiation: Negotiation, count: int, waited_ms: int | None) -> str:
    times = "once" if count == 1 else f"{count} times"
    cost = f", which cost {waited_ms / 1000:.1f} s" if waited_ms is not None else ""
    who = peer(negotiation, "the peer")
    return f"Messages to or from {who} had to be sent again {times}{cost}; it came up all the same."


RULE = Rule(
    code="IKE411",
    name="retransmissions-recovered",
    severity="warning",
    title="Packets were lost on the way",
    side="path",
    rank=Rank.NOTE,
    meaning="IKE sends a request again until it is answered, so a lost packet costs seconds and no more. Where it "
    "happens often the path loses packets, drops fragments, or one end is too slow to answer.",
    find=find,
    needs=("repeated", "message_retransmitted"),
    fix=(
        Fix(
            "path",
            (),
            "look for loss on the way: a rate limit for UDP 500 and 4500, dropped fragments, an overloaded end",
        ),
    ),
    looks_like=(
        "IKEv2:(SESSION ID = 3,SA ID = 1):Retransmitting packet",
        "IKEv2:(SESSION ID = 3,SA ID = 1):Received Packet [From 192.0.2.9:500/To 192.0.2.1:500/VRF i0:f0]",
    ),
    mistaken_for="the second IKE_SA_INIT after COOKIE or INVALID_KE_PAYLOAD, which is another message; "
    "an ASA also prints one message up to three times",
    references=("RFC 7296 section 2.1", "RFC 2408"),
)
