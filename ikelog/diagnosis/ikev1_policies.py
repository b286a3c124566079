"""What of a peer's transforms for the ISAKMP SA (IKEv1) was refused: which attribute, against which own policy."""

from collections.abc import Iterable, Iterator

from ikelog.correlation.ikev1.attributes import Checked, method, proposal_of
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.compare import DH_GROUP, UNKNOWN, differing
from ikelog.diagnosis.facts import events
from ikelog.diagnosis.ikev1_commands import policy_fixes
from ikelog.diagnosis.rule import Match
from ikelog.diagnosis.types import Attribute, Comparison, Fix
from ikelog.events.types import Event, Proposal, Value
from ikelog.record import record

AUTHENTICATION = "authentication"
REFUSALS = ("ike_offers_refused", "ike_policy_refused", "ike_proposals_refused")
# IOS tries its default policies last; what differs from these says nothing of what is configured.
_FIRST_DEFAULT = 65507
# How the platforms call an attribute, by a part of its name.
_NAMES = {
    "encryption alg": "encryption",
    "hash": "hash",
    "group": DH_GROUP,
    "key length": "key length",
    "life": "lifetime",
    "auth": AUTHENTICATION,
}
_CHECKING = ("ike_transform_checked", "child_transform_checked")
_CHECKED = ("attributes_refused", "attributes_accepted")


@record
class RefusedTransform:
    """A transform that one own policy did not take; `values` has own and peer's by attribute, where printed."""

    priority: int | None
    values: tuple[tuple[str, str | None, str | None], ...]
    checked: Checked | None
    lines: tuple[Event, ...]


def refused_transforms(negotiation: Negotiation) -> list[RefusedTransform]:
    """Return the transforms of which a line says what differs from an own policy, in the order of the log."""
    return list(_refused(events(negotiation, *_CHECKING, *_CHECKED, "attribute_listed", "attribute_mismatched")))


def _refused(found: Iterable[Event]) -> Iterator[RefusedTransform]:
    place: Event | None = None
    listed: dict[str, Value] = {}
    lines: list[Event] = []
    for event in found:
        if event.kind in _CHECKING or event.kind in _CHECKED:
            yield from _built(place, listed, lines)
            place, listed, lines = (event if event.kind in _CHECKING else None), dict(event.fields), []
        elif event.kind == "attribute_listed":
            listed.update(event.fields)
        elif "received_value" not in event.fields:
            lines.append(event)
        elif event.fields.get("phase") != 2:  # an ASA prints a line for each policy, with both values
            yield from _built(None, {}, [event])
    yield from _built(place, listed, lines)


def _built(place: Event | None, listed: dict[str, Value], lines: list[Event]) -> Iterator[RefusedTransform]:
    if not lines or (place is not None and place.kind == "child_transform_checked"):
        return
    priority = listed.get("priority", lines[0].fields.get("proposal_number"))
    values = tuple((_name(e), _printed(e, "configured_value"), _printed(e, "received_value")) for e in lines)
    number = priority if isinstance(priority, int) else None
    checked = Checked("ike", place, listed, False, number) if place else None
    yield RefusedTransform(number, values, checked, tuple(lines))


def _name(event: Event) -> str:
    printed = str(event.fields.get("attribute"))
    return next((name for part, name in _NAMES.items() if part in printed.lower()), printed)


def _printed(event: Event, field: str) -> str | None:
    value = event.fields.get(field)
    return None if value is None else str(value).removeprefix("Group ")


def _is_default(refused: RefusedTransform) -> bool:
    return refused.priority is not None and refused.priority >= _FIRST_DEFAULT


def lacks_key(refused: RefusedTransform) -> bool:
    """Tell whether IOS refused a transform for its key: the method fits, and there is no key for the peer."""
    return any(str(e.fields.get("attribute")).startswith("Preshared") for e in refused.lines)


def compare_refused(refused: Iterable[RefusedTransform]) -> tuple[Comparison, ...]:
    """Compare each own policy with the transform that comes nearest to it; the nearest pair comes first.

    As for IKEv2: of transforms equally near, one that differs in more than the DH group counts.
    """
    by_policy: dict[int | None, list[Comparison]] = {}
    for number, one in enumerate(refused):
        key = -1 - number if one.priority is None else one.priority  # without a number each line is of another policy
        by_policy.setdefault(key, []).append(_compared(one))
    nearest = [min(found, key=lambda c: (c.distance, differing(c) == (DH_GROUP,))) for found in by_policy.values()]
    return tuple(sorted(nearest, key=lambda comparison: comparison.distance))


def _compared(refused: RefusedTransform) -> Comparison:
    differ = {name: (own, peer) for name, own, peer in refused.values}
    offered = _offered(refused.checked)
    names = [*offered, *(name for name in differ if name not in offered)]
    attributes = tuple(_attribute(name, differ.get(name), offered.get(name)) for name in names)
    title = "policy" if refused.priority is None else f"policy {refused.priority}"
    number = refused.checked.attributes.get("number") if refused.checked else None
    return Comparison(title, f"transform {number}" if number else "transform", len(differ), attributes)


def _attribute(name: str, differs: tuple[str | None, str | None] | None, offered: str | None) -> Attribute:
    own, peer = differs or (None, None)
    peer = peer or offered
    return Attribute(name, (own,) if own else UNKNOWN, (peer,) if peer else UNKNOWN, differs is None)


def _offered(checked: Checked | None) -> dict[str, str]:
    if checked is None:
        return {}
    proposal, used = proposal_of(checked), method(checked.attributes)
    values = {
        "encryption": proposal.encryption,
        "hash": proposal.integrity,
        DH_GROUP: proposal.key_exchange,
        AUTHENTICATION: (used,) if used else (),
    }
    return {name: found[0] for name, found in values.items() if found}


def nearest_offer(refused: Iterable[RefusedTransform]) -> tuple[int | None, Proposal | None, str | None]:
    """Return the priority of the first policy that refused, and what it was offered: transforms and method."""
    kept = tuple(refused)
    first = next((r.checked for r in kept if r.checked), None)
    if first:
        return first.priority, proposal_of(first), method(first.attributes)
    printed = {name: (peer,) for one in kept for name, _, peer in one.values if peer}
    offered = Proposal(
        encryption=printed.get("encryption", ()),
        integrity=printed.get("hash", ()),
        key_exchange=printed.get(DH_GROUP, ()),
    )
    return next((one.priority for one in kept), None), offered, None


_PROPOSING = frozenset({"MM1", "MM2", "AM1"})


def went_beyond(negotiation: Negotiation) -> bool:
    """Tell whether messages show that the transforms were agreed: a refusal without a handle is of another then."""
    return any(m.step and m.step not in _PROPOSING for m in negotiation.messages)


def may_be_keyed(negotiation: Negotiation) -> bool:
    """Tell whether the keys may have been made: by the messages, or where there are none."""
    return went_beyond(negotiation) or not any(m.step for m in negotiation.messages)


def policies_refused(negotiation: Negotiation) -> tuple[RefusedTransform, ...]:
    """Return what configured policies refused where none was accepted; nothing where it was for lack of a key."""
    refused = refused_transforms(negotiation)
    if (
        not refused
        or went_beyond(negotiation)
        or events(negotiation, "attributes_accepted", "ike_proposal_accepted", "preshared_key_missing")
    ):
        return ()
    own = tuple(r for r in refused if not _is_default(r)) or tuple(refused)
    return () if any(map(lacks_key, own)) else own


def refused_match(
    negotiation: Negotiation,
    refused: tuple[RefusedTransform, ...],
    explanation: str,
    fix: tuple[Fix, ...] | None = None,
) -> Match:
    """Return the finding about policies that did not take what the peer offers."""
    lines = [line for one in refused for line in one.lines]
    offer = nearest_offer(refused)
    return Match(
        (negotiation,),
        [*lines[:3], *events(negotiation, *REFUSALS)[:1]],
        explanation,
        comparison=compare_refused(refused),
        fix=policy_fixes(negotiation.platform, *offer) if fix is None else fix,
    )
