"""The compiled grammars at work: find by the first characters what a body can be, and match it."""

import marshal
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from ikelog.grammar.cache import cached_tables
from ikelog.grammar.frozen import Frozen, thaw
from ikelog.grammar.lark_parsing import may_be_glued
from ikelog.grammar.texts import sources
from ikelog.grammar.types import Cut, Field, Parsed

# A body is looked up by so many of its first characters; what begins with less literal text, by fewer.
KEYS = (14, 4, 0)
# The names of the stored tables other than those of the grammars.
ENVELOPE, TAGS, TAG_OPENINGS = "envelope", "tags", "tag openings"


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

    __slots__ = ("fields", "kind", "literal", "pattern")

    def __init__(self, kind: str, literal: str, fields: tuple[tuple[str, str], ...], frozen: Any) -> None:
        self.kind = kind
        self.literal = literal
        self.fields = tuple(Field(*field) for field in fields)
        self.pattern = Pattern(frozen) if frozen else None

    def end(self, text: str) -> int:
        """Return where the way ends that a text begins with, or 0."""
        if self.pattern is None:
            return len(self.literal) if text.startswith(self.literal) else 0
        found = self.pattern.match(text)
        return found.end() if found else 0


class Table:
    """What one start symbol of a grammar takes, as far as it was compiled."""

    def __init__(self, stored: Any) -> None:
        self._whole, self._ways, self._cuts, nodes, openings = stored
        self._by_key: tuple[dict[str, list[_Candidate]], ...] = tuple({} for _ in KEYS)
        self._nodes = [_ListNode(*node) for node in nodes]
        self._openings = [Pattern(opening) for opening in openings]

    def cuts(self) -> Iterator[Cut]:
        """Yield the ways whose texts differ most at the beginning, in identifiers that stand at fixed places."""
        for literal, fields, spans in self._cuts:
            yield Cut(literal, tuple(Field(*field) for field in fields), spans)

    def match(self, text: str) -> Parsed | None:
        """Return what a body says; None where no pattern takes it whole."""
        whole = self._whole.get(text)
        if whole is not None:
            return Parsed(whole)
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
        for length, ways, by_key in zip(KEYS, self._ways, self._by_key, strict=True):
            key = text[:length]
            if key in ways:
                if key not in by_key:
                    by_key[key] = [_Candidate(*way) for way in marshal.loads(ways[key])]  # noqa: S302 - of storing.py
                yield from by_key[key]

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
            (Pattern(frozen), Field(*field) if field else None, number) for frozen, field, number in branches
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
    stored, name = _stored(), f"{family}/{start}"
    return Table(stored[name] if name in stored else ({}, ({},) * len(KEYS), (), (), ()))


@cache
def envelope(name: str) -> "re.Pattern[str]":
    """Return a piece of the envelope's grammar, compiled. Raises KeyError."""
    return thaw(_stored()[ENVELOPE][name])


@cache
def tags() -> "re.Pattern[str]":
    """Return one pattern for the tags of all families; `lastgroup` of a match begins with the family's name."""
    return thaw(_stored()[TAGS])


@cache
def tag_openings() -> "re.Pattern[str]":
    """Return the pattern of the first characters of every tag."""
    return thaw(_stored()[TAG_OPENINGS]["pattern"])


@cache
def tag_letters() -> str:
    """Return the characters that tags can begin with."""
    letters: str = _stored()[TAG_OPENINGS]["letters"]
    return letters


def find_tags(text: str, start: int = 0) -> "Iterator[re.Match[str]]":
    """Yield the tags in a text, from a place on, as `tags().finditer` does."""
    match = tags().match
    for opening in tag_openings().finditer(text, start):
        if opening.start() >= start:
            found = match(text, opening.start())
            if found is not None:
                yield found
                start = found.end()


def find_tag(text: str, start: int = 0) -> "re.Match[str] | None":
    """Return the first tag in a text, from a place on, or None."""
    return next(find_tags(text, start), None)


@cache
def _stored() -> Mapping[str, Any]:
    return cached_tables("grammar", [*sources(), _compiler()], _build)


def _compiler() -> str:
    """Tell this compiler from another version of it, by the files that it is made of."""
    found = [(entry.name, entry.stat()) for entry in os.scandir(os.path.dirname(__file__)) if entry.is_file()]
    return repr(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))


def _build() -> dict[str, Any]:
    from ikelog.grammar.storing import storable_tables  # brings along Lark and the compiler

    return storable_tables()
