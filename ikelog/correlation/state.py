"""What is gathered of a negotiation while its log goes by. Mutable here, frozen by build.py."""

from collections.abc import Iterable

from ikelog.correlation.types import Direction, Repeat, Role
from ikelog.events.types import Endpoint, Event, Handle, Proposal, TrafficSelector


class MessageState:
    """One message, whatever number of records the device printed of it.

    `kinds` are the records seen since it was last sent or received: a kind seen again is a retransmission. `answers`
    is the request that a response is to, `answer` the response that a request has got; `step` is IKEv1's, as `MM1`.
    """

    __slots__ = (
        "answer",
        "answers",
        "direction",
        "end_line",
        "exchange",
        "first",
        "fragment_total",
        "fragments",
        "group",
        "kinds",
        "line",
        "message_id",
        "method",
        "notifies",
        "payloads",
        "proposals",
        "repeats",
        "response",
        "step",
        "tsi",
        "tsr",
    )

    def __init__(
        self,
        exchange: str,
        message_id: int | None,
        direction: Direction,
        response: bool | None,
        first: Event,
        line: int,
        end_line: int,
        kinds: Iterable[str] = (),
        payloads: tuple[str, ...] = (),
    ) -> None:
        self.exchange = exchange
        self.message_id = message_id
        self.direction = direction
        self.response = response
        self.first = first
        self.line = line
        self.end_line = end_line
        self.kinds = set(kinds)
        self.payloads = payloads
        self.notifies: tuple[str, ...] = ()
        self.proposals: tuple[Proposal, ...] = ()
        self.tsi: tuple[TrafficSelector, ...] = ()
        self.tsr: tuple[TrafficSelector, ...] = ()
        self.group: int | None = None
        self.method: str | None = None
        self.answers: MessageState | None = None
        self.answer: MessageState | None = None
        self.fragment_total = 0
        self.fragments: set[int] = set()
        self.repeats: list[Repeat] = []
        self.step: str | None = None


class NegotiationState:
    """One IKE SA under way, or ISAKMP SA (`version` 1): who it is, its messages so far, and every event of its own.

    `place` counts the negotiations that its device began before it. `same_id` has the messages by message ID,
    `last_received` and `last_response` are the latest of them: an IKE SA may have tens of thousands.
    """

    __slots__ = (
        "built",
        "connection",
        "device",
        "ended",
        "events",
        "failed",
        "handles",
        "initiator_spi",
        "last_received",
        "last_response",
        "local",
        "messages",
        "nearby",
        "number",
        "packet",
        "place",
        "rekey_pending",
        "rekeyed_from",
        "remote",
        "responder_spi",
        "role",
        "same_id",
        "source",
        "up",
        "version",
    )

    def __init__(
        self,
        device: str | None,
        source: str,
        initiator_spi: str | None = None,
        responder_spi: str | None = None,
        place: int = 0,
    ) -> None:
        self.device = device
        self.source = source
        self.initiator_spi = initiator_spi
        self.responder_spi = responder_spi
        self.place = place
        self.role: Role | None = None
        self.local: Endpoint | None = None
        self.remote: Endpoint | None = None
        self.messages: list[MessageState] = []
        self.same_id: dict[int | None, list[MessageState]] = {}
        self.last_received: MessageState | None = None
        self.last_response: MessageState | None = None
        self.handles: set[Handle] = set()
        self.events: list[Event] = []
        self.nearby: list[Event] = []
        self.built: Event | None = None
        self.packet: Event | None = None
        self.ended: Event | None = None
        self.failed = False
        self.up = False
        self.rekey_pending = False
        self.rekeyed_from: NegotiationState | None = None
        self.number = ""
        self.version = 2
        self.connection: int | None = None
