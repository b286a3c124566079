"""IKE403: both ends rekeyed the same SA at the same time."""

from collections.abc import Iterator

from ikelog.correlation.ikev1.subject import remote_of
from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.rekeying import rekeyed
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.diagnosis.waiting import answers

_SAID = "rekey_collision"
_NEAR = 4  # requests behind one that may cross it: an answer that the log lacks makes no collision
_NOTIFIES = ("TEMPORARY_FAILURE", "CHILD_SA_NOT_FOUND")


def find(log: Log) -> Iterator[Match]:
    """Yield collisions of rekeys: the device says so, a notify does, or two requests cross."""
    for event in log.of_none.of(_SAID):
        remote = remote_of(event)
        yield Match(
            (), [event], _said(remote.address if remote else "the peer", _survivor(event.fields.get("esp_spi")))
        )
    for negotiation in log.negotiations:
        evidence, more = _shown(negotiation)
        if evidence:
            yield Match((negotiation,), evidence, _said(peer(negotiation, "the peer"), more))


def _said(who: str, more: str) -> str:
    return f"This device and {who} rekeyed the same SA at the same time{more}."


def _survivor(deleted: object) -> str:
    return f"; the new SA with SPI 0x{str(deleted).upper()} is deleted, the other one stays" if deleted else ""


def _shown(negotiation: Negotiation) -> tuple[list[Lined], str]:
    """Return the lines that show a collision, and what is known of its outcome, as the end of a sentence."""
    said = events(negotiation, _SAID)
    if said:
        return list(said[:3]), _survivor(said[0].fields.get("esp_spi"))
    exchanged = [m for m in negotiation.messages if m.exchange == "CREATE_CHILD_SA"]
    crossed = _crossed(negotiation, exchanged)
    if crossed:
        return list(crossed), _outcome(negotiation, crossed)
    told = [m for m in exchanged if m.response and not set(_NOTIFIES).isdisjoint(m.notifies)]
    if not told:
        return [], ""
    name = next(name for name in told[0].notifies if name in _NOTIFIES)
    ends = ("this device", "the peer") if told[0].direction == "sent" else ("the peer", "this device")
    return list(told[:2]), f": {ends[0]} answered {name}, and {ends[1]} is to try again"


def _crossed(negotiation: Negotiation, exchanged: list[Message]) -> tuple[Message, Message] | None:
    """Return the first two rekeys of one kind of SA, one of each end, of which the second began within the first."""
    known, what = answers(negotiation), rekeyed(negotiation)
    requests = [m for m in exchanged if m.response is False]
    for place, first in enumerate(requests):
        answer = known.get(first.n)
        for second in requests[place + 1 : place + 1 + _NEAR]:
            kinds = {what(first), what(second)} if second.direction != first.direction else {None}
            if (answer is None or second.n < answer.n) and len(kinds) == 1 and None not in kinds:
                return first, second
    return None


def _outcome(negotiation: Negotiation, crossed: tuple[Message, Message]) -> str:
    """Say which of the two new Child SAs stayed, where one of them was deleted."""
    made = {child.line: child for child in negotiation.child_sas}
    kept = [m for m in crossed if m.line in made and made[m.line].state in ("up", "rekeyed")]
    gone = [m for m in crossed if m.line in made and made[m.line].state == "deleted"]
    if len(kept) != 1 or len(gone) != 1:
        return "; the log does not show which of the two new SAs stayed"
    whose = "this device" if kept[0].direction == "sent" else "the peer"
    return f"; the one that {whose} asked for stayed, the other one was deleted"


RULE = Rule(
    code="IKE403",
    name="rekey-collision",
    severity="warning",
    title="Both ends rekeyed the same SA at once",
    side="both",
    rank=Rank.NOTE,
    meaning="The lifetimes of both ends run out together, so both start a rekey. One of the two new SAs is to be "
    "deleted, and mostly is; where the ends do not agree on which, traffic stops until the next rekey.",
    find=find,
    needs=(_SAID, "CREATE_CHILD_SA"),
    fix=(
        Fix("ios", ("crypto ipsec security-association lifetime seconds <s>",), "unequal lifetimes: one end starts"),
        Fix("asa", ("crypto ipsec security-association lifetime seconds <s>",), "unequal lifetimes: one end starts"),
        Fix("peer", (), "or a longer lifetime there, so that this device always starts"),
    ),
    looks_like=(
        "%ASA-5-750005: Local:192.0.2.30:500 Remote:198.51.100.7:500 Username:198.51.100.7 IPsec rekey collision "
        "detected. I am lowest nonce initiator, deleting SA with inbound SPI 0x5A0C91E4",
        "%ASA-5-713092: Failure during phase 1 rekeying attempt due to collision",
    ),
    mistaken_for="IKE402: a collision sorts itself out. Two IKE_SA_INIT that cross are IKE111",
    references=("RFC 7296 section 2.8.1", "RFC 7296 section 2.8.2", "RFC 7296 section 2.25"),
    sample="asa-rekey-collision.log",
)
