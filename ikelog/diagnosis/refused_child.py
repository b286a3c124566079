"""What a log shows of a Child SA that was refused: its lines, the crypto map entries tried for it, the selectors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ikelog.correlation.types import ChildSa, Message, Negotiation
from ikelog.diagnosis.compare import Selectors, are_related, compare_selectors, read_selector
from ikelog.diagnosis.facts import errors_reported, events, nearby, notified
from ikelog.diagnosis.rule import Lined, Log
from ikelog.diagnosis.types import Alternative, Comparison
from ikelog.events.types import Event, TrafficSelector, Value

_REFUSED_ENTRIES = ("crypto_map_unmatched", "crypto_map_incomplete", "crypto_map_peer_differs")
_MATCHED_ENTRIES = ("crypto_map_matched", "crypto_map_accepted", "crypto_map_found")
# The first of these are printed of any message: which end asked is known from the role alone.
_ASKED = ("packet_built", "child_sa_wanted", "key_engine_timer_fired", "tunnel_requested")
_ASKED_OF_US = ("message_decrypted", "message_received", "child_proposal_seen", "crypto_map_unmatched")
_MOST_SELECTORS = 50

_LACKING = {"acl": "acl", "access": "acl", "peer": "peer", "transform": "proposal", "proposal": "proposal"}
ENTRY = "<map> <sequence>"
ANOTHERS = Alternative("IKE310", "another negotiation was open, and the line names no SA: it may belong to that one")


@dataclass(frozen=True, slots=True)
class RefusedChild:
    """A Child SA that was refused, and the lines in which that happened: from `since` up to, not including, `until`."""

    negotiation: Negotiation
    sa: ChildSa | None = None
    since: int = 0
    until: int | None = None

    @property
    def asked_here(self) -> bool:
        """Tell whether this device asked for it, and the peer refused."""
        requests = [m for m in self.negotiation.messages if self.sa and m.line == self.sa.line]
        return requests[0].direction == "sent" if requests else self.negotiation.role == "initiator"

    def holds(self, place: Lined) -> bool:
        """Tell whether a line belongs to this attempt."""
        return self.since <= place.line and (self.until is None or place.line < self.until)

    def events(self, *kinds: str) -> list[Event]:
        """Return the negotiation's own events of the given kinds within this attempt."""
        return [event for event in events(self.negotiation, *kinds) if self.holds(event)]

    def nearby(self, *kinds: str) -> list[Event]:
        """Return the events of the given kinds that may belong to this attempt."""
        return [event for event in nearby(self.negotiation, *kinds) if self.holds(event)]

    def errors(self, *sentences: str) -> list[Event]:
        """Return the events of this attempt in which the device gave one of the error sentences."""
        return [event for event in errors_reported(self.negotiation, *sentences) if self.holds(event)]

    def notified(self, name: str, direction: str | None = None) -> list[Message]:
        """Return the messages of this attempt that carry a notify."""
        return [message for message in notified(self.negotiation, name, direction) if self.holds(message)]


def refused_children(log: Log) -> Iterator[RefusedChild]:
    """Yield every Child SA that was refused: the first one of a negotiation, or a later one beside one that works."""
    for negotiation in log.negotiations:
        if negotiation.outcome == "child_failed" or (negotiation.outcome == "failed" and negotiation.stage == "child"):
            yield RefusedChild(negotiation, next((c for c in negotiation.child_sas if c.state == "failed"), None))
        elif negotiation.outcome == "established":
            yield from _later(negotiation)


def _later(negotiation: Negotiation) -> Iterator[RefusedChild]:
    """Yield the new Child SAs that were refused later on; a refused rekey is another matter (IKE402)."""
    children = negotiation.child_sas
    for child, following in zip(children, [*children[1:], None][: len(children)], strict=True):
        if child.state == "failed" and child.rekeyed_from is None and not _rekeys(negotiation, child):
            yield RefusedChild(negotiation, child, child.line, following.line if following else None)


def _rekeys(negotiation: Negotiation, child: ChildSa) -> bool:
    return any("REKEY_SA" in m.notifies and m.message_id == child.message_id for m in negotiation.messages)


def refused_entries(child: RefusedChild) -> tuple[list[Event], bool]:
    """Return the crypto map entries that were tried and did not fit, and whether the lines are surely this one's.

    An entry tried before one that matches is harmless: it is left out.
    """
    own = child.events(*_REFUSED_ENTRIES, *_MATCHED_ENTRIES)
    found = own or child.nearby(*_REFUSED_ENTRIES, *_MATCHED_ENTRIES)
    matched = max((event.line for event in found if event.kind in _MATCHED_ENTRIES), default=0)
    return [e for e in found if e.kind in _REFUSED_ENTRIES and e.line > matched], bool(own)


def entry_name(event: Event) -> str:
    """Return a crypto map entry as people name it: `VPN_MAP 10`."""
    name, sequence = event.fields.get("crypto_map"), event.fields.get("sequence")
    return ENTRY if name is None else f"{name} {sequence}"


def entry_lacks(entry: Event) -> str:
    """Return what an entry lacks, as far as its event says: `acl`, `peer`, `proposal`, or empty for any of them."""
    missing = str(entry.fields.get("missing", "")).lower()
    if entry.kind in ("crypto_map_peer_differs", "peer_address_unknown"):
        return "peer"
    return next((what for word, what in _LACKING.items() if word in missing), "")


Known = dict[tuple[str | None, str | None], tuple[list[Selectors], list[Selectors]]]


def asked_for(child: RefusedChild) -> Selectors | None:
    """Return the selectors that were refused, as this device sees them."""
    sa = child.sa
    if sa and sa.local_selectors and sa.remote_selectors:
        return Selectors(sa.local_selectors, sa.remote_selectors)
    kinds = _ASKED if child.asked_here else _ASKED_OF_US
    read = (_read(event, ours=child.asked_here) for event in child.events(*kinds))
    return next((selectors for selectors in read if selectors), None)


def known_selectors(log: Log) -> Known:
    """Return, for each device and peer, what the device asks the peer for and what the peer asks of it."""
    known: Known = {}
    for negotiation in log.negotiations:
        if negotiation.remote.address:
            ours, theirs = known.setdefault((negotiation.device, negotiation.remote.address), ([], []))
            sent = negotiation.role == "initiator"
            _gather(ours, negotiation, _ASKED if sent else _ASKED[1:], here=True)
            _gather(theirs, negotiation, _ASKED_OF_US[2:] if sent else _ASKED_OF_US, here=False)
    return known


def _gather(found: list[Selectors], negotiation: Negotiation, kinds: tuple[str, ...], *, here: bool) -> None:
    for event in events(negotiation, *kinds):
        selectors = _read(event, ours=here)
        if selectors and selectors not in found and len(found) < _MOST_SELECTORS:
            found.append(selectors)


def nearest_selectors(child: RefusedChild, known: Known) -> tuple[Selectors, Selectors, Comparison] | None:
    """Return the own and the peer's selectors of a refused Child SA; None where the log has only one end's, or none.

    Of the end that refused, those count that come nearest to what was asked for, if they are near at all.
    """
    asked = asked_for(child)
    ours, theirs = known.get((child.negotiation.device, child.negotiation.remote.address), ([], []))
    if asked is None:
        return None
    pairs = [(asked, other) for other in theirs] if child.asked_here else [(other, asked) for other in ours]
    compared = [(own, peer, compare_selectors(own, peer)) for own, peer in pairs if are_related(own, peer)]
    nearest = min(compared, key=lambda pair: pair[2].distance, default=None)
    return nearest if nearest and nearest[2].distance else None


def _read(event: Event, *, ours: bool) -> Selectors | None:
    """Read the selectors of an event; in a request of the peer TSi is its side (RFC 7296 section 2.9)."""
    fields = event.fields
    if "tsi" in fields:
        sides = _many(fields.get("tsi")), _many(fields.get("tsr"))
        local, remote = sides if ours else sides[::-1]
    else:
        local = _one(fields, "local_proxy", "local_selector", "local_selector_text")
        remote = _one(fields, "remote_proxy", "remote_selector", "remote_selector_text")
    return Selectors(local, remote) if local and remote else None


def _many(value: Value | None) -> tuple[TrafficSelector, ...]:
    return tuple(s for s in value if isinstance(s, TrafficSelector)) if isinstance(value, tuple) else ()


def _one(fields: Mapping[str, Value], *names: str) -> tuple[TrafficSelector, ...]:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            value = read_selector(value)
        if isinstance(value, TrafficSelector):
            return (value,)
    return ()
