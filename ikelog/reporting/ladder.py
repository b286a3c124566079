"""The ladder of a negotiation: who sent what to whom, when, and what the device did in between."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.events.types import TrafficSelector
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import build_blocks, verdict_finding, verdict_findings
from ikelog.reporting.heading import has_several_devices, heading
from ikelog.reporting.ladder_grid import Grid, build_grid, heads_lines, row_lines
from ikelog.reporting.ladder_rows import Row, ladder_rows
from ikelog.reporting.layout import Line, Page, build_page, line, span, wrap, write
from ikelog.reporting.selectors import selector_text

# A ladder in the report that is longer than this keeps its two ends; `ikelog timeline` has the rest.
COMPACT_ROWS = 24
COMPACT_END = 10


def render(report: Report, out: TextIO, *, width: int = 0, colour: bool = False) -> None:
    """Write the ladder of every negotiation. `width` in columns; 0: lines may have any length."""
    page = build_page(width, colour=colour)
    verdicts = verdict_findings(report)
    name_device = has_several_devices(report)
    if not report.negotiations:
        write([line(f"{wording.none_found(report.left_out)}.")], out, colour=colour)
    for number, negotiation in enumerate(report.negotiations):
        (block,) = build_blocks([negotiation], verdicts)
        lines = heading(block, page, name_device=name_device)
        lines += ladder_lines(negotiation, page, finding=verdict_finding(negotiation, verdicts))
        write([(), *lines] if number else lines, out, colour=colour)


def ladder_lines(
    negotiation: Negotiation, page: Page, *, finding: Finding | None = None, compact: bool = False
) -> list[Line]:
    """Return the ladder: the SPI pair and links, both ends, the rows in the order of the log, and what came of it.

    `finding` is that of the verdict: the steps that prove it are marked. A `compact` ladder has the messages and those
    steps alone, and leaves out the middle of a long one unless the page is verbose.
    """
    rows = ladder_rows(negotiation, finding)
    if compact:
        rows = [row for row in rows if row.arrow or row.proves]
    grid = build_grid(rows, negotiation, page)
    shown = _ends(rows) if compact and not page.verbose else [*range(len(rows))]
    return [
        *_title(negotiation, page, with_start=not compact),
        *(heads_lines(negotiation, grid, page) if rows else []),
        *_rows(rows, shown, grid, page),
        *([] if compact else _outcome(negotiation, page)),
    ]


def _ends(rows: Sequence[Row]) -> list[int]:
    """Return which rows a long compact ladder keeps: both ends, and what proves the verdict."""
    last = len(rows) - COMPACT_END
    return [
        index
        for index, row in enumerate(rows)
        if len(rows) <= COMPACT_ROWS or index < COMPACT_END or index >= last or row.proves
    ]


def _rows(rows: Sequence[Row], shown: Sequence[int], grid: Grid, page: Page) -> Iterator[Line]:
    expected = 0
    for index in shown:
        if index > expected:
            skipped = wording.count(index - expected, "more row")
            yield line(span(f"    … {skipped} (-v or ikelog timeline shows all)", "faint"))
        yield from row_lines(rows[index], grid.places[index], grid, page)
        expected = index + 1


def _title(negotiation: Negotiation, page: Page, *, with_start: bool) -> list[Line]:
    parts = [negotiation.id, wording.ike_sa(negotiation), *_links(negotiation)]
    if with_start and negotiation.started_at:
        parts.append(f"started {wording.moment(negotiation.started_at)}")
    return wrap(line("  " + "  ".join(parts)), page.width, 4)


def _links(negotiation: Negotiation) -> Iterator[str]:
    if negotiation.rekeyed_from:
        yield f"rekeyed from {negotiation.rekeyed_from}"
    if negotiation.simultaneous_with:
        yield f"at the same time as {', '.join(negotiation.simultaneous_with)}"
    if negotiation.other_view:
        yield f"the other end's view is {negotiation.other_view}"
    if negotiation.same_request_as:
        yield f"same request as {', '.join(negotiation.same_request_as)}"


def _outcome(negotiation: Negotiation, page: Page) -> Iterator[Line]:
    for child in negotiation.child_sas:
        text = span("    " + "  ".join(_child(child)), "bad" if child.state == "failed" else "plain")
        yield from wrap(line(text), page.width, 6)
    closed = negotiation.closed
    if closed:
        where = f"line {closed.line}  {wording.clock(closed.time)}".rstrip()
        yield from wrap(line(f"    {wording.closing(closed)}  {where}"), page.width, 6)


def _child(child: ChildSa) -> Iterator[str]:
    yield f"Child SA {child.id}"
    if child.protocol:
        yield child.protocol.upper()
    yield wording.child_spis(child)
    yield f"local {_selectors(child.local_selectors)}  remote {_selectors(child.remote_selectors)}"
    if child.rekeyed_from:
        yield f"rekeyed from {child.rekeyed_from}"
    if child.state:
        yield f"{child.state} {child.verdict or ''}".rstrip()


def _selectors(selectors: Sequence[TrafficSelector]) -> str:
    return ", ".join(map(selector_text, selectors)) or "(unknown)"
