"""IKE413: a message whose ID is outside of the window, or was used before."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import events, notified, peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_TOLD = "message_out_of_window"


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations with messages out of the window, a second answer to a repeated request left out."""
    for negotiation in log.negotiations:
        told = [event for event in events(negotiation, _TOLD) if not _answers_again(negotiation, event)]
        refused = notified(negotiation, "INVALID_MESSAGE_ID")
        lines: list[Lined] = [*told, *notify_lines(negotiation, "INVALID_MESSAGE_ID", refused)]
        if lines:
            said = _said(peer(negotiation, "the peer"), told[0] if told else None, len(lines))
            yield Match((negotiation,), lines[:3], said)
    lone = log.of_none.of(_TOLD)
    if lone:
        yield Match((), lone[:3], _said("a peer", lone[0], len(lone)))


def _answers_again(negotiation: Negotiation, event: Event) -> bool:
    """Tell whether the message is the answer to a request that was sent more than once."""
    number = event.fields.get("message_id")
    requests = (m for m in negotiation.messages if m.message_id == number and m.direction == "sent" and m.repeats)
    return number is not None and any(True for _ in requests)


def _said(who: str, event: Event | None, count: int) -> str:
    times = "once" if count == 1 else f"{count} times"
    fields = event.fields if event else {}
    window = ""
    if "message_id" in fields:
        expected = f"at least {fields.get('first')} and below {fields.get('last')}"
        window = f": message ID {fields['message_id']} came, and one of {expected} was expected"
    return f"A message of {who} was out of the window of message IDs {times}{window}. It was dropped."


RULE = Rule(
    code="IKE413",
    name="message-id-outside-window",
    severity="warning",
    title="A message ID out of the window",
    side="unknown",
    rank=Rank.NOTE,
    meaning="IKEv2 numbers its requests, and each end takes those that are next. One that is far off comes from an end "
    "that lost count (failover, restart), was delayed on the way, or was recorded and sent again by somebody.",
    find=find,
    needs=(_TOLD, "INVALID_MESSAGE_ID"),
    fix=(
        Fix(
            "ios",
            ("show crypto ikev2 sa detailed",),
            "compare the message IDs of both ends; clear the SA if they differ",
        ),
        Fix(
            "asa", ("show crypto ikev2 sa detail",), "compare the message IDs of both ends; clear the SA if they differ"
        ),
        Fix("peer", (), "after a failover without state there: clear the SA, so that both count from 0"),
    ),
    looks_like=(
        "IKEv2:(SESSION ID = 7,SA ID = 1):Response is outside of window received 0x6, expect 0x3 <= mess_id < 0x4",
    ),
    mistaken_for="IKE411: a second answer to a request that was sent again comes too late by its nature. "
    "It has not been seen in a real log yet",
    references=("RFC 7296 section 2.2", "RFC 7296 section 2.3"),
    sample="iosxe-message-id-outside-window.log",
)
