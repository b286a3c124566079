"""IKE408: the device declares its own new SPI invalid while the Child SA is being made."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.order import last_before, next_behind
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_EXCHANGE = "CREATE_CHILD_SA"
_ACTION = "invalid spi"


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations in which an ESP SPI was declared invalid in the midst of CREATE_CHILD_SA."""
    for negotiation in log.negotiations:
        told = [e for e in events(negotiation, "pfkey_received") if _is_invalid(e)]
        told = told or events(negotiation, "invalid_spi_sent")  # the two lines tell of one packet
        if told:
            shown = list(_beside_exchange(negotiation, told))
            if shown:
                yield _match(negotiation, shown)


def _is_invalid(event: Event) -> bool:
    return str(event.fields.get("pfkey_action", "")).lower() == _ACTION


def _beside_exchange(negotiation: Negotiation, told: list[Event]) -> Iterator[tuple[Event, Message]]:
    """Yield the lines that stand right before or behind a message of CREATE_CHILD_SA, with it."""
    before = last_before(negotiation, negotiation.messages)
    for event in told:
        beside = (before(event), next_behind(negotiation, event, negotiation.messages))
        message = next((m for m in beside if m is not None and m.exchange == _EXCHANGE), None)
        if message is not None:
            yield event, message


def _match(negotiation: Negotiation, shown: list[tuple[Event, Message]]) -> Match:
    (event, message), who = shown[0], peer(negotiation, "The peer")
    times = "" if len(shown) == 1 else f" It happened {len(shown)} times in this log."
    return Match(
        (negotiation,),
        [event, message, *(other for other, _ in shown[1:3])],
        f"{who} sent on the new Child SA before this device had switched it on (CREATE_CHILD_SA, message ID "
        f"{message.message_id}): the device called its own new SPI invalid and told the peer so.{times}",
    )


RULE = Rule(
    code="IKE408",
    name="early-traffic-on-new-child",
    severity="warning",
    title="The peer uses a new Child SA before it is ready here",
    side="local",
    rank=Rank.NOTE,
    meaning="After a rekey that this device began, some peers send on the new SA at once, before the device has "
    "installed it. It answers INVALID_SPI, and the peer may delete the SA that was just made.",
    find=find,
    needs=("pfkey_received", "invalid_spi_sent"),
    fix=(
        Fix(
            "ios",
            ("crypto ipsec security-association lifetime seconds <longer-than-the-peer's>",),
            "then the peer starts the rekey",
        ),
        Fix(
            "asa",
            ("crypto ipsec security-association lifetime seconds <longer-than-the-peer's>",),
            "then the peer starts the rekey; releases with CSCwc54984 fixed do not need it",
        ),
        Fix("peer", (), "a shorter Child SA lifetime there does the same"),
    ),
    looks_like=(
        "IKEv2-PLAT-4: Received PFKEY Invalid SPI for SPI 0x4BD2E870, error FALSE",
        "IKEv2-PROTO-4: (41): Sending INVALID_SPI notify",
    ),
    mistaken_for="IKE501, where the SA is gone for good. PFKEY lines may print the SPI with its bytes in reverse order",
    references=("RFC 7296 section 2.8", "RFC 7296 section 1.3.3"),
    sample="asa-early-traffic.log",
)
