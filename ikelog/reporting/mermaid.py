"""The ladders as one Mermaid sequence diagram, for whatever draws those: GitHub, GitLab, wikis."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TextIO

from ikelog.correlation.types import Negotiation
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import Verdicts, verdict_finding, verdict_findings
from ikelog.reporting.drawing.marks import Drawing, Mark, build_drawing, child_title
from ikelog.reporting.markup import shortened
from ikelog.reporting.safe import visible

# Mermaid refuses a text of more than 50,000 characters (`maxTextSize`).
LONGEST = 48_000
# Of the steps between two messages so many are named, besides those that prove the verdict.
STEPS = 6
_LONGEST_TEXT = 300

# What may stand as it is. Anything else is given by its number, as Mermaid wants it: no markup, comment or keyword.
_PLAIN = re.compile(r"[^A-Za-z0-9 .,_/()×·✗≠+'-]")
# Mermaid ends a block at this word, wherever it stands.
_KEYWORD = re.compile(r"\b(e)(?=nd\b)", re.IGNORECASE)


def render(report: Report, out: TextIO) -> None:
    """Write one diagram: a pair of participants for each two ends, the negotiations one below the other.

    Where it would be longer than Mermaid takes, it says how many negotiations it leaves out.
    """
    verdicts = verdict_findings(report)
    ends: dict[tuple[str, str], tuple[str, str]] = {}
    participants: list[str] = []
    lines: list[str] = []
    room = LONGEST
    for kept, negotiation in enumerate(report.negotiations):
        declared, (left, right) = _declared(negotiation, ends)
        part = _negotiation(negotiation, verdicts, left, right)
        if not kept:
            part = _beginning(part, left, right)
        room -= sum(len(line) + 1 for line in (*declared, *part))
        if room < 0:
            more = f"{wording.count(len(report.negotiations) - kept, 'more negotiation')}: --peer or --spi shows one"
            lines.append(_over("A", "B", [more]))
            break
        participants += declared
        lines += part
    if not report.negotiations:
        lines = ["  participant A as ikelog", f"  Note over A: {_text(wording.none_found(report.left_out))}"]
    out.writelines(f"{line}\n" for line in ("sequenceDiagram", *participants, *lines))


def _beginning(lines: list[str], left: str, right: str) -> list[str]:
    """Return the lines of the first negotiation, as many as there is room for beside its participants."""
    above = [0, *accumulate(len(line) + 1 for line in lines)]
    if above[-1] < LONGEST - 1000:
        return lines
    kept = bisect_right(above, LONGEST - 1000) - 1
    return [*lines[:kept], _over(left, right, [wording.count(len(lines) - kept, "more row")])]


def _declared(
    negotiation: Negotiation, ends: dict[tuple[str, str], tuple[str, str]]
) -> tuple[list[str], tuple[str, str]]:
    """Return the lines that declare the participants of a negotiation, if they are new, and their names.

    The first of them is on the left: the one who began, or this device while that is unknown.
    """
    here = f"{wording.endpoint(negotiation.local)} (here)"
    peer = wording.endpoint(negotiation.remote)
    pair = (peer, here) if negotiation.role == "responder" else (here, peer)
    if pair in ends:
        return [], ends[pair]
    number = str(len(ends)) if ends else ""
    names = ends[pair] = f"A{number}", f"B{number}"
    return [f"  participant {name} as {_text(shown)}" for name, shown in zip(names, pair, strict=True)], names


def _negotiation(negotiation: Negotiation, verdicts: Verdicts, left: str, right: str) -> list[str]:
    finding = verdict_finding(negotiation, verdicts)
    drawing = build_drawing(negotiation, finding)
    verdict = f"{negotiation.verdict or ''} {finding.name if finding else ''}".strip()
    title = [f"{negotiation.id} {wording.status(negotiation)} {verdict}".rstrip(), wording.ike_sa(negotiation)]
    children = [child_title(child) for child in negotiation.child_sas]
    closed = [wording.closing(negotiation.closed)] if negotiation.closed else []
    below = [_over(left, right, [*children, *closed])] if children or closed else []
    return [_over(left, right, title), *_rows(drawing, left, right), *below]


def _rows(drawing: Drawing, left: str, right: str) -> Iterator[str]:
    steps: list[Mark] = []
    for mark in drawing.marks:
        if mark.gap_ms is not None:
            yield from _steps(steps, drawing, left, right)
            steps = []
            yield _over(left, right, [f"{mark.gap_ms / 1000:.1f} s of silence"])
        if mark.kind == "step":
            steps.append(mark)
            continue
        yield from _steps(steps, drawing, left, right)
        steps = []
        yield _arrow(mark, left, right)
    yield from _steps(steps, drawing, left, right)


def _arrow(mark: Mark, left: str, right: str) -> str:
    row = mark.row
    first, last = (left, right) if row.arrow == "right" else (right, left)
    arrow = "-->>" if mark.kind == "repeat" else "-x" if row.style == "bad" else "->>"
    return f"  {first}{arrow}{last}: {_lines([row.label, row.text, ' · '.join(row.remarks)])}"


def _steps(marks: Sequence[Mark], drawing: Drawing, left: str, right: str) -> Iterator[str]:
    if not marks:
        return
    told = [mark.row.text for n, mark in enumerate(marks) if n < STEPS or mark.row.proves]
    more = [f"{wording.count(len(marks) - len(told), 'more step')}"] if len(told) < len(marks) else []
    side = f"left of {left}" if drawing.here == "left" else f"right of {right}"
    yield f"  Note {side}: {_lines([*told, *more])}"


def _over(left: str, right: str, lines: Sequence[str]) -> str:
    return f"  Note over {left},{right}: {_lines(lines)}"


def _lines(texts: Sequence[str]) -> str:
    return "<br/>".join(map(_text, filter(None, texts)))


def _text(text: str) -> str:
    """Return text from a log as Mermaid shows it, whatever it holds."""
    plain = _PLAIN.sub(_numbered, shortened(visible(text).strip(), _LONGEST_TEXT))
    return _KEYWORD.sub(_numbered, plain)


def _numbered(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"
