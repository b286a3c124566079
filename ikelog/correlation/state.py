"""What is gathered of a negotiation while its log goes by. Mutable here, frozen by build.py."""

from dataclasses import dataclass, field

from ikelog.correlation.types import Direction, Repeat, Role
from ikelog.events.types import Endpoint, Event, Handle, Proposal, TrafficSelector


@dataclass(slots=True)
class MessageState:
    """One message, whatever number of records the device printed of it.

    `kinds` are the records seen since it was last sent or received: a kind seen again is a retransmission.
    """

    exchange: str
    message_id: int | None
    direction: Direction
    response: bool | None
    first: Event
    line: int
    end_line: int
    kinds: set[str] = field(default_factory=set)
    payloads: tuple[str, ...] = ()
    notifies: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    tsi: tuple[TrafficSelector, ...] = ()
    tsr: tuple[TrafficSelector, ...] = ()
    group: int | None = None
    method: str | None = None
    answers: "MessageState | None" = None
    answered: bool = False
    fragment_total: int = 0
    fragments: set[int] = field(default_factory=set)
    repeats: list[Repeat] = field(default_factory=list)


@dataclass(slots=True)
class NegotiationState:
    """One IKE SA under way: who it is, its messages so far, and every event that is its own."""

    device: str | None
    source: str
    initiator_spi: str | None = None
    responder_spi: str | None = None
    role: Role | None = None
    local: Endpoint | None = None
    remote: Endpoint | None = None
    messages: list[MessageState] = field(default_factory=list)
    handles: set[Handle] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    nearby: list[Event] = field(default_factory=list)
    built: Event | None = None
    packet: Event | None = None
    ended: Event | None = None
    failed: bool = False
    up: bool = False
    rekey_pending: bool = False
    rekeyed_from: "NegotiationState | None" = None
    number: str = ""
