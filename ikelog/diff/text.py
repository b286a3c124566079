"""What changed as text for people: a short block a peer, what got worse first."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TextIO

from ikelog.diff import words
from ikelog.diff.types import Diff, Edit, PeerDiff
from ikelog.diff.words import Alike, Names, Row
from ikelog.reporting import wording
from ikelog.reporting.layout import (
    Line,
    Page,
    Span,
    Style,
    build_page,
    justified,
    line,
    prose_width,
    span,
    wrap,
    write,
)

# Of what went and came in one aspect so many are shown; `-v` shows all.
EDITS_SHOWN = 12
# A longer name of an aspect does not move the column of the values.
WIDEST_NAME = 24

_STYLES: dict[str, Style] = {"WORSE": "bad", "BETTER": "good", "UNCHANGED": "faint"}
_EDIT_STYLES: dict[str, Style] = {"-": "bad", "+": "good"}


def render(diff: Diff, out: TextIO, *, width: int, colour: bool, verbose: int, quiet: bool) -> None:
    """Write what changed as text.

    `width` in columns; 0, for a pipe: lines may have any length. `verbose` names unchanged peers too, and what only one
    of the logs tells; `quiet` leaves the counts.
    """
    page = build_page(width, colour=colour, verbose=verbose)
    right = line(span(words.captures(diff), "faint")) if not quiet else ()
    write(justified(line(span(words.counts(diff), "strong")), right, page), out, colour=colour)
    if quiet:
        return
    names = words.names_of(diff)
    for peer in diff.peers:
        if peer.status != "unchanged" or page.verbose:
            write([(), *_block(peer, names, page)], out, colour=colour)
    write(_rest(diff, page), out, colour=colour)


def _block(peer: PeerDiff, names: Names, page: Page) -> Iterator[Line]:
    word = words.heading(peer)
    places = _places(peer) if len(peer.pairs) == 1 else ""
    left = line(span(word, _STYLES.get(word, "odd")), "  " + "  ".join(words.who(peer)))
    yield from justified(left, line(span(places, "faint")) if places else (), page)
    numbers = [len(peer.pairs) + len(side) for side in (peer.only_before, peer.only_after)]
    if peer.pairs and numbers[0] != numbers[1]:
        yield from _rows([Row("negotiations", f"{numbers[0]:,}", f"{numbers[1]:,}")], page)
    for group in words.alike(peer, names):
        yield from _group(group, page)
    yield from _listed("negotiations without a partner" if peer.pairs else "", words.unpaired(peer, names), page)
    yield from _listed("diagnoses", words.peer_codes(peer, names), page)


def _places(peer: PeerDiff) -> str:
    pair = peer.pairs[0]
    return " → ".join(f"{n.spans[0].source}:{n.spans[0].first_line}" for n in (pair.before, pair.after) if n.spans)


def _group(group: Alike, page: Page) -> Iterator[Line]:
    told = group.rows or (page.verbose and group.untold)
    if group.title and told:
        yield line(span(f"  {group.title}", "faint"))
    yield from _rows(group.rows, page)
    if page.verbose:
        yield from _rows(group.untold, page, known=False)


def _rows(rows: Sequence[Row], page: Page, *, known: bool = True) -> Iterator[Line]:
    """Yield the rows of the IKE SA, then those of each Child SA below its name."""
    for child_sa, found in groupby(rows, key=lambda row: row.child_sa):
        if child_sa is not None:
            yield line(f"  Child SA {child_sa}")
        yield from _aligned(list(found), "  " if child_sa is None else "    ", page, known)


def _aligned(rows: Sequence[Row], indent: str, page: Page, known: bool) -> Iterator[Line]:
    """Yield `name  before → after`, the values in one column; lists as what went and what came below their name."""
    column = max((len(row.label) for row in rows if not row.edits and len(row.label) <= WIDEST_NAME), default=0)
    for row in rows:
        if row.edits:
            yield line(f"{indent}{row.label}")
            yield from _edits(row.edits, indent + "  ", page)
            continue
        values = _values(row, known=known)
        yield from wrap(line(f"{indent}{row.label.ljust(column)}  ", *values), prose_width(page), len(indent) + 4)


def _values(row: Row, *, known: bool) -> tuple[Span, ...]:
    styles: tuple[Style, Style] = ("bad", "good") if known else ("faint", "faint")
    return span(row.before, styles[0]), Span(" → "), span(row.after, styles[1])


def _edits(edits: Sequence[Edit], indent: str, page: Page) -> Iterator[Line]:
    shown = edits if page.verbose else edits[:EDITS_SHOWN]
    for edit in shown:
        text = line(span(f"{indent}{edit.op} {edit.text}", _EDIT_STYLES[edit.op]))
        yield from wrap(text, page.width, len(indent) + 4)
    if len(shown) < len(edits):
        yield line(span(f"{indent}… {len(edits) - len(shown):,} more (-v shows all)", "faint"))


def _listed(label: str, edits: Sequence[Edit], page: Page) -> Iterator[Line]:
    if edits and label:
        yield line(f"  {label}")
    yield from _edits(edits, "    " if label else "  ", page)


def _rest(diff: Diff, page: Page) -> Iterator[Line]:
    """Yield what belongs to no peer, and in one line each what was left out."""
    edits = words.code_edits(diff.gone, diff.come)
    if edits:
        yield ()
        yield line("Diagnoses of no negotiation")
        yield from _edits(edits, "  ", page)
    unchanged = sum(peer.status == "unchanged" for peer in diff.peers)
    untold = sum(len(pair.untold) for peer in diff.peers for pair in peer.pairs)
    parts = [f"{unchanged:,} of {len(diff.peers):,} peers unchanged"] if unchanged and diff.changed else []
    if untold:
        parts.append(f"{wording.count(untold, 'detail')} told by only one log, not compared")
    if parts and not page.verbose:
        yield ()
        yield from wrap(line(span(" · ".join(parts) + " (-v shows them)", "faint")), prose_width(page), 2)
