"""IKE102: the peer asks again although this device has answered."""

from collections.abc import Callable, Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.evidence import head, repeats
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.ikev1_silence import answer_lost
from ikelog.diagnosis.order import places_in
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix, Severity
from ikelog.terms.notifies import is_error

_FIRST_EXCHANGES = ("IKE_SA_INIT",)
# One lost packet is no finding; where the log ends early, so many repetitions are.
_MANY = 2


def find(log: Log) -> Iterator[Match]:
    """Find first requests that came again behind our answer, in one negotiation or in several."""
    known, told = {negotiation.id: negotiation for negotiation in log.negotiations}, set[str]()
    place_of = places_in(log)
    for negotiation in log.negotiations:
        if negotiation.ike_version == 1:
            yield from answer_lost(negotiation)
            continue
        if negotiation.role != "responder" or negotiation.ike_up is not None or negotiation.id in told:
            continue
        group = [negotiation, *(known[i] for i in negotiation.same_request_as if i in known)]
        if any(n.role != "responder" or _got_through(n) for n in group):
            continue
        told.update(n.id for n in group)
        group.sort(key=lambda n: place_of(n.messages[0]) if n.messages else (0, 0))
        yield from _asked_again(group, place_of)


def _got_through(negotiation: Negotiation) -> bool:
    """Tell whether the peer went on: then the answer did arrive."""
    later = [m for m in negotiation.messages if m.direction == "received" and m.exchange not in _FIRST_EXCHANGES]
    return negotiation.ike_up is not None or bool(later)


def _asked_again(group: list[Negotiation], place_of: Callable[[Lined], tuple[int, int]]) -> Iterator[Match]:
    answer = next((a for n in group for a in _answers(n)), None)
    again = [place for n in group for place in _requests(n) if answer and place_of(place) > place_of(answer)]
    if answer and again:
        yield _match(group, answer, again)


def _answers(negotiation: Negotiation) -> list[Message]:
    return [m for m in negotiation.messages if m.direction == "sent" and m.response and m.exchange in _FIRST_EXCHANGES]


def _requests(negotiation: Negotiation) -> Iterator[Lined]:
    """Yield the first request wherever it came; one that an answer had asked for (COOKIE) is another message."""
    for message in negotiation.messages[:1]:
        if message.direction == "received" and message.exchange in _FIRST_EXCHANGES:
            yield head(message)
            yield from repeats(message)


def _match(group: list[Negotiation], answer: Message, again: list[Lined]) -> Match:
    who, address = peer(group[0], "The peer"), peer(group[0])
    refused = [name for name in answer.notifies if is_error(name)]
    times = "once more" if len(again) == 1 else f"{len(again)} more times"
    severity: Severity = "warning" if refused or _one_loss(group, again) else "error"
    return Match(
        tuple(group),
        [head(answer), *again[:3]],
        f"{who} sent its first request {times} although this device had answered it: "
        f"the answer does not arrive there, or is not accepted.",
        "inferred" if refused else "observed",
        severity,
        alternatives=tuple(_on_purpose(name) for name in refused[:1]),
        fix=_fix(group[0].local.address or "<local-address>", address),
    )


def _one_loss(group: list[Negotiation], again: list[Lined]) -> bool:
    return len(again) < _MANY and all(n.outcome == "incomplete" for n in group)


def _on_purpose(notify: str) -> Alternative:
    why = f"the peer may keep asking on purpose: our answer {notify} is not authenticated, and it may wait for another"
    return Alternative("IKE103" if notify == "NO_PROPOSAL_CHOSEN" else "IKE119", why)


def _fix(own: str, address: str) -> tuple[Fix, ...]:
    return (
        Fix("path", (), f"let UDP 500 and 4500 from {own} to {address} through; look for a second way back"),
        Fix("peer", (), f"its configured peer address must be {own}, the one that the answers come from"),
    )


RULE = Rule(
    code="IKE102",
    name="response-not-arriving",
    severity="error",
    title="Our answer does not reach the peer",
    side="path",
    rank=Rank.ECHO,
    meaning="The peer's first request comes again behind our answer to it, even after the first negotiation was closed "
    "here. The way back is blocked, or the answer comes from an address that the peer does not expect.",
    find=find,
    needs=("message_repeated", "repeated", "same request", "disordered"),
    fix=_fix("<local-address>", "<peer-address>"),
    looks_like=(
        "IKEv2-PLAT-3: (4): SENT PKT [IKE_SA_INIT] [192.0.2.1]:500->[198.51.100.1]:500 InitSPI=0x1111111111111111 ...",
        "IKEv2-PLAT-3: RECV PKT [IKE_SA_INIT] [198.51.100.1]:500->[192.0.2.1]:500 InitSPI=0x1111111111111111 ...",
        "ISAKMP:(0): phase 1 packet is a duplicate of a previous packet.",
    ),
    mistaken_for="several negotiations: one initiator SPI is one attempt, however often it is answered",
    references=("RFC 7296 section 2.1", "RFC 7296 section 2.21.1"),
    sample="asa-response-not-arriving.log",
    stays=True,
    together=True,
)
