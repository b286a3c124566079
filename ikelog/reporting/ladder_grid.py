"""Where a ladder's columns stand: line, clock, elapsed time, exchange, arrow, contents."""

from collections.abc import Mapping, Sequence

from ikelog.correlation.types import Negotiation
from ikelog.record import record
from ikelog.reporting import wording
from ikelog.reporting.ladder_rows import Row
from ikelog.reporting.layout import Line, Page, Span, line, span, wrap

INDENT = 4
GAP = 2
# With fewer columns than this for its contents, a row goes on below its exchange and its arrow is short.
COMFORTABLE = 40
# With fewer than this, further lines begin near the margin: words would be broken.
ROOM = 20

_LONG = {"right": "────────────▶", "left": "◀────────────"}
_SHORT = {"right": "──▶", "left": "◀──"}


@record
class Grid:
    """The columns at which the exchange, the arrow and the contents begin; `places` says where and when each row is.

    A row's further lines begin at `hang`, a local step at `step`.
    """

    places: tuple[str, ...]
    label: int
    arrow: int
    contents: int
    hang: int
    step: int
    arrows: Mapping[str, str]


def build_grid(rows: Sequence[Row], negotiation: Negotiation, page: Page) -> Grid:
    """Measure the rows of a ladder."""
    places = _places(rows)
    label = INDENT + max(map(len, places), default=0) + GAP
    labels = max((len(row.label) for row in rows), default=0)
    arrow = max(label + labels, INDENT + len(_ends(negotiation)[0])) + GAP
    arrows = _LONG if _is_comfortable(arrow + len(_LONG["right"]) + GAP, page) else _SHORT
    contents = arrow + len(arrows["right"]) + GAP
    hang = contents if _is_comfortable(contents, page) else _hang(label, page)
    # a step stands under the end that logs it, if there is room
    step = max(hang, label) if negotiation.role == "responder" else label
    return Grid(places, label, arrow, contents, hang, step, arrows)


def _is_comfortable(column: int, page: Page) -> bool:
    return not page.width or page.width - column >= COMFORTABLE


def _hang(column: int, page: Page) -> int:
    """Return where the further lines of a row begin: at `column`, if that leaves room for words."""
    return column if not page.width or page.width - column >= ROOM else 2 * INDENT


def heads_lines(negotiation: Negotiation, grid: Grid, page: Page) -> list[Line]:
    """Return the two ends, each on its side of the arrows; who began is on the left."""
    left, right = _ends(negotiation)
    overflow = max(grid.contents + len(right) - page.width, 0) if page.width else 0
    left_end = max(grid.arrow - GAP - overflow, GAP + len(left))
    right_at = max(grid.contents - overflow, left_end + GAP)
    heads = line(span(f"{left.rjust(left_end).ljust(right_at)}{right}", "strong"))
    return wrap(heads, page.width, max(page.width - len(right), INDENT))


def _ends(negotiation: Negotiation) -> tuple[str, str]:
    here = span(wording.endpoint(negotiation.local) + " (here)").text
    peer = span(wording.endpoint(negotiation.remote)).text
    return (peer, here) if negotiation.role == "responder" else (here, peer)


def row_lines(row: Row, place: str, grid: Grid, page: Page) -> list[Line]:
    """Return one row, wrapped if need be."""
    head = Span(f"{' ' * INDENT}{place}".ljust(grid.label), "faint")
    if row.arrow is None:
        gap = Span(" " * (grid.step - grid.label))
        return wrap((head, gap, span(row.text, row.style)), page.width, _hang(grid.step + GAP, page))
    label = span(row.label.ljust(grid.arrow - grid.label))
    arrow = Span(grid.arrows[row.arrow] + " " * GAP)
    remarks = "".join(f" · {remark}" for remark in row.remarks)
    parts = (head, label, arrow, span(row.text, row.style), span(remarks if row.text else remarks[3:], "faint"))
    return wrap(parts, page.width, grid.hang)


def _places(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return where and when each row is: `197  11:16:56.461  +0.012s`, or `line 197` where there is no clock."""
    has_clock = any(row.time or row.offset_ms is not None for row in rows)
    columns = [_lines(rows, has_clock), [wording.clock(row.time) for row in rows], _elapsed(rows)]
    widths = [max(map(len, column), default=0) for column in columns]
    return tuple(
        (" " * GAP).join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True) if width)
        for cells in zip(*columns, strict=True)
    )


def _lines(rows: Sequence[Row], has_clock: bool) -> list[str]:
    if len({row.source for row in rows}) > 1:
        return [span(f"{row.source}:{row.line}").text for row in rows]
    if not has_clock:
        return [f"line {row.line}" for row in rows]
    digits = max((len(str(row.line)) for row in rows), default=0)
    return [f"{row.line:>{digits}}" for row in rows]


def _elapsed(rows: Sequence[Row]) -> list[str]:
    """Return the time since the first row that has one. An offset counts from its own source's first clock."""
    timed = [row for row in rows if row.offset_ms is not None]
    if not timed:
        return [""] * len(rows)
    source, start = timed[0].source, timed[0].offset_ms or 0
    return [
        wording.elapsed(row.offset_ms - start) if row.offset_ms is not None and row.source == source else ""
        for row in rows
    ]
