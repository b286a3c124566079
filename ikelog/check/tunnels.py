"""Negotiations as expectations count them: an IKE SA together with those that it was rekeyed to."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from ikelog.check.expectation import Selection
from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.record import record

_UNSETTLED = (None, "failed")


@record
class Tunnel:
    """A negotiation and its rekeys, in order: what one of them does not show again, another one does."""

    members: tuple[Negotiation, ...]

    @property
    def root(self) -> Negotiation:
        """The negotiation that began it."""
        return self.members[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its negotiations."""
        return tuple(member.id for member in self.members)


def build_tunnels(negotiations: Iterable[Negotiation]) -> tuple[Tunnel, ...]:
    """Put each rekey to the negotiation that it comes from."""
    root: dict[str, str] = {}
    members: dict[str, list[Negotiation]] = {}
    for negotiation in negotiations:
        first = root.get(negotiation.rekeyed_from or "", negotiation.id)
        root[negotiation.id] = first
        members.setdefault(first, []).append(negotiation)
    return tuple(Tunnel(tuple(found)) for found in members.values())


def child_sas(tunnel: Tunnel) -> Iterator[tuple[Negotiation, ChildSa]]:
    """Yield the Child SAs that came up, each with the negotiation that shows it."""
    for member in tunnel.members:
        for child in member.child_sas:
            if child.state not in _UNSETTLED:
                yield member, child


def peer(negotiation: Negotiation) -> str:
    """Return the peer as a selection names it: its address, else its identity; empty while unknown."""
    return negotiation.remote.address or negotiation.remote.identity or ""


def is_selected(tunnel: Tunnel, selection: Selection) -> bool:
    """Tell whether an expectation is about a tunnel."""
    root = tunnel.root
    return (
        (selection.peer is None or _is_peer(selection.peer, peer(root)))
        and (selection.device is None or fnmatchcase((root.device or "").lower(), selection.device.lower()))
        and (selection.file is None or any(is_file(span.source, selection.file) for span in root.spans))
        and selection.role in (None, root.role)
    )


def is_file(name: str, pattern: str) -> bool:
    """Tell whether a log is meant by a pattern: by its path as named, its end, or its name alone."""
    path = name.replace("\\", "/")
    return any(fnmatchcase(path, wanted) for wanted in (pattern, f"*/{pattern.removeprefix('./')}"))


def _is_peer(wanted: str, found: str) -> bool:
    """Compare a peer with an address, a network or a pattern."""
    if fnmatchcase(found.lower(), wanted.lower()):
        return True
    if "/" not in wanted and ":" not in wanted:
        return False  # an IPv4 address has one form only
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(found) in ip_network(wanted)
    except ValueError:
        return False
