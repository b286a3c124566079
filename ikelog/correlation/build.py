"""Freeze what was gathered of a negotiation."""

from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter

from ikelog.correlation.built import Built, elapsed
from ikelog.correlation.child import Child, freeze_children
from ikelog.correlation.children import build_children
from ikelog.correlation.ends import build_end, build_role
from ikelog.correlation.gathered import Gathered, gather
from ikelog.correlation.ikev1.built import BuiltIkev1
from ikelog.correlation.ikev1.children import build_ikev1_children
from ikelog.correlation.ikev1.messages import build_messages, mode_of
from ikelog.correlation.ikev1.outcome import decide_ikev1
from ikelog.correlation.ikev1.particulars import build_ikev1_end, spis_of
from ikelog.correlation.links import link
from ikelog.correlation.messages import flush
from ikelog.correlation.outcome import decide
from ikelog.correlation.rekeys import link_rekeys
from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import (
    Decided,
    Fragments,
    Message,
    Negotiation,
)

_SOURCE, _LINE, _END_LINE = attrgetter("source"), attrgetter("line"), attrgetter("end_line")


def build_negotiations(states: list[NegotiationState]) -> tuple[Negotiation, ...]:
    """Number the negotiations in the order of their first lines, link them, and freeze them."""
    for number, state in enumerate(states, 1):
        flush(state)
        state.number = f"N{number}"
        if state.version == 1:
            state.messages = build_messages(state)
            state.initiator_spi, state.responder_spi = spis_of(state.events)
    gathered = [gather(state) for state in states]
    link_rekeys(gathered)
    return link(gathered, [_build(one, _decide(one)) for one in gathered])


def _decide(gathered: Gathered) -> Decided:
    return decide_ikev1(gathered) if gathered.state.version == 1 else decide(gathered)


def _children(gathered: Gathered, decided: Decided) -> list[Child]:
    if gathered.state.version == 1:
        return build_ikev1_children(gathered, decided)
    return build_children(gathered, decided)


def _build(gathered: Gathered, decided: Decided) -> Negotiation:
    state, events = gathered.state, gathered.events
    kind = BuiltIkev1 if state.version == 1 else Built
    return kind(
        _gathered=gathered,
        _decided=decided,
        id=state.number,
        ike_version=state.version,
        connection_id=state.connection,
        mode=mode_of(events) if state.version == 1 else None,
        outcome=decided.outcome,
        device=state.device,
        platform=events.platform,
        role=state.role if state.version == 1 else build_role(gathered, decided),
        remote=build_ikev1_end(gathered, "remote") if state.version == 1 else build_end(gathered, "remote"),
        initiator_spi=state.initiator_spi,
        responder_spi=state.responder_spi,
        messages=_messages(gathered.messages),
        child_sas=freeze_children(_children(gathered, decided), state.number),
        rekeyed_from=state.rekeyed_from.number if state.rekeyed_from else None,
        stage=decided.stage,
        ike_up=decided.ike_up,
        child_up=decided.child_up,
        failure=decided.failure,
        events=events,
        nearby=gathered.nearby,
    )


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
        return elapsed(request.first, self._message.first) if request is not None else None


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
        step=message.step,
        fragments=Fragments(len(message.fragments), message.fragment_total) if message.fragments else None,
        repeats=tuple(message.repeats),
    )
