"""The fleet summary as text: failing peers first, then causes, devices, and what was skipped."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TextIO

from ikelog.batch import fleet_wording as words
from ikelog.batch.fleet import Fleet, Row
from ikelog.reporting import wording
from ikelog.reporting.layout import (
    Line,
    Page,
    Style,
    build_page,
    cut_front,
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
# Of what takes several lines fewer: the first screen has to tell what there is.
FAILING_SHOWN = 10
# A device without host names is called by its log's name, of which the end tells more.
_DEVICE_COLUMNS = 36
# Narrower terminals have no room for the name of a cause beside its code.
_WIDE = 110
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
    failing = _shown(fleet.failing, page, FAILING_SHOWN)
    if quiet:
        yield [found for row in _shown(fleet.failing, page) for found in _heading(row, page)]
        return
    if fleet.causes:
        yield _table("CAUSES", fleet.causes, _cause, page)
    for row in failing:
        yield [*_heading(row, page), *_example(row, fleet.store, page)]
    if len(fleet.failing) > len(failing):
        yield _more(fleet.failing, len(failing), "failing peer")
    if fleet.devices:
        yield _table("DEVICES", fleet.devices, partial(_device, page), page)
    if fleet.skipped:
        yield _skipped(fleet.skipped, page)


def _shown(rows: Sequence[Row], page: Page, most: int = SHOWN) -> Sequence[Row]:
    return rows if page.verbose else rows[:most]


def _more(rows: Sequence[Row], shown: int, what: str) -> list[Line]:
    left = len(rows) - shown
    return [line(span(f"… {wording.count(left, f'more {what}')} (-v shows all)", "faint"))] if left > 0 else []


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
        yield from wrap(line(f"    {row['source']}:{row['line']}  ", row["text"].split("\n")[0]), page.width, 6)
    yield line("    ", span(words.command(row, store), "typed"))


def _table(title: str, rows: Sequence[Row], told: Callable[[Row], Sequence[str]], page: Page) -> list[Line]:
    shown = _shown(rows, page)
    cells = [[span(text, "strong" if not at else "plain") for at, text in enumerate(told(row))] for row in shown]
    more = _more(rows, len(shown), title.lower().removesuffix("s"))
    return [line(span(title, "strong")), *side_by_side(cells, page, indent=2), *more]


def _cause(row: Row) -> list[str]:
    return [words.cause(row), f"{row['failures']:,} failed", wording.count(row["peers"], "peer"), words.days(row)]


def _device(page: Page, row: Row) -> list[str]:
    failed = row["failed"] + row["child_failed"] + row["failed_later"]
    others = row["negotiations"] - row["established"] - row["failed"] - row["child_failed"]
    return [
        cut_front(row["device"], page.width and _DEVICE_COLUMNS),
        wording.count(row["peers"], "peer"),
        f"{row['established']:,} up",
        f"{failed:,} failed" if failed else "",
        f"{others:,} other" if others else "",
        " ".join(filter(None, (row["main_cause"], "" if 0 < page.width < _WIDE else row["main_cause_name"]))),
    ]


def _skipped(rows: Sequence[Row], page: Page) -> list[Line]:
    reasons = Counter(row["reason"] for row in rows)
    told = ", ".join(f"{number:,} {reason}" for reason, number in sorted(reasons.items()))
    shown = _shown(rows, page)
    cells = [[span(row["name"], "odd"), span(row["reason"]), span(row["detail"], "faint")] for row in shown]
    head = line(span("SKIPPED", "odd"), f"  {told}")
    return [head, *side_by_side(cells, page, indent=2), *_more(rows, len(shown), "input")]
