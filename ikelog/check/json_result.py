"""The result of a check as JSON, for scripts."""

from typing import TextIO

from ikelog.check.types import Checked, Unmet
from ikelog.correlation.types import Negotiation
from ikelog.record import fields
from ikelog.reporting.json_report import encoded_text, plain

SCHEMA_VERSION = 1
_OF_A_NEGOTIATION = "id ike_version device role outcome verdict spans".split()


def render(checked: Checked, out: TextIO) -> None:
    """Write one JSON object: the status, what failed, what was expected, the findings that count, the counts."""
    report = checked.report
    result = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "ikelog", "version": report.version},
        "status": checked.status,
        "sources": [{"name": source.name, "ike_lines": source.ike_lines} for source in report.sources],
        "failed": [_negotiation(negotiation) for negotiation in checked.failed],
        "unmet": [_unmet(unmet) for unmet in checked.unmet],
        "findings": [plain(finding) for finding in checked.findings],
        "stale": list(checked.stale),
        "counts": {
            "negotiations": len(report.negotiations),
            "failed": len(checked.failed),
            "unmet": len(checked.unmet),
            "findings": len(checked.findings),
            "accepted": checked.accepted,
            "below": checked.below,
        },
    }
    out.write(encoded_text(result, out) + "\n")


def _negotiation(negotiation: Negotiation) -> dict[str, object]:
    known = {key: plain(getattr(negotiation, key)) for key in _OF_A_NEGOTIATION}
    return {**known, "peer": negotiation.remote.address or negotiation.remote.identity}


def _unmet(unmet: Unmet) -> dict[str, object]:
    return {key: plain(getattr(unmet, key)) for key in fields(unmet)}
