"""What a log shows of a Child SA that was refused: its lines, the crypto map entries tried for it, the selectors."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from ikelog.correlation.types import ChildSa, Message, Negotiation
from ikelog.diagnosis.by_line import ByLine
from ikelog.diagnosis.compare import Selectors, are_related, compare_selectors, read_selector
from ikelog.diagnosis.evidence import HEAD, notify_line, notify_lines
from ikelog.diagnosis.facts import errors_among, events
from ikelog.diagnosis.policies import Refusal, refusals
from ikelog.diagnosis.rule import Lined, Log
from ikelog.diagnosis.types import Alternative, Comparison
from ikelog.events.sequence import Events
from ikelog.events.types import Event, TrafficSelector, Value
from ikelog.record import record

_REFUSED_ENTRIES = ("crypto_map_unmatched", "crypto_map_incomplete", "crypto_map_peer_differs")
# What a log shows, one of them, in which a Child SA was refused (`Rule.needs`).
REFUSED_CHILD = ("child_failed", "failed in child", "child failed")
_MATCHED_ENTRIES = ("crypto_map_matched", "crypto_map_accepted", "crypto_map_found")
# The first of these are printed of any message: which end asked is known from the role alone.
_ASKED = ("packet_built", "child_sa_wanted", "key_engine_timer_fired", "tunnel_requested")
_ASKED_OF_US = (
    "message_decrypted",
    "message_received",
    "child_proposal_seen",
    "crypto_map_unmatched",
    "traffic_selectors_refused",
)
_MOST_SELECTORS = 50

_LACKING = {"acl": "acl", "access": "acl", "peer": "peer", "transform": "proposal", "proposal": "proposal"}
ENTRY = "<map> <sequence>"
ANOTHERS = Alternative("IKE310", "another negotiation was open, and the line names no SA: it may belong to that one")


@record
class RefusedChild:
    """A Child SA that was refused, and the lines in which that happened: from `since` up to, not including, `until`.

    `own`, `near`, `messages` and `policies` are what of the negotiation stands there, `around` finds its events by
    line. `asked_here` tells that this device asked for it, and the peer refused.
    """

    negotiation: Negotiation
    sa: ChildSa | None
    since: int
    until: float
    own: Events
    near: Events
    messages: Sequence[Message]
    policies: Sequence[Refusal]
    asked_here: bool
    around: ByLine[Event] | None = None

    def holds(self, place: Lined) -> bool:
        """Tell whether a line belongs to this attempt."""
        return self.since <= place.line < self.until

    def events(self, *kinds: str) -> list[Event]:
        """Return the negotiation's own events of the given kinds within this attempt."""
        return self.own.of(*kinds)

    def nearby(self, *kinds: str) -> list[Event]:
        """Return the events of the given kinds that may belong to this attempt."""
        return self.near.of(*kinds)

    def errors(self, *sentences: str) -> list[Event]:
        """Return the events of this attempt in which the device gave one of the error sentences."""
        return errors_among(self.own, *sentences)

    def notified(self, name: str, direction: str | None = None) -> list[Message]:
        """Return the messages of this attempt that carry a notify."""
        return [m for m in self.messages if name in m.notifies and direction in (None, m.direction)]

    def notify_lines(self, name: str, messages: Iterable[Message]) -> list[Lined]:
        """Return the lines in which messages of this attempt carry a notify."""
        if self.around is None:
            return notify_lines(self.negotiation, name, messages)
        return [notify_line(self.around.between(m.line - HEAD, m.end_line + 1), name, m) for m in messages]


def refused_children(log: Log) -> Iterator[RefusedChild]:
    """Yield every Child SA that was refused: the first one of a negotiation, or a later one beside one that works."""
    for negotiation in log.negotiations:
        if negotiation.outcome == "child_failed" or (negotiation.outcome == "failed" and negotiation.stage == "child"):
            yield _first(negotiation)
        elif negotiation.outcome == "established" and any(child.state == "failed" for child in negotiation.child_sas):
            yield from _later(negotiation)


def _asked_here(negotiation: Negotiation, messages: Iterable[Message], line: int | None) -> bool:
    """Tell whether this device sent the request on a line; by the role, where there is no such message."""
    request = next((message for message in messages if message.line == line), None)
    return request.direction == "sent" if request else negotiation.role == "initiator"


def _first(negotiation: Negotiation) -> RefusedChild:
    failed = next((child for child in negotiation.child_sas if child.state == "failed"), None)
    return RefusedChild(
        negotiation,
        failed,
        0,
        inf,
        negotiation.events,
        negotiation.nearby,
        negotiation.messages,
        refusals(negotiation, "child"),
        _asked_here(negotiation, negotiation.messages, failed.line if failed else None),
    )


def _later(negotiation: Negotiation) -> Iterator[RefusedChild]:
    """Yield the new Child SAs that were refused later on; a refused rekey is another matter (IKE402)."""
    rekeys = {m.message_id for m in negotiation.messages if "REKEY_SA" in m.notifies}
    own, near, messages = ByLine(negotiation.events), ByLine(negotiation.nearby), ByLine(negotiation.messages)
    lists = refusals(negotiation, "child")
    children = negotiation.child_sas
    for child, until in zip(children, (*(following.line for following in children[1:]), inf), strict=True):
        if child.state == "failed" and child.rekeyed_from is None and child.message_id not in rekeys:
            yield RefusedChild(
                negotiation,
                child,
                child.line,
                until,
                Events(own.between(child.line, until)),
                Events(near.between(child.line, until)),
                messages.between(child.line, until),
                [refusal for refusal in lists if child.line <= refusal.received.line < until],
                _asked_here(negotiation, messages.between(child.line, child.line + 1), child.line),
                own,
            )


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
    if entry.kind in ("crypto_map_peer_differs", "peer_address_unknown", "peer_address_missing"):
        return "peer"
    return next((what for word, what in _LACKING.items() if word in missing), "")


def asked_for(child: RefusedChild) -> Selectors | None:
    """Return the selectors that were refused, as this device sees them."""
    sa = child.sa
    if sa and sa.local_selectors and sa.remote_selectors:
        return Selectors(sa.local_selectors, sa.remote_selectors)
    kinds = _ASKED if child.asked_here else _ASKED_OF_US
    read = (_read(event, ours=child.asked_here) for event in child.events(*kinds))
    return next((selectors for selectors in read if selectors), None)


class KnownSelectors:
    """For each device and peer of a log, what the device asks the peer for and what the peer asks of it."""

    def __init__(self, log: Log) -> None:
        self.negotiations: defaultdict[tuple[str | None, str | None], list[Negotiation]] = defaultdict(list)
        for negotiation in log.negotiations:
            self.negotiations[negotiation.device, negotiation.remote.address].append(negotiation)
        self.found: dict[tuple[str | None, str | None], tuple[list[Selectors], list[Selectors]]] = {}

    def of(self, negotiation: Negotiation) -> tuple[list[Selectors], list[Selectors]]:
        """Return what is known of a negotiation's device and peer; nothing where the peer is not known."""
        if negotiation.remote.address is None:
            return [], []
        pair = negotiation.device, negotiation.remote.address
        if pair not in self.found:
            self.found[pair] = _gathered(self.negotiations[pair])
        return self.found[pair]


def _gathered(negotiations: list[Negotiation]) -> tuple[list[Selectors], list[Selectors]]:
    ours: dict[Selectors, None] = {}
    theirs: dict[Selectors, None] = {}
    for negotiation in negotiations:
        sent = negotiation.role == "initiator"
        _gather(ours, negotiation, _ASKED if sent else _ASKED[1:], here=True)
        _gather(theirs, negotiation, _ASKED_OF_US[2:] if sent else _ASKED_OF_US, here=False)
    return list(ours), list(theirs)


def _gather(found: dict[Selectors, None], negotiation: Negotiation, kinds: tuple[str, ...], *, here: bool) -> None:
    for event in events(negotiation, *kinds) if len(found) < _MOST_SELECTORS else ():
        selectors = _read(event, ours=here)
        if selectors and len(found) < _MOST_SELECTORS:
            found[selectors] = None


def nearest_selectors(child: RefusedChild, known: KnownSelectors) -> tuple[Selectors, Selectors, Comparison] | None:
    """Return the own and the peer's selectors of a refused Child SA; None where the log has only one end's, or none.

    Of the end that refused, those count that come nearest to what was asked for, if they are near at all.
    """
    asked = asked_for(child)
    if asked is None:
        return None
    ours, theirs = known.of(child.negotiation)
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
