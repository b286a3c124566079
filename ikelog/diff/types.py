"""What changed between two captures, as plain values."""

from typing import Literal

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Severity
from ikelog.record import record
from ikelog.report import Report

Value = str | int | bool | tuple[str, ...] | None
Status = Literal["changed", "unchanged", "only_before", "only_after"]
Trend = Literal["better", "worse"]
Sign = Literal["-", "+"]


@record
class Tolerance:
    """How far two durations may lie apart: a share of the shorter one, and milliseconds; both must be exceeded."""

    relative: float = 0.2
    floor_ms: int = 500


@record
class Edit:
    """One thing that went (`-`) or came (`+`)."""

    op: Sign
    text: str


@record
class Change:
    """One aspect that differs, named as the report's keys are: `outcome`, `transforms.encryption`, `messages`.

    `child_sa` names the Child SA by its selectors, None for the IKE SA. Where the values are lists, `edits` say what
    went and came.
    """

    aspect: str
    before: Value
    after: Value
    edits: tuple[Edit, ...] = ()
    child_sa: str | None = None


@record
class Pair:
    """A negotiation and its partner in the other capture; `untold` is what only one of the two logs tells."""

    before: Negotiation
    after: Negotiation
    changes: tuple[Change, ...]
    untold: tuple[Change, ...]


@record
class Code:
    """A diagnosis that only one capture has."""

    code: str
    name: str
    severity: Severity
    title: str


@record
class PeerDiff:
    """One peer, and the device where both captures have several.

    `only_before` and `only_after` are negotiations without a partner, `gone` and `come` the diagnoses of the peer that
    only one capture has. `trend` is None where nothing got better or worse, or both did.
    """

    peer: str
    device: str | None
    status: Status
    trend: Trend | None
    pairs: tuple[Pair, ...]
    only_before: tuple[Negotiation, ...]
    only_after: tuple[Negotiation, ...]
    gone: tuple[Code, ...]
    come: tuple[Code, ...]


@record
class Diff:
    """Two captures compared; `gone` and `come` are diagnoses that belong to no negotiation."""

    before: Report
    after: Report
    tolerance: Tolerance
    peers: tuple[PeerDiff, ...]
    gone: tuple[Code, ...]
    come: tuple[Code, ...]
    changed: bool
