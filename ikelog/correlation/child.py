"""What is known so far of a Child SA, and freezing it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from ikelog.correlation.types import ChildSa, Transforms
from ikelog.events.types import Event, TrafficSelector

Selectors = tuple[TrafficSelector, ...]
State = Literal["up", "failed", "rekeyed", "deleted"]


class Child:
    """What is known so far of a Child SA. Mutable here, frozen as a ChildSa.

    `started` and `ended` are the events that show its beginning and its end; `replaces` is the one that it rekeys.
    """

    def __init__(self, line: int, started: Event, state: State | None, protocol: str | None = None) -> None:
        self.line = line
        self.started = started
        self.state = state
        self.protocol = protocol
        self.inbound_spi: str | None = None
        self.outbound_spi: str | None = None
        self.local: Selectors = ()
        self.remote: Selectors = ()
        self.mode: str | None = None
        self.transforms: Transforms | None = None
        self.pfs_group: int | None = None
        self.lifetime_s: int | None = None
        self.lifetime_kb: int | None = None
        self.message_id: int | None = None
        self.replaces: Child | None = None
        self.ended: Event | None = None


def freeze_children(children: Sequence[Child], number: str) -> tuple[ChildSa, ...]:
    """Return the Child SAs of the negotiation with an id, each with an id of its own."""
    ids = {id(child): f"{number}.C{i}" for i, child in enumerate(children, 1)}
    return tuple(_frozen(child, ids) for child in children)


class _BuiltChild(ChildSa):
    """A Child SA that works out its times when it is asked for them."""

    _started: Event
    _ended: Event | None

    def __init__(self, **known: object) -> None:
        self.__dict__.update(known)

    @cached_property
    def started_at(self) -> str | None:
        return self._started.time

    @cached_property
    def ended_at(self) -> str | None:
        return self._ended.time if self._ended is not None else None


def _frozen(child: Child, ids: dict[int, str]) -> ChildSa:
    return _BuiltChild(
        _started=child.started,
        _ended=child.ended,
        id=ids[id(child)],
        line=child.line,
        protocol=child.protocol,
        inbound_spi=child.inbound_spi,
        outbound_spi=child.outbound_spi,
        local_selectors=child.local,
        remote_selectors=child.remote,
        mode=child.mode,
        transforms=child.transforms,
        pfs_group=child.pfs_group,
        lifetime_s=child.lifetime_s,
        lifetime_kb=child.lifetime_kb,
        state=child.state,
        rekeyed_from=ids[id(child.replaces)] if child.replaces is not None else None,
        message_id=child.message_id,
    )
