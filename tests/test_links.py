"""Links between negotiations against their plain definitions, which compare each with every other."""

import random
from collections import defaultdict
from copy import deepcopy
from datetime import datetime, timedelta

import pytest

from ikelog.correlation.gathered import Gathered, gather
from ikelog.correlation.links import LONGEST_WAIT_LINES, LONGEST_WAIT_MS, link
from ikelog.correlation.rekeys import began_by_init, link_rekeys
from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import End, Negotiation
from ikelog.events.types import Endpoint, Event
from ikelog.reading.moment import Day, Moment

EXCHANGES = ("IKE_SA_INIT", "CREATE_CHILD_SA", "CREATE_CHILD_SA", "INFORMATIONAL")
PAYLOADS = (("SA", "KE"), ("SA", "TSi"), ())
STATES = ("I_BLD_INIT", "READY", "R_WAIT_AUTH")
OUTCOMES = ("established", "failed", "child_failed", "incomplete", "ike_only")
NEIGHBOURS = 50
DAY = Day(datetime(2024, 1, 1), timedelta(), 2024, None, None, None)


def gathered(draw: random.Random) -> list[Gathered]:
    """Negotiations of a few peers, in the order of their first lines, over one source or several."""
    sources, lines = draw.randint(1, 3), draw.choice((5, 30, 200, 6000))
    states = [state(draw, sources, lines) for _ in range(draw.choice((2, 10, 30, 120)))]
    states.sort(key=lambda state: (state.events[0].source, state.events[0].line))
    for number, one in enumerate(states, 1):
        one.number = f"N{number}"
    return [gather(one) for one in states]


def state(draw: random.Random, sources: int, lines: int) -> NegotiationState:
    made = NegotiationState(draw.choice((None, None, "edge")), "0.log")
    made.initiator_spi = draw.choice((None, "a", "b", f"{draw.getrandbits(64):016x}", f"{draw.getrandbits(64):016x}"))
    made.responder_spi = draw.choice((None, "c", "d"))
    made.role = draw.choice((None, "initiator", "responder"))
    made.remote = draw.choice((None, Endpoint("192.0.2.1", 500), Endpoint("192.0.2.2", 500)))
    first = draw.randrange(sources)
    places = sorted((draw.randrange(first, sources), draw.randrange(lines)) for _ in range(draw.randint(1, 4)))
    for source, line in places:
        made.events.append(event(draw, f"{source}.log", line))
        if made.events[-1].kind == "message_sent":
            made.messages.append(message(draw, made.events[-1]))
    return made


def event(draw: random.Random, source: str, line: int) -> Event:
    kind = draw.choice(("ike_rekey_started", "message_sent", "state_changed", "sa_deleted", "sa_deleted"))
    fields = {"state": draw.choice(STATES)} if kind == "state_changed" else {}
    clock = f"{line // 3600:02}:{line // 60 % 60:02}:{line % 60:02}"
    return Event(kind, source, line, line, draw.choice((None, *[Moment(DAY, clock)] * 4)), fields=fields)


def message(draw: random.Random, first: Event) -> MessageState:
    line = first.line
    return MessageState(draw.choice(EXCHANGES), 1, "sent", False, first, line, line, payloads=draw.choice(PAYLOADS))


@pytest.mark.parametrize("seed", range(300))
def test_rekeys_are_linked_as_defined(seed: int) -> None:
    found = gathered(random.Random(seed))
    expected = deepcopy(found)
    link_rekeys(found)
    for new in expected:
        if new.state.initiator_spi is not None and not began_by_init(new):
            older = [old.state for old in expected if old is not new and may_have_made(old, new)]
            if older:
                new.state.rekeyed_from, older[-1].rekey_pending = older[-1], True
    assert [rekeyed_from(one) for one in found] == [rekeyed_from(one) for one in expected]


def may_have_made(old: Gathered, new: Gathered) -> bool:
    before, after = old.state, new.state
    if before.device != after.device or before.rekey_pending:
        return False
    if before.remote and after.remote and before.remote.address != after.remote.address:
        return False
    begin = new.events[0].line
    return any(e.line <= begin for e in old.events.of("ike_rekey_started")) or any(
        m.exchange == "CREATE_CHILD_SA" and m.first.line <= begin and "SA" in m.payloads and "TSi" not in m.payloads
        for m in old.messages
    )


def rekeyed_from(one: Gathered) -> str | None:
    return one.state.rekeyed_from.number if one.state.rekeyed_from else None


def negotiation(draw: random.Random, one: Gathered) -> Negotiation:
    events = (None, *one.events)
    return Negotiation(
        one.state.number,
        2,
        draw.choice(OUTCOMES),
        device=one.state.device,
        remote=End(one.state.remote.address if one.state.remote else None),
        initiator_spi=one.state.initiator_spi,
        ike_up=draw.choice(events),
        child_up=draw.choice(events),
        failure=draw.choice(events),
        events=one.events,
    )


@pytest.mark.parametrize("seed", range(300))
def test_negotiations_are_linked_as_defined(seed: int) -> None:
    draw = random.Random(seed)
    found = gathered(draw)
    for one in found:
        one.state.rekeyed_from = draw.choice((one.state, *[None] * 9))
    built = [negotiation(draw, one) for one in found]
    views: dict[str, str] = {}
    requests, simultaneous = defaultdict(list), defaultdict(list)
    for place, (second, b) in enumerate(zip(found, built, strict=True)):
        for first, a in of_key(found, built, place, lambda one, _: one.state.initiator_spi):
            if {first.state.role, second.state.role} == {"initiator", "responder"}:
                if first.state.responder_spi in (second.state.responder_spi, None):
                    views[a.id], views[b.id] = b.id, a.id
            elif first.state.role == second.state.role:
                requests[a.id].append(b.id)
                requests[b.id].append(a.id)
        for first, a in of_key(found, built, place, lambda _, one: one.remote.address):
            if are_simultaneous(first, second, a, b):
                simultaneous[a.id].append(b.id)
                simultaneous[b.id].append(a.id)
    for linked in link(found, built):
        assert linked.other_view == views.get(linked.id)
        assert list(linked.same_request_as) == requests[linked.id]
        assert list(linked.simultaneous_with) == simultaneous[linked.id]


def of_key(found, built, place, key):
    """The last negotiations before one that have the same key."""
    wanted = key(found[place], built[place])
    pairs = zip(found[:place], built[:place], strict=True)
    return [pair for pair in pairs if wanted is not None and key(*pair) == wanted][-NEIGHBOURS:]


def are_simultaneous(first: Gathered, second: Gathered, a: Negotiation, b: Negotiation) -> bool:
    if any(one.state.rekeyed_from or not one.state.initiator_spi or not began_by_init(one) for one in (first, second)):
        return False
    if a.initiator_spi == b.initiator_spi or a.device != b.device:
        return False
    return a.events[0].source == b.events[0].source and under_way_until(a, b) > b.events[0].line


def under_way_until(a: Negotiation, b: Negotiation) -> int:
    decided = a.failure if a.outcome in ("failed", "child_failed") else a.child_up or a.ike_up
    last, begin = a.events[-1], b.events[0]
    if decided is not None or last.line > begin.line:
        return (decided or last).line
    if last.offset_ms is not None and begin.offset_ms is not None:
        waiting = 0 <= begin.offset_ms - last.offset_ms <= LONGEST_WAIT_MS
    else:
        waiting = begin.line - last.line <= LONGEST_WAIT_LINES
    return begin.line + 1 if waiting else last.line
