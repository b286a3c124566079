"""Nameless lines wait for one that names its negotiation: it, or the one before it, shows whose they can be."""

from bisect import bisect_left

from ikelog.correlation import kinds
from ikelog.correlation.beginnings import suppose
from ikelog.correlation.identity import NO_IDENTITY
from ikelog.correlation.nameless import may_be_of, names_peer_of
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.view import View, Waiting, give, new_state, note_state, others_under_way
from ikelog.events.types import Event


def wait(view: View, event: Event) -> bool:
    """Let a nameless line wait, unless it ends a start that failed before it had an SPI; tell whether it waits."""
    view.waiting.events.append(event)
    if event.kind == "start_failed" or (event.kind == "negotiation_aborted" and view.syslog_only):
        _fail_start(view, view.waiting, len(view.waiting.events) - 1)
        return False
    return True


def take_waiting(view: View) -> list[Event]:
    """Return the lines that wait: none does now."""
    if not view.waiting.events:
        return []
    waiting, view.waiting = view.waiting, Waiting([])
    return _left(waiting)


def settle_waiting(view: View, lines: list[Event], named: NegotiationState | None) -> None:
    """Decide on the nameless lines that stood before one that names `named`."""
    if named is None and any(e.kind == "policy_not_built" for e in lines):
        waiting = Waiting([*lines])
        _fail_start(view, waiting, max(i for i, e in enumerate(lines) if e.kind in kinds.START_FAILED))
        lines = _left(waiting)
    for event in lines:
        _place(view, event, view.near or named)


def _place(view: View, event: Event, near: NegotiationState | None) -> None:
    """Give a nameless event to the only negotiation that it can be of, or note it beside the one before it."""
    others = view.count > 1 if event.kind in kinds.ENDING else others_under_way(view, near)
    over = near is not None and near.ended is not None and event.kind not in kinds.ENDING
    if near is None or others or view.held or over or not may_be_of(event, near):
        if near is not None and near.ended is None:
            near.nearby.append(event)
        view.loose.append(event)
    elif (event.kind in kinds.BEGINNING or view.near is None) and not names_peer_of(event, near):
        suppose(view, event, near)
    else:
        give(view, event, near)


def _fail_start(view: View, waiting: Waiting, last: int) -> None:
    """Make a negotiation of a start that failed, with the line at `last`, before it had an SPI."""
    state = new_state(view, NO_IDENTITY)
    begun = _take_start(waiting, last)
    for event in begun:
        give(view, event, state)
    state.ended = begun[-1]
    note_state(view, state)


def _take_start(waiting: Waiting, last: int) -> list[Event]:
    """Take the lines of a failed start out: those that can begin a negotiation, from the last first one on."""
    _index(waiting)
    start = bisect_left(waiting.starts, last)
    place = waiting.starts[start - 1] if start else 0
    del waiting.starts[max(start - 1, 0) : start]
    first, end = bisect_left(waiting.beginnings, place), bisect_left(waiting.beginnings, last)
    places = [*waiting.beginnings[first:end], last]
    del waiting.beginnings[first : bisect_left(waiting.beginnings, last + 1)]
    begun = [e for e in (waiting.events[place] for place in places) if e is not None]
    for place in places:
        waiting.events[place] = None
    return begun


def _index(waiting: Waiting) -> None:
    for place, event in enumerate(waiting.events[waiting.indexed :], waiting.indexed):
        if event is not None and event.kind in kinds.BEGINNING:
            waiting.beginnings.append(place)
            if event.kind in kinds.STARTING:
                waiting.starts.append(place)
    waiting.indexed = len(waiting.events)


def _left(waiting: Waiting) -> list[Event]:
    return [event for event in waiting.events if event is not None]
