"""Lines of one handle in a row go a short way to their negotiation: it leads where the long way does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_interleaving import NAMES, SETTINGS, interleave, sample

from ikelog.correlation import correlator
from ikelog.correlation.correlator import correlate_events
from ikelog.events.types import Endpoint, Event, Handle
from ikelog.pipeline import Options, events_of
from ikelog.reading.sources import text_source

MIXTURES = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
RANDOM = st.randoms(use_true_random=False)


def read(lines: list[str] | tuple[str, ...]) -> list[Event]:
    source = text_source("mixed.log", "\n".join(lines).encode())
    return [event for event, _ in events_of([source], Options())]


def mixed(names: list[str], draw, spread: int) -> list[Event]:
    """The events of samples in bursts cut anywhere, `spread` lines apart so that what is held may expire."""
    events = read([line for _, line in interleave(names, draw, anywhere=True)])
    return [event._replace(line=event.line * spread, end_line=event.end_line * spread) for event in events]


def lines(events: list[Event]) -> list[tuple[str, int]]:
    return [(event.kind, event.line) for event in events if event.device != "elsewhere"]


def told(events: list[Event]) -> list[object]:
    """Everything that correlation gathers of events, of one device."""
    found = correlate_events(events)
    negotiations = [
        (
            (state.initiator_spi, state.responder_spi, state.role, state.local, state.remote, state.handles),
            (state.up, state.failed, lines([state.ended]) if state.ended else None),
            (lines(state.events), lines(state.nearby)),
            [
                (m.exchange, m.message_id, m.direction, m.response, m.line, m.payloads, m.repeats)
                for m in state.messages
            ],
        )
        for state in found.states
    ]
    return [*negotiations, lines(found.loose)]


def broken_up(events: list[Event]) -> list[Event]:
    """The same events, before each a line of another device's handle: none of them is part of a burst."""

    def foreign(event: Event) -> Event:
        return Event("unrecognised", event.source, event.line, event.line, device="elsewhere", handle=Handle(9, 9))

    return [one for event in events for one in (foreign(event), event)]


def copied(event: Event) -> Event:
    """An equal event that shares no object with another."""
    handle = Handle(event.handle.sa, event.handle.session) if event.handle is not None else None
    source = event.source.encode().decode()
    return event._replace(source=source, handle=handle, fields=dict(event.fields))


SPI_PAIRS = [("a" * 16, "0" * 16), ("a" * 16, "b" * 16), ("a" * 16, "c" * 16), ("d" * 16, "e" * 16)]
STATES = [
    ("R_INIT", "EV_VERIFY_MSG"),
    ("I_WAIT_AUTH", "EV_RECV_AUTH"),
    ("READY", "EV_CHK_IKE_ONLY"),
    ("EXIT", "EV_ABORT"),
]
ENDS = [Endpoint("192.0.2.1", 500), Endpoint("198.51.100.1", 500), Endpoint("203.0.113.1", 4500)]
KINDS = """child_keys_loaded dh_computed policy_searched acquire_requested start_failed init_failed ike_sa_up sa_deleted
session_status negotiation_aborted unrecognised""".split()


@st.composite
def fields(draw, kind: str) -> dict[str, object]:
    found: dict[str, object] = {}
    if kind in ("state_changed", "message_sent", "message_received") or draw(st.integers(0, 9)) == 0:
        found["initiator_spi"], found["responder_spi"] = draw(st.sampled_from(SPI_PAIRS))
    if kind == "state_changed":
        found["state"], found["state_event"] = draw(st.sampled_from(STATES))
        found["role"] = draw(st.sampled_from("IR"))
    if kind in ("message_sent", "message_received"):
        found |= {"message_id": draw(st.integers(0, 1)), "exchange": "IKE_SA_INIT", "response": draw(st.booleans())}
    if draw(st.integers(0, 3)) == 0:
        found["local"], found["remote"] = draw(st.permutations(ENDS))[:2]
    if kind == "session_status":
        found["status"] = "DOWN"
    return found


@st.composite
def logs(draw) -> list[Event]:
    """Events of a few handles, SPI pairs and ends, in bursts: one log or two, of one device or two."""
    known = [Handle(1, 1), Handle(1), Handle(1, 2), Handle(2, 1), None]
    handles = st.sampled_from(draw(st.lists(st.sampled_from(known), min_size=2, max_size=3)))
    kinds = st.sampled_from(
        ["plain", "plain", "state_changed", "state_changed", "message_sent", "message_received", *KINDS]
    )
    sources = draw(st.sampled_from([["a.log"], ["a.log.1", "a.log"], ["a.log", "b.log"]]))
    devices = st.sampled_from(draw(st.sampled_from([[None], ["edge"], ["edge", "core"]])))
    events = []
    for source in sources:
        line = 0
        for _ in range(draw(st.integers(1, 8))):
            handle, device = draw(handles), draw(devices)
            for kind in draw(st.lists(kinds, min_size=1, max_size=8)):
                line += draw(st.sampled_from([1, 1, 1, 1, 900, 2100]))
                event = Event(kind, source, line, line, device=device, fields=draw(fields(kind)))
                events.append(event._replace(handle=draw(st.sampled_from([handle, handle, handle, None]))))
    return events


@settings(SETTINGS, max_examples=250)
@given(logs())
def test_any_lines_in_bursts_and_single_give_the_same(events):
    assert told(events) == told(broken_up(events))


@SETTINGS
@given(MIXTURES, RANDOM, st.sampled_from([1, 40, 900]))
def test_bursts_and_single_lines_give_the_same(names, draw, spread):
    events = mixed(names, draw, spread)
    assert told(events) == told(broken_up(events))


@SETTINGS
@given(MIXTURES, RANDOM)
def test_shared_objects_and_copies_give_the_same(names, draw):
    events = mixed(names, draw, 1)
    assert told(events) == told([copied(event) for event in events])


@pytest.mark.parametrize("name", ["iosxe-healthy-initiator.log", "asa-healthy-responder.log"])
def test_most_lines_of_a_negotiation_go_the_short_way(name, monkeypatch):
    events = [event for event in read(sample(name)) if event.handle is not None]
    long_way: list[Event] = []
    take = correlator._take

    def counted(devices, event, burst):
        long_way.append(event)
        return take(devices, event, burst)

    monkeypatch.setattr(correlator, "_take", counted)
    correlate_events(events)
    assert len(long_way) < len(events) / 2
