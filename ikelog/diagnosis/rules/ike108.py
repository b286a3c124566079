"""IKE108: no IKEv2 policy for the local address, or none with a proposal."""

from collections.abc import Iterator

from ikelog.diagnosis.authentication import seen
from ikelog.diagnosis.facts import failures
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix

_FOUND = ("policy_found", "default_policy_used", "proposal_added", "policy_added")
_LATER = ("dh_requested", "message_generated", "policies_received", "ike_proposal_listed")
_OTHER = Alternative("IKE119", "the search may have found a policy, and the line that says so is not logged")


def find(log: Log) -> Iterator[Match]:
    """Find searches for a policy behind which none was found and the negotiation failed."""
    for negotiation in failures(log.negotiations):
        searched, _ = seen(negotiation, "policy_searched")
        if not searched or negotiation.stage not in (None, "init") or seen(negotiation, *_FOUND, *_LATER)[0]:
            continue
        failure = negotiation.failure
        if failure is None or not before(negotiation, searched[-1], failure):
            continue
        fields = searched[-1].fields
        vrf, address = str(fields.get("fvrf", "<vrf>")), str(fields.get("local_address", "<local-address>"))
        text = (
            f"This device looked for an IKEv2 policy for its address {address} (front VRF {vrf}) and names none that "
        )
        yield Match(
            (negotiation,),
            [searched[-1], failure],
            f"{text}it found: there is no policy for that address and VRF, or none with a proposal in it.",
            "inferred",
            alternatives=(_OTHER,),
            fix=for_device(negotiation, *_fixes(address)),
        )


def _fixes(address: str = "<local-address>") -> tuple[Fix, ...]:
    ios = (
        "crypto ikev2 policy <policy>",
        " match fvrf <vrf | any>",
        f" match address local {address}",
        " proposal <proposal>",
    )
    asa = ("crypto ikev2 policy <number>", " encryption aes-256", " integrity sha256", " prf sha256", " group 19")
    return (
        Fix("ios", ios, "an IKEv2 proposal alone is not used: a policy has to name it; without any, the defaults are"),
        Fix("asa", asa, "and `crypto ikev2 enable <interface>`"),
    )


RULE = Rule(
    code="IKE108",
    name="no-ikev2-policy",
    severity="error",
    title="No IKEv2 policy for the local address",
    side="local",
    rank=Rank.CAUSE,
    meaning="IKEv2 takes its proposals from the policy that matches the front VRF and the local address. Where none "
    "does, or the one that does names no proposal, nothing can be offered and nothing accepted.",
    find=find,
    needs=("failed in init", "child_failed in init"),
    fix=_fixes(),
    looks_like=("IKEv2:Searching Policy with fvrf 5, local address 192.0.2.1", "IKEv2-ERROR:: Initial exchange failed"),
    mistaken_for="IKE103, where lists are compared and differ. No wording of it has been seen in a real log yet",
    references=("RFC 7296 section 2.7",),
    sample="iosxe-no-ikev2-policy.log",
)
