"""IKE301: the Child SA's proposals have nothing in common."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import proposal_fixes
from ikelog.diagnosis.compare import DH_GROUP, differences, differing, nearest_of
from ikelog.diagnosis.encapsulation import modes_differ
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.policies import Refusal
from ikelog.diagnosis.refused_child import REFUSED_CHILD, RefusedChild, refused_children
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.transforms_refused import refused_transforms
from ikelog.terms import errors


def find(log: Log) -> Iterator[Match]:
    """Find Child SAs whose refused proposal stands in the log beside the own one, or is named by IPSEC."""
    for child in refused_children(log):
        lists = [refusal for refusal in child.policies if refusal.own]
        differ = [r for r in lists if _tells(r)]
        if differ:
            yield _compared(child, differ[-1])
        elif not lists and not modes_differ(child):
            yield from refused_transforms(child)


def _tells(refusal: Refusal) -> bool:
    """Tell whether more differs than the DH group, which is PFS (IKE305)."""
    return any(set(differing(comparison)) - {DH_GROUP} for comparison in nearest_of(refusal.comparisons))


def _compared(child: RefusedChild, refusal: Refusal) -> Match:
    negotiation = child.negotiation
    said = child.errors(errors.NO_MATCHING_POLICY, errors.POLICIES_REFUSED)
    told: list[Lined] = [*child.events("no_proposal_sent"), *child.notified("NO_PROPOSAL_CHOSEN", "sent"), *said]
    lists: list[Lined] = [refusal.received, *([refusal.expected] if refusal.expected else [])]
    return Match(
        (negotiation,),
        [*lists, *told[:1]],
        f"The IKE SA is not the matter: no ESP proposal of {peer(negotiation, 'the peer')} matches one of this device; "
        f"the nearest differ in {differences(refusal.comparisons)}.",
        comparison=refusal.comparisons,
        fix=proposal_fixes("child", negotiation.platform, *refusal.nearest),
    )


RULE = Rule(
    code="IKE301",
    name="child-proposal-mismatch",
    severity="error",
    title="The two ends have no ESP proposal in common",
    side="both",
    rank=Rank.CAUSE,
    meaning="Authentication passed, the networks fit an own policy, and every ESP or AH proposal differs from the own "
    "ones in encryption or integrity. The responder answers NO_PROPOSAL_CHOSEN in IKE_AUTH or CREATE_CHILD_SA; in "
    "IKEv1 it refuses Quick Mode.",
    find=find,
    needs=REFUSED_CHILD,
    fix=proposal_fixes("child", None, None, None),
    looks_like=(
        "IKEv2-PROTO-1: (6): Received Policies:",
        "ESP: Proposal 1:  AES-CBC-256 SHA256 Don't use ESN",
        "IKEv2-PROTO-1: (6): Expected Policies:",
        "ESP: Proposal 0:  AES-CBC-128 SHA256 Don't use ESN",
        "ISAKMP:(1004): IPSec policy invalidated proposal with error 256",
    ),
    mistaken_for="an incomplete crypto map or networks that do not fit, where the list of expected policies is empty: "
    "IKE303, IKE302. Seen from the end that asked, which gets NO_PROPOSAL_CHOSEN for all three, it is IKE309",
    references=("RFC 7296 section 1.2", "RFC 7296 section 2.7", "RFC 7296 section 2.21.2", "RFC 2409 section 5.5"),
    sample="asa-child-proposal-mismatch.log",
)
