"""The nameless lines that begin a negotiation: whose they are, and taking that back when another may own them."""

from collections import deque

from ikelog.correlation import kinds
from ikelog.correlation.identity import endpoints
from ikelog.correlation.nameless import fits, may_be_of
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.view import Supposed, View, give, others_negotiating, others_under_way
from ikelog.events.types import Event


def take_beginning(
    view: View, waiting: list[Event], state: NegotiationState | None = None, held: int = 0
) -> tuple[list[Event], list[Event]]:
    """Part the nameless lines that wait into those that can begin a negotiation, and the others.

    Where another than `state`, or than the `held` handles, is being negotiated they may be its: only those that name
    their peer are taken. Where another is up: those from a line on that starts one.
    """
    begun = [e for e in waiting if e.kind in kinds.BEGINNING]
    if view.count > (state is not None):
        begun = [e for e in begun if e.kind not in kinds.ENDING]
    if len(view.held) > held or others_negotiating(view, state):
        begun = [e for e in begun if endpoints(e)[1] is not None]
    elif others_under_way(view, state):
        begun = begun[next((i for i, e in enumerate(begun) if e.kind in kinds.STARTING), len(begun)) :]
    taken = {id(e) for e in begun}
    return begun, [e for e in waiting if id(e) not in taken]


def adopt(view: View, state: NegotiationState, begun: list[Event], first: Event) -> None:
    """Give a negotiation the lines that began it, unless they may have begun another.

    Two beginnings in a row, or an earlier one with lines that this one lacks, were torn apart: none of them is
    certain.
    """
    here = {e.kind for e in begun}
    torn = [supposed for supposed in view.adopted if not supposed.kinds <= here]
    for supposed in (*view.undecided, *torn):
        _revoke(view, supposed)
    view.undecided.clear()
    if torn:
        view.adopted = deque(supposed for supposed in view.adopted if supposed.kinds <= here)
    starts = [e.kind for e in begun if e.kind in kinds.STARTING]
    certain = len(starts) == len(set(starts))
    fitting = [e for e in begun if certain and fits(e, first) and may_be_of(e, state)]
    taken = {id(e) for e in fitting}
    view.loose.extend(e for e in begun if id(e) not in taken)
    place = len(state.events)
    for event in fitting:
        give(view, event, state)
    if fitting:
        view.adopted.append(Supposed(state, tuple(fitting), frozenset(e.kind for e in fitting), place))


def suppose(view: View, event: Event, state: NegotiationState) -> None:
    """Keep a nameless line for a negotiation until it is certain that it began no other."""
    view.undecided.append(Supposed(state, (event,)))


def decide(view: View) -> None:
    """Give the first of the undecided lines to the negotiation in whose middle it stood."""
    supposed = view.undecided.popleft()
    for event in supposed.events:
        give(view, event, supposed.state)


def _revoke(view: View, supposed: Supposed) -> None:
    """Take back what was supposed of nameless lines: another negotiation turned up that may own them."""
    if supposed.place is not None:
        del supposed.state.events[supposed.place : supposed.place + len(supposed.events)]
    supposed.state.nearby.extend(supposed.events)
    view.loose.extend(supposed.events)
