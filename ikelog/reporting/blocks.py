"""Negotiations of one peer, role and verdict as one block, with the finding that explains them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.record import record
from ikelog.report import Report
from ikelog.reporting import wording

# Failures first. What went wrong after it had come up is a failure to whoever reads on.
_ORDER = ("FAILED", "CHILD SA FAILED", "UP, THEN FAILED", "UNFINISHED", "IKE SA ONLY", "UP")
_TOLD_IN_FULL = frozenset(_ORDER[:3])

Verdicts = Mapping[tuple[str, str], Finding]


@record
class Block:
    """Negotiations that read alike, at least one, in the order of the log; `finding` explains the first of them."""

    status: str
    negotiations: tuple[Negotiation, ...]
    finding: Finding | None


def verdict_findings(report: Report) -> Verdicts:
    """Return the first finding of each (negotiation id, code)."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in report.findings:
        for negotiation in finding.negotiations:
            found.setdefault((negotiation, finding.code), finding)
    return found


def verdict_finding(negotiation: Negotiation, verdicts: Verdicts) -> Finding | None:
    """Return the finding that explains a negotiation's outcome; None for a healthy one, or where it was ignored."""
    return verdicts.get((negotiation.id, negotiation.verdict or ""))


def build_blocks(negotiations: Iterable[Negotiation], verdicts: Verdicts) -> list[Block]:
    """Return the blocks, failures first, else in the order of their first negotiation."""
    groups: dict[tuple[str | None, ...], list[Negotiation]] = defaultdict(list)
    for negotiation in negotiations:
        status, peer = wording.status(negotiation), wording.peer(negotiation)
        groups[status, negotiation.device, peer, negotiation.role, negotiation.verdict].append(negotiation)
    blocks = [
        Block(wording.status(group[0]), tuple(group), verdict_finding(group[0], verdicts)) for group in groups.values()
    ]
    return sorted(blocks, key=lambda block: _ORDER.index(block.status))


def is_told_in_full(block: Block) -> bool:
    """Tell whether a block is shown with its evidence; the others are a line each."""
    return block.status in _TOLD_IN_FULL or (block.finding is not None and block.finding.severity != "info")


def other_findings(report: Report, verdicts: Verdicts) -> Sequence[Finding]:
    """Return the findings that are the verdict of no negotiation: those are told in its block."""
    verdicts_told = (verdict_finding(negotiation, verdicts) for negotiation in report.negotiations)
    told = {finding.id for finding in verdicts_told if finding}
    return [finding for finding in report.findings if finding.id not in told]
