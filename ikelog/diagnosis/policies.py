"""The lists of proposals that a device prints where none matches: those received, and its own beside them."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.compare import compare_proposals, nearest_pair
from ikelog.diagnosis.types import Comparison
from ikelog.events.types import Event, Proposal
from ikelog.record import open_record

_CHILD_PROTOCOLS = ("esp", "ah")


@open_record
class Refusal:
    """A received list of proposals that was refused, and the own list that the device printed beside it, if any.

    `expected` is None where no own list stands behind the received one; it may also stand there empty.
    """

    received: Event
    expected: Event | None
    purpose: Literal["ike", "child"]

    @cached_property
    def own(self) -> tuple[Proposal, ...]:
        """Return the own list; empty also where none was printed."""
        return listed(self.expected) if self.expected else ()

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Compare the own list with the received one."""
        return compare_proposals(self.own, listed(self.received))

    @cached_property
    def nearest(self) -> tuple[Proposal | None, Proposal | None]:
        """Return the own and the received proposal that come nearest to each other."""
        return nearest_pair(self.own, listed(self.received))


def listed(event: Event) -> tuple[Proposal, ...]:
    """Return the proposals that a record lists."""
    proposals = event.fields.get("proposals", ())
    return tuple(p for p in proposals if isinstance(p, Proposal)) if isinstance(proposals, tuple) else ()


def refusals(negotiation: Negotiation, purpose: Literal["ike", "child"]) -> list[Refusal]:
    """Return the lists of received and expected policies that stand in a negotiation, in pairs."""
    policies = negotiation.events.of("policies_received", "policies_expected")
    return [r for r in _pairs(policies) if r.purpose == purpose and listed(r.received)]


def _pairs(events: Iterable[Event]) -> Iterator[Refusal]:
    received: Event | None = None
    for event in events:
        if event.kind == "policies_received":
            if received:
                yield Refusal(received, None, _purpose(received))
            received = event
        elif received:
            yield Refusal(received, event, _purpose(received))
            received = None
    if received:
        yield Refusal(received, None, _purpose(received))


def _purpose(received: Event) -> Literal["ike", "child"]:
    child = any(proposal.protocol in _CHILD_PROTOCOLS for proposal in listed(received))
    return "child" if child else "ike"
