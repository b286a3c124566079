"""Parse one body by the grammar of its family."""

from functools import cache

from ikelog.grammar.lark_parsing import parse_with_lark
from ikelog.grammar.tables import table
from ikelog.grammar.types import Parsed

MEMO_LIMIT = 8192
# Bodies that Lark was asked for in vain, in one family: from then on it is not asked any more.
LARK_LIMIT = 20_000


class Memo(dict[str, Parsed | None]):
    """What the bodies of one start symbol say, understood or not, in a table that is cleared when full."""

    def __init__(self, family: str, start: str) -> None:
        super().__init__()
        self._family = family
        self._start = start
        self._table = table(family, start)
        self._asked_in_vain = 0

    def __missing__(self, text: str) -> Parsed | None:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        result = self[text] = self.parse(text)
        return result

    def parse(self, text: str) -> Parsed | None:
        """Parse a body without remembering what it says: for those who do so themselves."""
        parsed = self._table.match(text)
        if parsed is not None or not self._table.leaves_to_lark(text) or self._asked_in_vain >= LARK_LIMIT:
            return parsed
        parsed = parse_with_lark(self._family, self._start, text)
        self._asked_in_vain += parsed is None
        return parsed


@cache
def memo(family: str, start: str) -> Memo:
    """Return the table of what bodies say: `memo(family, start)[text]`; None where no alternative takes one whole.

    A text has single blanks only.
    """
    return Memo(family, start)


def parse(family: str, start: str, text: str) -> Parsed | None:
    """Parse a body; None where no alternative of the grammar takes it whole. `text` has single blanks only."""
    return memo(family, start)[text]
