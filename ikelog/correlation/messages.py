"""Merge the records that a device prints of one message, then tell a retransmission from a new message."""

from collections.abc import Callable, Iterator, Mapping

from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import Direction, Repeat
from ikelog.events.types import Event, Proposal, TrafficSelector, Value

RECORDS: dict[str, Direction] = {
    "message_sent": "sent",
    "message_transmitted": "sent",
    "packet_sent": "sent",
    "message_received": "received",
    "message_arrived": "received",
    "packet_received": "received",
}
# What an answer may ask for before the real one: the request that follows is a new message (RFC 7296 section 2.6.1).
_ASKS_AGAIN = {"COOKIE", "INVALID_KE_PAYLOAD"}
# The exchanges whose requests the initiator of the IKE SA sends.
_INITIAL = frozenset({"IKE_SA_INIT", "IKE_INTERMEDIATE", "IKE_AUTH"})
# The fields that tell what is in a message's payloads.
_CONTENTS = frozenset({"proposals", "tsi", "tsr", "group", "method", "total", "number"})


def _take_packet(state: NegotiationState, event: Event) -> None:
    """Keep the bare packet that was received until the fuller record of it shows what it is."""
    flush(state)
    state.packet = event


def _take_received(state: NegotiationState, event: Event) -> None:
    packet = state.packet
    if packet is not None and _same_message(packet, event):
        state.packet = None
        _add_record(state, event, {packet.kind, event.kind}, line=min(packet.line, event.line))
    else:
        _take_sent(state, event)


def _take_sent(state: NegotiationState, event: Event) -> None:
    flush(state)
    _add_record(state, event, {event.kind})


def _take_built(state: NegotiationState, event: Event) -> None:
    state.built = event


def flush(state: NegotiationState) -> None:
    """Take the last packet that no fuller record followed."""
    packet, state.packet = state.packet, None
    if packet is not None:
        _add_record(state, packet, {packet.kind})


def _same_message(packet: Event, event: Event) -> bool:
    return _id(packet) == _id(event) and packet.fields.get("exchange") in (event.fields.get("exchange"), None)


def _id(event: Event) -> int | None:
    value = event.fields.get("message_id", event.fields.get("message_hex"))
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _add_record(state: NegotiationState, event: Event, kinds: set[str], *, line: int | None = None) -> None:
    """Add a record to the message that it is of; `line` is where an earlier record of the same one stands."""
    line = event.line if line is None else line
    direction = RECORDS[event.kind]
    response = response_of(event)
    if _is_traced(event):
        _append(state, _new_message(state, event, direction, bool(response), kinds))
        return
    same = _latest(state, event, direction, response)
    if same is not None and not kinds & same.kinds:
        same.kinds |= kinds
        same.end_line = max(same.end_line, event.end_line)
        _fill(same, event)
        return
    if response is None:
        response = _guess_response(state, event, direction)
        same = _latest(state, event, direction, response)
    if same is not None and _is_fragment(same, event):
        return
    if same is not None and not _is_new(state, same, event):
        same.kinds = set(kinds)
        same.repeats.append(Repeat(event.source, line, event.time, event.offset_ms))
        return
    message = _new_message(state, event, direction, response, kinds)
    message.line = line
    _append(state, message)


def response_of(event: Event) -> bool | None:
    """Tell whether a record shows a response; None where it does not say."""
    told = event.fields.get("response")
    if isinstance(told, bool):
        return told
    return event.fields["direction"] == "RESPONSE" if _is_traced(event) else None


def _is_traced(event: Event) -> bool:
    """Tell whether a record is an event trace's: it has no message ID, and there is one of each message."""
    return "direction" in event.fields and "exchange" in event.fields


def _append(state: NegotiationState, message: MessageState) -> None:
    if state.role is None and _is_traced(message.first) and message.exchange in _INITIAL:
        state.role = "initiator" if (message.direction == "sent") != message.response else "responder"
    state.messages.append(message)
    state.same_id.setdefault(message.message_id, []).append(message)
    if message.direction == "received":
        state.last_received = message
    if message.response:
        state.last_response = message


def _same_id(state: NegotiationState, event: Event) -> Iterator[MessageState]:
    """Return the messages with an event's message ID, the latest first."""
    return reversed(state.same_id.get(_id(event), []))


def _new_message(
    state: NegotiationState, event: Event, direction: Direction, response: bool, kinds: set[str]
) -> MessageState:
    message = MessageState(
        str(event.fields.get("exchange") or _exchange_of(state, event)),
        _id(event),
        direction,
        response,
        event,
        event.line,
        event.end_line,
        kinds,
    )
    _fill(message, event)
    if direction == "sent" and state.built is not None:
        _fill_encrypted(message, state.built)
        state.built = None
    if response:
        _link_answer(state, message)
    return message


def _exchange_of(state: NegotiationState, event: Event) -> str:
    """Name the exchange of a record that gives only an ID, by another record of the same ID."""
    return next((m.exchange for m in _same_id(state, event)), "UNKNOWN")


def _guess_response(state: NegotiationState, event: Event, direction: Direction) -> bool:
    """Tell a response where the record itself does not: by the zero SPI, the role, or a request that waits."""
    if event.fields.get("responder_hex_spi") == "0" * 16 and direction == "sent":
        return False
    if event.fields.get("exchange") in ("IKE_SA_INIT", "IKE_AUTH", "IKE_INTERMEDIATE") and state.role:
        return (direction == "received") == (state.role == "initiator")
    other_way = next((m for m in _same_id(state, event) if m.direction != direction), None)
    return other_way is not None and not other_way.response and other_way.answer is None


def _latest(state: NegotiationState, event: Event, direction: Direction, response: bool | None) -> MessageState | None:
    """Return the last message with this record's key: who asked, ID, request or response (RFC 7296 section 2.2)."""
    exchange = event.fields.get("exchange")
    for message in _same_id(state, event):
        if (
            message.direction == direction
            and (exchange is None or message.exchange in (exchange, "UNKNOWN"))
            and (response is None or message.response == response)
        ):
            return message
    return None


def _is_new(state: NegotiationState, same: MessageState, event: Event) -> bool:
    """Tell a second IKE_SA_INIT after COOKIE or INVALID_KE_PAYLOAD, and the answer to it, from retransmissions."""
    if same.response:
        request = _open_request(state, same.direction, same.message_id)
        return request is not None and request is not same.answers and request.answer is None
    return same.answer is not None and asks_again(same.answer)


def asks_again(answer: MessageState) -> bool:
    """Tell whether an answer asks for a cookie or another group."""
    return not _ASKS_AGAIN.isdisjoint(answer.notifies)


def _open_request(state: NegotiationState, direction: Direction, message_id: int | None) -> MessageState | None:
    for message in reversed(state.same_id.get(message_id, [])):
        if message.direction != direction and not message.response:
            return message
    return None


def _link_answer(state: NegotiationState, message: MessageState) -> None:
    request = _open_request(state, message.direction, message.message_id)
    if request is not None and request.answer is None and request.exchange in (message.exchange, "UNKNOWN"):
        message.answers = request
        request.answer = message


def _is_fragment(message: MessageState, event: Event) -> bool:
    """Count a further fragment of a message in hand (RFC 7383)."""
    number, total = event.fields.get("number"), event.fields.get("total")
    if not isinstance(number, int) or not isinstance(total, int) or number in message.fragments:
        return False
    message.fragments.add(number)
    message.fragment_total = total
    message.end_line = max(message.end_line, event.end_line)
    return True


def _fill(message: MessageState, event: Event) -> None:
    """Add to a message what a record of it tells."""
    fields = event.fields
    if message.exchange == "UNKNOWN" and "exchange" in fields:
        message.exchange = str(fields["exchange"])
    if message.payloads in ((), ("ENCR",)):
        payloads = names(fields.get("payloads"))
        if not message.payloads or payloads not in ((), ("ENCR",)):
            message.payloads = payloads
    message.notifies = message.notifies or names(fields.get("notifies"))
    if not _CONTENTS.isdisjoint(fields):
        _fill_contents(message, fields)


def _fill_contents(message: MessageState, fields: Mapping[str, Value]) -> None:
    """Add what a record tells of the payloads' contents."""
    message.proposals = message.proposals or _proposals(fields.get("proposals"))
    message.tsi = message.tsi or _selectors(fields.get("tsi"))
    message.tsr = message.tsr or _selectors(fields.get("tsr"))
    group, method = fields.get("group"), fields.get("method")
    message.group = message.group or (group if isinstance(group, int) else None)
    message.method = message.method or (str(method) if method else None)
    if isinstance(fields.get("total"), int) and isinstance(fields.get("number"), int):
        message.fragment_total = int(str(fields["total"]))
        message.fragments.add(int(str(fields["number"])))


def _fill_encrypted(message: MessageState, built: Event) -> None:
    """Give a message in which only ENCR shows what the device said it put inside."""
    if message.payloads in ((), ("ENCR",), ("SKF",)):
        message.payloads = ()
        message.notifies = ()
    _fill(message, built)


def _take_decrypted(state: NegotiationState, event: Event) -> None:
    """Give the last message received what the device found in its ENCR payload."""
    flush(state)
    message = state.last_received
    if message is not None:
        _fill_encrypted(message, event)
        message.end_line = max(message.end_line, event.end_line)


def _take_header(state: NegotiationState, event: Event) -> None:
    """Take a message's header that stands apart from its records."""
    direction = _direction_by_flags(state, event)
    for message in _same_id(state, event):
        if event.fields.get("exchange") in (None, message.exchange) and direction in (None, message.direction):
            _fill(message, event)
            message.end_line = max(message.end_line, event.end_line)
            return
    if direction is not None and "exchange" in event.fields:
        response = bool(event.fields.get("response"))
        _append(state, _new_message(state, event, direction, response, {event.kind}))


def _direction_by_flags(state: NegotiationState, event: Event) -> Direction | None:
    """Tell who sent a message by its header's flags: INITIATOR is the IKE SA's initiator (RFC 7296 section 3.1)."""
    flags = str(event.fields.get("flags", ""))
    if not flags or state.role is None:
        return None
    return "sent" if ("INITIATOR" in flags.split()) == (state.role == "initiator") else "received"


def names(value: object) -> tuple[str, ...]:
    """Return a field's names as a tuple of strings."""
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _proposals(value: object) -> tuple[Proposal, ...]:
    return tuple(p for p in value if isinstance(p, Proposal)) if isinstance(value, tuple) else ()


def _selectors(value: object) -> tuple[TrafficSelector, ...]:
    return tuple(s for s in value if isinstance(s, TrafficSelector)) if isinstance(value, tuple) else ()


# What a record of a message, or of what is in one, does to the negotiation's list of messages.
TAKE_RECORD: dict[str, Callable[[NegotiationState, Event], None]] = {
    **dict.fromkeys(RECORDS, _take_sent),
    "packet_received": _take_packet,
    "message_received": _take_received,
    "message_arrived": _take_received,
    "packet_built": _take_built,
    "message_decrypted": _take_decrypted,
    "message_header": _take_header,
}
