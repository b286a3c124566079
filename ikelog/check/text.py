"""The result of a check as text for people: what failed first, what was expected, other findings, the counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from ikelog.check.types import Checked, Unmet
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Evidence, Finding
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import Block, build_blocks, verdict_findings
from ikelog.reporting.finding_lines import finding_lines
from ikelog.reporting.heading import has_several_devices, heading
from ikelog.reporting.layout import (
    Line,
    Page,
    Style,
    build_page,
    cut,
    justified,
    line,
    prose_width,
    span,
    wrap,
    write,
)

SHOWN = 20
_PEERS_NAMED = 3
_LINES_SHOWN = 3
_SEVERITIES: dict[str, Style] = {"error": "bad", "warning": "odd", "info": "faint"}


def render(checked: Checked, out: TextIO, *, width: int, colour: bool, verbose: int, quiet: bool) -> None:
    """Write what a check found. `width` in columns, 0 for a pipe; `quiet` leaves a line for each and the counts."""
    report = checked.report
    page = build_page(width, colour=colour, verbose=verbose, sources=[source.name for source in report.sources])
    blocks = build_blocks(checked.failed, verdict_findings(report))
    known = {n.id: n for n in report.negotiations}
    several = has_several_devices(report)
    told = {(id, block.finding.code) for block in blocks if block.finding for id in (n.id for n in block.negotiations)}
    others = [f for f in checked.findings if not any((id, f.code) in told for id in f.negotiations)]
    sections = [
        *(_failure(block, page, quiet=quiet, name_device=several) for block in blocks),
        *_unmet_sections(checked.unmet, _labels(report, several), page, quiet=quiet),
        *(_finding(finding, known, page, quiet=quiet) for finding in _shown(others, page)),
    ]
    if len(others) > SHOWN and not page.verbose:
        sections.append([line(f"… {wording.count(len(others) - SHOWN, 'more finding')} (-v shows all)")])
    for section in sections:
        write(section if quiet else [*section, ()], out, colour=colour)
    write(_counts(checked, page), out, colour=colour)


def _shown(findings: Sequence[Finding], page: Page) -> Sequence[Finding]:
    return findings if page.verbose else findings[:SHOWN]


def _failure(block: Block, page: Page, *, quiet: bool, name_device: bool) -> list[Line]:
    head = list(heading(block, page, name_device=name_device))
    return head if quiet or block.finding is None else [*head, *finding_lines(block.finding, page)]


def _labels(report: Report, name_device: bool) -> dict[str, str]:
    """Return with whom each negotiation was; on which device, where there are several."""
    return {
        n.id: wording.peer(n) + (f" on {n.device}" if name_device and n.device else "") for n in report.negotiations
    }


def _unmet_sections(
    unmet: Sequence[Unmet], labels: Mapping[str, str], page: Page, *, quiet: bool
) -> Iterator[list[Line]]:
    lines = [found for one in unmet for found in _unmet(one, labels, page, quiet=quiet)]
    if lines:
        yield lines


def _unmet(unmet: Unmet, labels: Mapping[str, str], page: Page, *, quiet: bool) -> Iterator[Line]:
    """Yield two lines: what was wanted and where that stands; what was found and where the log shows it."""
    peers = list(dict.fromkeys(labels[id] for id in unmet.negotiations if id in labels))
    style: Style = _SEVERITIES[unmet.severity]
    more = f" and {len(peers) - _PEERS_NAMED} more" if len(peers) > _PEERS_NAMED else ""
    wanted = f"  {unmet.key}: {unmet.wanted}" + (f", with {', '.join(peers[:_PEERS_NAMED])}{more}" if peers else "")
    head = line(span("UNKNOWN" if unmet.unknown else "NOT MET", style), wanted)
    yield from justified(head, line(span(unmet.where, "faint")), page)
    if quiet:
        return
    ids = f" ({', '.join(unmet.negotiations)})" if unmet.negotiations else ""
    found = line("  found: ", span(unmet.found, "strong"), span(ids, "faint"))
    shown = list(_evidence(unmet.evidence))
    limit = len(shown) if page.verbose else 1
    if shown and not page.width:
        place, text = shown[0]
        yield (*found, *line(span(f"    {place}  ", "faint"), text))
        shown, limit = shown[1:], limit - 1
    else:
        yield from wrap(found, prose_width(page), 4)
    for place, text in shown[:limit]:
        yield line(cut(span(f"    {place}  {text}").text, page.width))


def _evidence(evidence: Iterable[Evidence]) -> Iterator[tuple[str, str]]:
    for piece in evidence:
        for number, text in enumerate(piece.text.split("\n")[:_LINES_SHOWN], piece.line):
            if text.strip():
                yield f"{piece.source}:{number}", text.strip()


def _finding(finding: Finding, known: Mapping[str, Negotiation], page: Page, *, quiet: bool) -> list[Line]:
    peers = list(dict.fromkeys(wording.peer(known[id]) for id in finding.negotiations if id in known))
    more = [f"{len(peers) - _PEERS_NAMED} more"] if len(peers) > _PEERS_NAMED else []
    left = line(
        span(finding.severity.upper(), _SEVERITIES[finding.severity]), "  " + ", ".join([*peers[:_PEERS_NAMED], *more])
    )
    head = justified(left, line(span(f"{finding.code} {finding.name}", "strong")), page)
    return head if quiet else [*head, *finding_lines(finding, page)]


def _counts(checked: Checked, page: Page) -> list[Line]:
    negotiations = wording.count(len(checked.report.negotiations), "negotiation")
    unmet = len(checked.unmet)
    left_out = 0 if checked.report.negotiations else checked.report.left_out
    parts: list[tuple[int, str, Style]] = [
        (len(checked.failed), f"{len(checked.failed):,} failed", "bad"),
        (unmet, f"{wording.count(unmet, 'expectation')} not met", "bad"),
        (len(checked.findings), wording.count(len(checked.findings), "finding"), "bad"),
        (checked.accepted, f"{checked.accepted:,} accepted", "faint"),
        (checked.below, f"{checked.below:,} below the threshold", "faint"),
        (left_out, f"{left_out:,} left out by the filters", "odd"),
    ]
    shown = [span(text, style) for number, text, style in parts if number]
    bad = bool(checked.failed or checked.unmet or checked.findings)
    good = [] if bad or left_out or checked.status not in (0, 1) else [span("all as expected", "good")]
    pieces = [piece for text in (*good, *shown) for piece in (" · ", text)]
    return wrap(line(f"{negotiations} checked", *pieces), prose_width(page), 2)
