"""Cut a source into blocks, and each block into rows by the style of most of its lines."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from ikelog.reading.envelope import walk_header
from ikelog.reading.sources import SourceText
from ikelog.reading.styles import MOST_PIECES, Row, Style, clock_form, style_of

BLOCK = 1 << 18
# Making a style takes as long as reading some hundred lines one by one.
_WORTH_A_STYLE = 1 << 15
_SAMPLED_LINES = 8
_MOST_STYLES = 64


class Rows:
    """A block of whole lines: the number of the first, their text, each with its newline, and their rows."""

    def __init__(self, first: int, text: str, rows: list[Row]) -> None:
        self.first = first
        self.text = text
        self.rows = rows

    def line(self, number: int) -> str:
        """Return a line of the block by its number."""
        return self._lines[number - self.first]

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")


def read_rows(source: SourceText) -> Iterator[Rows]:
    """Yield the rows of a source, block by block."""
    text, position, first = source.text, 0, 1
    known: dict[tuple[str, ...], Style | None] = {}
    while position < len(text):
        end = text.rfind("\n", position, position + BLOCK) + 1
        if end <= position:  # a line that is longer than a block, or the last
            end = text.find("\n", position) + 1 or len(text)
        block = text[position:end]
        block = block if block.endswith("\n") else block + "\n"
        style = _style(block, known) if len(text) >= _WORTH_A_STYLE else None
        rows = style.rows(block) if style else [("", "", "", "", line) for line in block.split("\n")[:-1]]
        yield Rows(first, block, rows)
        first += len(rows)
        position = end


def _style(block: str, known: dict[tuple[str, ...], Style | None]) -> Style | None:
    """Return the style of most lines of a block, as a few of them show it."""
    found: dict[tuple[str, ...], str] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    days: set[tuple[str, str] | None] = set()
    for line in _sampled(block):
        walked = list(islice(walk_header(line), MOST_PIECES + 1))
        shape = tuple(piece[0] if name == "WRAPPER" else name for name, piece, _ in walked)
        counts[shape] += bool(shape)
        found[shape] = line
        days.update(clock_form(piece) for name, piece, _ in walked if name == "CLOCK")
    shape = counts.most_common(1)[0][0]
    (day,) = days if len(days) == 1 else (None,)
    key = (*shape, *(day or ()))
    if len(known) >= _MOST_STYLES:
        known.clear()
    if key not in known:
        known[key] = style_of(found[shape], on_one_day=day is not None)
    return known[key]


def _sampled(block: str) -> Iterator[str]:
    """Yield some lines of a block, taken at equal distances."""
    for place in range(_SAMPLED_LINES):
        begin = block.rfind("\n", 0, len(block) * place // _SAMPLED_LINES) + 1
        yield block[begin : block.index("\n", begin)]
