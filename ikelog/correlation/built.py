"""A negotiation that builds what few ask of it when it is asked."""

from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter
from typing import Literal

from ikelog.correlation.closing import build_closed
from ikelog.correlation.ends import build_end
from ikelog.correlation.gathered import Gathered
from ikelog.correlation.particulars import (
    build_authentication,
    build_configuration,
    build_nat,
    build_offers,
    build_remote_access,
    build_transforms,
    build_vpn_style,
    build_vrf,
)
from ikelog.correlation.steps import build_steps
from ikelog.correlation.types import (
    Authentication,
    Closed,
    Configuration,
    Decided,
    End,
    Nat,
    Negotiation,
    Offer,
    RemoteAccess,
    Span,
    Step,
    Transforms,
    Vrf,
)
from ikelog.events.types import Event

_SOURCE, _LINE, _END_LINE = attrgetter("source"), attrgetter("line"), attrgetter("end_line")


class Built(Negotiation):
    """A negotiation that builds what few ask of it when it is asked: most negotiations are healthy, and nobody asks.

    The names are the fields of `Negotiation`, which is what everybody else sees.
    """

    _gathered: Gathered
    _decided: Decided

    def __init__(self, **known: object) -> None:
        self.__dict__.update(known)

    @cached_property
    def local(self) -> End:
        return build_end(self._gathered, "local")

    @cached_property
    def vrf(self) -> Vrf:
        return build_vrf(self.events)

    @cached_property
    def vpn_style(self) -> Literal["route-based", "policy-based"] | None:
        return build_vpn_style(self.child_sas)

    @cached_property
    def configuration(self) -> Configuration:
        return build_configuration(self.events)

    @cached_property
    def closed(self) -> Closed | None:
        return build_closed(self._gathered, self._decided)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        return _spans(self.events.stretches)

    @cached_property
    def started_at(self) -> str | None:
        return self.events[0].time

    @cached_property
    def ended_at(self) -> str | None:
        return _decisive(self).time

    @cached_property
    def duration_ms(self) -> int | None:
        return elapsed(self.events[0], _decisive(self))

    @cached_property
    def authentication(self) -> Authentication:
        return build_authentication(self._gathered)

    @cached_property
    def remote_access(self) -> RemoteAccess | None:
        return build_remote_access(self.events)

    @cached_property
    def transforms(self) -> Transforms | None:
        return build_transforms(self._gathered)

    @cached_property
    def proposals(self) -> tuple[Offer, ...]:
        return build_offers(self._gathered)

    @cached_property
    def nat(self) -> Nat:
        return build_nat(self._gathered)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return build_steps(self.events)


def _decisive(negotiation: Negotiation) -> Event:
    """Return the event at which the negotiation was over, one way or the other."""
    up = [event for event in (negotiation.child_up, negotiation.ike_up) if event is not None]
    if negotiation.outcome == "established" and up:
        return max(up, key=lambda event: event.line)
    if negotiation.outcome == "failed" and negotiation.failure is not None:
        return negotiation.failure
    return negotiation.events[-1]


def elapsed(first: Event, last: Event) -> int | None:
    """Return the milliseconds between two events; None without clocks, across sources, or where one was set back."""
    start, end = first.offset_ms, last.offset_ms
    if start is None or end is None or first.source != last.source or end < start:
        return None
    return end - start


def _spans(events: Sequence[Event]) -> tuple[Span, ...]:
    by_source: dict[str, list[Event]] = {source: [] for source in map(_SOURCE, events)}
    if len(by_source) == 1:
        return (_span(events),)
    for event in events:
        by_source[event.source].append(event)
    return tuple(map(_span, by_source.values()))


def _span(events: Sequence[Event]) -> Span:
    return Span(events[0].source, min(map(_LINE, events)), max(map(_END_LINE, events)))
