"""The messages that IOS logs: a line for each packet, whose meaning the lines around it tell."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ikelog.correlation.ikev1.kinds import INFORMATIONAL_INPUTS
from ikelog.correlation.types import Direction
from ikelog.events.types import Event
from ikelog.record import record

Mode = Literal["main", "aggressive"]

# The message of Main or Aggressive Mode that a packet is, by who sends it, the device's role, and the SA's state.
_STEPS = {
    ("sent", "I", "MM_NO_STATE"): "MM1",
    ("received", "I", "MM_NO_STATE"): "MM2",
    ("sent", "I", "MM_SA_SETUP"): "MM3",
    ("received", "I", "MM_SA_SETUP"): "MM4",
    ("sent", "I", "MM_KEY_EXCH"): "MM5",
    ("received", "I", "MM_KEY_EXCH"): "MM6",
    ("received", "R", "MM_NO_STATE"): "MM1",
    ("sent", "R", "MM_SA_SETUP"): "MM2",
    ("received", "R", "MM_SA_SETUP"): "MM3",
    ("sent", "R", "MM_KEY_EXCH"): "MM4",
    ("received", "R", "MM_KEY_EXCH"): "MM5",
    ("sent", "I", "AG_NO_STATE"): "AM1",
    ("sent", "I", "AG_INIT_EXCH"): "AM1",
    ("received", "I", "AG_INIT_EXCH"): "AM2",
    ("sent", "I", "AG_AUTH"): "AM3",
    ("sent", "R", "AG_NO_STATE"): "AM2",
    ("sent", "R", "AG_INIT_EXCH"): "AM2",
    ("received", "R", "AG_INIT_EXCH"): "AM3",
    ("received", "R", "AG_AUTH"): "AM3",
}
# Lines of a Notify or Delete in a message of its own, by who sent it.
_INFORMATIONAL = {
    "sent": frozenset({"notify_sent", "delete_sent", "liveness_query_sent", "liveness_answered"}),
    "received": frozenset({"notify_rejected", "notify_received", "delete_received", "liveness_query_received"}),
}
_QUICK = frozenset(
    """quick_mode_started child_proposal_checked child_transform_checked spi_requested child_proposal_invalidated
    child_policy_refused child_sa_installed child_sas_creating""".split()
)
# What is configured or asked of a user: a transaction exchange.
_TRANSACTION = ("config_", "xauth_requested", "xauth_answered", "xauth_attribute", "transaction_")
_PHASE_1 = ("MAIN_MODE", "AGGRESSIVE_MODE")


@record
class Packet:
    """A packet as the lines around it show it: exchange, step, message ID, what is in it, whether it came before."""

    event: Event
    direction: Direction
    exchange: str
    step: str | None = None
    message_id: int | None = None
    payloads: tuple[str, ...] = ()
    notifies: tuple[str, ...] = ()
    repeated: bool = False


def packets(events: Sequence[Event], mode: Mode | None) -> Iterator[Packet]:
    """Yield the packets of a negotiation, each read with the lines between it and those beside it."""
    places = [i for i, e in enumerate(events) if e.kind in ("message_sent", "message_received")]
    nodes: set[int] = set()
    for n, place in enumerate(places):
        before = events[places[n - 1] + 1 if n else 0 : place]
        behind = events[place + 1 : places[n + 1] if n + 1 < len(places) else len(events)]
        packet = _packet(events[place], before, behind, mode, nodes)
        if packet.exchange == "QUICK_MODE" and packet.message_id is not None:
            nodes.add(packet.message_id)
        yield packet


def _packet(
    event: Event, before: Sequence[Event], behind: Sequence[Event], mode: Mode | None, nodes: set[int]
) -> Packet:
    direction: Direction = "sent" if event.kind == "message_sent" else "received"
    about = before if direction == "sent" else behind
    node = _node(reversed(before) if direction == "sent" else behind)
    if not node and direction == "sent":
        node = _node(behind) if _has_node_behind(behind) else node
    payloads = _payloads(behind) if direction == "received" else ()
    exchange = _exchange(event, direction, before, behind, node, mode, nodes)
    return Packet(
        event,
        direction,
        exchange,
        None,
        0 if exchange in _PHASE_1 else node or None,
        payloads,
        tuple(str(e.fields["notify"]) for e in about if _is_notify(e, direction)),
        any(e.kind == ("retransmission_begun" if direction == "sent" else "message_repeated") for e in about),
    )


def _payloads(behind: Sequence[Event]) -> tuple[str, ...]:
    """Return the payloads that a device names as it processes a message."""
    named = (str(e.fields.get("payload")) for e in behind if e.kind == "payload_processed")
    return tuple("VID" if name.lower().endswith("vendor id") else name for name in named)


def _has_node_behind(behind: Sequence[Event]) -> bool:
    """Tell whether the state machine names a message ID right behind a packet, before it goes on with another."""
    return any(e.kind == "state_input" and "node" in e.fields for e in behind[:4])


def _exchange(
    event: Event,
    direction: Direction,
    before: Sequence[Event],
    behind: Sequence[Event],
    node: int | None,
    mode: Mode | None,
    nodes: set[int],
) -> str:
    about = before if direction == "sent" else behind
    state, main = str(event.fields.get("state", "")), "AGGRESSIVE_MODE" if mode == "aggressive" else "MAIN_MODE"
    if state.startswith("CONF_") or any(e.kind.startswith(_TRANSACTION) for e in about):
        return "TRANSACTION"
    informational = _is_informational(about, direction) or _is_refusal(event, direction)
    if state.startswith(("MM_", "AG_")) or event.fields.get("role") == "N":
        return "INFORMATIONAL" if node or informational else main
    if node in nodes or (direction == "received" and node and "SA" in _payloads(behind)):
        return "QUICK_MODE"
    if informational:
        return "INFORMATIONAL"
    if node and (any(e.kind in _QUICK for e in (*about, *behind)) or _has_quick_input(behind)):
        return "QUICK_MODE"
    return "AGGRESSIVE_MODE" if mode == "aggressive" and not node else "INFORMATIONAL"


def _is_refusal(event: Event, direction: Direction) -> bool:
    """Tell whether a responder sends a packet before it has accepted anything: a Notify that refuses."""
    return direction == "sent" and event.fields.get("role") == "R" and event.fields.get("state") == "MM_NO_STATE"


def _has_quick_input(behind: Sequence[Event]) -> bool:
    inputs = [str(e.fields.get("input")) for e in behind if e.kind == "state_input" and "node" in e.fields]
    return any(word in text for text in inputs for word in ("_QM", "SPI", "INSTALL"))


def _is_informational(about: Sequence[Event], direction: Direction) -> bool:
    """Tell whether the lines about a packet speak of a Notify or Delete of its own: one in MM5 has message ID 0."""
    for event in about:
        fields = event.fields
        if event.kind in _INFORMATIONAL[direction] and fields.get("node") != 0:
            return fields.get("notify") != "INITIAL_CONTACT" or bool(fields.get("node"))
        if direction == "received":
            if event.kind in ("state_input", "unknown_input") and fields.get("input") in INFORMATIONAL_INPUTS:
                return True
            if event.kind == "payload_processed" and fields.get("payload") in ("DELETE", "NOTIFY"):
                return fields.get("node") != 0
    return False


def _is_notify(event: Event, direction: Direction) -> bool:
    return event.kind == ("notify_sent" if direction == "sent" else "notify_received") and "notify" in event.fields


def _node(events: Iterable[Event]) -> int | None:
    """Return the message ID that the first line with one names, unsigned: they print it with a sign and without."""
    for event in events:
        node = event.fields.get("node")
        if isinstance(node, int) and event.kind not in _OTHERS:
            return node & 0xFFFFFFFF
    return None


# These name a message ID that is over.
_OTHERS = frozenset({"node_purged", "node_deleted"})


def phase_1_step(packet: Packet, seen: Sequence[str]) -> str | None:
    """Return which message of Main or Aggressive Mode a packet is, given those before it."""
    fields = packet.event.fields
    role, state = fields.get("role"), fields.get("state")
    if role == "N":
        return "AM1" if packet.exchange == "AGGRESSIVE_MODE" else "MM1"
    step = _STEPS.get((packet.direction, str(role), str(state)))
    if step == "MM4" and "MM5" in seen:
        return "MM6"
    if step == "AM1" and "AM2" in seen:
        return "AM3"
    if step is None and packet.exchange == "AGGRESSIVE_MODE" and "AM2" in seen and "AM3" not in seen:
        return "AM3"
    return step
