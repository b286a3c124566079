"""Give events their places in a log that a terminal wrapped, and the devices whose prompts they stand under."""

from ikelog.events.types import Event, Proposal
from ikelog.reading.damage import WRAPPED
from ikelog.reading.lines import Reading
from ikelog.reading.unwrapping import Unwrapped
from ikelog.record import replaced


def as_wrapped(event: Event, wrapped: Unwrapped) -> Event:
    """Give an event the numbers of the lines that a terminal made of its own."""
    fields = event.fields
    proposals = fields.get("proposals")
    if isinstance(proposals, tuple):
        moved = [replaced(p, line=wrapped.first(p.line)) if isinstance(p, Proposal) else p for p in proposals]
        fields = {**fields, "proposals": tuple(moved)}
    was = wrapped.was_wrapped(event.line, event.end_line)
    return event._replace(
        line=wrapped.first(event.line),
        end_line=wrapped.last(event.end_line),
        fields=fields,
        damage=event.damage or (WRAPPED if was else None),
    )


def under_prompts(events: list[Event], state: Reading) -> list[Event]:
    """Give events without a device the one whose prompt they stand under."""
    state.prompts.close()
    if not state.prompts:
        return events
    return [
        event if event.device is not None else event._replace(device=state.prompts.at(event.line)) for event in events
    ]
