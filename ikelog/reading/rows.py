"""Cut a source into blocks, and these into rows by the style of most of their lines."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from ikelog.reading.envelope import walk_header
from ikelog.reading.records import HEADER, JOINED, RecordForm, record_form
from ikelog.reading.sources import SourceText
from ikelog.reading.styles import MOST_PIECES, Row, Style, clock_form, style_of

BLOCK = 1 << 18
# Making a style takes as long as reading some hundred lines one by one.
_WORTH_A_STYLE = 1 << 15
_SAMPLED_LINES = 8
_MOST_STYLES = 64


class Block:
    """A block of whole lines: the number of the first, their text, each with its newline, and how they are wrapped.

    `style` cuts its lines into rows, `form` the block into records; None where no pattern does.
    """

    def __init__(self, first: int, text: str, style: Style | None, form: RecordForm | None) -> None:
        self.first = first
        self.text = text
        self.style = style
        self.form = form

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their newlines."""
        return self.text.split("\n")[:-1]

    def rows(self) -> "Rows":
        """Cut all of the block into rows."""
        return self._cut(self.first, self.text)

    def rows_of(self, line: int, count: int) -> "Rows":
        """Cut some lines from a number on into rows."""
        place = line - self.first
        return self._cut(line, "\n".join([*self.lines[place : place + count], ""]))

    def _cut(self, first: int, text: str) -> "Rows":
        rows = self.style.rows(text) if self.style else [("", "", "", "", line) for line in text.split("\n")[:-1]]
        return Rows(first, text, rows)


class Rows:
    """Whole lines cut into rows: the number of the first, their text, each with its newline, and their rows."""

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


_Way = tuple[Style | None, RecordForm | None]


def read_blocks(source: SourceText) -> Iterator[Block]:
    """Yield a source block by block."""
    text, position, first = source.text, 0, 1
    known: dict[tuple[str, ...], _Way] = {}
    while position < len(text):
        end = text.rfind("\n", position, position + BLOCK) + 1
        if end <= position:  # a line that is longer than a block, or the last
            end = text.find("\n", position) + 1 or len(text)
        block = text[position:end]
        block = block if block.endswith("\n") else block + "\n"
        style, form = _way(block, known) if len(text) >= _WORTH_A_STYLE else (None, None)
        yield Block(first, block, style, None if HEADER in block or JOINED in block else form)
        first += block.count("\n")
        position = end


def _way(block: str, known: dict[tuple[str, ...], _Way]) -> _Way:
    """Return the style of most lines of a block, as a few of them show it, and the form of its records."""
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
    form = record_form(found[shape]) if day is not None else None
    key = (*shape, *(day or ()), form.pattern.pattern if form is not None else "")
    if len(known) >= _MOST_STYLES:
        known.clear()
    if key not in known:
        known[key] = style_of(found[shape], on_one_day=day is not None), form
    return known[key]


def _sampled(block: str) -> Iterator[str]:
    """Yield some lines of a block, taken at equal distances."""
    for place in range(_SAMPLED_LINES):
        begin = block.rfind("\n", 0, len(block) * place // _SAMPLED_LINES) + 1
        yield block[begin : block.index("\n", begin)]
