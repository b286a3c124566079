"""IKE114: the log ends before the negotiation does."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule

_UNDER_WAY = {
    "init": "IKE_SA_INIT was under way",
    "auth": "IKE_AUTH was under way",
    "child": "the first Child SA was under way",
    "up": "it was at work",
}


def find(log: Log) -> Iterator[Match]:
    """Find negotiations without an end."""
    for negotiation in log.negotiations:
        if negotiation.outcome == "incomplete":
            yield _match(negotiation)


def _match(negotiation: Negotiation) -> Match:
    last = next(reversed(negotiation.messages), None)
    where = _UNDER_WAY.get(negotiation.stage or "", "it was under way")
    seen = f"; the last message seen is {_told(last)}" if last else ""
    evidence: list[Lined] = [head(last)] if last else [negotiation.events[-1]]
    return Match(
        (negotiation,),
        evidence,
        f"The log ends while the negotiation with {peer(negotiation, 'the peer')} was going on: {where}{seen}.",
    )


def _told(message: Message) -> str:
    kind = {True: " answer", False: " request", None: ""}[message.response]
    number = "" if message.message_id is None else f" {message.message_id}"
    return f"the {message.exchange}{kind}{number} that was {message.direction}"


RULE = Rule(
    code="IKE114",
    name="incomplete-negotiation",
    severity="info",
    title="The log ends before the negotiation does",
    side="unknown",
    rank=Rank.NOTE,
    meaning="Nothing in this log says that the negotiation came up, and nothing that it failed: it was still going on. "
    "Take a longer log, until the device gives up or the SA is up.",
    find=find,
    looks_like=("IKEv2:(SESSION ID = 2,SA ID = 1):Sending Packet [To 198.51.100.1:500/From 192.0.2.1:500/VRF i0:f0]",),
    mistaken_for="a failure. A request that nobody answers and that is sent several times is IKE101",
    references=("RFC 7296 section 2.1",),
)
