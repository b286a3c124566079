"""One finding in full: what happened, the lines that show it, what differs, what to type."""

from collections.abc import Iterator, Sequence
from itertools import chain

from ikelog.diagnosis.types import Alternative, Attribute, Comparison, Evidence, Finding, Fix
from ikelog.reporting import wording
from ikelog.reporting.layout import (
    Line,
    Page,
    Span,
    Style,
    cut,
    cut_front,
    justified,
    line,
    plain_text,
    prose_width,
    side_by_side,
    span,
    wrap,
)

EVIDENCE_SHOWN = 6
# Of a record of many lines the head and the last one say it: what was sent or received, and what was in it.
LINES_OF_A_RECORD = 2
# A long line of evidence is folded on a terminal, into so many rows at most.
ROWS_OF_A_LINE = 2
COMPARISONS_SHOWN = 3

_TYPED_IN = frozenset({"ios", "asa"})


def finding_lines(finding: Finding, page: Page) -> list[Line]:
    """Return the lines of a finding below its heading."""
    explanation = line("  ", finding.explanation or finding.title)
    return [
        *justified(explanation, line(span(wording.certainty_and_side(finding), "faint")), page),
        *_evidence(finding.evidence, page),
        *_comparisons(finding.comparison or (), page),
        *_fixes(finding.fix, page),
        *_alternatives(finding.alternatives, page),
        *(_references(finding.references, page) if page.verbose else ()),
    ]


def _evidence(evidence: Sequence[Evidence], page: Page) -> Iterator[Line]:
    lines = list(chain.from_iterable(map(_numbered, evidence)))
    told = lines if page.verbose else list(chain.from_iterable(map(_head_and_end, evidence)))
    shown = told if page.verbose else told[:EVIDENCE_SHOWN]
    labels = [_label(place, page) for place, _ in shown]
    column = 4 + max(map(len, labels), default=0) + 2
    for label, (_, text) in zip(labels, shown, strict=True):
        yield from _folded(line(span(f"    {label}".ljust(column), "faint"), span(text)), page.width, column)
    yield from _more(len(lines) - len(shown), "line")


def _label(place: str, page: Page) -> str:
    """Return where a line stands: on a terminal without the name of the only source, which the heading gives."""
    source, _, number = place.rpartition(":")
    if page.width and source == page.only_source:
        return f"line {number}"
    return cut_front(span(place).text, page.width // 3)


def _folded(row: Line, width: int, column: int) -> list[Line]:
    """Return a line of evidence in `width` columns, `…` for what is beyond its rows; 0: as it is."""
    if not width:
        return [row]
    if len(plain_text(row)) > ROWS_OF_A_LINE * (width - column) + column:
        return [line(cut(plain_text(row), width))]
    return wrap(row, width, column)


def _head_and_end(evidence: Evidence) -> list[tuple[str, str]]:
    lines = [(place, text) for place, text in _numbered(evidence) if text.strip()]
    return lines if len(lines) <= LINES_OF_A_RECORD else [lines[0], lines[-1]]


def _numbered(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield the lines of a piece of evidence, each with where it stands."""
    for number, text in enumerate(evidence.text.split("\n"), evidence.line):
        # CR belongs to the line, as `sed` sees it: at its end it only tells of the system that wrote the file
        yield f"{evidence.source}:{number}", text.rstrip(" \t\r")


def _comparisons(comparisons: Sequence[Comparison], page: Page) -> Iterator[Line]:
    shown = comparisons if page.verbose else comparisons[:COMPARISONS_SHOWN]
    for comparison in shown:
        heads = ("", f"here: {comparison.own}", f"peer: {comparison.peer}")
        rows = [[span(head, "faint") for head in heads], *map(_compared, comparison.attributes)]
        yield from side_by_side(rows, page, indent=4)
    yield from _more(len(comparisons) - len(shown), "comparison")


def _compared(attribute: Attribute) -> list[Span]:
    style: Style = "plain" if attribute.equal else "odd"
    mark = "  " if attribute.equal else "≠ "
    values = [", ".join(side) or "-" for side in (attribute.local, attribute.remote)]
    return [span(text, style) for text in (mark + attribute.attribute, *values)]


def _more(number: int, noun: str) -> Iterator[Line]:
    if number > 0:
        yield line(span(f"    … {wording.count(number, f'more {noun}')} (-v shows all)", "faint"))


def _fixes(fixes: Sequence[Fix], page: Page) -> Iterator[Line]:
    labels = [f"  Fix, {wording.fix_place(fix.platform)}:" for fix in fixes]
    column = max(map(len, labels), default=0) + 2
    for label, fix in zip(labels, fixes, strict=True):
        yield from _labelled(span(label, "strong"), list(_fix(fix, column, page)), column)


def _fix(fix: Fix, column: int, page: Page) -> Iterator[Line]:
    room = page.width and page.width - column
    for command in fix.commands:
        yield from wrap(line(span(command, "typed")), room, 4)
    # `!` begins a comment in a Cisco configuration: the lines can be pasted whole
    mark = "! " if fix.commands and fix.platform in _TYPED_IN else ""
    if fix.why:
        prose = prose_width(page)
        for text in wrap(line(fix.why), prose and prose - column - len(mark), 0):
            yield (Span(mark, "faint"), *text)


def _alternatives(alternatives: Sequence[Alternative], page: Page) -> Iterator[Line]:
    label = "  Or it is:"
    column = len(label) + 2
    width = prose_width(page)
    lines = [
        found
        for alternative in alternatives
        for found in wrap(line(f"{alternative.code}  ", alternative.why), width and width - column, 8)
    ]
    yield from _labelled(span(label, "strong"), lines, column)


def _labelled(label: Span, lines: Sequence[Line], column: int) -> Iterator[Line]:
    for number, found in enumerate(lines):
        head = label if number == 0 else Span("")
        yield (head, Span(" " * (column - len(head.text))), *found)


def _references(references: Sequence[str], page: Page) -> list[Line]:
    return wrap(line(span("  See: " + "; ".join(references), "faint")), prose_width(page), 7) if references else []
