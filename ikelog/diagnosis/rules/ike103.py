"""IKE103: the IKE SA's proposals have nothing in common."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import proposal_fixes
from ikelog.diagnosis.compare import DH_GROUP, differences, differs_only_in, nearest_pair
from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import errors_reported, events, failures, notified, offers, peer
from ikelog.diagnosis.ikev1_refusals import lone_refusals, proposal_refused
from ikelog.diagnosis.policies import Refusal, refusals
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative
from ikelog.terms import errors

_REFUSED = "NO_PROPOSAL_CHOSEN"
_UNSEEN = Alternative("IKE301", "the refusal may have been the Child SA's: no line here shows in which exchange it was")
_DH_UNSEEN = Alternative(
    "IKE105", "the DH group alone may be the matter: the lists that would show it are not in this log"
)


def find(log: Log) -> Iterator[Match]:
    """Find IKE SA proposals that were refused here, or by the peer."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from proposal_refused(negotiation)
        elif negotiation.outcome == "failed" and negotiation.stage in (None, "init") and not negotiation.ike_up:
            yield from _refused(negotiation)
    yield from lone_refusals(log)


def _refused(negotiation: Negotiation) -> Iterator[Match]:
    lists = refusals(negotiation, "ike")
    said, told = _said_here(negotiation), _told_by_peer(negotiation)
    if lists:
        if not differs_only_in(lists[-1].comparisons, DH_GROUP):
            yield _compared(negotiation, lists[-1], said)
    elif not refusals(negotiation, "child") and (said or told):
        yield _by_peer(negotiation, told) if told else _unlisted(negotiation, said)


def _said_here(negotiation: Negotiation) -> list[Lined]:
    errors_here = errors_reported(negotiation, errors.NO_MATCHING_POLICY, errors.POLICIES_REFUSED)
    sent = notify_lines(negotiation, _REFUSED, notified(negotiation, _REFUSED, "sent", "IKE_SA_INIT"))
    return [*errors_here, *events(negotiation, "no_proposal_sent", "policies_received"), *sent]


def _told_by_peer(negotiation: Negotiation) -> list[Lined]:
    told: list[Lined] = [
        *notify_lines(negotiation, _REFUSED, notified(negotiation, _REFUSED, "received", "IKE_SA_INIT")),
        *errors_reported(negotiation, errors.NO_PROPOSAL_RECEIVED),
        *(e for e in events(negotiation, "notify_parsed") if e.fields.get("notify") == _REFUSED),
    ]
    return sorted(told, key=lambda place: place.line)


def _compared(negotiation: Negotiation, refusal: Refusal, said: list[Lined]) -> Match:
    who, comparisons = peer(negotiation, "the peer"), refusal.comparisons
    what = f"the nearest differ in {differences(comparisons)}" if comparisons else "its own list is empty"
    return Match(
        (negotiation,),
        [refusal.received, *([refusal.expected] if refusal.expected else []), *said[:1]],
        f"No IKE SA proposal of {who} matches one of this device; {what}.",
        certainty="observed" if comparisons else "inferred",
        alternatives=() if comparisons else (Alternative("IKE108", "no IKEv2 policy, or none with a proposal, here"),),
        comparison=comparisons or None,
        fix=proposal_fixes("ike", negotiation.platform, *refusal.nearest),
    )


def _by_peer(negotiation: Negotiation, told: list[Lined]) -> Match:
    sent = offers(negotiation, "ike", "sent", "own")
    return Match(
        (negotiation,),
        told[:2],
        f"{peer(negotiation, 'The peer')} accepts none of our IKE SA proposals; its own log names the attribute.",
        alternatives=(_DH_UNSEEN,),
        fix=proposal_fixes("ike", negotiation.platform, next(iter(sent), None), None),
    )


def _unlisted(negotiation: Negotiation, said: list[Lined]) -> Match:
    own, received = offers(negotiation, "ike", "own"), offers(negotiation, "ike", "received")
    return Match(
        (negotiation,),
        said[:2],
        f"No IKE SA proposal of {peer(negotiation, 'the peer')} matches one of this device; the lists are not logged.",
        certainty="inferred",
        alternatives=(_DH_UNSEEN,) if negotiation.messages else (_UNSEEN, _DH_UNSEEN),
        fix=proposal_fixes("ike", negotiation.platform, *nearest_pair(own, received)),
    )


RULE = Rule(
    code="IKE103",
    name="ike-proposal-mismatch",
    severity="error",
    title="The two ends have no IKE SA proposal in common",
    side="both",
    rank=Rank.CAUSE,
    meaning="Every proposal for the IKE SA differs from every own one in encryption, PRF, integrity or DH group, so "
    "the responder answers NO_PROPOSAL_CHOSEN. One whole set must be equal on both ends; where only the DH group "
    "differs it is IKE105.",
    find=find,
    needs=("failed in init", "ikev1 failed", "attribute_not_offered"),
    fix=proposal_fixes("ike", None, None, None),
    looks_like=(
        "IKEv2-PROTO-1: (7): Received Policies:",
        "Proposal 1:  AES-CBC-128 SHA256 SHA256 DH_GROUP_2048_MODP/Group 14",
        "IKEv2-PROTO-1: (7): Received no proposal chosen notify",
        "ISAKMP:(0):Encryption algorithm offered does not match policy!",
        "[IKEv1 DEBUG]: IP = 198.51.100.7, All SA proposals found unacceptable",
    ),
    mistaken_for="the same sentence in IKE_AUTH, of the Child SA: IKE301, IKE302, IKE303. IKEv1 refuses one transform "
    "after the other: only the last refusal is the end",
    references=("RFC 7296 section 2.7", "RFC 7296 section 3.3", "RFC 7296 section 2.21.1", "RFC 2409 section 5"),
    sample="iosxe-ike-proposal-mismatch.log",
)
