"""IKE407: an IKE message for an SA that one end does not have."""

from collections import defaultdict
from collections.abc import Iterator

from ikelog.correlation.ikev1.subject import remote_of
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import errors_among, events, notified, peer
from ikelog.diagnosis.quick_mode import UNKNOWN_COOKIE, notify_names
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.sequence import Events
from ikelog.events.types import Event
from ikelog.terms import errors

_HERE = ("ike_sa_unknown", "unknown_ike_sa")
_LATE_MS = 30_000  # so long after its end an SA's last messages still arrive
_Found = dict[tuple[str, bool], list[tuple[Lined, Negotiation | None]]]


def find(log: Log) -> Iterator[Match]:
    """Yield, for each peer, the messages for SAs that this device, or the peer, does not know."""
    found: _Found = defaultdict(list)
    for event in _unknown(log.of_none):
        remote = remote_of(event)
        found[remote.address if remote else "", True].append((event, None))
    for event in log.of_none.of("notify_received"):
        remote = remote_of(event)
        if not UNKNOWN_COOKIE.isdisjoint(notify_names(event)):
            found[remote.address if remote else "", False].append((event, None))
    for negotiation in log.negotiations:
        for place, here in _of(negotiation):
            found[peer(negotiation, ""), here].append((place, negotiation))
    for (address, here), places in found.items():
        if not (here and len(places) == 1 and _is_late(log, address, places[0][0])):
            yield _match(address, places, here=here)


def _unknown(found: Events) -> list[Event]:
    return [*found.of(*_HERE), *errors_among(found, errors.INVALID_IKE_SPI)]


def _of(negotiation: Negotiation) -> Iterator[tuple[Lined, bool]]:
    """Yield what a negotiation's own lines tell, and whether it is this device that does not know the SA."""
    yield from ((event, True) for event in _unknown(negotiation.events))
    for message in notified(negotiation, "INVALID_IKE_SPI"):
        yield message, message.direction == "sent"
    for event in events(negotiation, "notify_received") if negotiation.ike_version == 1 else ():
        if not UNKNOWN_COOKIE.isdisjoint(notify_names(event)):
            yield event, False


def _is_late(log: Log, address: str, place: Lined) -> bool:
    """Tell whether an SA with the peer ended right before: its last messages are on the way then."""
    for negotiation in log.negotiations:
        closed = negotiation.closed if not address or negotiation.remote.address == address else None
        end = next((e for e in negotiation.events if closed and e.line == closed.line), None)
        if end is not None and isinstance(place, Event) and _is_right_behind(end, place):
            return True
    return False


def _is_right_behind(end: Event, place: Event) -> bool:
    """Tell whether a line stands behind an end, and came no more than seconds later."""
    times = end.offset_ms, place.offset_ms
    follows = end.source == place.source and end.line < place.line
    return follows and times[0] is not None and times[1] is not None and times[1] - times[0] < _LATE_MS


def _match(address: str, places: list[tuple[Lined, Negotiation | None]], *, here: bool) -> Match:
    who, count = address or "A peer", "" if len(places) == 1 else f", {len(places)} times"
    about = {negotiation.id: negotiation for _, negotiation in places if negotiation}
    text = (
        f"{who} sends IKE messages of an SA that this device does not have{count}: it is gone here, and in use there."
    )
    if not here:
        text = f"{who} does not know the IKE SA that this device uses{count}: it is gone there, and in use here."
    evidence = [place for place, _ in places[:3]]
    return Match(tuple(about.values()), evidence, text, side="peer" if here else "local", fix=_fixes(address))


def _fixes(address: str = "") -> tuple[Fix, ...]:
    clear, where = address or "<peer-address>", "on the end that still uses it, or wait for its liveness check"
    return (
        Fix("ios", (f"clear crypto session remote {clear}",), where),
        Fix("asa", (f"clear crypto ikev2 sa {clear}", f"clear crypto ikev1 sa {clear}"), where),
        Fix("peer", (), "liveness checks (DPD) on both ends notice such an SA by themselves: switch them on"),
    )


RULE = Rule(
    code="IKE407",
    name="unknown-ike-sa",
    severity="warning",
    title="A message for an IKE SA that one end does not have",
    side="both",
    rank=Rank.NOTE,
    meaning="One end lost the IKE SA, by a restart, a clear command or a DELETE that never arrived; the other one "
    "still uses it. Nothing passes until that end notices, which liveness checks (DPD) are for.",
    find=find,
    needs=(*_HERE, errors.INVALID_IKE_SPI, "INVALID_IKE_SPI", "notify_received"),
    fix=_fixes(),
    looks_like=(
        "%CRYPTO-4-IKMP_NO_SA: IKE message from 198.51.100.7 has no SA and is not an initialization offer",
        "%ASA-5-713904: IP = 198.51.100.7, Received encrypted packet with no matching SA, dropping",
        "IKEv2:Couldn't find matching SA: Detected an invalid IKE SPI",
    ),
    mistaken_for="IKE501, the same for ESP; the last messages of an SA that was deleted a moment before",
    references=("RFC 7296 section 2.21.4", "RFC 7296 section 2.4", "RFC 2408"),
    sample="asa-ikev1-unknown-sa.log",
)
