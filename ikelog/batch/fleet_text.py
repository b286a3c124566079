"""The fleet summary as text: failing peers first, then causes, devices, and what was skipped."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TextIO

from ikelog.batch import fleet_wording as words
from ikelog.batch.fleet import Fleet, Row
from ikelog.reporting import wording
from ikelog.reporting.layout import (
    Line,
    Page,
    Style,
    build_page,
    cut,
    justified,
    line,
    prose_width,
    side_by_side,
    span,
    wrap,
    write,
)

# So many of each are shown; `-v` shows all.
SHOWN = 20
_STYLES: dict[str, Style] = {
    "established": "good",
    "failed": "bad",
    "child_failed": "bad",
    "failed_later": "bad",
    "ike_only": "odd",
    "incomplete": "odd",
}


def render(fleet: Fleet, out: TextIO, *, width: int, colour: bool, verbose: int, quiet: bool) -> None:
    """Write the summary. `width` in columns, 0 for a pipe; `quiet` leaves the counts and a line for each peer."""
    page = build_page(width, colour=colour, verbose=verbose)
    write(_counts(fleet, page), out, colour=colour)
    for section in _sections(fleet, page, quiet=quiet):
        write(section if quiet else [(), *section], out, colour=colour)


def render_detail(parts: Sequence[Row], out: TextIO, *, width: int, colour: bool) -> None:
    """Write all that a store has of one negotiation."""
    page = build_page(width, colour=colour)
    for part in parts:
        first, *more = (part["text"] or "").split("\n")
        head = line(span(f"{part['part']:<12}", _PARTS.get(part["part"], "faint")), part["place"] or "", "  ", first)
        write(wrap(head, page.width, 14), out, colour=colour)
        write([line(" " * 14 + text) for text in more], out, colour=colour)


_PARTS: dict[str, Style] = {"negotiation": "strong", "error": "bad", "warning": "odd", "fix": "typed"}


def _sections(fleet: Fleet, page: Page, *, quiet: bool) -> Iterator[list[Line]]:
    failing = _shown(fleet.failing, page)
    if quiet:
        yield [found for row in failing for found in _heading(row, page)]
        return
    for row in failing:
        yield [*_heading(row, page), *_example(row, fleet.store, page)]
    yield from _more(fleet.failing, failing, "failing peer")
    if fleet.causes:
        yield _table("CAUSES", [_cause(row) for row in _shown(fleet.causes, page)], page)
    if fleet.devices:
        yield _table("DEVICES", [_device(row) for row in _shown(fleet.devices, page)], page)
        yield from _more(fleet.devices, _shown(fleet.devices, page), "device")
    if fleet.skipped:
        yield _skipped(fleet.skipped, page)


def _shown(rows: Sequence[Row], page: Page) -> Sequence[Row]:
    return rows if page.verbose else rows[:SHOWN]


def _more(rows: Sequence[Row], shown: Sequence[Row], what: str) -> Iterator[list[Line]]:
    if len(rows) > len(shown):
        yield [line(span(f"… {wording.count(len(rows) - len(shown), f'more {what}')} (-v shows all)", "faint"))]


def _counts(fleet: Fleet, page: Page) -> list[Line]:
    totals = fleet.totals
    parts = [
        part
        for key, number, word in words.outcomes(totals)
        for part in (" · ", span(f"{number:,} {word}", _STYLES[key]))
    ]
    left = line(words.negotiations(totals), *parts)
    return justified(left, line(span(words.inputs(totals, fleet.store), "faint")), page)


def _heading(row: Row, page: Page) -> list[Line]:
    left = line(span("FAILING", "bad"), f"  {words.peer(row)}  {words.times(row)}")
    return justified(left, line(span(words.cause(row), "strong")), page)


def _example(row: Row, store: str, page: Page) -> Iterator[Line]:
    if row["title"]:
        yield from wrap(line(f"  {row['title']}"), prose_width(page), 2)
    if row["text"]:
        first = row["text"].split("\n")[0]
        yield line("    ", span(cut(f"{row['source']}:{row['line']}  {first}", max(page.width - 4, 0)), "plain"))
    yield line("    ", span(words.command(row, store), "typed"))


def _table(title: str, rows: Sequence[Sequence[str]], page: Page) -> list[Line]:
    cells = [[span(text, "strong" if not place else "plain") for place, text in enumerate(row)] for row in rows]
    return [line(span(title, "strong")), *side_by_side(cells, page, indent=2)]


def _cause(row: Row) -> list[str]:
    return [
        words.cause(row),
        f"{row['failures']:,}×",
        wording.count(row["peers"], "peer"),
        words.days(row),
    ]


def _device(row: Row) -> list[str]:
    return [
        row["device"],
        wording.count(row["negotiations"], "negotiation"),
        wording.count(row["peers"], "peer"),
        ", ".join(f"{number:,} {word}" for _, number, word in words.outcomes(row)),
        f"mostly {row['main_cause']} {row['main_cause_name']}" if row["main_cause"] else "",
    ]


def _skipped(rows: Sequence[Row], page: Page) -> list[Line]:
    reasons = Counter(row["reason"] for row in rows)
    told = ", ".join(f"{number:,} {reason}" for reason, number in sorted(reasons.items()))
    cells = [
        [span(row["name"], "odd"), span(row["reason"]), span(row["detail"], "faint")] for row in _shown(rows, page)
    ]
    head = line(span("SKIPPED", "odd"), f"  {told}")
    more = [found for lines in _more(rows, _shown(rows, page), "input") for found in lines]
    return [head, *side_by_side(cells, page, indent=2), *more]
