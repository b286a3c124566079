"""Interleaved, wrapped, salted: what is true of the samples apart stays true of them together."""

import random
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ikelog.correlation.identity import endpoints, identity_of
from ikelog.correlation.types import Negotiation
from ikelog.events.reader import read_events
from ikelog.pipeline import Options, analyze, events_of
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import SourceText, text_source

SAMPLES = Path(__file__).parent.parent / "samples"
# A start that fails before there is a handle or an SPI, or a log without any, cannot be told from another's lines.
NAMELESS = ("asa-no-tunnel-group.log", "iosxe-syslog.log", "iosxe-no-ikev2-policy.log")
ALL = sorted(path.name for path in SAMPLES.glob("*.log") if path.name != "foreign-strongswan.log")
FOREIGN = [
    "*Apr 29 16:57:43.000: %LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel46, changed state to up",
    "<166>Jun 26 2024 01:35:42: %ASA-6-302014: Teardown TCP connection 12 for outside:198.51.100.9/443",
    "000812: Jan  6 2022 21:01:34.964 UTC: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.50)",
]
SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def sample(name: str, slot: int = 0) -> tuple[str, ...]:
    """The lines of a sample; `slot` gives its device handles numbers that no other sample in a mixture has."""
    text = (SAMPLES / name).read_text(encoding="utf-8").replace("\r", "")
    if slot:
        text = re.sub(r"SESSION ID = (\d+)", lambda m: f"SESSION ID = {slot}{m[1]}", text)
        text = re.sub(r"SA ID = (\d+)", lambda m: f"SA ID = {slot}{m[1]}", text)
        text = re.sub(r"\((\d{1,4})\)(?=:| tg_name| tunn| )", lambda m: f"({slot}{m[1]})", text)
    return tuple(text.split("\n"))


def report_of(lines: list[str] | tuple[str, ...], name: str = "mixed.log"):
    return analyze([text_source(name, "\n".join(lines).encode())], Options())


def told(negotiation: Negotiation) -> tuple[object, ...]:
    """What must not change: who, what came of it, why, which messages and how often."""
    messages = tuple(
        (m.exchange, m.message_id, m.direction, m.response, m.payloads, m.notifies, len(m.repeats))
        for m in negotiation.messages
    )
    return negotiation.role, negotiation.outcome, negotiation.verdict, messages


def by_spi(report) -> dict[tuple[str | None, str | None], tuple[object, ...]]:
    return {(n.initiator_spi, n.responder_spi): told(n) for n in report.negotiations}


def has_names(name: str) -> bool:
    """Tell whether each negotiation of a sample has SPIs: an IKEv1 or syslog line shows none, and none to tell by."""
    found = report_of(sample(name)).negotiations
    return bool(found) and len({n.initiator_spi for n in found} - {None}) == len(found)


NAMES = [name for name in ALL if name not in NAMELESS and has_names(name)]


def first_spi(name: str) -> str | None:
    """The SPI that a sample's first negotiation began with: two samples with one of the same are never mixed."""
    return min(spi for spi, _ in apart(name) if spi)


@cache
def apart(name: str) -> dict[tuple[str | None, str | None], tuple[object, ...]]:
    return by_spi(report_of(sample(name)))


@cache
def cuts(name: str, slot: int, *, anywhere: bool = False) -> tuple[int, ...]:
    """The lines before which a device may turn to another negotiation: the next record names its own.

    `anywhere`: before any record.
    """
    source = SourceText(name, "".join(f"{line}\n" for line in sample(name, slot)), "utf-8")
    named: dict[int, bool] = {}
    for event in read_events(source, Reading(ClockState())):
        own = event.handle is not None or identity_of(event) is not None or endpoints(event)[1] is not None
        named.setdefault(event.line, own)
    return tuple(line - 1 for line, own in named.items() if (own or anywhere) and line > 1)


def interleave(names: list[str], draw: random.Random, *, anywhere: bool = False) -> list[tuple[str, str]]:
    """Mix the samples in bursts, each line with the sample that it came from."""
    queues = []
    for slot, name in enumerate(names, 1):
        lines = sample(name, slot)
        places = cuts(name, slot, anywhere=anywhere)
        chosen = sorted(draw.sample(places, min(len(places), draw.randint(1, 12))))
        bounds = [0, *chosen, len(lines)]
        queues.append([[(name, line) for line in lines[a:b]] for a, b in pairwise(bounds)])
    mixed: list[tuple[str, str]] = []
    while queues:
        queue = draw.choice(queues)
        mixed.extend(queue.pop(0))
        if not queue:
            queues.remove(queue)
    return mixed


@SETTINGS
@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique_by=first_spi), st.randoms(use_true_random=False))
def test_bursts_of_several_negotiations_come_apart(names, draw):
    mixed = interleave(names, draw)
    found = by_spi(report_of([line for _, line in mixed]))
    expected = {spis: what for name in names for spis, what in apart(name).items()}
    assert found == expected


@SETTINGS
@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique_by=first_spi), st.randoms(use_true_random=False))
def test_cut_before_any_record_none_lands_with_a_wrong_negotiation(names, draw):
    mixed = interleave(names, draw, anywhere=True)
    owner = {spis: name for name in names for spis in apart(name)}
    source = text_source("mixed.log", "\n".join(line for _, line in mixed).encode())
    report = analyze([source], Options())
    spis = {n.id: (n.initiator_spi, n.responder_spi) for n in report.negotiations}
    for event, negotiation in events_of([source], Options()):
        home = owner.get(spis[negotiation]) if negotiation else None
        if home is not None:
            assert mixed[event.line - 1][0] == home, (event.line, event.kind, mixed[event.line - 1][1])


ENVELOPES = {
    "carriage returns": "{line}\r",
    "syslog server": "Nov 21 10:00:{second:02} 192.0.2.77 {line}",
    "host and colon": "Sep 25 15:47:{second:02} host : {line}",
    "RFC 3164": "<166>Nov 21 10:00:{second:02} edge1 {line}",
    "RFC 5424": "<134>1 2024-06-26T01:35:{second:02}.003Z edge1 - - - - {line}",
    "ISO 8601": "2024-06-26T01:35:{second:02}Z {line}",
    "ISO 8601 and host": "2024-06-26T01:35:{second:02}+02:00 edge1 {line}",
    "program": "Oct 10 2018 12:34:{second:02} localhost CiscoASA[999]: {line}",
    "two sequence numbers": "<190>{number}: 9{number}: {line}",
    "sequence and host": "<189>{number}: edge-7: {line}",
    "empty field": "<166>:: {line}",
    "debug in syslog": "Jun 10 2010 17:36:{second:02}: %ASA-7-711001: {line}",
    "debug in syslog with class": "<191>Jun 10 2010 17:36:{second:02} fw1 : %FTD-vpn-7-711001: {line}",
    "quoted": "> {line}",
    "relay": "<189>: sw01: Jan  6 2022 21:01:{second:02}.964: {line}",
    "two hosts": "Nov 21 10:00:{second:02} loghost 192.0.2.77 {line}",
    "line numbers": "{number:>5}  {line}",
    "numbers and a bar": "{number}| {line}",
    "a paragraph": "<p>{line}</p>",
    "tab": "\t{line}",
}


def wrapped_in(envelope: str, lines: tuple[str, ...]) -> list[str]:
    return [envelope.format(line=line, second=i % 60, number=1000 + i) for i, line in enumerate(lines)]


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=list(ENVELOPES))
def test_an_envelope_changes_nothing(envelope):
    for name in NAMES:
        assert by_spi(report_of(wrapped_in(envelope, sample(name)))) == apart(name), name


@pytest.mark.parametrize("name", NAMES)
def test_lost_indentation_and_headers_on_heads_alone_change_nothing(name):
    lines = sample(name)
    expected = apart(name)
    assert by_spi(report_of([" ".join(line.split()) for line in lines])) == expected
    wrapped = [f"<189>{i}: edge-7: {line}" if line.startswith(("*", "IKEv2")) else line for i, line in enumerate(lines)]
    assert by_spi(report_of(wrapped)) == expected


@SETTINGS
@given(st.sampled_from(NAMES), st.randoms(use_true_random=False))
def test_foreign_lines_between_change_nothing(name, draw):
    lines = list(sample(name))
    for _ in range(draw.randint(1, 30)):
        lines.insert(draw.randint(0, len(lines)), draw.choice(FOREIGN))
    assert by_spi(report_of(lines)) == apart(name)
