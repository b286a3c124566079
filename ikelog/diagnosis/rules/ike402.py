"""IKE402: a rekey was refused or not answered."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import events, gave_up, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.diagnosis.waiting import answer_to, waiting_request
from ikelog.events.types import Event
from ikelog.terms.notifies import is_error

# After these a device tries again by itself: only where no later attempt succeeds did the rekey fail.
_TRIED_AGAIN = frozenset({"TEMPORARY_FAILURE", "CHILD_SA_NOT_FOUND", "INVALID_KE_PAYLOAD"})
_PFS = Alternative("IKE305", "the first Child SA works without PFS and its rekey fails: the PFS groups differ")
_BECAUSE = {
    "NO_PROPOSAL_CHOSEN": (_PFS, Alternative("IKE301", "the ESP proposals differ")),
    "INVALID_KE_PAYLOAD": (_PFS,),
    "TS_UNACCEPTABLE": (Alternative("IKE302", "the traffic selectors differ"),),
}
_BEGUN = ("ike_rekey_started", "child_rekey_started")
_LOST = (Alternative("IKE401", "the peer answers nothing at all any more"),)
_NEW = Alternative("IKE310", "the log does not show what was asked for: it may have been a new Child SA, not a rekey")


def find(log: Log) -> Iterator[Match]:
    """Yield the SAs that were up and whose rekey ended in an error notify or in silence."""
    for negotiation in log.negotiations:
        if negotiation.ike_up is None:
            continue
        for request in negotiation.messages:
            if request.exchange == "CREATE_CHILD_SA" and request.response is False:
                yield from _outcome(negotiation, request)


def _outcome(negotiation: Negotiation, request: Message) -> Iterator[Match]:
    what = _rekeyed(negotiation, request)
    answer = answer_to(negotiation, request)
    if answer is None:
        silent = [e for e in gave_up(negotiation) if waiting_request(negotiation, e) == request]
        if silent:
            yield _match(negotiation, request, silent[0], what, "was not answered", _LOST)
        return
    refused = [name for name in answer.notifies if is_error(name)]
    if not (what and refused) or (refused[0] in _TRIED_AGAIN and _later_success(negotiation, request)):
        return
    verb = "refused by this device" if answer.direction == "sent" else "refused by the peer"
    yield _match(negotiation, request, answer, what, f"was {verb} with {refused[0]}", _BECAUSE.get(refused[0], ()))


def _rekeyed(negotiation: Negotiation, request: Message) -> str | None:
    """Tell what a request rekeys: by its payloads, or by what the device said right before; None if that is unknown."""
    if "REKEY_SA" in request.notifies:
        return "Child SA"
    if "KE" in request.payloads and "TSi" not in request.payloads:
        return "IKE SA"
    earlier = [m for m in negotiation.messages if before(negotiation, m, request)]
    begun = [e for e in events(negotiation, *_BEGUN) if before(negotiation, e, request)]
    said = [e for e in begun if not earlier or before(negotiation, earlier[-1], e)]
    return None if not said else "IKE SA" if said[-1].kind == "ike_rekey_started" else "Child SA"


def _later_success(negotiation: Negotiation, request: Message) -> bool:
    later = [m for m in negotiation.messages if m.exchange == "CREATE_CHILD_SA" and m.response and m.n > request.n]
    return any(not any(is_error(name) for name in m.notifies) for m in later)


def _match(
    negotiation: Negotiation,
    request: Message,
    end: Message | Event,
    what: str | None,
    how: str,
    others: tuple[Alternative, ...],
) -> Match:
    return Match(
        (negotiation,),
        (request, end),
        f"The rekey of the {what or 'Child SA'} with {peer(negotiation, 'the peer')} (CREATE_CHILD_SA, message ID "
        f"{request.message_id}) {how}. It works until the old SA's lifetime ends, and then stops.",
        "observed" if what else "inferred",
        side="path" if isinstance(end, Event) else None,
        alternatives=others if what else (_NEW, *others),
        fix=for_device(negotiation, *_FIXES),
    )


_FIXES = (
    Fix(
        "ios",
        ("crypto map <map> <sequence> ipsec-isakmp", " set pfs <group>"),
        "the same group as the peer, or none (VTI: in the ipsec profile)",
    ),
    Fix("asa", ("crypto map <map> <sequence> set pfs <group>",), "the same group as the peer, or none"),
    Fix("peer", (), "compare PFS group, ESP proposal and selectors; its log of that moment says which it refused"),
)

RULE = Rule(
    code="IKE402",
    name="rekey-failed",
    severity="error",
    title="A rekey failed",
    side="both",
    rank=Rank.ECHO,
    meaning="A CREATE_CHILD_SA exchange replaces an SA before its lifetime ends. It was refused, or never answered, so "
    "the tunnel drops although it came up well. PFS is first tried at a rekey: IKE_AUTH makes the first Child SA.",
    find=find,
    fix=_FIXES,
    looks_like=(
        "IKEv2:(SESSION ID = 31,SA ID = 1):Beginning IPsec SA rekey",
        "IKEv2 CREATE_CHILD_SA Exchange RESPONSE",
        " NOTIFY(NO_PROPOSAL_CHOSEN)",
    ),
    mistaken_for="IKE401, an idle peer; IKE403, two rekeys that cross and sort themselves out. "
    "No refused rekey has been seen in a real log yet",
    references=("RFC 7296 section 1.3.3", "RFC 7296 section 1.3.2", "RFC 7296 section 2.8"),
)
