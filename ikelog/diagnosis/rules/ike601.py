"""IKE601: a weak Diffie-Hellman group."""

from collections.abc import Iterator

from ikelog.diagnosis.hygiene import Weakness, weak_choices
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.stronger import stronger
from ikelog.terms.transforms import GROUPS

_WEAK = {"1", "2", "5", "22", "23", "24"}


def find(log: Log) -> Iterator[Match]:
    """Find the peers with which a weak group was settled or offered."""
    yield from weak_choices(log, Weakness(("key_exchange",), _WEAK.__contains__, _word))


def _word(_: str, name: str) -> str:
    size = GROUPS.get(int(name)) if name.isdigit() else None
    return f"DH group {name} ({size})" if size else f"DH group {name}"


RULE = Rule(
    code="IKE601",
    name="weak-dh-group",
    severity="warning",
    title="A weak Diffie-Hellman group is in use or offered",
    side="both",
    rank=Rank.NOTE,
    audit=True,
    meaning="Groups 1, 2, 5, 22, 23 and 24 are too small or badly founded: who records the traffic today may read it "
    "later. Use group 14 or above, or an elliptic curve (19, 20, 21). One that is only offered may still be chosen.",
    find=find,
    fix=tuple(stronger("key_exchange", None)),
    looks_like=(
        "IKEv2:(SESSION ID = 9,SA ID = 1):[IKEv2 -> Crypto Engine] Computing DH public key, DH Group 2",
        "ISAKMP:      default group 2",
    ),
    mistaken_for="a group that differs from the peer's (IKE105): here both ends agree, on a weak one",
    references=("RFC 8247", "RFC 9395"),
    sample="iosxe-weak-algorithms.log",
)
