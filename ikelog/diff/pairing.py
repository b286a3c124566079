"""Which of two lists belong together, as a reader would pair them."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, TypeVar

from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.diff.aspects import child_aspects, negotiation_aspects, offers, told_messages

T = TypeVar("T")
Key = Callable[[T], Hashable]
Paired = tuple[list[tuple[T, T]], list[T], list[T]]


def pair_negotiations(before: Sequence[Negotiation], after: Sequence[Negotiation]) -> Paired[Negotiation]:
    """Pair the negotiations of one peer: same role and version, those that read alike first, healthy with healthy.

    Of different roles are paired only where the captures have no role in common, or one log does not tell it.
    """
    keys: list[Key[Negotiation]] = [
        lambda n: (*_kind(n), n.outcome, n.verdict, *_whole(n)),
        lambda n: (*_kind(n), n.outcome, n.verdict),
        lambda n: (*_kind(n), is_healthy(n)),
        _kind,
        lambda n: (n.role, n.ike_version),
        lambda n: n.role,
    ]
    roles = {n.role for n in before}, {n.role for n in after}
    if None in roles[0] | roles[1] or not roles[0] & roles[1]:
        keys += [is_healthy, lambda n: None]
    return pair(before, after, keys)


def pair_children(before: Sequence[ChildSa], after: Sequence[ChildSa]) -> Paired[ChildSa]:
    """Pair the Child SAs of one IKE SA: by their selectors and how they went, the rest in order."""
    keys: list[Key[ChildSa]] = [
        lambda c: tuple(child_aspects(c).items()),
        lambda c: (c.local_selectors, c.remote_selectors, c.state, c.verdict),
        lambda c: (c.local_selectors, c.remote_selectors),
        lambda c: c.state,
        lambda c: None,
    ]
    return pair(before, after, keys)


def is_healthy(negotiation: Negotiation) -> bool:
    """Tell whether a negotiation came up, and did not end in an error."""
    return negotiation.outcome in ("established", "ike_only") and not negotiation.verdict


def pair(before: Sequence[T], after: Sequence[T], keys: Sequence[Key[T]]) -> Paired[T]:
    """Pair what has the same key, in order: by the first key, what is left by the next. The rest has no partner."""
    left, right = [list(enumerate(side)) for side in (before, after)]
    pairs: list[_Match] = []
    for key in keys:
        found = _matches(left, right, key)
        pairs += found
        taken = [{match.before for match in found}, {match.after for match in found}]
        left, right = (
            [item for item in side if item[0] not in t] for side, t in zip((left, right), taken, strict=True)
        )
    pairs.sort()
    return [(before[i], after[j]) for i, j in pairs], [item for _, item in left], [item for _, item in right]


class _Match(NamedTuple):
    before: int
    after: int


def _matches(left: list[tuple[int, T]], right: list[tuple[int, T]], key: Key[T]) -> list[_Match]:
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for place, item in reversed(right):
        waiting[key(item)].append(place)
    return [_Match(place, waiting[found].pop()) for place, item in left if waiting.get(found := key(item))]


def _without(items: list[tuple[int, T]], taken: set[int]) -> list[tuple[int, T]]:
    return [item for item in items if item[0] not in taken]


def _kind(negotiation: Negotiation) -> tuple[Hashable, ...]:
    return negotiation.role, negotiation.ike_version, negotiation.rekeyed_from is not None


def _whole(negotiation: Negotiation) -> tuple[Hashable, ...]:
    """Return all that is compared apart from durations."""
    return (
        tuple(negotiation_aspects(negotiation).items()),
        tuple(offers(negotiation).items()),
        tuple(told_messages(negotiation)),
        tuple(tuple(child_aspects(child).items()) for child in negotiation.child_sas),
    )
