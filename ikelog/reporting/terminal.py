"""The report as text for people: what failed, with whom, why, which side, what to type; then the rest."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TextIO

from ikelog.diagnosis.types import Finding
from ikelog.report import Report, Source
from ikelog.reporting import wording
from ikelog.reporting.blocks import Block, build_blocks, is_told_in_full, other_findings, verdict_findings
from ikelog.reporting.finding_lines import finding_lines
from ikelog.reporting.heading import cells, has_several_devices, heading
from ikelog.reporting.ladder import ladder_lines
from ikelog.reporting.layout import (
    Line,
    Page,
    Style,
    build_page,
    justified,
    line,
    prose_width,
    side_by_side,
    span,
    wrap,
    write,
)

# Of what is a line each, and of warnings, so many are shown; `-v` shows all.
SHOWN = 20
PEERS_NAMED = 3

_PLATFORMS = {"ios": "IOS", "asa": "ASA"}
_SEVERITIES: dict[str, Style] = {"error": "bad", "warning": "odd", "info": "faint"}


def render(report: Report, out: TextIO, *, width: int, colour: bool, verbose: int, quiet: bool) -> None:
    """Write the report as text.

    `width` in columns; 0, for a pipe: lines may have any length. `verbose` shows all of what is else cut short;
    `quiet` leaves the counts and one line a failure.
    """
    sources = [source.name for source in report.sources]
    page = build_page(width, colour=colour, verbose=verbose, sources=sources)
    verdicts = verdict_findings(report)
    blocks = build_blocks(report.negotiations, verdicts)
    name_device = has_several_devices(report)
    write(_counts(report, page), out, colour=colour)
    if quiet:
        for block in filter(is_told_in_full, blocks):
            write(heading(block, page, name_device=name_device), out, colour=colour)
        return
    write(_sources(report.sources, page), out, colour=colour)
    findings = other_findings(report, verdicts)
    peers = {negotiation.id: wording.peer(negotiation) for negotiation in report.negotiations}
    for lines in _sections(blocks, findings, peers, page, name_device=name_device):
        write([(), *lines], out, colour=colour)


def _sections(
    blocks: Sequence[Block], findings: Sequence[Finding], peers: Mapping[str, str], page: Page, *, name_device: bool
) -> Iterator[list[Line]]:
    """Yield what is set apart by an empty line: failures and errors first, then what is up, then the rest."""
    for block in filter(is_told_in_full, blocks):
        yield _failure(block, page, name_device=name_device)
    yield from _full_findings(findings, "error", peers, page)
    brief = [block for block in blocks if not is_told_in_full(block)]
    if brief:
        yield list(_brief_blocks(brief, page, name_device=name_device))
    yield from _full_findings(findings, "warning", peers, page)
    if page.verbose:
        yield from _full_findings(findings, "info", peers, page)
    elif any(finding.severity == "info" for finding in findings):
        yield list(_brief_findings(findings, peers, page))


def _counts(report: Report, page: Page) -> list[Line]:
    counts = wording.outcomes(report.summary)
    parts = [part for number, what, style in counts for part in (" · ", span(f"{number:,} {what}", style))]
    return justified(line(_negotiations(report), *parts), line(span(_input(report.sources), "faint")), page)


def _negotiations(report: Report) -> str:
    summary = report.summary
    if not summary.negotiations:
        return wording.none_found(report.left_out)
    peers = f" with {wording.count(len(summary.peers), 'peer')}" if summary.peers else ""
    return wording.count(summary.negotiations, "negotiation") + peers


def _input(sources: Sequence[Source]) -> str:
    if len(sources) == 1:
        return _source(sources[0])
    return f"{wording.count(len(sources), 'log')}, {wording.count(sum(source.lines for source in sources), 'line')}"


def _source(source: Source) -> str:
    platform = source.platform and _PLATFORMS.get(source.platform, source.platform)
    clock = None if source.first_time else "no clock"
    return ", ".join(part for part in (source.name, wording.count(source.lines, "line"), platform, clock) if part)


def _sources(sources: Sequence[Source], page: Page) -> Iterator[Line]:
    """Yield each of several logs if asked for, and always what is the matter with one."""
    for source in sources:
        if page.verbose and len(sources) > 1:
            yield from wrap(line(span(f"  {_source(source)}", "faint")), prose_width(page), 4)
        for note in source.notes:
            yield from wrap(line(span(f"  {source.name}: {note}", "odd")), prose_width(page), 4)


def _failure(block: Block, page: Page, *, name_device: bool) -> list[Line]:
    first = block.negotiations[0]
    return [
        *heading(block, page, name_device=name_device),
        *(_first_and_last(block, page) if len(block.negotiations) > 1 else []),
        *(finding_lines(block.finding, page) if block.finding else []),
        (),
        *ladder_lines(first, page, finding=block.finding, compact=True),
    ]


def _first_and_last(block: Block, page: Page) -> list[Line]:
    first, last = (wording.beginning(block.negotiations[index]) for index in (0, -1))
    return wrap(line(span(f"  first {first}, last {last}", "faint")), prose_width(page), 4)


def _brief_blocks(blocks: Sequence[Block], page: Page, *, name_device: bool) -> Iterator[Line]:
    """Yield a line a block, so many of each status, then how many were left out."""
    alike = [list(group) for _, group in groupby(blocks, key=lambda block: block.status)]
    shown = [block for group in alike for block in (group if page.verbose else group[:SHOWN])]
    yield from side_by_side([cells(block, page, name_device=name_device) for block in shown], page, indent=0)
    if not page.verbose:
        for group in alike:
            yield from _more(len(group) - SHOWN, group[0].status)


def _full_findings(
    findings: Sequence[Finding], severity: str, peers: Mapping[str, str], page: Page
) -> Iterator[list[Line]]:
    alike = [finding for finding in findings if finding.severity == severity]
    # an error is never left out
    shown = alike if page.verbose or severity == "error" else alike[:SHOWN]
    for finding in shown:
        left = line(span(severity.upper(), _SEVERITIES[severity]), "  " + _named(finding, peers))
        yield [
            *justified(left, line(span(f"{finding.code} {finding.name}", "strong")), page),
            *finding_lines(finding, page),
        ]
    if len(alike) > len(shown):
        yield list(_more(len(alike) - len(shown), severity.upper()))


def _brief_findings(findings: Sequence[Finding], peers: Mapping[str, str], page: Page) -> Iterator[Line]:
    """Yield a line for each finding that only informs; those that read the same are one line."""
    same = Counter(
        (finding.code, finding.name, _named(finding, peers), finding.explanation or finding.title)
        for finding in findings
        if finding.severity == "info"
    )
    for (code, name, named, text), number in list(same.items())[:SHOWN]:
        head = "  ".join(part for part in (f"{code} {name}", named, f"×{number}" if number > 1 else "") if part)
        yield from wrap(line(span("INFO", "faint"), f"  {head}: {text}"), prose_width(page), 6)
    yield from _more(len(same) - SHOWN, "INFO")


def _named(finding: Finding, peers: Mapping[str, str]) -> str:
    """Return the peers of a finding's negotiations, the first few by name."""
    return wording.some_of((peers[found] for found in finding.negotiations if found in peers), PEERS_NAMED)


def _more(number: int, what: str) -> Iterator[Line]:
    if number > 0:
        yield line(span(f"… {number:,} more {what} (-v shows all)", "faint"))
