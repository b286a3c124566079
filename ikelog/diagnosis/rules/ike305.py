"""IKE305: the two ends do not agree on PFS, the Diffie-Hellman exchange of a Child SA."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.compare import DH_GROUP, differences, differs_only_in
from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import notified, peer, tells
from ikelog.diagnosis.policies import Refusal, refusals
from ikelog.diagnosis.quick_mode import mismatched
from ikelog.diagnosis.refused_child import REFUSED_CHILD, refused_children
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.terms.notifies import is_error

_OTHERS = (Alternative("IKE303", "all that the two lists show is equal: the crypto map entry may be another peer's"),)


def find(log: Log) -> Iterator[Match]:
    """Find Child SAs, new ones and rekeyed ones, that were refused for nothing but their DH group."""
    for negotiation in log.negotiations:
        lists = refusals(negotiation, "child") if tells(negotiation, "policies_expected") else []
        only = [r for r in lists if r.own and differs_only_in(r.comparisons, DH_GROUP)]
        one_sided = [r for r in lists if r.own and _one_sided(r)]
        if only:
            yield _match(negotiation, only[-1], f"differ in nothing but the {differences(only[-1].comparisons)}.")
        elif one_sided:
            said = "are equal, but only one of the two ends asks for PFS, a DH group for the Child SA."
            yield _match(negotiation, one_sided[-1], said, inferred=True)
        else:
            yield from _wrong_group(negotiation)
    for child in refused_children(log):
        told = mismatched(child, "group")
        if told:
            said = f"Quick Mode with {peer(child.negotiation, 'the peer')} was refused for its DH group (PFS)"
            values = told[0].fields.get("received_value"), told[0].fields.get("configured_value")
            said += f": the peer sent {values[0]}, this device has {values[1]}."
            yield Match((child.negotiation,), told[:2], said, fix=_fix(child.negotiation.platform))


def _one_sided(refusal: Refusal) -> bool:
    """Tell whether the nearest proposals are equal and only one of them names a DH group."""
    own, theirs = refusal.nearest
    equal = any(comparison.distance == 0 for comparison in refusal.comparisons)
    return equal and own is not None and theirs is not None and bool(own.key_exchange) != bool(theirs.key_exchange)


def _match(negotiation: Negotiation, refusal: Refusal, said: str, *, inferred: bool = False) -> Match:
    return Match(
        (negotiation,),
        [refusal.received, *([refusal.expected] if refusal.expected else [])],
        f"The ESP proposals of {peer(negotiation, 'the peer')} and of this device {said}",
        certainty="inferred" if inferred else "observed",
        alternatives=_OTHERS if inferred else (),
        comparison=refusal.comparisons,
        fix=_fix(negotiation.platform),
    )


def _wrong_group(negotiation: Negotiation) -> Iterator[Match]:
    """Find INVALID_KE_PAYLOAD for a Child SA, where no later exchange of the kind went well."""
    refused = notified(negotiation, "INVALID_KE_PAYLOAD", exchange="CREATE_CHILD_SA")
    later = [m for m in negotiation.messages if refused and m.n > refused[-1].n and m.exchange == "CREATE_CHILD_SA"]
    if refused and not any(m.response and not any(map(is_error, m.notifies)) for m in later):
        ends = ("this device", peer(negotiation, "the peer"))
        takes, asks = ends if refused[-1].direction == "sent" else ends[::-1]
        said = f"{takes} does not take the DH group (PFS) that {asks} wants for the Child SA: INVALID_KE_PAYLOAD."
        lines = notify_lines(negotiation, "INVALID_KE_PAYLOAD", refused[-2:])
        yield Match((negotiation,), lines, said[0].upper() + said[1:], fix=_fix(negotiation.platform))


def _fix(platform: str | None) -> tuple[Fix, ...]:
    commands = {
        "ios": ("crypto map <map> <sequence> ipsec-isakmp", " set pfs <group>"),
        "asa": ("crypto map <map> <sequence> set pfs <group>",),
    }
    why = "the group of the peer, or `no set pfs` where it has none (VTI: in the ipsec profile)"
    return (
        *(Fix(name, commands[name], why) for name in platforms(platform)),
        Fix("peer", (), "set PFS there to the group that this device has, or take it away on both"),
    )


RULE = Rule(
    code="IKE305",
    name="pfs-mismatch",
    severity="error",
    title="The two ends do not agree on PFS",
    side="both",
    rank=Rank.CAUSE,
    meaning="Perfect forward secrecy is a Diffie-Hellman exchange of the Child SA's own. In IKEv2 the first Child SA "
    "has none, so that a difference shows only when a second one is made, or at the first rekey.",
    find=find,
    needs=(*REFUSED_CHILD, "policies_expected", "INVALID_KE_PAYLOAD"),
    fix=_fix(None),
    looks_like=(
        "ESP: Proposal 1:  AES-CBC-256 SHA256 DH_GROUP_1536_MODP/Group 5 Don't use ESN",
        "IKEv2 CREATE_CHILD_SA Exchange RESPONSE",
        " NOTIFY(INVALID_KE_PAYLOAD)",
    ),
    mistaken_for="IKE402 without a reason: the tunnel works for one lifetime and stops. In IKE_SA_INIT a DH group that "
    "differs is IKE105",
    references=("RFC 7296 section 1.3.1", "RFC 7296 section 1.3.3", "RFC 7296 section 3.4", "RFC 2409 section 5.5"),
    sample="iosxe-pfs-mismatch.log",
)
