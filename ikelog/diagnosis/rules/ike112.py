"""IKE112: nothing is configured for the address that the first request came from."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.facts import events, failures, nearby, peer
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event

_ANOTHER = Alternative("IKE119", "another negotiation was open: the line, which names no SA, may belong to that one")


def find(log: Log) -> Iterator[Match]:
    """Find requests of a peer that this device has no configuration for, refused before any identity was known."""
    for negotiation in failures(log.negotiations):
        by_address = negotiation.ike_version == 2  # an ASA that speaks IKEv1 looks for its tunnel group: IKE218
        if by_address and negotiation.role == "responder" and negotiation.stage in (None, "init"):
            own, near = events(negotiation, "tunnel_group_missing"), nearby(negotiation, "tunnel_group_missing")
            if own or near:
                yield _match(negotiation, (own or near)[:2], inferred=not own)


def _match(negotiation: Negotiation, evidence: list[Event], *, inferred: bool) -> Match:
    address = peer(negotiation)
    return Match(
        (negotiation,),
        evidence,
        f"This device has no configuration for {address}, the address that the request came from.",
        certainty="inferred" if inferred else "observed",
        alternatives=(_ANOTHER,) if inferred else (),
        fix=_fix(negotiation.platform, address, negotiation.local.address or "<local-address>"),
    )


def _fix(platform: str | None, address: str, own: str) -> tuple[Fix, ...]:
    commands = {
        "ios": (
            "crypto ikev2 keyring <keyring>",
            " peer <name>",
            f"  address {address}",
            "crypto ikev2 profile <profile>",
            f" match identity remote address {address} 255.255.255.255",
        ),
        "asa": (
            f"tunnel-group {address} type ipsec-l2l",
            f"tunnel-group {address} ipsec-attributes",
            " ikev2 remote-authentication pre-shared-key <key>",
            " ikev2 local-authentication pre-shared-key <key>",
        ),
    }
    return (
        *(Fix(name, commands[name], f"where {address} is meant to connect") for name in platforms(platform)),
        Fix("peer", (), f"let it send from the address that is configured here, and to {own}"),
    )


RULE = Rule(
    code="IKE112",
    name="peer-not-configured",
    severity="error",
    title="Nothing is configured here for the peer's address",
    side="local",
    rank=Rank.CAUSE,
    meaning="The first request came from an address for which this device has no tunnel group, peer or profile, and it "
    "was refused before the peer could say who it is. Either the address is missing here, or NAT or a second line "
    "changed the one that the peer sends from.",
    find=find,
    needs=("tunnel_group_missing",),
    fix=_fix(None, "<peer-address>", "<local-address>"),
    looks_like=("IKEv2-PLAT-1: Can't find tunnel group for peer 198.51.100.1",),
    mistaken_for="IKE204, where the identity in IKE_AUTH matches nothing; IKE218, where this device starts itself; "
    "IKE303, where a crypto map entry names another peer. No wording of it has been seen in a real log yet",
    references=("RFC 7296 section 1.2", "RFC 7296 section 2.21.1"),
)
