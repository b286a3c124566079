"""The messages of an IKEv1 negotiation: which exchange, which step, what answers what, what came again."""

from collections.abc import Iterable, Sequence

from ikelog.correlation.ikev1.decoded import decoded
from ikelog.correlation.ikev1.packets import Mode, Packet, packets, phase_1_step
from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import Repeat, Role
from ikelog.events.types import Event

_PHASE_1 = ("MAIN_MODE", "AGGRESSIVE_MODE")
_MODES: dict[str, Mode] = {"Main": "main", "Aggressive": "aggressive", "MM": "main", "AM": "aggressive"}


def mode_of(events: Iterable[Event]) -> Mode | None:
    """Tell by which mode an ISAKMP SA was negotiated, as its lines show it."""
    for event in events:
        found = _mode(event)
        if found is not None:
            return found
    return None


def _mode(event: Event) -> Mode | None:
    fields = event.fields
    if event.kind in ("exchange_started", "ike_state_failed", "sa_terminating"):
        return _MODES.get(str(fields.get("mode")))
    if event.kind == "state_changed":
        return _named_mode(str(fields.get("new_state")), "_MM", "_AM")
    if event.kind in ("message_sent", "message_received", "retransmission_begun", "sa_deleted"):
        listed = str(fields.get("payload_list", ""))
        if listed.startswith("HDR + SA "):
            return "aggressive" if " KE " in listed else "main"
        if listed.startswith("HDR + KE "):
            return "main"
        return _named_mode(str(fields.get("state")), "MM_", "AG_")
    return _named_mode(str(fields.get("input")), "_MM_", "_AM_") if event.kind == "state_input" else None


def _named_mode(text: str, main: str, aggressive: str) -> Mode | None:
    return "main" if main in text else "aggressive" if aggressive in text else None


def build_messages(state: NegotiationState) -> list[MessageState]:
    """Return the messages of a negotiation in the order of the log."""
    events = state.events
    if any("payload_list" in e.fields for e in events if e.kind in ("message_sent", "message_received")):
        found: Iterable[Packet] = decoded(events, state.role)
    else:
        found = packets(events, mode_of(events))
    gathered = _Gathered(state.role)
    for packet in found:
        gathered.take(packet)
    return gathered.messages


class _Gathered:
    """The messages so far, and the steps of Main or Aggressive Mode that were seen among them."""

    def __init__(self, role: Role | None) -> None:
        self.role = role
        self.messages: list[MessageState] = []
        self.steps: list[str] = []

    def take(self, packet: Packet) -> None:
        """Add a packet, as a new message or as one that came again."""
        step = self._step(packet)
        same = self._same(packet, step)
        if same is not None:
            same.repeats.append(
                Repeat(packet.event.source, packet.event.line, packet.event.time, packet.event.offset_ms)
            )
            return
        message = _message(packet, step)
        self._link(message)
        self.messages.append(message)
        if packet.exchange in _PHASE_1 and step is not None:
            self.steps.append(step)

    def _step(self, packet: Packet) -> str | None:
        if packet.exchange in _PHASE_1:
            if packet.step is None:
                return phase_1_step(packet, self.steps)
            return self._of_pair(packet, packet.step)
        if packet.exchange == "QUICK_MODE":
            return self._quick_step(packet)
        return None

    def _of_pair(self, packet: Packet, step: str) -> str:
        """Return the step of a message that looks as its answer does: MM3 and MM4, MM5 and MM6."""
        if step not in ("MM3", "MM5") or self.role is None:
            return step
        asks = (packet.direction == "sent") == (self.role == "initiator")
        return step if asks else f"MM{int(step[2]) + 1}"

    def _quick_step(self, packet: Packet) -> str | None:
        """Return which message of a Quick Mode this is: the one that began it sends the first and the third."""
        own = [m for m in self.messages if m.exchange == "QUICK_MODE" and m.message_id == packet.message_id]
        if not own:
            return "QM3" if packet.payloads == ("HASH",) else "QM1"
        begun = own[0].direction == packet.direction if own[0].step == "QM1" else None
        if begun is None:
            return None
        if not begun:
            return "QM2"
        return "QM3" if any(m.step == "QM2" for m in own) else "QM1"

    def _same(self, packet: Packet, step: str | None) -> MessageState | None:
        """Return the message that a packet repeats."""
        for message in reversed(self.messages):
            if message.direction != packet.direction or message.exchange != packet.exchange:
                continue
            if packet.repeated and (packet.message_id in (message.message_id, None) or step is None):
                return message
            if step is not None and message.step == step and message.message_id == packet.message_id:
                return message
        return None

    def _link(self, message: MessageState) -> None:
        """Enter what a message answers: the even steps answer those before them."""
        if message.step is None or message.step[2] not in "246":
            return
        asked = f"{message.step[:2]}{int(message.step[2]) - 1}"
        for earlier in reversed(self.messages):
            if earlier.step == asked and earlier.message_id == message.message_id:
                message.answers, earlier.answer = earlier, message
                return


def _message(packet: Packet, step: str | None) -> MessageState:
    event = packet.event
    response = None if step is None else step[2] in "246"
    message = MessageState(
        packet.exchange, packet.message_id, packet.direction, response, event, event.line, event.end_line
    )
    message.payloads, message.notifies, message.step = packet.payloads, packet.notifies, step
    return message


def sent_or_received(messages: Sequence[MessageState], step: str) -> MessageState | None:
    """Return the first message of a step."""
    return next((m for m in messages if m.step == step), None)
