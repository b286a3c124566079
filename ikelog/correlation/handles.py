"""Device handles: who owns one now, and the lines held until a message shows whose theirs is."""

from ikelog.correlation import kinds
from ikelog.correlation.beginnings import adopt, take_beginning
from ikelog.correlation.identity import NO_IDENTITY
from ikelog.correlation.nameless import may_be_of_held
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.view import Held, View, give, new_state, only_without_handle, own_handle
from ikelog.correlation.waiting import settle_waiting, take_waiting
from ikelog.events.types import Event, Handle


def full_handle(view: View, handle: Handle) -> Handle:
    """Complete a handle that gives only the SA ID: it is the one last seen with that ID."""
    if handle.session is not None or handle in view.owners or handle in view.held:
        return handle
    known = view.full_handles.get(handle.sa)
    return known if known is not None and (known in view.owners or known in view.held) else handle


def take_over(view: View, handle: Handle, state: NegotiationState) -> list[Event]:
    """Make a negotiation the owner of a handle, with the lines held for it; return the nameless ones before them."""
    if view.owners.get(handle) is state:
        return []
    own_handle(view, handle, state)
    held = view.held.pop(handle, None)
    if held is None:
        return []
    for event in held.events:
        give(view, event, state)
    return held.begun


def hold(view: View, event: Event, handle: Handle) -> None:
    """Keep a line until a message shows whose its handle is."""
    first = handle not in view.held
    held = view.held.setdefault(handle, Held())
    view.held.move_to_end(handle)
    alone = len(view.held) == 1 and not view.under_way
    waiting = take_waiting(view)
    if (first and event.kind in kinds.BEGINNING) or (alone and not first):
        begun, waiting = take_beginning(view, waiting, held=1)
        held.begun.extend(begun)
    if alone and not first:
        held.events.extend(e for e in waiting if may_be_of_held(e))
        waiting = [e for e in waiting if not may_be_of_held(e)]
    settle_waiting(view, waiting, None)
    held.events.append(event)
    if event.kind == "sa_deleted":
        settle_held(view, handle)


def settle_held(view: View, handle: Handle) -> None:
    """Make a negotiation of lines whose handle no message ever owned, unless they only tell of an end."""
    held = view.held.pop(handle)
    if all(e.kind in kinds.ENDING or e.kind == "unrecognised" for e in held.events):
        view.loose.extend((*held.begun, *held.events))
        return
    state = only_without_handle(view)
    if state is None:
        state = new_state(view, NO_IDENTITY)
        adopt(view, state, held.begun, held.events[0])
    own_handle(view, handle, state)
    for event in held.events:
        give(view, event, state)
    view.near = state
