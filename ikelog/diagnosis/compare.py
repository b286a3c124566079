"""Own values beside the peer's: proposals as sets per transform type, traffic selectors as networks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from ikelog.diagnosis.types import Attribute, Comparison
from ikelog.events.types import Proposal, TrafficSelector
from ikelog.record import record

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network  # slow to import, and most logs have no selectors to compare

DH_GROUP = "DH group"
UNKNOWN = ("unknown",)

_ATTRIBUTES = (
    ("encryption", "encryption"),
    ("prf", "prf"),
    ("integrity", "integrity"),
    (DH_GROUP, "key_exchange"),
    ("ESN", "esn"),
)
_IN_WORDS = {"prf": "PRF"}
_CHILD_PROTOCOLS = ("esp", "ah")


def compare_proposals(own: Sequence[Proposal], received: Sequence[Proposal]) -> tuple[Comparison, ...]:
    """Compare each own proposal with the received one nearest to it; the nearest pair comes first.

    An attribute is equal where the two sets share a member (RFC 7296 section 3.3.6), and where either is unknown.
    Of two received proposals equally near, one that differs in more than the DH group counts: only where there is none
    is the DH group the matter.
    """
    nearest = [_nearest(proposal, received) for proposal in own if received]
    return tuple(sorted(nearest, key=lambda comparison: comparison.distance))


def _nearest(own: Proposal, received: Sequence[Proposal]) -> Comparison:
    found = [_compared(own, other) for other in received]
    return min(found, key=lambda comparison: (comparison.distance, differing(comparison) == (DH_GROUP,)))


def nearest_pair(own: Sequence[Proposal], received: Sequence[Proposal]) -> tuple[Proposal | None, Proposal | None]:
    """Return the own and the received proposal of least distance, or the first of the one list that there is."""
    if not own or not received:
        return next(iter(own), None), next(iter(received), None)
    return min(((a, b) for a in own for b in received), key=lambda pair: _compared(*pair).distance)


def _compared(own: Proposal, received: Proposal) -> Comparison:
    attributes = tuple(_attributes(own, received))
    distance = sum(not attribute.equal for attribute in attributes)
    return Comparison(_title(own), _title(received), distance, attributes)


def _title(proposal: Proposal) -> str:
    return "proposal" if proposal.number is None else f"proposal {proposal.number}"


def _attributes(own: Proposal, received: Proposal) -> Iterator[Attribute]:
    if own.protocol and received.protocol and own.protocol != received.protocol:
        yield Attribute("protocol", (own.protocol.upper(),), (received.protocol.upper(),), False)
    for name, transform in _ATTRIBUTES:
        here, there = getattr(own, transform), getattr(received, transform)
        if here or there:
            equal = not here or not there or any(_same(a, b) for a in here for b in there)
            yield Attribute(name, here or UNKNOWN, there or UNKNOWN, equal)


def _same(one: str, other: str) -> bool:
    """Tell whether two names mean one algorithm; a cipher printed without its key length may be any of its lengths."""
    a, b = (name.upper().replace("_", "-").replace("’", "'") for name in (one, other))
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    return re.fullmatch(re.escape(short) + r"-\d{3}", long) is not None


def differing(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of the attributes that differ."""
    return tuple(attribute.attribute for attribute in comparison.attributes if not attribute.equal)


def nearest_of(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons of the least distance: there may be several."""
    least = min((comparison.distance for comparison in comparisons), default=0)
    return tuple(comparison for comparison in comparisons if comparison.distance == least)


def differs_only_in(comparisons: Sequence[Comparison], attribute: str) -> bool:
    """Tell whether all that come nearest differ in this one attribute and in no other."""
    nearest = nearest_of(comparisons)
    return bool(nearest) and all(differing(comparison) == (attribute,) for comparison in nearest)


def differences(comparisons: Sequence[Comparison]) -> str:
    """Say in words what differs in those that come nearest: `encryption (here AES-CBC-256, peer AES-CBC-128)`."""
    words = dict.fromkeys(_difference(comparison) for comparison in nearest_of(comparisons))
    return ", or in ".join(word for word in words if word)


def _difference(comparison: Comparison) -> str:
    return " and ".join(
        _IN_WORDS.get(attribute.attribute, attribute.attribute) + _values(attribute)
        for attribute in comparison.attributes
        if not attribute.equal
    )


def _values(attribute: Attribute) -> str:
    """Return both values in words; IOS names neither for IKEv1, or the peer's alone."""
    sides = (("here", attribute.local), ("peer", attribute.remote))
    told = ", ".join(f"{side} {' or '.join(values)}" for side, values in sides if values != UNKNOWN)
    return f" ({told})" if told else ""


# Traffic selectors (RFC 7296 section 2.9), always as this device sees them: `local` is its own side.

Networks: TypeAlias = "tuple[IPv4Network | IPv6Network, ...]"
Relation = Literal["equal", "host", "narrower", "wider", "overlap", "apart", "unknown"]

_RELATION_WORDS = {
    "host": "is one host of",
    "narrower": "is narrower than",
    "wider": "is wider than",
    "overlap": "only overlaps",
    "apart": "has nothing in common with",
}
_RANGE = (
    r"(?:Address Range: ?)?(?P<start>[^\s/-]+) ?[-/] ?(?P<end>[^\s/]+)"
    r"(?: Protocol: ?(?P<protocol>\d+) Port Range: ?(?P<low>\d+) ?- ?(?P<high>\d+)"
    r"|/(?P<low_port>\d+)/(?P<high_port>\d+)/(?P<number>\d+))?"
)


@record
class Selectors:
    """The traffic that a Child SA is for: networks behind this device, and behind the peer."""

    local: tuple[TrafficSelector, ...]
    remote: tuple[TrafficSelector, ...]


def read_selector(text: str) -> TrafficSelector | None:
    """Read a selector of ASA syslog: `Address Range: a-b Protocol: 0 Port Range: 0-65535`, or `a/b/0/65535/0`."""
    found = re.match(_RANGE, text.strip().rstrip("!"), re.IGNORECASE)
    if not found:
        return None
    protocol = found["protocol"] or found["number"] or "0"
    low, high = found["low"] or found["low_port"] or "0", found["high"] or found["high_port"] or "65535"
    return TrafficSelector(found["start"], found["end"], int(protocol), int(low), int(high))


def networks(selectors: Iterable[TrafficSelector]) -> Networks | None:
    """Return what selectors cover as the fewest networks; None where an address is masked or no range."""
    return _networks(tuple(selectors))


@lru_cache(maxsize=4096)
def _networks(selectors: tuple[TrafficSelector, ...]) -> Networks | None:
    from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, summarize_address_range

    found: list[IPv4Network | IPv6Network] = []
    for selector in selectors:
        try:
            found += summarize_address_range(ip_address(selector.start), ip_address(selector.end))
        except (ValueError, TypeError):
            return None
    four = [network for network in found if isinstance(network, IPv4Network)]
    six = [network for network in found if isinstance(network, IPv6Network)]
    return (*collapse_addresses(four), *collapse_addresses(six))


def network_words(selectors: Iterable[TrafficSelector]) -> tuple[str, ...]:
    """Return the networks of selectors as people write them; masked ones as printed."""
    kept = tuple(selectors)
    found = networks(kept)
    if found is None:
        return tuple(dict.fromkeys(s.start if s.start == s.end else f"{s.start}-{s.end}" for s in kept))
    return tuple(map(str, found))


def relation(own: Iterable[TrafficSelector], peer: Iterable[TrafficSelector]) -> Relation:
    """Say how the peer's networks stand to the own ones."""
    here, there = networks(own), networks(peer)
    return _relation(here, there) if here and there else "unknown"


@lru_cache(maxsize=4096)
def _relation(here: Networks, there: Networks) -> Relation:
    if here == there:
        return "equal"
    if _inside(there, here):
        return "host" if len(there) == 1 and there[0].num_addresses == 1 else "narrower"
    if _inside(here, there):
        return "wider"
    return "overlap" if any(a.overlaps(b) for a in here for b in there if a.version == b.version) else "apart"


def _inside(inner: Networks, outer: Networks) -> bool:
    return all(any(_within(part, whole) for whole in outer) for part in inner)


def _within(part: IPv4Network | IPv6Network, whole: IPv4Network | IPv6Network) -> bool:
    first, last = whole.network_address, whole.broadcast_address
    return part.version == whole.version and first <= part.network_address and part.broadcast_address <= last  # type: ignore[operator]


def is_anything(selectors: Selectors) -> bool:
    """Tell whether selectors are 0.0.0.0/0 or ::/0 both ways, as a route-based VPN asks for."""
    sides = networks(selectors.local), networks(selectors.remote)
    return all(side and all(network.prefixlen == 0 for network in side) for side in sides)


def route_based_words(asked: Selectors, *, here: bool) -> str:
    """Say that the one end asks for everything where the other refuses it: it expects networks; else empty."""
    if not is_anything(asked):
        return ""
    route, policy = ("this end", "the peer") if here else ("the peer", "this end")
    return f"{route} asks for 0.0.0.0/0 both ways (route-based), {policy} expects networks (policy-based)"


def are_related(own: Selectors, received: Selectors) -> bool:
    """Tell whether two pairs of selectors may be of one policy: they share something on one side, or are exchanged."""
    straight = relation(own.local, received.local), relation(own.remote, received.remote)
    exchanged = relation(own.local, received.remote), relation(own.remote, received.local)
    return straight != ("apart", "apart") or exchanged == ("equal", "equal")


def compare_selectors(own: Selectors, received: Selectors) -> Comparison:
    """Compare the own selectors with those that the peer asks for, both as this device sees them."""
    pairs = (("local network", own.local, received.local), ("remote network", own.remote, received.remote))
    attributes = tuple(
        Attribute(name, network_words(here), network_words(there), relation(here, there) in ("equal", "unknown"))
        for name, here, there in pairs
    )
    distance = sum(not attribute.equal for attribute in attributes)
    return Comparison("selectors", "selectors", distance, attributes)


def selector_difference(own: Selectors, received: Selectors) -> str:
    """Say in words how the peer's selectors differ from the own ones; empty where they do not, or nothing is known."""
    if is_anything(own) != is_anything(received):
        return route_based_words(own, here=True) or route_based_words(received, here=False)
    ways = relation(own.local, received.local), relation(own.remote, received.remote)
    swapped = relation(own.local, received.remote), relation(own.remote, received.local)
    if swapped == ("equal", "equal") and ways != swapped:
        return "both ends name the same networks as their own: the lists are copies, not mirror images"
    sides = zip(("local", "remote"), (own.local, own.remote), (received.local, received.remote), ways, strict=True)
    return "; ".join(
        f"what the peer asks for as our {side} network, {', '.join(network_words(there))}, {_RELATION_WORDS[way]} "
        f"our {', '.join(network_words(here))}"
        for side, here, there, way in sides
        if way in _RELATION_WORDS
    )
