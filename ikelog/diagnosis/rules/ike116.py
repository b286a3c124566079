"""IKE116: an ASA wants the IKE SA's cipher to be at least as strong as the Child SA's."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import told
from ikelog.diagnosis.types import Fix

_KINDS = ("ike_weaker_than_child", "ike_weaker_warned")


def find(log: Log) -> Iterator[Match]:
    """Find the refusal, and the warning where the check is not enforced."""
    for said in told(log, *_KINDS, stages=("init", "auth", "child")):
        refused = any(line.kind == "ike_weaker_than_child" for line in said.lines)
        ike, esp = said.value("ike_cipher") or "the chosen one", said.value("esp_cipher") or "the proposed one"
        text = f"The IKE SA's cipher, {ike}, is weaker than the Child SA's, {esp}"
        ended = f"so this ASA refused the tunnel with {said.who}" if refused else "which this ASA only notes"
        yield Match(
            said.negotiations,
            said.lines[:2],
            f"{text}, {ended}.",
            said.certainty if said.negotiations else "observed",
            severity=None if refused else "warning",
            alternatives=said.others,
            fix=_FIXES,
        )


_FIXES = (
    Fix(
        "asa",
        ("crypto ikev2 policy <number>", " encryption aes-256"),
        "a cipher for the IKE SA as strong as the one of the Child SA, on both ends; or else:",
    ),
    Fix("asa", ("no crypto ipsec ikev2 sa-strength-enforcement",), "switches the check off"),
    Fix("peer", (), "offer a stronger cipher for the IKE SA, or a weaker one for the Child SA"),
)

RULE = Rule(
    code="IKE116",
    name="ike-weaker-than-child",
    severity="error",
    title="The IKE SA is weaker than the Child SA",
    side="both",
    rank=Rank.CAUSE,
    meaning="The keys of the Child SA are made under the IKE SA, which should not be the weaker of the two. An ASA can "
    "be told to enforce that; it then refuses the Child SA although both proposals match.",
    find=find,
    needs=_KINDS,
    fix=_FIXES,
    looks_like=(
        "%ASA-3-750011: Tunnel Rejected: Selected IKEv2 encryption algorithm (AES-CBC-128) is not strong enough to "
        "secure proposed IPsec encryption algorithm (AES-GCM-256)",
    ),
    mistaken_for="IKE301: the proposals do match",
    references=("RFC 7296 section 2.7",),
    sample="asa-syslog-refusals.log",
)
