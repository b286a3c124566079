"""IKE605: IKEv1 is in use."""

from collections.abc import Iterator

from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.peers import by_peer, known_as
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix

_FIXES = (
    Fix(
        "ios",
        (
            "crypto ikev2 proposal <proposal>",
            " encryption aes-cbc-256",
            " integrity sha256",
            " group 19",
            "crypto ikev2 policy <policy>",
            " proposal <proposal>",
        ),
        "then keyring and profile, and `set ikev2-profile` in the crypto map entry",
    ),
    Fix(
        "asa",
        ("crypto ikev2 policy <number>", "crypto ikev2 enable <interface>"),
        "then keys in the tunnel-group, and `set ikev2 ipsec-proposal` in the crypto map entry",
    ),
    Fix("peer", (), "the same there; an end that allows both versions can answer while the other changes"),
)


def find(log: Log) -> Iterator[Match]:
    """Find the peers with which IKEv1 is spoken."""
    for group in by_peer(n for n in log.negotiations if n.ike_version == 1 and n.events):
        yield Match(
            group,
            [n.events[0] for n in group[:3]],
            f"{known_as(group)} with {peer(group[0], 'the peer')} in IKEv1, which is deprecated.",
            fix=for_device(group[0], *_FIXES),
        )


RULE = Rule(
    code="IKE605",
    name="ikev1-in-use",
    severity="warning",
    title="IKEv1 is in use",
    side="both",
    rank=Rank.NOTE,
    audit=True,
    meaning="IKEv1 is deprecated and gets no new algorithms: no AES-GCM for IKE, no elliptic curves on many devices, "
    "nothing against quantum computers. IKEv2 can be configured beside it and tried peer by peer.",
    find=find,
    fix=_FIXES,
    looks_like=("ISAKMP:(0): beginning Main Mode exchange",),
    mistaken_for="an IKEv2 peer of which an old device logs `ISAKMP` once in a while",
    references=("RFC 9395",),
    sample="iosxe-ikev1-aggressive-mode.log",
)
