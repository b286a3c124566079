"""Which algorithms a negotiation settled on or offered, and the findings about those that are weak."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ikelog.correlation.ikev1.attributes import cipher
from ikelog.correlation.types import Negotiation, Transforms
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.rule import Log, Match
from ikelog.diagnosis.stronger import stronger
from ikelog.diagnosis.types import Evidence
from ikelog.events.types import Event, Proposal
from ikelog.record import record

_RECORD_LINES = 4
_SHOWN = 3
_UNSETTLED = (None, "failed")
_USES = {"ike": "IKE SA", "child": "Child SA"}
_LISTS = ("attribute_listed", "child_transform_checked", "ike_transform_checked")


@record
class Choice:
    """An algorithm: `use` is `ike` or `child`.

    `by` is `both` where it was settled on, else who offered it: `here`, `peer`, or `each` of them.
    """

    use: str
    transform: str
    name: str
    by: str


@record
class Weakness:
    """What a rule looks for: the transform types, which names of theirs are weak, and how one reads in a sentence."""

    transforms: tuple[str, ...]
    is_weak: Callable[[str], bool]
    word: Callable[[str, str], str]


def weak_choices(log: Log, weakness: Weakness) -> Iterator[Match]:
    """Yield what is weak: one finding for those negotiations of a peer in which it is the same."""
    groups: dict[tuple[object, ...], list[Negotiation]] = {}
    for negotiation in log.negotiations:
        found = _weak(negotiation, weakness)
        if found:
            key = negotiation.device, negotiation.remote.address, negotiation.ike_version, negotiation.platform, found
            groups.setdefault(key, []).append(negotiation)
    for group in groups.values():
        found = _weak(group[0], weakness)
        evidence = [place for n in group[:_SHOWN] for place in _places(n, found)]
        if evidence:
            fix = tuple(stronger(weakness.transforms[0], group[0], {c.use for c in found}))
            yield Match(tuple(group), evidence, _sentence(group[0], found, weakness), fix=fix)


def _weak(negotiation: Negotiation, weakness: Weakness) -> tuple[Choice, ...]:
    return tuple(c for c in choices(negotiation, weakness.transforms) if weakness.is_weak(c.name))


def choices(negotiation: Negotiation, transforms: tuple[str, ...]) -> tuple[Choice, ...]:
    """Return the algorithms of some transform types; one that was settled on is not told as offered again."""
    settled = tuple(dict.fromkeys(_settled(negotiation, transforms)))
    sides: dict[tuple[str, str, str], dict[str, str]] = {}
    for choice in _offered(negotiation, transforms):
        sides.setdefault((choice.use, choice.transform, canonical(choice.name)), {})[choice.by] = choice.name
    known = {(c.use, c.transform, canonical(c.name)) for c in settled}
    offered = (
        Choice(use, transform, next(iter(names.values())), "each" if len(names) > 1 else next(iter(names)))
        for (use, transform, name), names in sides.items()
        if (use, transform, name) not in known
    )
    return (*settled, *offered)


def _settled(negotiation: Negotiation, transforms: tuple[str, ...]) -> Iterator[Choice]:
    found = [("ike", negotiation.transforms)] if _is_agreed(negotiation) else []
    found += [("child", c.transforms) for c in negotiation.child_sas if c.state not in _UNSETTLED]
    for use, settled in found:
        for transform in transforms:
            name = _name(settled, transform) if settled is not None else None
            if name is not None:
                yield Choice(use, transform, name, "both")
    if negotiation.child_up is not None and not any(c.transforms for c in negotiation.child_sas):
        yield from _answered(negotiation, transforms)


def _answered(negotiation: Negotiation, transforms: tuple[str, ...]) -> Iterator[Choice]:
    """Yield what a Child SA came up with where only the list that the answer was made of is printed."""
    by = {"responder": "sent", "initiator": "received"}.get(negotiation.role or "")
    lists = [o.proposal for o in negotiation.proposals if o.purpose == "child" and o.direction == by]
    for transform in transforms if len(lists) == 1 else ():
        names = getattr(lists[0], transform)
        if len(names) == 1:
            yield Choice("child", transform, names[0], "both")


def _is_agreed(negotiation: Negotiation) -> bool:
    """Tell whether both ends settled on an IKE proposal."""
    return negotiation.ike_up is not None or negotiation.stage != "init"


def _name(found: Transforms, transform: str) -> str | None:
    name = getattr(found, "dh_group" if transform == "key_exchange" else transform)
    if transform == "encryption" and name is not None and found.key_bits and str(found.key_bits) not in name:
        return f"{name}-{found.key_bits}"
    return None if name is None else str(name)


def _offered(negotiation: Negotiation, transforms: tuple[str, ...]) -> Iterator[Choice]:
    for offer in negotiation.proposals:
        for transform in transforms:
            for name in getattr(offer.proposal, transform):
                yield Choice(offer.purpose, transform, name, "peer" if offer.direction == "received" else "here")


def canonical(name: str) -> str:
    """Return one name for those that devices print for an algorithm as IKE, ESP, PRF or integrity algorithm."""
    return name.upper().removeprefix("HMAC-").replace("MD596", "MD5").replace("SHA96", "SHA1")


def _sentence(negotiation: Negotiation, found: tuple[Choice, ...], weakness: Weakness) -> str:
    """Say what both settled on, what only one of them offers, and what was stronger."""
    who = peer(negotiation, "the peer")
    said = [_part([c for c in found if c.by == by], form, who, weakness) for by, form in _PARTS.items()]
    text = "; ".join(filter(None, said))
    return f"{text[0].upper()}{text[1:]}.{_better(choices(negotiation, weakness.transforms), found, who, weakness)}"


_PARTS = {
    "both": "with {who} {uses} {verb} {names}",
    "each": "both ends offer {names} for {uses}",
    "here": "this device offers {who} {names} for {uses}",
    "peer": "{who} offers {names} for {uses}",
}


def _part(found: list[Choice], form: str, who: str, weakness: Weakness) -> str:
    """Say it of both SAs at once only where it is the same."""
    uses: dict[tuple[str, ...], list[str]] = {}
    for use, what in _USES.items():
        names = tuple(dict.fromkeys(weakness.word(c.transform, c.name) for c in found if c.use == use))
        if names:
            uses.setdefault(names, []).append(f"the {what}")
    return "; ".join(
        form.format(who=who, uses=" and ".join(of), verb="uses" if len(of) == 1 else "use", names=_listed_words(names))
        for names, of in uses.items()
    )


def _listed_words(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _better(known: tuple[Choice, ...], found: tuple[Choice, ...], who: str, weakness: Weakness) -> str:
    """Say which stronger algorithm of the same kind both ends can do, else which one of them offered."""
    wanted = {(c.use, c.transform) for c in found}
    strong = [c for c in known if (c.use, c.transform) in wanted and not weakness.is_weak(c.name)]
    both = [c for c in strong if c.by in ("both", "each")]
    names = list(
        dict.fromkeys(weakness.word(c.transform, c.name) for c in both or strong if c.by == strong[0].by or both)
    )
    if not names:
        return ""
    if both:
        return f" Both ends can do {_listed_words(names)}."
    also = "also " if strong[0].by in {c.by for c in found} else ""
    by = "This device" if strong[0].by == "here" else f"{who[0].upper()}{who[1:]}"
    return f" {by} {also}offers {_listed_words(names)}."


def _places(negotiation: Negotiation, found: tuple[Choice, ...]) -> Iterator[Evidence]:
    """Yield the lines that show the algorithms, the first of each."""
    for choice in found[:_SHOWN]:
        place = next(filter(None, map(partial(_place, choice), negotiation.events)), None)
        if place is not None:
            yield place


def _place(choice: Choice, event: Event) -> Evidence | None:
    """Return the lines of an event that show an algorithm; None where it does not."""
    proposals = event.fields.get("proposals")
    if isinstance(proposals, tuple):
        shown = (p for p in proposals if isinstance(p, Proposal) and _holds(p, choice))
        return next((_listed(event, proposal) for proposal in shown), None)
    if event.kind == "dh_requested":
        fits = choice.transform == "key_exchange" and str(event.fields.get("group")) == choice.name
    else:
        fits = event.kind in _LISTS and _lists(event, choice)
    return Evidence(event.source, event.line, event.line, "") if fits else None


def _holds(proposal: Proposal, choice: Choice) -> bool:
    child = proposal.protocol in ("esp", "ah")
    names = map(canonical, getattr(proposal, choice.transform))
    return child == (choice.use == "child") and any(name.startswith(canonical(choice.name)) for name in names)


def _listed(event: Event, proposal: Proposal) -> Evidence:
    inside = event.line <= proposal.line <= event.end_line
    line = proposal.line if inside else event.line
    return Evidence(event.source, line, min(event.end_line, line + _RECORD_LINES), "")


def _lists(event: Event, choice: Choice) -> bool:
    """Tell whether a line of a transform of IKEv1 is the one that names an algorithm."""
    fields, child = event.fields, choice.use == "child"
    values = {
        "encryption": cipher(fields) if ("transform" in fields) == child else None,
        "integrity": fields.get("integrity" if child else "hash"),
        "prf": fields.get("hash"),
        "key_exchange": fields.get("group"),
    }
    value = values[choice.transform]
    return value is not None and canonical(choice.name).startswith(canonical(str(value)))
