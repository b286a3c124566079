"""Negotiations with one peer, told together."""

from collections.abc import Iterable, Iterator

from ikelog.correlation.types import Negotiation


def by_peer(negotiations: Iterable[Negotiation]) -> Iterator[tuple[Negotiation, ...]]:
    """Yield the negotiations of each device and peer."""
    groups: dict[tuple[str | None, str | None], list[Negotiation]] = {}
    for negotiation in negotiations:
        groups.setdefault((negotiation.device, negotiation.remote.address), []).append(negotiation)
    yield from map(tuple, groups.values())


def known_as(group: tuple[Negotiation, ...]) -> str:
    """Return how a sentence about them begins: `This device negotiated`, with how often."""
    return f"This device negotiated{f' {len(group)} times' if len(group) > 1 else ''}"
