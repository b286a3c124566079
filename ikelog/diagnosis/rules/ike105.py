"""IKE105: the DH group is the only thing that differs."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.compare import DH_GROUP, differs_only_in, nearest_of
from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import errors_reported, events, failures, notified, peer
from ikelog.diagnosis.ikev1_refusals import group_refused
from ikelog.diagnosis.order import before
from ikelog.diagnosis.policies import Refusal, refusals
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.terms import errors

_ELSE = Alternative("IKE103", "more than the group may differ: the lists that would show it are not in this log")


def find(log: Log) -> Iterator[Match]:
    """Find proposals that come nearest by all but the group, and groups that were refused to the end."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from group_refused(negotiation)
            continue
        if negotiation.outcome != "failed" or negotiation.stage not in (None, "init") or negotiation.ike_up:
            continue
        lists = refusals(negotiation, "ike")
        if lists and differs_only_in(lists[-1].comparisons, DH_GROUP):
            yield _compared(negotiation, lists[-1])
        elif not lists:
            yield from _refused_again(negotiation)


def _compared(negotiation: Negotiation, refusal: Refusal) -> Match:
    comparisons = refusal.comparisons
    group = next(a for a in nearest_of(comparisons)[0].attributes if a.attribute == DH_GROUP)
    here, there = " or ".join(group.local), " or ".join(group.remote)
    said = errors_reported(negotiation, errors.NO_MATCHING_POLICY, errors.POLICIES_REFUSED)
    lists: list[Lined] = [refusal.received, *([refusal.expected] if refusal.expected else [])]
    return Match(
        (negotiation,),
        [*lists, *said[:1]],
        f"All but the DH group agrees: {peer(negotiation, 'the peer')} offers group {there}, "
        f"this device wants group {here}.",
        comparison=comparisons,
        fix=_fix(negotiation.platform, there, here),
    )


def _refused_again(negotiation: Negotiation) -> Iterator[Match]:
    """Find INVALID_KE_PAYLOAD behind which nothing but another one, or nothing at all, came."""
    refusals_ke = notified(negotiation, "INVALID_KE_PAYLOAD", exchange="IKE_SA_INIT")
    told = events(negotiation, "ke_group_refused", "ke_group_retried")
    if not refusals_ke or _answered_otherwise(negotiation, refusals_ke[-1]):
        return
    again, groups = len(refusals_ke) > 1, _groups(negotiation)
    here, there = groups or ("<own-group>", "<peer-group>")
    known = f" (here {here}, {peer(negotiation, 'the peer')} wants {there})" if groups else ""
    yield Match(
        (negotiation,),
        [*notify_lines(negotiation, "INVALID_KE_PAYLOAD", refusals_ke), *told[:2]],
        f"INVALID_KE_PAYLOAD {'again after the retry' if again else 'and no retry'}: "
        f"the two ends have no DH group in common{known}.",
        certainty="observed" if again else "inferred",
        alternatives=() if again else (_ELSE,),
        fix=_fix(negotiation.platform, there, here),
    )


def _answered_otherwise(negotiation: Negotiation, refusal: Message) -> bool:
    return any(m.response and before(negotiation, refusal, m) for m in negotiation.messages)


def _groups(negotiation: Negotiation) -> tuple[str, str] | None:
    """Return the own and the peer's group as the last refusal names them; None where none does."""
    for event in reversed(events(negotiation, "ke_group_refused", "ke_group_retried")):
        return str(event.fields["local_group"]), str(event.fields["peer_group"])
    return None


def _fix(platform: str | None, wanted: str, own: str) -> tuple[Fix, ...]:
    commands = {
        "ios": ("crypto ikev2 proposal <proposal>", f" group {own} {wanted}"),
        "asa": ("crypto ikev2 policy <number>", f" group {own} {wanted}"),
    }
    return (
        *(Fix(name, commands[name], "allows both groups here, or else:") for name in platforms(platform)),
        Fix("peer", (), f"add DH group {own} there; of the two take the stronger, and no group below 14"),
    )


RULE = Rule(
    code="IKE105",
    name="dh-group-mismatch",
    severity="error",
    title="The two ends have no DH group in common",
    side="both",
    rank=Rank.CAUSE,
    meaning="Encryption, PRF and integrity of a proposal agree with an own one and the DH group does not; or "
    "INVALID_KE_PAYLOAD came again although the group had been changed.",
    find=find,
    needs=("INVALID_KE_PAYLOAD", "policies_received", "ikev1 failed"),
    fix=_fix(None, "<peer-group>", "<own-group>"),
    looks_like=(
        "IKEv2-PROTO-1: (9): Received Policies:",
        "Proposal 1:  AES-CBC-256 SHA256 SHA256 DH_GROUP_2048_MODP/Group 14",
        "IKEv2-PROTO-1: (9): Expected Policies:",
        "Proposal 1:  AES-CBC-256 SHA256 SHA256 DH_GROUP_384_ECP/Group 20",
        "ISAKMP:(0):Diffie-Hellman group offered does not match policy!",
    ),
    mistaken_for="IKE104, where the retry with the wanted group goes through; and IKE305, a Child SA's group (PFS)",
    references=("RFC 7296 section 2.7", "RFC 7296 section 3.4"),
    sample="asa-dh-group-mismatch.log",
)
