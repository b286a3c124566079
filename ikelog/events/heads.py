"""Texts that begin with identifiers, as state-machine traces do with an SPI pair: what stands behind them repeats."""

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from ikelog.events.types import Value
from ikelog.grammar.parsing import MEMO_LIMIT
from ikelog.grammar.types import Cut

# So many characters tell such texts from others.
HEAD_LENGTH = 12

Kind = TypeVar("Kind")


class Head(Generic[Kind]):
    """Texts that begin with the same literals and identifiers of the same lengths.

    `read` reads a text whole: its kind, and its fields, those of the identifiers among them; None where it cannot.
    """

    def __init__(self, cut: Cut, read: Callable[[str], tuple[Kind, Mapping[str, Value]] | None]) -> None:
        self._read = read
        self._tails: dict[str, tuple[Kind, Mapping[str, Value]]] = {}
        self._cuts: list[tuple[slice, str, dict[str, Value]]] = [
            (slice(*span), field.name, {}) for span, field in zip(cut.spans, cut.fields, strict=True)
        ]
        ends = [0, *(end for _, end in cut.spans)]
        begins: list[int | None] = [*(begin for begin, _ in cut.spans), None]
        self._between = [slice(end, begin) for end, begin in zip(ends, begins, strict=True)]

    def read(self, text: str) -> tuple[Kind, Mapping[str, Value]] | None:
        """Return the kind of a text, and its fields; None where it has to be read in another way."""
        tail = "".join([text[part] for part in self._between])
        known = self._tails.get(tail)
        if known is None:
            return self._first(text, tail)
        kind, same = known
        fields = {**same}
        for span, name, values in self._cuts:
            value = values.get(text[span])
            if value is None:
                return self._first(text, tail)
            fields[name] = value
        return kind, fields

    def _first(self, text: str, tail: str) -> tuple[Kind, Mapping[str, Value]] | None:
        """Read a text whole, and remember its identifiers and what stands behind them."""
        found = self._read(text)
        if found is None or not all(name in found[1] for _, name, _ in self._cuts):
            return None
        for span, name, values in self._cuts:
            if len(values) >= MEMO_LIMIT:
                values.clear()
            values[text[span]] = found[1][name]
        if len(self._tails) >= MEMO_LIMIT:
            self._tails.clear()
        self._tails[tail] = found
        return found


def heads(cuts: Iterable[Cut], read: Callable[[str], tuple[Kind, Mapping[str, Value]] | None]) -> dict[str, Head[Kind]]:
    """Return the heads of some ways through a grammar, by their first characters: of several that with most fields."""
    long = sorted((cut for cut in cuts if len(cut.literal) >= HEAD_LENGTH), key=lambda cut: len(cut.spans))
    return {cut.literal[:HEAD_LENGTH]: Head(cut, read) for cut in long}
