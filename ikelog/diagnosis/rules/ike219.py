"""IKE219: the group policy does not allow the protocol that the peer uses."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, told
from ikelog.diagnosis.types import Fix


def find(log: Log) -> Iterator[Match]:
    """Find the line with which an ASA refuses the protocol."""
    for said in told(log, "protocol_not_allowed"):
        yield Match(
            said.negotiations,
            said.lines[:2],
            _explanation(said),
            said.certainty if said.negotiations else "observed",
            severity=None if said.failed or not said.negotiations else "warning",
            alternatives=said.others,
            fix=_fixes(said),
        )


def _protocol(said: Told | None) -> str:
    version = said.negotiations[0].ike_version if said and said.negotiations else said and said.lines[0].ike_version
    return "ikev1" if version == 1 else "ikev2"


def _explanation(said: Told) -> str:
    name = _protocol(said).replace("ike", "IKE")
    group = said.value("tunnel_group")
    of = f" of tunnel group {group}" if group else ""
    return f"The group policy{of} does not allow {name}, which {said.who} uses: this ASA refused the connection."


def _fixes(said: Told | None = None) -> tuple[Fix, ...]:
    return (
        Fix(
            "asa",
            ("group-policy <policy> attributes", f" vpn-tunnel-protocol {_protocol(said)}"),
            "the policy that the tunnel group names (default: DfltGrpPolicy); give all protocols that it is to allow",
        ),
        Fix("peer", (), "or use there a version of IKE that is allowed here"),
    )


RULE = Rule(
    code="IKE219",
    name="protocol-not-allowed",
    severity="error",
    title="The group policy does not allow this version of IKE",
    side="local",
    rank=Rank.CAUSE,
    meaning="An ASA's group policy lists the protocols that its users and peers may come with "
    "(vpn-tunnel-protocol). The one that this peer uses is not in the list.",
    find=find,
    needs=("protocol_not_allowed",),
    fix=_fixes(),
    looks_like=(
        "%ASA-3-751008: Local:192.0.2.1:500 Remote:198.51.100.7:500 Username:198.51.100.7 IKEv2 Group=198.51.100.7, "
        "Tunnel rejected: IKEv2 not enabled in group policy",
    ),
    mistaken_for="IKE109: both ends speak the same version, and one of them may not use it",
    references=("RFC 7296 section 2.5",),
    sample="asa-syslog-refusals.log",
)
