"""Damaged logs: no traceback, a valid report, nothing invented, a reason for every failure."""

import io
import json
import random
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ikelog.pipeline import analyze, events_of
from ikelog.reading.sources import text_source
from ikelog.reporting import json_report, ladder, terminal

FOLDER = Path(__file__).parent.parent / "samples"
SAMPLES = [path.read_bytes().split(b"\n") for path in sorted(FOLDER.glob("*.log"))]
HEALTHY = [path.stem for path in sorted(FOLDER.glob("*-healthy-*.log"))] + ["iosxe-rekey", "iosxe-invalid-ke-retried"]
SCHEMA = jsonschema.Draft202012Validator(json.loads(json_report.schema()))
TAG = re.compile(r"IKEv2:|IKEv2-(?:PROTO|PLAT)-\d+: ")
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def damaged(draw: random.Random) -> bytes:
    """A stretch of one to three samples with lines lost, doubled, exchanged, cut, glued and garbled."""
    lines = [line for _ in range(draw.randint(1, 3)) for line in draw.choice(SAMPLES)]
    start = draw.randint(0, len(lines))
    lines = lines[start : start + draw.randint(5, 250)] or [b""]
    for _ in range(draw.randint(0, 30)):
        i, j = draw.randrange(len(lines)), draw.randrange(len(lines))
        change = draw.randint(0, 5)
        if change == 0:
            lines[i] = b""
        elif change == 1:
            lines.insert(i, lines[j])
        elif change == 2 and lines[i]:
            at = draw.randrange(len(lines[i]))
            lines[i] = lines[i][:at] + bytes([draw.randrange(256)]) + lines[i][at + 1 :]
        elif change == 3:
            lines[i] = lines[i][: draw.randint(0, len(lines[i]))]
        elif change == 4:
            lines[i] += lines[j]
        else:
            lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


@SETTINGS
@given(st.randoms(use_true_random=False))
def test_damaged_logs_get_a_sound_report(draw: random.Random) -> None:
    source = text_source("damaged.log", damaged(draw))
    report = analyze([source])
    out = io.StringIO()
    json_report.render(report, out)
    told = json.loads(out.getvalue())
    SCHEMA.validate(told)
    terminal.render(report, io.StringIO(), width=80, colour=True, verbose=1, quiet=False)
    ladder.render(report, io.StringIO(), width=80)
    text = "\n".join(source.lines).lower()
    said = {(finding["code"], n) for finding in told["findings"] for n in finding["negotiations"]}
    for negotiation in told["negotiations"]:
        assert all(spi is None or spi in text for spi in (negotiation["initiator_spi"], negotiation["responder_spi"]))
        assert negotiation["verdict"] or negotiation["outcome"] not in ("failed", "child_failed")
        assert negotiation["verdict"] is None or (negotiation["verdict"], negotiation["id"]) in said


@SETTINGS
@given(st.randoms(use_true_random=False))
def test_events_are_in_order_and_no_tagged_line_is_lost(draw: random.Random) -> None:
    source = text_source("damaged.log", damaged(draw))
    events = [event for event, _ in events_of([source])]
    assert [event.line for event in events] == sorted(event.line for event in events)
    covered = {line for event in events for line in range(event.line, event.end_line + 1)}
    tagged = {n for n, line in enumerate(source.lines, 1) if TAG.match(line)}
    assert tagged <= covered


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_log_cut_off_at_either_end_alarms_nobody(name: str) -> None:
    lines = (FOLDER / f"{name}.log").read_bytes().split(b"\n")
    for cut in range(3, len(lines), 5):
        for part in (lines[:cut], lines[cut:]):
            report = analyze([text_source("cut.log", b"\n".join(part))])
            assert [(cut, f.code, f.explanation) for f in report.findings if f.severity != "info"] == []
            assert not {"failed", "child_failed"} & {n.outcome for n in report.negotiations}, cut


def test_an_ikev1_sa_that_ends_in_the_next_of_rotated_logs_has_ended() -> None:
    lines = (FOLDER / "asa-ikev1-flapping.log").read_bytes().splitlines(keepends=True)
    for cut in range(1, len(lines)):
        older, newer = b"".join(lines[:cut]), b"".join(lines[cut:])
        report = analyze([text_source("a.log", newer), text_source("a.log.1", older)])
        assert [(n.outcome, n.verdict) for n in report.negotiations] == [("established", "IKE401")] * 4, cut
