"""The few lines of a long record that prove something."""

from collections.abc import Iterable

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.rule import Lined
from ikelog.diagnosis.types import Evidence
from ikelog.events.types import Event

# The lines that name the ends, the SPIs, the exchange and, on IOS, the payloads.
HEAD = 4
# Notifies stand last in a message: these lines hold an error notify and the payload header before it.
_TAIL = 3

_RECORDS = ("message_sent", "message_received", "message_decrypted", "packet_built", "message_header")


def head(message: Message) -> Evidence:
    """Return the lines at the top of a message that name it."""
    return Evidence(message.source, message.line, min(message.end_line, message.line + HEAD), "")


def name_lines(message: Message) -> Evidence:
    """Return the two lines of a message that name its ends and its SPIs."""
    return Evidence(message.source, message.line, min(message.end_line, message.line + 1), "")


def repeats(message: Message) -> list[Evidence]:
    """Return one line for each retransmission of a message."""
    return [Evidence(repeat.source, repeat.line, repeat.line, "") for repeat in message.repeats]


def notify_lines(negotiation: Negotiation, name: str, messages: Iterable[Message]) -> list[Lined]:
    """Return the lines in which messages carry a notify: of a long record those at its end, where notifies stand."""
    kept = tuple(messages)
    records = negotiation.events.of(*_RECORDS) if kept else []
    return [notify_line(records, name, message) for message in kept]


def notify_line(events: Iterable[Event], name: str, message: Message) -> Lined:
    """Return the lines in which one message carries a notify, as the events that may be its records show them."""
    records = [event for event in events if _carries(event, name, message)]
    return _tail(records[-1]) if records else head(message)


def _carries(event: Event, name: str, message: Message) -> bool:
    notifies = event.fields.get("notifies", ())
    within = event.source == message.source and message.line - HEAD <= event.line <= message.end_line
    return within and event.kind in _RECORDS and isinstance(notifies, tuple) and name in notifies


def _tail(event: Event) -> Lined:
    if event.end_line - event.line <= HEAD:
        return event
    return Evidence(event.source, event.end_line - _TAIL, event.end_line, "")
