"""What a diagnosis says. The JSON report and every other renderer print these."""

from typing import Literal

from ikelog.record import record

Severity = Literal["error", "warning", "info"]
Side = Literal["local", "peer", "both", "path", "unknown"]
Certainty = Literal["observed", "inferred"]


@record
class Evidence:
    """Lines of the log that show a thing, verbatim; both line numbers inclusive."""

    source: str
    line: int
    end_line: int
    text: str


@record
class Alternative:
    """Another cause that fits what the log shows, and why."""

    code: str
    why: str


@record
class Attribute:
    """One attribute of two proposals, selectors or identities side by side."""

    attribute: str
    local: tuple[str, ...]
    remote: tuple[str, ...]
    equal: bool


@record
class Comparison:
    """One own value against one of the peer's; `distance` counts the attributes that differ."""

    own: str
    peer: str
    distance: int
    attributes: tuple[Attribute, ...]


@record
class Fix:
    """What to type, and why. `platform` is `ios`, `asa`, `peer` (the far end, in words) or `path`."""

    platform: str
    commands: tuple[str, ...]
    why: str


@record
class Finding:
    """One diagnosis of one or more negotiations, with the lines that prove it."""

    id: str
    code: str
    name: str
    severity: Severity
    title: str
    negotiations: tuple[str, ...]
    side: Side
    explanation: str
    certainty: Certainty
    evidence: tuple[Evidence, ...]
    alternatives: tuple[Alternative, ...] = ()
    comparison: tuple[Comparison, ...] | None = None
    fix: tuple[Fix, ...] = ()
    references: tuple[str, ...] = ()
