"""IKE307: the responder granted less than what was asked for."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.compare import network_words, relation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event, TrafficSelector

_SENT, _RECEIVED = "packet_built", "message_decrypted"
_RECORDS = (_SENT, _RECEIVED, "message_sent", "message_received")
_LESS = ("narrower", "host", "overlap")
_SIDES = ("tsi", "tsr")


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations in which an answer holds fewer networks than the request for a Child SA."""
    for negotiation in log.negotiations:
        if negotiation.child_up is not None and len(negotiation.spans) == 1:
            found = list(_narrowed(negotiation))
            if found:
                _, asked, granted = found[0]
                yield Match((negotiation,), [asked, granted], _said(negotiation, *found[0], count=len(found)))


def _narrowed(negotiation: Negotiation) -> Iterator[tuple[Message, Event, Event]]:
    """Yield the answers that narrow, each with its record and that of the request."""
    records: dict[int, tuple[Message, Event]] = {}
    lines = [message.line for message in negotiation.messages]
    for event in events(negotiation, *_RECORDS):
        message = _message(negotiation, lines, event) if "tsi" in event.fields else None
        if message is not None:
            records[message.n] = message, event
    for message, event in list(records.values()):
        asked = records.get(message.answers or 0)
        if asked and any(_is_less(_of(asked[1], side), _of(event, side)) for side in _SIDES):
            yield message, asked[1], event


def _is_less(asked: tuple[TrafficSelector, ...], granted: tuple[TrafficSelector, ...]) -> bool:
    return asked != granted and relation(asked, granted) in _LESS


def _message(negotiation: Negotiation, lines: list[int], event: Event) -> Message | None:
    """Return the message of a record: what is sent is built before it is logged, what is received is read after."""
    place = bisect_left(lines, event.line) if event.kind == _SENT else bisect_right(lines, event.line) - 1
    return negotiation.messages[place] if 0 <= place < len(lines) else None


def _of(event: Event, side: str) -> tuple[TrafficSelector, ...]:
    value = event.fields.get(side)
    return tuple(s for s in value if isinstance(s, TrafficSelector)) if isinstance(value, tuple) else ()


def _said(negotiation: Negotiation, answer: Message, asked: Event, granted: Event, *, count: int) -> str:
    who = peer(negotiation, "the peer")
    ends = ("this device", who) if answer.direction == "received" else (who, "this device")
    wanted, got = (" to ".join(", ".join(network_words(_of(e, side))) for side in _SIDES) for e in (asked, granted))
    times = "" if count == 1 else f" It happened {count} times."
    text = f"{ends[0]} asked for {wanted}, and {ends[1]} granted {got}: other traffic does not pass.{times}"
    return text[0].upper() + text[1:]


RULE = Rule(
    code="IKE307",
    name="traffic-selectors-narrowed",
    severity="info",
    title="The Child SA covers less than was asked for",
    side="both",
    rank=Rank.NOTE,
    meaning="The responder may take a part of the networks that the initiator asks for. What is outside of it needs a "
    "Child SA of its own, or does not pass.",
    find=find,
    needs=("child came up",),
    fix=(
        Fix("ios", ("show crypto ipsec sa",), "is what the SA covers all that should pass? Else make the lists equal"),
        Fix("asa", ("show crypto ipsec sa",), "is what the SA covers all that should pass? Else make the lists equal"),
        Fix("peer", (), "widen its list where more should pass"),
    ),
    looks_like=(
        "TSi:  10.30.0.0 - 10.30.255.255 in the request",
        "TSi:  10.30.4.0 - 10.30.4.255 in the answer",
    ),
    mistaken_for="IKE302, where nothing is granted; an initiator that names the one packet's hosts before its networks "
    "(RFC 7296 section 2.9) asks for the networks. Narrowing has not been seen in a real log yet",
    references=("RFC 7296 section 2.9",),
    sample="asa-selectors-narrowed.log",
)
