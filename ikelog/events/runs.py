"""Runs: records in a row that change nothing in their negotiation, kept by their lines until somebody asks for them."""

from collections.abc import Callable, Mapping, Set
from typing import Any, Literal

from ikelog.events.types import Event, Value

# The SPI pair of an IKE SA as printed, and the device's role in it, that an event shows which changes nothing.
Shown = tuple[tuple[str, str] | None, Literal["initiator", "responder"] | None]

# Tells what an event of a kind with some fields shows; None for one that may change something.
ShownBy = Callable[[str, Mapping[str, Value]], Shown | None]


class Run(Event):
    """Events of one handle in a row that change nothing, as one: it has the line, the moment and so on of the first.

    `end_line` is that of the last. They are `size` events, each of one line and of one of the `kinds`, and show no
    other SPI pair and role than `shown`.
    """

    size: int
    kinds: Set[str]
    shown: Shown
    read: "Callable[[Run], list[Event]]"

    def _replace(self, **changes: Any) -> "Run":
        """Return the same with other values of some of an event's fields."""
        run = super()._replace(**changes)
        vars(run).update(vars(self))
        return run

    @property
    def events(self) -> list[Event]:
        """The events, read again."""
        return self.read(self)
