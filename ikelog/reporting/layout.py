"""Lines of styled text: how they are made, wrapped at words, cut, set side by side and written to a stream."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TextIO

from ikelog.record import record
from ikelog.reporting.safe import visible

Style = Literal["plain", "strong", "faint", "bad", "good", "odd", "typed"]

# A paragraph much wider than this is hard to read, and a right-hand column further out is hard to follow.
READABLE = 100
# What the right-hand column of plain text is set to, so that it stays together in a ticket.
TICKET = 88
NARROWEST = 40

_STYLES = {"strong": "bold", "faint": "dim", "bad": "bold red", "good": "green", "odd": "yellow", "typed": "cyan"}
_IN_ASCII = str.maketrans({"─": "-", "▶": ">", "◀": "<", "×": "x", "·": "-", "…": "~", "✗": "x", "≠": "!"})


class Span(NamedTuple):
    """A stretch of harmless text in one style; `span` makes them."""

    text: str
    style: Style = "plain"


Line = tuple[Span, ...]


@record
class Page:
    """What is written to: columns (0: lines may have any length), colour or none, how much to tell.

    `only_source` is the name of the log where there is only one.
    """

    width: int = 0
    colour: bool = False
    verbose: int = 0
    only_source: str | None = None


def build_page(width: int, *, colour: bool, verbose: int = 0, sources: Sequence[str] = ()) -> Page:
    """Return the page to lay out for; a terminal narrower than `NARROWEST` gets lines that are too long."""
    only = sources[0] if len(sources) == 1 else None
    return Page(max(width, NARROWEST) if width else 0, colour, verbose, only)


def span(text: str, style: Style = "plain") -> Span:
    """Return `text` as a span, its control characters made visible."""
    return Span(visible(text), style)


def line(*parts: str | Span) -> Line:
    """Return one line of the given parts."""
    return tuple(part if isinstance(part, Span) else span(part) for part in parts)


def plain_text(parts: Line) -> str:
    """Return a line's text without its styles."""
    return "".join(part.text for part in parts)


def prose_width(page: Page) -> int:
    """Return the columns for running text: 0 (do not wrap) where lines may have any length."""
    return min(page.width, READABLE)


def wrap(parts: Line, width: int, hang: int) -> list[Line]:
    """Break a line at blanks into lines of `width` columns, all but the first indented by `hang`; 0: leave it whole.

    A word that is longer than a line stays whole.
    """
    if not width:
        return [parts]
    cuts = list(_cuts(plain_text(parts), width, hang))
    first, *rest = [_part(parts, start, end) for start, end in cuts]
    return [first, *((Span(" " * hang), *more) for more in rest)]


def _cuts(text: str, width: int, hang: int) -> Iterator[tuple[int, int]]:
    start, room = 0, width
    while len(text) - start > room:
        word = len(text) - len(text[start:].lstrip(" "))  # a line's indentation is no place to break it
        blank = text.rfind(" ", word, start + room + 1)
        if blank < 0:
            blank = text.find(" ", word)
        if blank < 0:
            break
        yield start, len(text[:blank].rstrip(" "))
        start = len(text) - len(text[blank:].lstrip(" "))
        room = width - hang
    yield start, len(text)


def _part(parts: Line, start: int, end: int) -> Line:
    """Return the columns from `start` to before `end` of a line."""
    found = []
    at = 0
    for part in parts:
        text = part.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            found.append(Span(text, part.style))
        at += len(part.text)
    return tuple(found)


def cut(text: str, width: int) -> str:
    """Return `text` in `width` columns at most, `…` in place of the rest; 0: all of it. Tabs are spread if cut."""
    if not width:
        return text
    text = text.expandtabs()
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def cut_front(text: str, width: int) -> str:
    """Return the end of `text` in `width` columns at most, `…` in place of its front; 0: all of it."""
    return text if not width or len(text) <= width else "…" + text[len(text) - width + 1 :]


def justified(left: Line, right: Line, page: Page, hang: int = 2) -> list[Line]:
    """Return `left`, wrapped, with `right` at the right margin behind it, or below it where there is no room."""
    width = prose_width(page)
    lines = wrap(left, width, hang)
    if not right:
        return lines
    gap = (width or TICKET) - len(plain_text(lines[-1])) - len(plain_text(right))
    if gap >= 2 or not width:
        return [*lines[:-1], (*lines[-1], Span(" " * max(gap, 2)), *right)]
    return [*lines, *wrap((Span(" " * hang), *right), width, hang)]


def side_by_side(rows: Sequence[Sequence[Span]], page: Page, indent: int) -> list[Line]:
    """Return rows of cells as aligned columns, two blanks apart; columns without any text are left out.

    A table that is too wide wraps within its last two columns.
    """
    columns = [column for column in zip(*rows, strict=True) if any(cell.text for cell in column)]
    rows = list(zip(*columns, strict=True))
    widths = [max(len(cell.text) for cell in column) for column in columns]
    if page.width:
        room = page.width - indent - 2 * (len(widths) - 1) - sum(widths[:-2])
        widths[-2:] = _shared(widths[-2], widths[-1], room)
    return [found for row in rows for found in _table_row(row, widths, page, indent)]


def _shared(left: int, right: int, room: int) -> tuple[int, int]:
    """Return the widths of two columns in `room`: the wider one gives way first."""
    left = min(left, max(room - right, room // 2, 1))
    return left, min(right, max(room - left, 1))


def _table_row(row: Sequence[Span], widths: Sequence[int], page: Page, indent: int) -> Iterator[Line]:
    columns = [wrap((cell,), page.width and width, 0) for cell, width in zip(row, widths, strict=True)]
    for height in range(max(map(len, columns))):
        parts = [Span(" " * indent)]
        for column, width in zip(columns, widths, strict=True):
            cell = column[height] if height < len(column) else ()
            parts += [*cell, Span(" " * (width - len(plain_text(cell)) + 2))]
        yield tuple(parts)


def write(lines: Iterable[Line], out: TextIO, *, colour: bool) -> None:
    """Write lines to `out`; what its encoding cannot carry is written with what it can."""
    for parts in lines:
        text = _coloured(parts) if colour else plain_text(parts).rstrip(" ")
        try:
            out.write(text + "\n")
        except UnicodeEncodeError:
            out.write(text.translate(_IN_ASCII).encode(out.encoding, "replace").decode(out.encoding) + "\n")


def _coloured(parts: Line) -> str:
    from rich.style import Style as RichStyle  # only a terminal needs it

    return "".join(
        RichStyle.parse(_STYLES[part.style]).render(part.text)
        if part.style in _STYLES and part.text.strip()
        else part.text
        for part in parts
    ).rstrip(" ")
