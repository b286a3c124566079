"""IKE402: a rekey was refused or not answered."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import gave_up, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.quick_mode_rekeys import failed_rekeys
from ikelog.diagnosis.refused_child import REFUSED_CHILD
from ikelog.diagnosis.rekeying import rekeyed
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix, Side
from ikelog.diagnosis.waiting import answers, waiting_request
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
_UNTIL = "It works until the old SA's lifetime ends, and then stops."
_LOST = (Alternative("IKE401", "the peer answers nothing at all any more"),)
_NEW = Alternative("IKE310", "the log does not show what was asked for: it may have been a new Child SA, not a rekey")


def find(log: Log) -> Iterator[Match]:
    """Yield the SAs that were up and whose rekey ended in an error notify or in silence."""
    for negotiation in log.negotiations:
        if negotiation.ike_up is None:
            continue
        if exchanged := [m for m in negotiation.messages if m.exchange == "CREATE_CHILD_SA"]:
            yield from _failed(negotiation, exchanged)
    for negotiation, lines, answered in failed_rekeys(log):
        how, others = ("refused", _BECAUSE["NO_PROPOSAL_CHOSEN"]) if answered else ("not answered", _LOST)
        said = f"The rekey of the IPsec SA with {peer(negotiation, 'the peer')} (Quick Mode) was {how}. {_UNTIL}"
        side: Side | None = None if answered else "path"
        yield Match((negotiation,), lines, said, side=side, alternatives=others, fix=_fixes(negotiation))


def _failed(negotiation: Negotiation, exchanged: list[Message]) -> Iterator[Match]:
    known = answers(negotiation)
    granted = max((m.n for m in exchanged if m.response and not any(map(is_error, m.notifies))), default=0)
    busy = [m for m in exchanged if "TEMPORARY_FAILURE" in m.notifies]  # said once, it ends nothing (section 2.25)
    waited = [(end, waiting_request(negotiation, end)) for end in gave_up(negotiation)]
    what = rekeyed(negotiation)
    for request in (m for m in exchanged if m.response is False):
        answer = known.get(request.n)
        if answer is not None:
            again = granted > request.n or busy == [answer]
            yield from _refused(negotiation, request, answer, what(request), tried_again=again)
        elif silent := [end for end, waiting in waited if waiting is request]:
            yield _match(negotiation, request, silent[0], what(request), "was not answered", _LOST)


def _refused(
    negotiation: Negotiation, request: Message, answer: Message, what: str | None, *, tried_again: bool
) -> Iterator[Match]:
    refused = [name for name in answer.notifies if is_error(name)]
    if what and refused and not (refused[0] in _TRIED_AGAIN and tried_again):
        verb = "refused by this device" if answer.direction == "sent" else "refused by the peer"
        yield _match(negotiation, request, answer, what, f"was {verb} with {refused[0]}", _BECAUSE.get(refused[0], ()))


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
        f"{request.message_id}) {how}. {_UNTIL}",
        "observed" if what else "inferred",
        side="path" if isinstance(end, Event) else None,
        alternatives=others if what else (_NEW, *others),
        fix=_fixes(negotiation),
    )


_PFS_WHY = "the same group as the peer, or none (VTI: in the ipsec profile)"
_FIXES = (
    Fix("ios", ("crypto map <map> <sequence> ipsec-isakmp", " set pfs <group>"), _PFS_WHY),
    Fix("asa", ("crypto map <map> <sequence> set pfs <group>",), _PFS_WHY),
    Fix("peer", (), "compare PFS group, ESP proposal and selectors; its log of that moment says which it refused"),
)


def _fixes(negotiation: Negotiation) -> tuple[Fix, ...]:
    return for_device(negotiation, *_FIXES)


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
    needs=(*REFUSED_CHILD, "CREATE_CHILD_SA", "ikev1 sa_deleted"),
    fix=_FIXES,
    looks_like=(
        "IKEv2:(SESSION ID = 31,SA ID = 1):Beginning IPsec SA rekey",
        "IKEv2 CREATE_CHILD_SA Exchange RESPONSE",
        " NOTIFY(NO_PROPOSAL_CHOSEN)",
    ),
    mistaken_for="IKE401, an idle peer; IKE403, two rekeys that cross. None has been seen refused in a real log yet",
    references=("RFC 7296 section 1.3.3", "RFC 7296 section 1.3.2", "RFC 7296 section 2.8", "RFC 2409 section 5.5"),
)
