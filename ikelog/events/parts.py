"""What continues a record: a line, or what stands behind a tag, that says more of what the record's head began."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from ikelog.events.types import Value
from ikelog.events.values import convert
from ikelog.grammar.parsing import MEMO_LIMIT, memo
from ikelog.grammar.types import Parsed

# The grammar of the lines that continue a family's records.
_PARTS_OF = {
    "asa_ikev2": "ikev2_message",
    "ios_ikev2": "ikev2_message",
    "ios_ipsec": "ios_ipsec",
    "ios_ikev1": "ios_ikev1",
    "asa_ikev1": "asa_ikev1",
}


class Part(NamedTuple):
    """A text that continues a record: its kind, its values, the payloads that it names, and how it was parsed."""

    kind: str
    values: Mapping[str, Value]
    payloads: tuple[str, ...]
    parsed: Parsed


class _Parts(dict[str, Part | None]):
    """What texts say that continue the records of one grammar, in a table that is cleared when full."""

    def __init__(self, grammar: str) -> None:
        super().__init__()
        self._memo = memo(grammar, "part")

    def __missing__(self, text: str) -> Part | None:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        parsed = self._memo.parse(text) if text else None
        result = self[text] = _part(parsed) if parsed is not None else None
        return result


def parse_part(text: str, family: str) -> Part | None:
    """Parse what may continue a record of a family; None where it is no such text."""
    return _parts(_PARTS_OF.get(family, "ikev2_message"))[text]


@cache
def _parts(grammar: str) -> _Parts:
    return _Parts(grammar)


def _part(parsed: Parsed) -> Part:
    values: dict[str, Value] = {}
    payloads: list[str] = []
    for (name, terminal), text in zip(parsed.fields, parsed.texts, strict=True):
        values[name] = convert(terminal, text)
        if name == "payload":
            payloads.append(text)
    return Part(parsed.kind, values, tuple(payloads), parsed)
