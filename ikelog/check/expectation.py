"""What is expected of the negotiations in a log: as a configuration file or a profile says it."""

from collections.abc import Mapping
from typing import Literal

from ikelog.diagnosis.types import Severity
from ikelog.record import record

# What is asked of the values that a log shows of an IKE SA and its Child SAs, and how a sentence names each.
LIMITED = {
    "ike_version": "IKE version",
    "encryption": "encryption of the IKE SA",
    "integrity": "integrity of the IKE SA",
    "prf": "PRF",
    "dh_group": "DH group",
    "key_exchange": "additional key exchange",
    "child_encryption": "encryption of the Child SA",
    "child_integrity": "integrity of the Child SA",
    "pfs": "PFS of the Child SA",
    "authentication": "authentication of either end",
    "authentication.local": "authentication of this end",
    "authentication.remote": "authentication of the peer",
    "nat": "NAT",
}
ANY = "any"
NONE = "none"


@record
class Limit:
    """What one value may be: one of these only (`allowed`), none of these (`forbidden`), or all of these (`required`).

    `where` is the place that says so. `not_yet`: a profile that few devices can meet today. `optional`: nothing is
    wanted where the log shows no such value.
    """

    key: str
    values: tuple[str, ...]
    kind: Literal["allowed", "forbidden", "required"]
    where: str
    severity: Severity = "error"
    not_yet: bool = False
    optional: bool = False


@record
class Range:
    """How many there may be, both ends inclusive; `most` None: any number."""

    least: int = 0
    most: int | None = None


@record
class Networks:
    """A pair of networks in CIDR notation that a Child SA is to carry."""

    local: str
    remote: str


@record
class Selection:
    """Which negotiations an expectation is about: patterns of peer, device, file and role; None: any."""

    peer: str | None = None
    device: str | None = None
    file: str | None = None
    role: str | None = None


@record
class Expectation:
    """One `[[check.expect]]`: which negotiations it is about, and what of them.

    `places` give the `file:line` of each key, of the whole table under the empty name. Codes are codes, families or
    names of diagnoses.
    """

    places: Mapping[str, str]
    selection: Selection = Selection()
    outcome: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    max_duration_ms: int | None = None
    max_retransmissions: int | None = None
    max_rekeys: int | None = None
    min_child_sas: int | None = None
    selectors: tuple[Networks, ...] = ()
    negotiations: Range | None = None
    allowed_codes: tuple[str, ...] = ()
    forbidden_codes: tuple[str, ...] = ()
    required_codes: tuple[str, ...] = ()


@record
class Policy:
    """All that a check asks: the threshold, which codes count, the expectations, a profile's limits, what is known.

    `select` and `ignore` name codes, families or diagnoses. `narrowed` tells that filters leave out a part of the
    logs: what they leave out cannot be missed.
    """

    fail_on: Severity = "error"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    limits: tuple[Limit, ...] = ()
    allow_unknown: bool = False
    exit_zero: bool = False
    narrowed: bool = False
