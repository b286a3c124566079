"""IKE119: it failed in IKE_SA_INIT, and no line here says why."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import debug_fixes
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.exchange_names import first_exchange, message_name
from ikelog.diagnosis.facts import failures, peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule


def find(log: Log) -> Iterator[Match]:
    """Find every negotiation that failed in its first exchange; any finding that explains one goes before this."""
    for negotiation in failures(log.negotiations):
        if negotiation.outcome == "failed" and negotiation.stage in (None, "init"):
            yield Match(
                (negotiation,),
                _evidence(negotiation),
                _said(negotiation),
                fix=tuple(debug_fixes(negotiation.platform, peer(negotiation), negotiation.ike_version)),
            )


def _evidence(negotiation: Negotiation) -> list[Lined]:
    """Return the last message, and the event that shows the failure."""
    last: list[Lined] = [head(message) for message in negotiation.messages[-1:]]
    return [*last, negotiation.failure or negotiation.events[-1]]


def _said(negotiation: Negotiation) -> str:
    last = next(reversed(negotiation.messages), None)
    seen = "no message of it is logged"
    if last:
        seen = f"the last message seen is {message_name(negotiation, last)} that was {last.direction}"
    who = peer(negotiation, "the peer")
    where = "its first exchange" if negotiation.ike_version == 2 else first_exchange(negotiation)
    return f"The IKE SA with {who} failed in {where} and no line here says why; {seen}."


RULE = Rule(
    code="IKE119",
    name="ike-sa-failed-unexplained",
    severity="error",
    title="The IKE SA failed, and this log does not say why",
    side="unknown",
    rank=Rank.UNEXPLAINED,
    meaning="The negotiation ended in IKE_SA_INIT (IKEv1: Main or Aggressive Mode) and no line of this log names the "
    "cause. The other end's log may, or a fuller debug here.",
    find=find,
    needs=("failed in init",),
    fix=tuple(debug_fixes(None, "<peer-address>")),
    looks_like=(
        "IKEv2-ERROR:(SESSION ID = 5,SA ID = 1):: Initial exchange failed",
        "IKEv2-PROTO-2: (5): Abort exchange",
        'ISAKMP:(0):deleting SA reason "Death by retransmission P1" state (I) MM_SA_SETUP (peer 198.51.100.1)',
    ),
    mistaken_for="a cause: 'Initial exchange failed' and 'Abort exchange' only say that it is over",
    references=("RFC 7296 section 1.2", "RFC 7296 section 2.21.1"),
)
