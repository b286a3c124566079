"""What differs between two negotiations that belong together."""

from collections.abc import Iterator

from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.diff.aspects import (
    TOLD_BY_ABSENCE,
    Aspects,
    child_aspects,
    child_text,
    negotiation_aspects,
    offers,
    retransmissions,
    told_messages,
)
from ikelog.diff.edits import list_edits, message_edits, message_text, set_edits
from ikelog.diff.pairing import pair_children
from ikelog.diff.types import Change, Edit, Pair, Tolerance, Value

# A clock that prints whole seconds cannot tell less than one apart.
_WHOLE_SECONDS_MS = 1000
# IKE comes up or gives up within minutes: where it seems to take longer, the device's clock was set in between.
_LONGEST_MS = 3_600_000
_DURATIONS = {"established": "time_to_establish_ms", "failed": "time_to_fail_ms"}


def compare(before: Negotiation, after: Negotiation, tolerance: Tolerance) -> Pair:
    """Compare two negotiations; what only one log tells is set apart."""
    found = [
        *_different(negotiation_aspects(before), negotiation_aspects(after)),
        *_duration(before, after, tolerance),
        *_traffic(before, after),
        *_children(before, after),
    ]
    changes = tuple(change for change in found if _is_told(change))
    return Pair(before, after, changes, tuple(change for change in found if not _is_told(change)))


def _is_told(change: Change) -> bool:
    return change.aspect in TOLD_BY_ABSENCE or None not in (change.before, change.after)


def _different(before: Aspects, after: Aspects, child_sa: str | None = None) -> Iterator[Change]:
    for aspect in dict.fromkeys([*before, *after]):
        values = before.get(aspect), after.get(aspect)
        if values[0] != values[1]:
            yield Change(aspect, *values, _set_edits(*values), child_sa)


def _set_edits(before: Value, after: Value) -> tuple[Edit, ...]:
    both = isinstance(before, tuple) and isinstance(after, tuple)
    return set_edits(before, after) if both else ()  # type: ignore[arg-type]


def _duration(before: Negotiation, after: Negotiation, tolerance: Tolerance) -> Iterator[Change]:
    """Yield how long it took to come up, or to fail, where that is more than the tolerance apart.

    Negotiations whose beginning is not in the log, or that ended otherwise, have no duration to compare.
    """
    aspect = _DURATIONS.get(before.outcome)
    if before.outcome != after.outcome or aspect is None:
        return
    first, second = (n.duration_ms if n.role is not None else None for n in (before, after))
    if first is None or second is None or max(first, second) > _LONGEST_MS:
        return
    floor = tolerance.floor_ms + (_WHOLE_SECONDS_MS if _is_coarse(before) or _is_coarse(after) else 0)
    if abs(first - second) > max(floor, tolerance.relative * min(first, second)):
        yield Change(aspect, first, second)


def _is_coarse(negotiation: Negotiation) -> bool:
    return "." not in (negotiation.started_at or "")


def _traffic(before: Negotiation, after: Negotiation) -> Iterator[Change]:
    """Yield what differs in proposals, messages and their repeats; another version or role is another conversation."""
    if (before.ike_version, before.role) != (after.ike_version, after.role):
        return
    yield from _proposals(before, after)
    told = told_messages(before), told_messages(after)
    if all(told) and (edits := message_edits(*told)):
        texts = [tuple(map(message_text, side)) for side in told]
        yield Change("messages", texts[0], texts[1], edits)
    repeats = retransmissions(before), retransmissions(after)
    for what in sorted(repeats[0].keys() | repeats[1].keys()):
        if repeats[0][what] != repeats[1][what]:
            yield Change(f"retransmissions.{what.replace(' ', '.')}", repeats[0][what], repeats[1][what])


def _proposals(before: Negotiation, after: Negotiation) -> Iterator[Change]:
    first, second = offers(before), offers(after)
    for aspect in sorted(first.keys() | second.keys()):
        values = first.get(aspect), second.get(aspect)
        if values[0] != values[1]:
            edits = list_edits(values[0], values[1]) if values[0] and values[1] else ()
            yield Change(aspect, *values, edits)


def _children(before: Negotiation, after: Negotiation) -> Iterator[Change]:
    pairs, gone, come = pair_children(before.child_sas, after.child_sas)
    for first, second in pairs:
        yield from _different(child_aspects(first), child_aspects(second), _name(first, second))
    if gone or come:
        edits = [*(Edit("-", _child(c)) for c in gone), *(Edit("+", _child(c)) for c in come)]
        texts = [tuple(map(_child, n.child_sas)) for n in (before, after)]
        yield Change("child_sas", texts[0], texts[1], tuple(edits))


def _child(child: ChildSa) -> str:
    return ", ".join(part for part in (child_text(child), child.state, child.verdict) if part)


def _name(before: ChildSa, after: ChildSa) -> str:
    """Name a pair of Child SAs by the selectors of one of them, the same whichever capture is called the first."""
    return max(child_text(before), child_text(after), key=lambda text: ("⇄" in text, text))
