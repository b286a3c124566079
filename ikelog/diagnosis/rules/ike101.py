"""IKE101: nobody answers the first request."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.evidence import head, repeats
from ikelog.diagnosis.facts import answered, gave_up, peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix

# So many retransmissions are more than one lost packet, even where the log ends before the device gives up.
_SILENCE = 2

_ALTERNATIVES = (
    Alternative("IKE102", "the peer does answer and its answer is lost: its own log then shows this request repeated"),
    Alternative("IKE112", "the peer gets the request, has nothing for this device's address and drops it silently"),
)
_NO_MESSAGES = Alternative("IKE214", "IKE_SA_INIT was answered and IKE_AUTH was not: no message is logged that tells")


def find(log: Log) -> Iterator[Match]:
    """Find first requests that were repeated without any answer."""
    for negotiation in log.negotiations:
        if negotiation.ike_up or negotiation.role == "responder" or answered(negotiation):
            continue
        if any(message.direction == "received" for message in negotiation.messages):
            continue
        first = next(iter(negotiation.messages), None)
        if negotiation.outcome == "failed":
            yield from _failed(negotiation, first)
        elif negotiation.outcome == "incomplete" and first and len(first.repeats) >= _SILENCE:
            yield _unfinished(negotiation, first)


def _failed(negotiation: Negotiation, first: Message | None) -> Iterator[Match]:
    given_up: list[Lined] = [*gave_up(negotiation)[:1]]
    if first and (first.repeats or given_up):
        end = given_up or ([negotiation.failure] if negotiation.failure else [])
        yield Match(
            (negotiation,),
            [head(first), *repeats(first)[-1:], *end],
            f"{_request(negotiation, first)} and never answered.",
            alternatives=_ALTERNATIVES,
            fix=_fix(negotiation),
        )
    elif first is None and given_up and negotiation.stage in (None, "init"):
        yield Match(
            (negotiation,),
            given_up,
            f"This device gave up: {peer(negotiation, 'the peer')} did not answer. Which message it was is not logged.",
            certainty="inferred",
            alternatives=(_NO_MESSAGES, *_ALTERNATIVES),
            fix=_fix(negotiation),
        )


def _unfinished(negotiation: Negotiation, first: Message) -> Match:
    return Match(
        (negotiation,),
        [head(first), *repeats(first)[-1:]],
        f"{_request(negotiation, first)} and not answered when the log ends.",
        certainty="inferred",
        severity="warning",
        alternatives=_ALTERNATIVES,
        fix=_fix(negotiation),
    )


def _request(negotiation: Negotiation, first: Message) -> str:
    return f"The first request to {peer(negotiation, 'the peer')} was sent {1 + len(first.repeats)} times"


def _fix(negotiation: Negotiation | None) -> tuple[Fix, ...]:
    """Return what to check on the way, on the peer, and here."""
    address = peer(negotiation) if negotiation else "<peer-address>"
    own = (negotiation.local.address if negotiation else None) or "<local-address>"
    commands = {
        "ios": (f"ping {address} source {own}", "show crypto ikev2 stats", f"show ip route {address}"),
        "asa": (f"ping {address}", "show crypto ikev2 stats", f"show route {address}"),
    }
    return (
        Fix("path", (), f"let UDP 500 and 4500, and ESP, through both ways between {own} and {address}"),
        Fix("peer", (), f"enable IKEv2 on the interface that has {address}, and configure {own} as a peer there"),
        *(
            Fix(name, commands[name], f"is {address} the right address, and is there a route to it?")
            for name in platforms(negotiation.platform if negotiation else None)
        ),
    )


RULE = Rule(
    code="IKE101",
    name="no-response",
    severity="error",
    title="The peer does not answer",
    side="path",
    rank=Rank.ECHO,
    meaning="The first request of the IKE SA went out again and again and nothing came back. UDP 500 is blocked in one "
    "direction or the other, the peer's address is wrong, or the peer has no IKE on that interface.",
    find=find,
    fix=_fix(None),
    looks_like=(
        "IKEv2:(SESSION ID = 4,SA ID = 1):Retransmitting packet",
        "IKEv2-ERROR:(SESSION ID = 4,SA ID = 1):: Maximum number of retransmissions reached",
        "Local:192.0.2.1:500 Remote:198.51.100.1:500 Username:198.51.100.1 IKEv2 Negotiation aborted due to ERROR: "
        "Maximum number of retransmissions reached",
    ),
    mistaken_for="a proposal or key mismatch: those are answered, though that answer can be lost as well",
    references=("RFC 7296 section 2.1", "RFC 7296 section 2.4"),
    sample="iosxe-no-response.log",
)
