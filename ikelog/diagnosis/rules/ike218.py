"""IKE218: an ASA has no tunnel group for the peer."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import MAYBE_ANOTHERS, seen, tunnel_group_by_identity
from ikelog.diagnosis.facts import events, failures, peer
from ikelog.diagnosis.ikev1_commands import key_commands
from ikelog.diagnosis.ikev1_identities import names_group
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event

_UNSET = ("own_method_unset", "own_authentication_unset")
_NO_KEY = Alternative("IKE202", "the log does not show the search for the tunnel group: it may be there, without a key")
_PEER = Fix("peer", (), "let it come from the address, and with the identity, that has a tunnel group here")


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations for which an ASA found no tunnel group by the peer's address."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from _ikev1(negotiation)
            continue
        if negotiation.role == "responder" and negotiation.stage in (None, "init"):
            continue  # by the address of a first request that came in: IKE112
        missing, certainty = seen(negotiation, "tunnel_group_missing")
        unset, _ = seen(negotiation, *_UNSET)
        if missing and not tunnel_group_by_identity(negotiation, missing[0]):
            others = () if certainty == "observed" else (MAYBE_ANOTHERS,)
            address = _address(negotiation, missing[0])
            text = f"This ASA has no tunnel group for {address}, so it does not know how to authenticate."
            evidence = [missing[0], *unset[:1]]
            yield Match((negotiation,), evidence, text, certainty, alternatives=others, fix=_fixes(address))
        elif unset and not missing and not seen(negotiation, "tunnel_group_found", "own_credential_missing")[0]:
            who = peer(negotiation, "the peer")
            text = f"This ASA cannot tell how to authenticate to {who}: most likely there is no tunnel group for it."
            fix = _fixes(peer(negotiation))
            yield Match((negotiation,), unset[:1], text, "inferred", alternatives=(_NO_KEY,), fix=fix)


def _ikev1(negotiation: Negotiation) -> Iterator[Match]:
    """Find what an ASA says of IKEv1, as initiator or responder; a name that the peer gave in AM1 is IKE204."""
    missing = [e for e in events(negotiation, "tunnel_group_missing") if not names_group(negotiation, e)]
    if missing and not negotiation.ike_up:
        address = _address(negotiation, missing[0])
        landed = [e for e in events(negotiation, "tunnel_group_landed") if before(negotiation, e, missing[0])]
        text = f"This ASA has no tunnel group for {address}, so it has no pre-shared key for it either."
        fix = Fix("asa", key_commands("asa", address), "a LAN-to-LAN tunnel group is named after the peer's address")
        yield Match((negotiation,), [*landed[-1:], *missing[:2]], text, fix=(fix, _PEER))


def _address(negotiation: Negotiation, event: Event) -> str:
    return str(event.fields.get("address") or peer(negotiation))


def _fixes(address: str = "<peer-address>") -> tuple[Fix, ...]:
    return (
        Fix(
            "asa",
            (
                f"tunnel-group {address} type ipsec-l2l",
                f"tunnel-group {address} ipsec-attributes",
                " ikev2 local-authentication pre-shared-key <key>",
                " ikev2 remote-authentication pre-shared-key <key that the peer uses as its own>",
            ),
            "the name of a LAN-to-LAN tunnel group is the peer's address, as in `crypto map ... set peer`",
        ),
    )


RULE = Rule(
    code="IKE218",
    name="no-tunnel-group",
    severity="error",
    title="No tunnel group for the peer",
    side="local",
    rank=Rank.CAUSE,
    meaning=(
        "An ASA takes its own method and the keys from the tunnel group named after the peer's address. There is none, "
        "so it stops before its first message goes out (or, as responder, refuses)."
    ),
    find=find,
    needs=("tunnel_group_missing", *_UNSET),
    fix=_fixes(),
    looks_like=(
        "IKEv2-PLAT-1: Can't find tunnel group for peer 192.0.2.9",
        "IKEv2-PLAT-1: unable to set self auth method. Probable misconfiguration.",
        "IKEv2-PLAT-1: Failed to set P1 auth to build policy",
        "[IKEv1]: Group = 192.0.2.9, IP = 192.0.2.9, Can't find a valid tunnel group, aborting...!",
    ),
    mistaken_for="IKE202, where `mapped to tunnel group` shows that the group is there and its key is not.",
    references=("RFC 7296 section 2.15",),
    sample="asa-no-tunnel-group.log",
)
