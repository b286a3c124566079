"""IKE603: weak integrity algorithms."""

import re
from collections.abc import Iterator

from ikelog.diagnosis.hygiene import Weakness, canonical, weak_choices
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.stronger import stronger

_WEAK = r"(?:(?:ESP|AH)-)?(?:HMAC-)?(?:MD5|MD596|SHA|SHA1|SHA-1|SHA96)(?:-96|-HMAC)?$"


def find(log: Log) -> Iterator[Match]:
    """Find the peers with which MD5 or SHA-1 was settled or offered."""
    yield from weak_choices(log, Weakness(("integrity", "prf"), _is_weak, _word))


def _is_weak(name: str) -> bool:
    return re.match(_WEAK, name.upper()) is not None


def _word(transform: str, name: str) -> str:
    plain = {"SHA": "SHA-1", "SHA1": "SHA-1", "MD5": "MD5"}.get(canonical(name), name)
    return f"{'PRF' if transform == 'prf' else 'integrity'} {plain}"


RULE = Rule(
    code="IKE603",
    name="weak-integrity",
    severity="warning",
    title="MD5 or SHA-1 is in use or offered",
    side="both",
    rank=Rank.NOTE,
    audit=True,
    meaning="MD5 and SHA-1 are no longer good enough for new VPNs, as integrity algorithm or as PRF. Use SHA-256 or "
    "better, or AES-GCM, which needs none. What is only offered may still be chosen.",
    find=find,
    fix=tuple(stronger("integrity", None)),
    looks_like=("   AES-CBC   SHA1   SHA96   DH_GROUP_2048_MODP/Group 14", "ISAKMP:      hash MD5"),
    mistaken_for="SHA-1 in NAT detection or in fingerprints, where it does no harm",
    references=("RFC 8247", "RFC 8221", "RFC 9395"),
    sample="iosxe-weak-algorithms.log",
)
