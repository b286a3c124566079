"""What is gathered of a negotiation while its log goes by. Mutable here, frozen by build.py."""

from dataclasses import dataclass, field

from ikelog.correlation.types import Direction, Repeat, Role
from ikelog.events.types import Endpoint, Event, Handle, Proposal, TrafficSelector


@dataclass(slots=True, eq=False)
class MessageState:
    """One message, whatever number of records the device printed of it.

    `kinds` are the records seen since it was last sent or received: a kind seen again is a retransmission. `answers`
    is the request that a response is to, `answer` the response that a request has got.
    """

    exchange: str
    message_id: int | None
    direction: Direction
    response: bool
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
    answer: "MessageState | None" = None
    fragment_total: int = 0
    fragments: set[int] = field(default_factory=set)
    repeats: list[Repeat] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class NegotiationState:
    """One IKE SA under way: who it is, its messages so far, and every event that is its own.

    `place` counts the negotiations that its device began before it. `same_id` has the messages by message ID,
    `last_received` and `last_response` are the latest of them: an IKE SA may have tens of thousands.
    """

    device: str | None
    source: str
    initiator_spi: str | None = None
    responder_spi: str | None = None
    place: int = 0
    role: Role | None = None
    local: Endpoint | None = None
    remote: Endpoint | None = None
    messages: list[MessageState] = field(default_factory=list)
    same_id: dict[int | None, list[MessageState]] = field(default_factory=dict)
    last_received: MessageState | None = None
    last_response: MessageState | None = None
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
