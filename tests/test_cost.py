"""What negotiations cost behind correlation, in function calls: no more than in proportion to the log."""

import cProfile
import pstats
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ikelog.correlation.build import build_negotiations
from ikelog.correlation.correlator import correlate_events
from ikelog.diagnosis.engine import diagnose
from ikelog.diagnosis.registry import rules
from ikelog.diagnosis.rule import Log
from ikelog.events.reader import read_events
from ikelog.pipeline import Options, analyze
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import text_source

SAMPLES = Path(__file__).parent.parent / "samples"
HEALTHY = sorted(SAMPLES.glob("*-healthy-*.log"))
LAZY = {"steps", "configuration", "proposals", "transforms", "authentication", "remote_access", "closed", "vrf"}
SMALL, LARGE = 40, 120


def calls(text: str) -> int:
    """How many functions are called to build and to diagnose the negotiations of a log."""
    events = list(read_events(text_source("a.log", text.encode()), Reading(ClockState())))
    states = correlate_events(events).states
    rules()  # found once
    profile = cProfile.Profile()
    with profile:
        log = Log(build_negotiations(states))
        diagnose(log, lambda name, line, end: "")
    assert log.negotiations
    return pstats.Stats(profile).total_calls  # type: ignore[attr-defined]


def renamed(name: str, copies: int, *, one_peer: bool) -> str:
    """A sample again and again, each time with other SPIs, and with another peer unless `one_peer`."""
    text = (SAMPLES / name).read_text(encoding="utf-8")
    copies_of_text = (with_spis(text, number) for number in range(copies))
    if one_peer:
        return "\n".join(copies_of_text)
    return "\n".join(
        copy.replace("192.0.2.", f"10.{number // 200}.{number % 200}.") for number, copy in enumerate(copies_of_text)
    )


def with_spis(text: str, number: int) -> str:
    return re.sub(r"\b(?!0{16})[0-9A-F]{4}(?=[0-9A-F]{12}\b)", f"{number:04X}", text)


def with_ids(block: str, number: int) -> str:
    block = re.sub(r"(?<=Message id: )(\d+)", lambda found: str(int(found[1]) + 2 * number), block)
    return re.sub(r"0x([0-9A-F]{8})\b", lambda found: f"0x{int(found[1], 16) ^ number:08X}", block)


def rekeyed(times: int, *, refused: bool) -> str:
    """An IKE SA whose Child SA is rekeyed, or under which another one is refused, so many times."""
    head, *rest = re.split(r"(?m)^(?=.*Check for IPSEC rekey)", (SAMPLES / "iosxe-rekey.log").read_text("utf-8"))
    block = re.split(r"(?m)^(?=.*DPD/liveness query)", rest[0])[0]
    if refused:
        block = block.replace("NOTIFY(REKEY_SA)", "").replace("Beginning IPsec SA rekey", "Check for EAP exchange")
        block = re.sub(r"(RESPONSE\s*\nPayload contents:\s*\n) SA .*", r"\1 NOTIFY(NO_PROPOSAL_CHOSEN)", block)
    return head + "".join(with_ids(block, number) for number in range(times))


LOGS: dict[str, Callable[[int], str]] = {
    "healthy": lambda n: renamed("iosxe-healthy-initiator.log", n, one_peer=False),
    "one peer": lambda n: renamed("iosxe-healthy-initiator.log", n, one_peer=True),
    "failing": lambda n: renamed("iosxe-traffic-selector-mismatch.log", n, one_peer=False),
    "failing with one peer": lambda n: renamed("iosxe-auth-unanswered.log", n, one_peer=True),
    "IKE SA rekeyed": lambda n: renamed("iosxe-rekey.log", n, one_peer=True),
    "Child SA rekeyed": lambda n: rekeyed(n, refused=False),
    "Child SA refused": lambda n: rekeyed(n, refused=True),
}


@pytest.mark.parametrize("make", LOGS.values(), ids=list(LOGS))
def test_three_times_the_log_costs_three_times_as_much(make: Callable[[int], str]) -> None:
    assert calls(make(LARGE)) < calls(make(SMALL)) * LARGE / SMALL * 1.2


def test_a_refused_child_is_refused_in_that_log() -> None:
    (report,) = [analyze([text_source("a.log", rekeyed(3, refused=True).encode())], Options())]
    assert [child.state for child in report.negotiations[0].child_sas].count("failed") == 3


@pytest.mark.parametrize("path", HEALTHY, ids=lambda path: path.stem)
def test_of_a_healthy_negotiation_only_what_is_asked_for_is_built(path: Path) -> None:
    report = analyze([text_source(path.name, path.read_bytes())], Options())
    assert [negotiation.outcome for negotiation in report.negotiations] == ["established"]
    assert not LAZY & vars(report.negotiations[0]).keys()
    assert report.negotiations[0].steps
