"""IKE113: there is a NAT between the two ends."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix

_WHERE = {
    "local": "in front of this device, on the way to {}",
    "remote": "in front of the peer, {}",
    "both": "in front of both ends, here and at {}",
}
_IKEV1 = ("nat_status", "nat_detected", "nat_hash_differs")


def find(log: Log) -> Iterator[Match]:
    """Find NAT, once for each peer and side of it."""
    groups: dict[tuple[object, ...], list[Negotiation]] = {}
    for negotiation in log.negotiations:
        nat = negotiation.nat
        if nat.detected in _WHERE:
            key = (negotiation.device, negotiation.remote.address, nat.detected, nat.port_floated)
            groups.setdefault(key, []).append(negotiation)
    for group in groups.values():
        evidence = _evidence(group[0])
        if evidence:
            yield _match(group, evidence)


def _evidence(negotiation: Negotiation) -> list[Lined]:
    found = events(negotiation, "nat_result", "nat_located", "nat_address_compared", "port_floated", *_IKEV1)
    telling = [
        event
        for event in found
        if event.kind in ("nat_located", "port_floated", *_IKEV1)
        or event.fields.get("nat_side")
        or event.fields.get("matched") == "not matched"
    ]
    on_4500 = [m for m in negotiation.messages if m.exchange == "IKE_AUTH"]
    return [*(telling or found)[:3], *([] if found else on_4500[:1])]


def _match(group: list[Negotiation], evidence: list[Lined]) -> Match:
    nat = group[0].nat
    port = {
        True: "UDP 4500 is in use afterwards",
        False: "but the exchange stays on UDP 500",
        None: "whether UDP 4500 is in use afterwards is not in this log",
    }[nat.port_floated]
    return Match(
        tuple(group),
        evidence,
        f"There is a NAT {_WHERE[nat.detected or 'both'].format(peer(group[0], 'its address'))}; {port}.",
    )


RULE = Rule(
    code="IKE113",
    name="nat-detected",
    severity="info",
    title="There is a NAT on the way",
    side="path",
    rank=Rank.NOTE,
    meaning="Each end hashes the addresses that it sees into NAT_DETECTION notifies; where they differ from what "
    "arrives, somebody translates. IKE then moves to UDP 4500 and ESP travels inside it. That works, as long as UDP "
    "4500 is let through and the translation does not time out.",
    find=find,
    needs=("nat_located", "nat_result", "nat_detected", "nat_status"),
    fix=(
        Fix("path", (), "let UDP 4500 through both ways, with an idle time above the liveness interval of both ends"),
    ),
    looks_like=(
        "IKEv2:(SESSION ID = 3,SA ID = 1):NAT INSIDE found",
        "IKEv2:(SESSION ID = 3,SA ID = 1):NAT detected float to init port 4500, resp port 4500",
        "IKEv2-PROTO-5: (3): Host is located NAT outside",
        "ISAKMP (1003): His hash no match - this node outside NAT",
    ),
    mistaken_for="a fault. Where UDP 4500 is blocked the failure that follows is IKE214 or IKE215",
    references=("RFC 7296 section 2.23", "RFC 3947", "RFC 3948"),
)
