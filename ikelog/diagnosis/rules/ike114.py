"""IKE114: the log ends before the negotiation does."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.exchange_names import auth_exchange, child_exchange, first_exchange, message_name
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule

_EXCHANGES = {"init": first_exchange, "auth": auth_exchange, "child": child_exchange}


def find(log: Log) -> Iterator[Match]:
    """Find negotiations without an end."""
    for negotiation in log.negotiations:
        if negotiation.outcome == "incomplete":
            yield _match(negotiation)


def _match(negotiation: Negotiation) -> Match:
    last = next(reversed(negotiation.messages), None)
    seen = f"; the last message seen is {message_name(negotiation, last)} that was {last.direction}" if last else ""
    evidence: list[Lined] = [head(last)] if last else [negotiation.events[-1]]
    return Match(
        (negotiation,),
        evidence,
        f"The log ends while the negotiation with {peer(negotiation, 'the peer')} was going on: "
        f"{_under_way(negotiation)}{seen}.",
    )


def _under_way(negotiation: Negotiation) -> str:
    if negotiation.stage == "up":
        return "it was at work"
    named = _EXCHANGES.get(negotiation.stage or "")
    return f"{named(negotiation)} was under way" if named else "it was under way"


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
    needs=("incomplete",),
    looks_like=("IKEv2:(SESSION ID = 2,SA ID = 1):Sending Packet [To 198.51.100.1:500/From 192.0.2.1:500/VRF i0:f0]",),
    mistaken_for="a failure. A request that nobody answers and that is sent several times is IKE101",
    references=("RFC 7296 section 2.1",),
)
