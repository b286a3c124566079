"""A log that was rotated in the middle of a negotiation says what it said in one piece."""

from pathlib import Path

import pytest

from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.report import Report

SAMPLES = Path(__file__).parent.parent / "samples"
# The sample, and the lines behind which it is cut: each between two records.
CUTS = [
    ("asa-response-not-arriving.log", (124, 160)),
    ("iosxe-healthy-initiator.log", (12, 20)),
    ("iosxe-no-response.log", (12,)),
    ("iosxe-three-peers.log", (20, 40)),
    ("iosxe-version-mismatch.log", (3, 6)),
    ("iosxe-invalid-ke-retried.log", (13,)),
    ("iosxe-authentication-rejected.log", (16,)),
]


def told(report: Report) -> list[tuple[str, str | None, str | None, str | None, int]]:
    return [(n.outcome, n.verdict, n.initiator_spi, n.role, len(n.messages)) for n in report.negotiations]


@pytest.mark.parametrize(("sample", "line"), [(sample, line) for sample, lines in CUTS for line in lines])
def test_rotated_logs_say_what_one_log_says(sample: str, line: int) -> None:
    text = (SAMPLES / sample).read_bytes()
    lines = text.splitlines(keepends=True)
    older, newer = b"".join(lines[:line]), b"".join(lines[line:])
    rotated = analyze([text_source("hub.log", newer), text_source("hub.log.1", older)])
    assert told(rotated) == told(analyze([text_source("hub.log", text)])) != []
