"""Freeze what was gathered of a negotiation."""

from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter
from typing import Literal

from ikelog.correlation.children import build_children
from ikelog.correlation.closing import build_closed
from ikelog.correlation.ends import build_end
from ikelog.correlation.gathered import Gathered, gather
from ikelog.correlation.links import link
from ikelog.correlation.messages import flush
from ikelog.correlation.outcome import Decided, decide
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
from ikelog.correlation.rekeys import link_rekeys
from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.steps import build_steps
from ikelog.correlation.types import (
    Authentication,
    Closed,
    Configuration,
    End,
    Fragments,
    Message,
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


def build_negotiations(states: list[NegotiationState]) -> tuple[Negotiation, ...]:
    """Number the negotiations in the order of their first lines, link them, and freeze them."""
    for number, state in enumerate(states, 1):
        flush(state)
        state.number = f"N{number}"
    gathered = [gather(state) for state in states]
    link_rekeys(gathered)
    return link(gathered, [_build(one, decide(one)) for one in gathered])


class _Built(Negotiation):
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
        return _spans(self.events)

    @cached_property
    def started_at(self) -> str | None:
        return self.events[0].time

    @cached_property
    def ended_at(self) -> str | None:
        return _decisive(self).time

    @cached_property
    def duration_ms(self) -> int | None:
        return _elapsed(self.events[0], _decisive(self))

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


def _build(gathered: Gathered, decided: Decided) -> Negotiation:
    state, events = gathered.state, gathered.events
    return _Built(
        _gathered=gathered,
        _decided=decided,
        id=state.number,
        ike_version=2,
        outcome=decided.outcome,
        device=state.device,
        platform=next((event.platform for event in events if event.platform), None),
        role=state.role,
        remote=build_end(gathered, "remote"),
        initiator_spi=state.initiator_spi,
        responder_spi=state.responder_spi,
        messages=_messages(gathered.messages),
        child_sas=build_children(gathered, decided),
        rekeyed_from=state.rekeyed_from.number if state.rekeyed_from else None,
        stage=decided.stage,
        ike_up=decided.ike_up,
        child_up=decided.child_up,
        failure=decided.failure,
        events=events,
        nearby=gathered.nearby,
    )


def _decisive(negotiation: Negotiation) -> Event:
    """Return the event at which the negotiation was over, one way or the other."""
    up = [event for event in (negotiation.child_up, negotiation.ike_up) if event is not None]
    if negotiation.outcome == "established" and up:
        return max(up, key=lambda event: event.line)
    if negotiation.outcome == "failed" and negotiation.failure is not None:
        return negotiation.failure
    return negotiation.events[-1]


def _elapsed(first: Event, last: Event) -> int | None:
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


def _messages(messages: Sequence[MessageState]) -> tuple[Message, ...]:
    numbers = {id(message): number for number, message in enumerate(messages, 1)}
    return tuple(_message(message, numbers) for message in messages)


class _BuiltMessage(Message):
    """A message that works out its times when it is asked for them."""

    _message: MessageState

    def __init__(self, **known: object) -> None:
        self.__dict__.update(known)

    @cached_property
    def time(self) -> str | None:
        return self._message.first.time

    @cached_property
    def offset_ms(self) -> int | None:
        return self._message.first.offset_ms

    @cached_property
    def round_trip_ms(self) -> int | None:
        request = self._message.answers
        return _elapsed(request.first, self._message.first) if request is not None else None


def _message(message: MessageState, numbers: dict[int, int]) -> Message:
    return _BuiltMessage(
        _message=message,
        n=numbers[id(message)],
        exchange=message.exchange,
        message_id=message.message_id,
        direction=message.direction,
        response=message.response,
        source=message.first.source,
        line=message.line,
        end_line=message.end_line,
        answers=numbers[id(message.answers)] if message.answers is not None else None,
        payloads=message.payloads,
        notifies=message.notifies,
        fragments=Fragments(len(message.fragments), message.fragment_total) if message.fragments else None,
        repeats=tuple(message.repeats),
    )
