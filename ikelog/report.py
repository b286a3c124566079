"""The frozen report: the only thing that renderers see."""

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.record import record


@record
class SourceClock:
    """What is known of a source's clock: its year, its zone, and the marks seen before it (`*`, `.` or none)."""

    year: int | None = None
    zone: str | None = None
    marks: tuple[str, ...] = ()


@record
class Source:
    """One log that was read. Lines are counted as `sed -n Np` does; `ike_lines` lie under a known tag."""

    name: str
    platform: str | None
    lines: int
    ike_lines: int
    unrecognised_lines: int
    encoding: str
    first_time: str | None
    last_time: str | None
    clock: SourceClock
    notes: tuple[str, ...] = ()


@record
class Summary:
    """How many of each."""

    negotiations: int
    established: int
    child_failed: int
    failed: int
    ike_only: int
    incomplete: int
    child_sas_failed: int
    errors: int
    warnings: int
    peers: tuple[str, ...]


@record
class Report:
    """Everything that an analysis found, in the order of the contract.

    `interrupted` tells that it was cut short, `left_out` how many negotiations the filters do not keep.
    """

    version: str
    sources: tuple[Source, ...]
    negotiations: tuple[Negotiation, ...]
    findings: tuple[Finding, ...]
    summary: Summary
    interrupted: bool = False
    left_out: int = 0
