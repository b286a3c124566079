"""Merge the records that a device prints of one message, then tell a retransmission from a new message."""

from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import Direction, Repeat
from ikelog.events.types import Event, Proposal, TrafficSelector

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
_DETAILS = {"message_decrypted", "message_header", "packet_built"}


def take_record(state: NegotiationState, event: Event) -> None:
    """Take a record of a message, or of what is in one, into the negotiation's list of messages."""
    if event.kind == "packet_received":
        _flush_packet(state)
        state.packet = event
    elif event.kind in RECORDS:
        packet = state.packet if event.kind in ("message_received", "message_arrived") else None
        if packet is not None and _same_message(packet, event):
            state.packet = None
            _add_record(state, event, {packet.kind, event.kind}, line=min(packet.line, event.line))
            return
        _flush_packet(state)
        _add_record(state, event, {event.kind})
    elif event.kind == "packet_built":
        state.built = event
    elif event.kind in _DETAILS:
        _add_details(state, event)


def flush(state: NegotiationState) -> None:
    """Take the last packet that no fuller record followed."""
    _flush_packet(state)


def _flush_packet(state: NegotiationState) -> None:
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
    told = event.fields.get("response")
    response = told if isinstance(told, bool) else None
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
    state.messages.append(message)


def _new_message(
    state: NegotiationState, event: Event, direction: Direction, response: bool | None, kinds: set[str]
) -> MessageState:
    message = MessageState(
        str(event.fields.get("exchange") or _exchange_of(state, event)),
        _id(event),
        direction,
        response,
        event,
        event.line,
        event.end_line,
        set(kinds),
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
    known = [m.exchange for m in state.messages if m.message_id == _id(event)]
    return known[-1] if known else "UNKNOWN"


def _guess_response(state: NegotiationState, event: Event, direction: Direction) -> bool | None:
    """Tell a response where the record itself does not: by the zero SPI, the role, or a request that waits."""
    if event.fields.get("responder_hex_spi") == "0" * 16 and direction == "sent":
        return False
    if event.fields.get("exchange") in ("IKE_SA_INIT", "IKE_AUTH", "IKE_INTERMEDIATE") and state.role:
        return (direction == "received") == (state.role == "initiator")
    other_way = [m for m in state.messages if m.message_id == _id(event) and m.direction != direction]
    return bool(other_way) and other_way[-1].response is False and not other_way[-1].answered


def _latest(state: NegotiationState, event: Event, direction: Direction, response: bool | None) -> MessageState | None:
    """Return the last message with this record's key: who asked, ID, request or response (RFC 7296 section 2.2)."""
    for message in reversed(state.messages):
        if message.direction != direction or message.message_id != _id(event):
            continue
        known = message.exchange if message.exchange != "UNKNOWN" else event.fields.get("exchange")
        if event.fields.get("exchange") not in (None, known):
            continue
        if None in (response, message.response) or message.response == response:
            return message
    return None


def _is_new(state: NegotiationState, same: MessageState, event: Event) -> bool:
    """Tell a second IKE_SA_INIT after COOKIE or INVALID_KE_PAYLOAD, and the answer to it, from retransmissions."""
    if same.response:
        request = _open_request(state, same.direction, same.message_id)
        return request is not None and request is not same.answers and not request.answered
    answers = [m for m in state.messages if m.answers is same]
    return any(_ASKS_AGAIN.intersection(m.notifies) for m in answers)


def _open_request(state: NegotiationState, direction: Direction, message_id: int | None) -> MessageState | None:
    for message in reversed(state.messages):
        if message.direction != direction and message.message_id == message_id and not message.response:
            return message
    return None


def _link_answer(state: NegotiationState, message: MessageState) -> None:
    request = _open_request(state, message.direction, message.message_id)
    if request is not None and not request.answered:
        message.answers = request
        request.answered = True


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
    if message.response is None and isinstance(fields.get("response"), bool):
        message.response = bool(fields["response"])
    if message.exchange == "UNKNOWN" and "exchange" in fields:
        message.exchange = str(fields["exchange"])
    payloads = names(fields.get("payloads"))
    if (
        payloads and (not message.payloads or message.payloads == ("ENCR",)) and payloads != ("ENCR",)
    ) or not message.payloads:
        message.payloads = payloads
    message.notifies = message.notifies or names(fields.get("notifies"))
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


def _add_details(state: NegotiationState, event: Event) -> None:
    if event.kind == "message_decrypted":
        _flush_packet(state)
        received = [m for m in state.messages if m.direction == "received"]
        if received:
            _fill_encrypted(received[-1], event)
            received[-1].end_line = max(received[-1].end_line, event.end_line)
        return
    direction = _direction_by_flags(state, event)
    for message in reversed(state.messages):
        same = message.message_id == _id(event) and event.fields.get("exchange") in (None, message.exchange)
        if same and direction in (None, message.direction):
            _fill(message, event)
            message.end_line = max(message.end_line, event.end_line)
            return
    if direction is not None and "exchange" in event.fields:
        response = event.fields.get("response")
        kinds = {event.kind}
        state.messages.append(_new_message(state, event, direction, bool(response), kinds))


def _direction_by_flags(state: NegotiationState, event: Event) -> Direction | None:
    """Tell who sent a message by its header's flags: INITIATOR is the IKE SA's initiator (RFC 7296 section 3.1)."""
    flags = str(event.fields.get("flags", ""))
    if not flags or state.role is None:
        return None
    return "sent" if ("INITIATOR" in flags.split()) == (state.role == "initiator") else "received"


def names(value: object) -> tuple[str, ...]:
    """Return a field's names as a tuple of strings."""
    return tuple(str(item) for item in value) if isinstance(value, tuple) else ()


def _proposals(value: object) -> tuple[Proposal, ...]:
    return tuple(p for p in value if isinstance(p, Proposal)) if isinstance(value, tuple) else ()


def _selectors(value: object) -> tuple[TrafficSelector, ...]:
    return tuple(s for s in value if isinstance(s, TrafficSelector)) if isinstance(value, tuple) else ()
