"""What a body says, and where its fields stand."""

from collections.abc import Iterator
from typing import NamedTuple

from ikelog.record import record


class Field(NamedTuple):
    """A field of an alternative: its name, and the terminal whose text it holds."""

    name: str
    terminal: str


class Parsed(NamedTuple):
    """A body understood: the alternative's name, its fields, and their texts, in order.

    `rest` is console text that stood glued behind a complete body.
    """

    kind: str
    fields: tuple[Field, ...] = ()
    texts: tuple[str, ...] = ()
    rest: str = ""

    def told(self) -> Iterator[tuple[str, str, str]]:
        """Yield each field's name, its terminal and its text."""
        for (name, terminal), text in zip(self.fields, self.texts, strict=True):
            yield name, terminal, text


@record
class Cut:
    """The first fields of a way, which stand at fixed places behind a literal: names, patterns, begins and ends."""

    literal: str
    fields: tuple[Field, ...]
    spans: tuple[tuple[int, int], ...]
