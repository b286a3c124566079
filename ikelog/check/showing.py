"""The lines of a log that show what an expectation found instead."""

import re
from collections.abc import Callable, Iterable, Iterator

from ikelog.check.algorithms import fits_any, normal, transform_set
from ikelog.check.tunnels import Tunnel
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Evidence
from ikelog.events.types import Event, Proposal
from ikelog.record import record

TextOf = Callable[[str, int, int], str]
_LONGEST = 3
_SHOWN = 4
# So many lines of a record a proposal takes at most, as far as it is looked through.
_LONGEST_PROPOSAL = 60
_OFFERED = {"dh_group": "key_exchange", "pfs": "key_exchange"}
_KINDS = {
    "authentication.local": ("own_method", "preshared_key_used"),
    "authentication.remote": ("peer_method", "peer_authentication_verified"),
    "nat": ("nat_result", "nat_located"),
}
_FIELDS = {"encryption": ("encryption",), "integrity": ("hash",), "prf": ("hash",), "dh_group": ("group",)}


@record
class Lines:
    """Lines of a source, both ends inclusive."""

    source: str
    line: int
    end_line: int


def evidence_of(places: Iterable[Lines], text_of: TextOf) -> tuple[Evidence, ...]:
    """Return the first few places as evidence: of a long record its head."""
    found = {}
    for place in list(dict.fromkeys(places))[:_SHOWN]:
        end = min(place.end_line, place.line + _LONGEST - 1)
        found[place] = Evidence(place.source, place.line, end, text_of(place.source, place.line, end))
    return tuple(found.values())


def value_lines(tunnel: Tunnel, key: str, values: tuple[str, ...], text_of: TextOf) -> list[Lines]:
    """Return the first lines that show a value, else where the negotiation begins."""
    for member in tunnel.members:
        kinds = _KINDS.get(key)
        shown = member.events.of(*kinds) if kinds else [e for e in member.events if _shows(e, key, values)]
        if shown:
            return [_narrowed(_lines(shown[0], key, values), key, values, text_of)]
    return first_lines(tunnel.root)


def _shows(event: Event, key: str, values: tuple[str, ...]) -> bool:
    if _proposal(event, key, values) is not None:
        return True
    name = "transform_set" if key.startswith("child_") else ""
    if name in event.fields:
        return any(part in values for part in transform_set(str(event.fields[name])))
    for field in _FIELDS.get(key, ()):
        if field in event.fields and normal(key, str(event.fields[field])) in values:
            return True
    return False


def _proposal(event: Event, key: str, values: tuple[str, ...]) -> Proposal | None:
    proposals = event.fields.get("proposals")
    plain = key.removeprefix("child_")
    is_child = key.startswith("child_") or key == "pfs"
    for proposal in proposals if isinstance(proposals, tuple) else ():
        if isinstance(proposal, Proposal) and (proposal.protocol in ("esp", "ah")) == is_child:
            names = getattr(proposal, _OFFERED.get(plain, plain), ())
            if any(fits_any(key, values, normal(key, name)) is not False for name in names):
                return proposal
    return None


def _lines(event: Event, key: str, values: tuple[str, ...]) -> Lines:
    """Return the lines of an event; of a message those of its proposal."""
    proposal = _proposal(event, key, values)
    inside = proposal is not None and event.line <= proposal.line <= event.end_line
    return Lines(event.source, proposal.line if proposal and inside else event.line, event.end_line)


def _narrowed(lines: Lines, key: str, values: tuple[str, ...], text_of: TextOf) -> Lines:
    """Return the line of a record that names a value; all of it where no line does."""
    end = min(lines.end_line, lines.line + _LONGEST_PROPOSAL)
    for number in range(lines.line, end + 1):
        words = re.findall(r"[\w.-]+(?: \d+)?", text_of(lines.source, number, number))
        if any(normal(key, word) in values for word in words):
            return Lines(lines.source, number, number)
    return lines


def first_lines(negotiation: Negotiation) -> list[Lines]:
    """Return the line that a negotiation begins with."""
    return [Lines(span.source, span.first_line, span.first_line) for span in negotiation.spans[:1]]


def outcome_lines(negotiation: Negotiation) -> list[Lines]:
    """Return the line that shows a negotiation's outcome: the failure, what came up, else its last line."""
    shown = negotiation.failure or negotiation.child_up or negotiation.ike_up
    if shown is not None:
        return [Lines(shown.source, shown.line, shown.end_line)]
    return [Lines(span.source, span.last_line, span.last_line) for span in negotiation.spans[-1:]]


def repeat_lines(tunnel: Tunnel) -> list[Lines]:
    """Return the lines of the retransmissions, one each."""
    return [
        Lines(repeat.source, repeat.line, repeat.line)
        for member in tunnel.members
        for message in member.messages
        for repeat in message.repeats
    ]


def child_lines(tunnel: Tunnel) -> list[Lines]:
    """Return the line of each Child SA; without any, where the outcome shows."""
    found = list(_child_lines(tunnel))
    return found or outcome_lines(tunnel.root)


def _child_lines(tunnel: Tunnel) -> Iterator[Lines]:
    for member in tunnel.members:
        for child in member.child_sas:
            source = next((s.source for s in member.spans if s.first_line <= child.line <= s.last_line), None)
            if source is not None:
                yield Lines(source, child.line, child.line)


def rekey_lines(tunnel: Tunnel) -> list[Lines]:
    """Return where each rekey begins."""
    own = [place for member in tunnel.members[1:] for place in first_lines(member)]
    return own or child_lines(tunnel)


def end_lines(negotiation: Negotiation) -> list[Lines]:
    """Return the first line of a negotiation and the one that shows how it went: between them lies its duration."""
    return [*first_lines(negotiation), *outcome_lines(negotiation)]
