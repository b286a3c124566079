"""The compiled grammars at work: find by the first characters what a body can be, and match it."""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from ikelog.grammar.cache import cached_tables
from ikelog.grammar.frozen import Frozen, freeze, thaw
from ikelog.grammar.lark_parsing import may_be_glued
from ikelog.grammar.texts import FAMILIES, sources, starts, terminal
from ikelog.grammar.types import Compilation, Cut, Field, Node, Parsed, Way

# A body is looked up by so many of its first characters; what begins with less literal text, by fewer.
_KEYS = (14, 4, 0)
# So many characters that differ from text to text are worth being looked at apart from the rest.
_WORTH_A_CUT = 16


class Pattern:
    """A pattern that is made ready when it is first needed."""

    __slots__ = ("_frozen", "_match")

    def __init__(self, frozen: Frozen) -> None:
        self._frozen = frozen
        self._match: Callable[..., re.Match[str] | None] | None = None

    def match(self, text: str, position: int = 0) -> "re.Match[str] | None":
        """Match at a place of a text."""
        if self._match is None:
            self._match = thaw(self._frozen).match
        return self._match(text, position)


class _Candidate:
    """One way that a body may go; `pattern` is None where it is all literal text."""

    __slots__ = ("cuts", "fields", "kind", "literal", "pattern")

    def __init__(self, kind: str, literal: str, fields: tuple[tuple[str, str], ...], frozen: Any, cuts: Any) -> None:
        self.kind = kind
        self.literal = literal
        self.fields = tuple(Field(*field) for field in fields)
        self.pattern = Pattern(Frozen(*frozen)) if frozen else None
        self.cuts: tuple[tuple[int, int], ...] = cuts

    def end(self, text: str) -> int:
        """Return where the way ends that a text begins with, or 0."""
        if self.pattern is None:
            return len(self.literal) if text.startswith(self.literal) else 0
        found = self.pattern.match(text)
        return found.end() if found else 0


class Table:
    """What one start symbol of a grammar takes, as far as it was compiled."""

    def __init__(self, stored: Any) -> None:
        ways, nodes, openings = stored
        self._whole = {literal: Parsed(kind) for kind, literal, _, frozen, _ in ways if not frozen}
        self._by_key: tuple[dict[str, list[_Candidate]], ...] = tuple(defaultdict(list) for _ in _KEYS)
        for way in ways:
            candidate = _Candidate(*way)
            place = next(i for i, length in enumerate(_KEYS) if len(candidate.literal) >= length)
            self._by_key[place][candidate.literal[: _KEYS[place]]].append(candidate)
        self._nodes = [_ListNode(*node) for node in nodes]
        self._openings = [Pattern(Frozen(*opening)) for opening in openings]

    def cuts(self) -> Iterator[Cut]:
        """Yield the ways whose texts differ most at the beginning, in identifiers that stand at fixed places."""
        for by_key in self._by_key:
            for candidates in by_key.values():
                for way in candidates:
                    if sum(end - begin for begin, end in way.cuts) >= _WORTH_A_CUT:
                        yield Cut(way.literal, way.fields[: len(way.cuts)], way.cuts)

    def match(self, text: str) -> Parsed | None:
        """Return what a body says; None where no pattern takes it whole."""
        whole = self._whole.get(text)
        if whole is not None:
            return whole
        for candidate in self._candidates(text):
            if candidate.pattern is not None:
                found = candidate.pattern.match(text)
                if found is not None and found.end() == len(text):
                    return Parsed(candidate.kind, candidate.fields, found.groups())
        return self._listed(text)[0]

    def leaves_to_lark(self, text: str) -> bool:
        """Tell whether Lark may take a body that no pattern takes: by what was not compiled, or with a glued rest."""
        if any(opening.match(text) for opening in self._openings):
            return True
        if any(may_be_glued(text, candidate.end(text)) for candidate in self._candidates(text)):
            return True
        return may_be_glued(text, self._listed(text)[1])

    def _candidates(self, text: str) -> Iterator[_Candidate]:
        for length, by_key in zip(_KEYS, self._by_key, strict=True):
            yield from by_key.get(text[:length], ())

    def _listed(self, text: str) -> tuple[Parsed | None, int]:
        """Walk along a list; return what it says if it is whole, and where the walk came to its end."""
        if not self._nodes:
            return None, 0
        node, position = self._nodes[0], 0
        fields: list[Field] = []
        texts: list[str] = []
        while position < len(text):
            step = node.step(text, position)
            if step is None:
                return None, position
            field, end, number = step
            if field is not None:
                fields.append(field)
                texts.append(text[position:end])
            node, position = self._nodes[number], end
        return (Parsed(node.kind, tuple(fields), tuple(texts)) if node.kind is not None else None), position


class _ListNode:
    """A place in or before a list."""

    __slots__ = ("branches", "kind")

    def __init__(self, kind: str | None, branches: Any) -> None:
        self.kind = kind
        self.branches = [
            (Pattern(Frozen(*frozen)), Field(*field) if field else None, number) for frozen, field, number in branches
        ]

    def step(self, text: str, position: int) -> tuple[Field | None, int, int] | None:
        """Return the field of what stands at a place, where it ends, and the node behind it."""
        for pattern, field, number in self.branches:
            found = pattern.match(text, position)
            if found is not None:
                return field, found.end(), number
        return None


@cache
def table(family: str, start: str) -> Table:
    """Return the compiled form of a grammar's start symbol."""
    stored = _stored()["tables"].get(f"{family}/{start}", ((), (), ()))
    return Table(stored)


@cache
def envelope(name: str) -> "re.Pattern[str]":
    """Return a piece of the envelope's grammar, compiled. Raises KeyError."""
    return thaw(Frozen(*_stored()["envelope"][name]))


@cache
def tags() -> "re.Pattern[str]":
    """Return one pattern for the tags of all families; `lastgroup` of a match begins with the family's name."""
    return thaw(Frozen(*_stored()["tags"]))


@cache
def _stored() -> Any:
    return cached_tables("grammar", [*sources().values(), _compiler()], _build)


def _compiler() -> str:
    """Tell this compiler from another version of it, by the files that it is made of."""
    here = os.path.dirname(__file__)
    found = [(entry.name, entry.stat()) for entry in os.scandir(here) if entry.name.endswith(".py")]
    return repr(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))


def _build() -> Any:
    """Compile all grammars into what can be stored."""
    from ikelog.grammar.compiler import compile_grammar

    tables = {
        f"{family}/{start}": _plain(compile_grammar(family, start))
        for family in (*FAMILIES, "ikev2_message")
        for start in starts(family)
    }
    names = re.findall(r"^([A-Z_]+): /", sources()["envelope"], re.MULTILINE)
    return {
        "tables": tables,
        "envelope": {name: tuple(freeze(terminal("envelope", name))) for name in names},
        "tags": tuple(freeze(_tags())),
    }


def _tags() -> str:
    parts = []
    for family in FAMILIES:
        inner = re.sub(r"\(\?P<(\w+)>", rf"(?P<{family}__\1>", terminal(family, "PREFIX"))
        parts.append(f"(?P<{family}>{inner})")
    return "|".join(parts)


def _plain(compilation: Compilation) -> Any:
    """Write a compilation as tuples and texts, its patterns in their compiled form."""
    return (
        tuple(_plain_way(way) for way in compilation.ways),
        tuple(_plain_node(node) for node in compilation.nodes),
        tuple(tuple(freeze(opening)) for opening in compilation.openings),
    )


def _plain_way(way: Way) -> Any:
    frozen = tuple(freeze(way.pattern)) if way.pattern is not None else None
    return way.kind, way.literal, tuple(tuple(field) for field in way.fields), frozen, way.cuts


def _plain_node(node: Node) -> Any:
    branches = tuple(
        (tuple(freeze(branch.pattern)), tuple(branch.field) if branch.field else None, branch.node)
        for branch in node.branches
    )
    return node.kind, branches
