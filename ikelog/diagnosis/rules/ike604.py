"""IKE604: Aggressive Mode with a pre-shared key."""

from collections.abc import Iterator

from ikelog.correlation.ikev1.attributes import method
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.peers import by_peer, known_as
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix

_PSK = ("psk", "pre-shared key", "pre-share")

_FIXES = (
    Fix("ios", ("crypto isakmp aggressive-mode disable",), "once the peers use Main Mode or IKEv2"),
    Fix("asa", ("crypto ikev1 am-disable",), "once the peers use Main Mode or IKEv2"),
    Fix("peer", (), "start with Main Mode or IKEv2; until then a long random key"),
)


def find(log: Log) -> Iterator[Match]:
    """Find the peers with which a pre-shared key was used, or offered, in Aggressive Mode."""
    aggressive = [n for n in log.negotiations if n.mode == "aggressive"]
    for group in by_peer(n for n in aggressive if _names_key(n) or _proves_by_hash(n)):
        yield Match(
            group,
            [_place(n) for n in group[:3]],
            f"{known_as(group)} with {peer(group[0], 'the peer')} in Aggressive Mode with a pre-shared key: the "
            "responder sends a hash of the key before it knows who asks, and anybody can try keys on it offline.",
            certainty="observed" if any(map(_names_key, group)) else "inferred",
            fix=for_device(group[0], *_FIXES),
        )


def _names_key(negotiation: Negotiation) -> bool:
    """Tell whether a line names the pre-shared key as the method, or the key."""
    return not _methods(negotiation).isdisjoint(_PSK) or bool(events(negotiation, "preshared_key_found"))


def _methods(negotiation: Negotiation) -> set[str | None]:
    listed = {method(e.fields) for e in events(negotiation, "attribute_listed", "ike_transform_checked")}
    return {negotiation.authentication.local, negotiation.authentication.remote, *listed} - {None}


def _proves_by_hash(negotiation: Negotiation) -> bool:
    """Tell whether no line names a method, and the second message has a HASH and no SIG (RFC 2409 section 5)."""
    answers = [set(m.payloads) for m in negotiation.messages if m.step == "AM2"]
    proves = any("HASH" in payloads and payloads.isdisjoint(("SIG", "CERT")) for payloads in answers)
    return proves and not _methods(negotiation)


def _place(negotiation: Negotiation) -> Lined:
    messages = [m for m in negotiation.messages if m.exchange == "AGGRESSIVE_MODE"]
    return head(messages[0]) if messages else negotiation.events[0]


RULE = Rule(
    code="IKE604",
    name="aggressive-mode-psk",
    severity="warning",
    title="Aggressive Mode with a pre-shared key",
    side="both",
    rank=Rank.NOTE,
    audit=True,
    meaning="In Aggressive Mode the responder's second message holds a hash made of the pre-shared key, in the clear "
    "and for anybody who asks. A key that people chose is found with it offline. Use IKEv2, or Main Mode, or "
    "certificates.",
    find=find,
    fix=_FIXES,
    looks_like=(
        "ISAKMP:(0): beginning Aggressive Mode exchange",
        "[IKEv1]IP = 192.0.2.9, IKE_DECODE RECEIVED Message (msgid=0) with payloads : HDR + SA (1) + KE (4) + ...",
    ),
    mistaken_for="`Can not start Aggressive mode, trying Main mode`, which every healthy IOS prints",
    references=("RFC 2409 section 5", "RFC 9395"),
    sample="iosxe-ikev1-aggressive-mode.log",
)
