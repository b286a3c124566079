"""What a check found: the report, what counts against it, and what was accepted."""

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Evidence, Finding, Severity
from ikelog.record import record
from ikelog.report import Report

LEVELS: tuple[Severity, ...] = ("error", "warning", "info")


@record
class Unmet:
    """An expectation that the logs do not meet.

    `key` is the expectation's (`outcome`, `encryption`, `max_duration`), `wanted` and `found` are short texts for
    people; `unknown` tells that the log cannot answer. `where` is the place of the expectation, `file:line`, or the
    profile that it comes from. `severity` is a profile's; what a file expects is an error.
    """

    key: str
    wanted: str
    found: str
    where: str
    negotiations: tuple[str, ...] = ()
    unknown: bool = False
    evidence: tuple[Evidence, ...] = ()
    severity: Severity = "error"


@record
class Checked:
    """The result of a check.

    `findings` are those at or above the threshold, `failed` the negotiations that ended badly, both without what a
    baseline or an expectation accepts; `accepted` counts what they accept. `status` is the exit status. `below` counts
    what profiles and rules find below the threshold, `stale` says what a baseline accepts and no log shows any more.
    """

    report: Report
    findings: tuple[Finding, ...]
    failed: tuple[Negotiation, ...]
    unmet: tuple[Unmet, ...]
    accepted: int
    status: int
    below: int = 0
    stale: tuple[str, ...] = ()
