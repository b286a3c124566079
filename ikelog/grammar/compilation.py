"""What the compiler makes of a grammar."""

from typing import NamedTuple

from ikelog.grammar.types import Field


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
