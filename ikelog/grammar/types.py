"""What a body says, and what the compiler makes of a grammar."""

from collections.abc import Iterator
from typing import NamedTuple


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


class Way(NamedTuple):
    """One way through a grammar: its kind, its fields in the order of the pattern's groups, the pattern.

    `literal` is the text that every match begins with; where a way is all text it is the whole, and `pattern` None.
    `cuts` are where its first fields stand, begin and end, as far as they always stand there.
    """

    kind: str
    literal: str
    fields: tuple[Field, ...]
    pattern: str | None
    cuts: tuple[tuple[int, int], ...] = ()


class Cut(NamedTuple):
    """The first fields of a way, which stand at fixed places behind a literal: names, patterns, begins and ends."""

    literal: str
    fields: tuple[Field, ...]
    spans: tuple[tuple[int, int], ...]


class Branch(NamedTuple):
    """What may stand next in a list: a pattern, the field that it is or None, and the number of the node behind it."""

    pattern: str
    field: Field | None
    node: int


class Node(NamedTuple):
    """A place in or before a list: the kind of a text that ends here, or None, and how one may go on."""

    kind: str | None
    branches: tuple[Branch, ...]


class Compilation(NamedTuple):
    """What became of one start symbol of a grammar.

    `left` has the terminals of ways that stay with Lark, and the reason; `openings` are patterns of their first ones.
    """

    ways: tuple[Way, ...]
    nodes: tuple[Node, ...]
    left: tuple[tuple[str, str], ...]
    openings: tuple[str, ...]
