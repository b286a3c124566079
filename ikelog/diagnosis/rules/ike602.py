"""IKE602: weak encryption, or none."""

import re
from collections.abc import Iterator

from ikelog.diagnosis.hygiene import Weakness, weak_choices
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.stronger import stronger


def find(log: Log) -> Iterator[Match]:
    """Find the peers with which DES, 3DES or NULL was settled or offered."""
    yield from weak_choices(log, Weakness(("encryption",), _is_weak, lambda _, name: name))


def _is_weak(name: str) -> bool:
    return re.match(r"(?:3?DES|NULL)\b|.*NULL", name.upper()) is not None


RULE = Rule(
    code="IKE602",
    name="weak-encryption",
    severity="warning",
    title="Weak encryption, or none, is in use or offered",
    side="both",
    rank=Rank.NOTE,
    audit=True,
    meaning="DES is broken, 3DES is slow and weak for much data, NULL does not encrypt at all. Use AES. What is only "
    "offered may still be chosen by a peer that knows nothing better.",
    find=find,
    fix=tuple(stronger("encryption", None)),
    looks_like=("   3DES   SHA1   SHA96   DH_GROUP_1024_MODP/Group 2", "ISAKMP:      encryption 3DES-CBC"),
    mistaken_for="ESP NULL on purpose, where something else encrypts",
    references=("RFC 8247", "RFC 8221", "RFC 9395"),
    sample="iosxe-weak-algorithms.log",
)
