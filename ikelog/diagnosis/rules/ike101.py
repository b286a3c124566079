"""IKE101: nobody answers the first request."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.evidence import head, repeats
from ikelog.diagnosis.facts import answered, gave_up, peer
from ikelog.diagnosis.ikev1_silence import nothing_came, waited_for
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
        heard = answered(negotiation) or any(message.direction == "received" for message in negotiation.messages)
        if negotiation.ike_up or negotiation.role == "responder" or heard:
            continue
        first = next(iter(negotiation.messages), None)
        if negotiation.outcome == "failed":
            yield from _failed(negotiation, first)
        elif negotiation.outcome == "incomplete" and first and len(first.repeats) >= _SILENCE:
            yield _unfinished(negotiation, first)


def _failed(negotiation: Negotiation, first: Message | None) -> Iterator[Match]:
    given_up: list[Lined] = [*gave_up(negotiation)[:1], *_ikev1_gave_up(negotiation)]
    if (first and given_up) or (first and first.repeats and negotiation.ike_version == 2):
        end = given_up or ([negotiation.failure] if negotiation.failure else [])
        yield Match(
            (negotiation,),
            [head(first), *repeats(first)[-1:], *end],
            f"{_request(negotiation, first)} and never answered.",
            alternatives=_ALTERNATIVES,
            fix=_fix(negotiation),
        )
    elif first is None and _ikev1_gave_up(negotiation):
        text = f"The first message to {peer(negotiation, 'the peer')} was never answered."
        yield Match((negotiation,), given_up, text, alternatives=_ALTERNATIVES, fix=_fix(negotiation))
    elif first is None and given_up and negotiation.stage in (None, "init"):
        yield Match(
            (negotiation,),
            given_up,
            f"This device gave up: {peer(negotiation, 'the peer')} did not answer. Which message it was is not logged.",
            certainty="inferred",
            alternatives=(_NO_MESSAGES, *_ALTERNATIVES),
            fix=_fix(negotiation),
        )


def _ikev1_gave_up(negotiation: Negotiation) -> list[Lined]:
    """Return the line that says that the answer to the first message of IKEv1 never came."""
    found = waited_for(negotiation, "MM2", "AM2")
    return [found.end] if found and found.end and nothing_came(negotiation) else []


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
    address = peer(negotiation) if negotiation else "<peer-address>"
    own = (negotiation.local.address if negotiation else None) or "<local-address>"
    commands = {
        "ios": (f"ping {address} source {own}", "show udp | include 500", f"show ip route {address}"),
        "asa": (f"ping {address}", f"show route {address}"),
    }
    return (
        Fix("path", (), f"let UDP 500 and 4500, and ESP, through both ways between {own} and {address}"),
        Fix("peer", (), f"enable IKE on the interface that has {address}, and configure {own} as a peer there"),
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
    needs=("failed", "repeated"),
    fix=_fix(None),
    looks_like=(
        "IKEv2-ERROR:(SESSION ID = 4,SA ID = 1):: Maximum number of retransmissions reached",
        'ISAKMP:(0):deleting SA reason "Death by retransmission P1" state (I) MM_NO_STATE (peer 198.51.100.1)',
    ),
    mistaken_for="a proposal or key mismatch: those are answered, though that answer can be lost as well",
    references=("RFC 7296 section 2.1", "RFC 7296 section 2.4"),
    sample="iosxe-no-response.log",
)
