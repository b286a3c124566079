"""IKE410: the same Child SA is rekeyed every few minutes by its lifetime in kilobytes."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, pairwise

from ikelog.correlation.ikev1.subject import remote_of
from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.order import median
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event

_DUE = "child_rekey_due"
_BY_VOLUME = ("data", "volume", "kilobyte")
_OFTEN, _FEWEST = 3, 5  # rekeys that name the volume; Child SAs in a row where nothing names it
_SOON_MS, _SECOND_MS = 600_000, 1000
_UNLIMITED_KB = 4_294_967_295
_COLLISION = Alternative("IKE403", "both ends may rekey the SA by turns, each for the other's new one")


def find(log: Log) -> Iterator[Match]:
    """Yield the peers whose Child SA is rekeyed again and again: the log names the volume, or the pace tells."""
    named: defaultdict[str, list[Event]] = defaultdict(list)
    for event in chain(log.of_none.of(_DUE), *(events(n, _DUE) for n in log.negotiations)):
        remote = remote_of(event)
        if _is_by_volume(event):
            named[remote.address if remote else ""].append(event)
    for address, found in named.items():
        gap = _gap([e.offset_ms for e in found])
        if len(found) >= _OFTEN and (gap is None or gap <= _SOON_MS):
            said = _said(address or "a peer", len(found), gap, "by the data that it carried")
            yield Match((), found[:3], said)
    for negotiation in log.negotiations:
        if negotiation.remote.address not in named and len(negotiation.child_sas) >= _FEWEST:
            yield from _by_pace(negotiation)


def _is_by_volume(event: Event) -> bool:
    """Tell whether a rekey is due for volume; an ASA may tell it of each direction: one of them counts."""
    reason = str(event.fields.get("reason", "")).lower()
    return any(word in reason for word in _BY_VOLUME) and str(event.fields.get("direction")).lower() != "inbound"


def _by_pace(negotiation: Negotiation) -> Iterator[Match]:
    """Find Child SAs in a row for the same networks, each far younger than its lifetime in seconds when replaced."""
    first = {child.line: child for child in negotiation.child_sas if child.state != "failed"}
    places = {e.line: e for e in negotiation.events if e.line in first}
    made = [(child, places[line]) for line, child in first.items() if line in places]
    row = [(a, b) for a, b in pairwise(made) if _is_same(a[0], b[0])]
    gap = _gap([row[0][0][1].offset_ms, *(b[1].offset_ms for _, b in row)]) if row else None
    seconds = next((child.lifetime_s for child, _ in made if child.lifetime_s), 3600)
    if len(row) >= _FEWEST - 1 and gap is not None and _SECOND_MS <= gap <= min(_SOON_MS, seconds * 1000 / 3):
        said = _said(peer(negotiation, "the peer"), len(row), gap, "long before its lifetime in seconds")
        evidence = [event for _, (_, event) in row[:3]]
        yield Match((negotiation,), evidence, said, certainty="inferred", alternatives=(_COLLISION,))


def _is_same(older: ChildSa, newer: ChildSa) -> bool:
    """Tell whether a Child SA replaces another one that was limited in kilobytes."""
    networks = older.local_selectors, older.remote_selectors
    limited = older.lifetime_kb is not None and older.lifetime_kb < _UNLIMITED_KB
    return limited and all(networks) and networks == (newer.local_selectors, newer.remote_selectors)


def _gap(times: list[int | None]) -> float | None:
    known = [time for time in times if time is not None]
    return median(b - a for a, b in pairwise(known)) if len(known) > 1 else None


def _said(who: str, count: int, gap_ms: float | None, why: str) -> str:
    pace = "" if gap_ms is None else f", about every {gap_ms / 60_000:.1f} minutes"
    return f"The Child SA with {who} was rekeyed {count} times{pace}, {why}."


RULE = Rule(
    code="IKE410",
    name="volume-rekey-storm",
    severity="warning",
    title="The Child SA is rekeyed every few minutes by volume",
    side="both",
    rank=Rank.NOTE,
    meaning="A Child SA has two lifetimes, seconds and kilobytes; the first to end counts. Cisco's default of 4608000 "
    "kilobytes is a few minutes of a fast line. Each rekey costs load, and each may fail or collide.",
    find=find,
    needs=(_DUE, "later child"),
    fix=(
        Fix(
            "ios", ("crypto ipsec security-association lifetime kilobytes <kb>",), "or `disable` where that is allowed"
        ),
        Fix("asa", ("crypto ipsec security-association lifetime kilobytes unlimited",), "leave it to the seconds"),
        Fix("peer", (), "raise the lifetime in kilobytes there too: the lower one counts"),
    ),
    looks_like=(
        "%ASA-7-702307: IPSEC: An outbound LAN-to-LAN SA (SPI= 0x5A0C91E4) between 192.0.2.30 and 198.51.100.7 "
        "(user= 198.51.100.7) is rekeying due to data rollover.",
    ),
    mistaken_for="IKE406, where the tunnel goes down. No such storm has been seen in a real log yet",
    references=("RFC 7296 section 2.8",),
    sample="asa-volume-rekeys.log",
)
