"""What is held or supposed of lines is settled where no later line can change it any more."""

from ikelog.correlation.beginnings import decide
from ikelog.correlation.handles import settle_held
from ikelog.correlation.view import View, is_past, last_line
from ikelog.correlation.waiting import settle_waiting, take_waiting
from ikelog.events.types import Event, Handle

# Behind every line that there is.
LAST_LINE = 1 << 62


def expire(view: View, event: Event) -> None:
    """Decide on what has waited longer than any negotiation takes to begin."""
    if view.held:
        for handle in _past(view, event):
            settle_held(view, handle)
    while view.adopted and is_past(view.adopted[0].events[-1], event):
        view.adopted.popleft()
    while view.undecided and is_past(view.undecided[0].events[-1], event):
        decide(view)


def lasts_until(view: View, source: str) -> int:
    """Return the line of a source up to which nothing expires, a line before all others where something has."""
    until = LAST_LINE
    if view.held:
        until = last_line(next(iter(view.held.values())).events[-1], source)
    for supposed in (view.adopted, view.undecided):
        if supposed:
            until = min(until, last_line(supposed[0].events[-1], source))
    return until


def settle(view: View) -> None:
    """Decide on all that is still held when the log ends."""
    for handle in _in_order(view, list(view.held)):
        settle_held(view, handle)
    settle_waiting(view, take_waiting(view), None)
    while view.undecided:
        decide(view)


def _past(view: View, event: Event) -> list[Handle]:
    """Return the handles that were last seen too long ago: they stand in the order in which they were seen last."""
    past = []
    for handle, held in view.held.items():
        if not is_past(held.events[-1], event):
            break
        past.append(handle)
    return _in_order(view, past)


def _in_order(view: View, handles: list[Handle]) -> list[Handle]:
    """Put handles in the order in which they were seen first."""
    return sorted(handles, key=lambda handle: view.held[handle].events[0].line)
