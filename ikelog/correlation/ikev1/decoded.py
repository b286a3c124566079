"""The messages that an ASA logs: a line for each, with its message ID and the names of its payloads."""

import re
from collections.abc import Iterator, Sequence

from ikelog.correlation.ikev1.packets import Packet
from ikelog.correlation.types import Direction
from ikelog.events.types import Event

_KINDS: dict[str, Direction] = {"message_sent": "sent", "message_received": "received", "message_resent": "sent"}
# The names of payloads in an ASA's list, `HDR + SA (1) + VENDOR (13) + NONE (0)`.
_PAYLOAD = r"([A-Za-z][A-Za-z0-9_ -]*?) ?\((\d+)\)"
# IANA's names for its numbers (RFC 2408 section 3.1).
_NAMES = {"VENDOR": "VID", "CERT_REQ": "CERTREQ", "ATTR": "ATTR", "NOTIFY": "NOTIFY", "DELETE": "D"}
_NOTHING = frozenset({"NONE"})


def decoded(events: Sequence[Event], role: str | None) -> Iterator[Packet]:
    """Yield the messages of a negotiation, as their payloads tell what they are."""
    quick: set[int] = set()
    answered = False
    for place, event in enumerate(events):
        if event.kind not in _KINDS or "payload_list" not in event.fields:
            continue
        payloads = payload_names(str(event.fields["payload_list"]))
        node = event.fields.get("node")
        message_id = node if isinstance(node, int) else None
        direction = _KINDS[event.kind]
        exchange, step = _phase_1(payloads, answered) if not message_id else (_later(payloads, message_id, quick), None)
        if exchange == "QUICK_MODE" and message_id is not None:
            quick.add(message_id)
        answered = answered or (not message_id and "SA" in payloads)
        repeated = event.kind == "message_resent" or _is_repeated(events, place)
        notifies = _notifies(events, place) if direction == "received" else ()
        yield Packet(event, direction, exchange, step, message_id, payloads, notifies, repeated)


def payload_names(text: str) -> tuple[str, ...]:
    """Return the payloads of an ASA's list by their short names, without the header and the end."""
    names = [found[1].strip() for found in re.finditer(_PAYLOAD, text)]
    return tuple(_NAMES.get(name, name) for name in names if name not in _NOTHING)


def _phase_1(payloads: tuple[str, ...], answered: bool) -> tuple[str, str | None]:
    """Return exchange and step of a message with ID 0; `answered` tells that one with an SA payload went before."""
    if payloads[:1] == ("SA",):
        if "KE" in payloads:
            return "AGGRESSIVE_MODE", "AM2" if answered else "AM1"
        return "MAIN_MODE", "MM2" if answered else "MM1"
    if payloads[:1] == ("KE",):
        return "MAIN_MODE", "MM3"
    if payloads[:1] == ("ID",):
        return "MAIN_MODE", "MM5"
    if payloads[:1] in (("HASH",), ("SIG",)) and not {"NOTIFY", "D"} & set(payloads[:2]):
        return "AGGRESSIVE_MODE", "AM3"
    return "INFORMATIONAL", None


def _later(payloads: tuple[str, ...], message_id: int, quick: set[int]) -> str:
    """Return the exchange of a message with an ID of its own."""
    if "SA" in payloads or (message_id in quick and "NOTIFY" not in payloads[1:2] and "D" not in payloads):
        return "QUICK_MODE"
    return "TRANSACTION" if "ATTR" in payloads else "QUICK_MODE" if payloads == ("HASH",) else "INFORMATIONAL"


def _is_repeated(events: Sequence[Event], place: int) -> bool:
    """Tell whether the lines behind a message call it a duplicate."""
    return any(e.kind == "message_repeated" for e in events[place + 1 : place + 2])


def _notifies(events: Sequence[Event], place: int) -> tuple[str, ...]:
    """Return the notifies that the lines behind a received message name, up to the next message."""
    found: list[str] = []
    for event in events[place + 1 : place + 12]:
        if event.kind in _KINDS:
            break
        if event.kind == "notify_received" and "notify" in event.fields:
            found.append(str(event.fields["notify"]))
    return tuple(found)
