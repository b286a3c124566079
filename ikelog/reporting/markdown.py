"""The report and its ladders as Markdown for a ticket: headings, lists and code blocks, which every tracker reads.

No line needs another's to be understood: where a tracker shows Markdown as it is typed, it still reads well.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Comparison, Finding, Fix
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import (
    Block,
    build_blocks,
    is_told_in_full,
    other_findings,
    verdict_finding,
    verdict_findings,
)
from ikelog.reporting.evidence_lines import evidence_lines
from ikelog.reporting.heading import has_several_devices
from ikelog.reporting.ladder import ladder_lines
from ikelog.reporting.layout import build_page, plain_text
from ikelog.reporting.markup import fenced, inline
from ikelog.reporting.safe import visible

# Of what is a line each, so many are shown.
SHOWN = 20
_EVIDENCE = 12
_COMPARISONS = 2

_MARKS = {
    "FAILED": "❌",
    "CHILD SA FAILED": "❌",
    "UP, THEN FAILED": "❌",
    "UNFINISHED": "⚠️",
    "IKE SA ONLY": "⚠️",
    "UP": "✅",
    "ERROR": "❌",
    "WARNING": "⚠️",
    "INFO": "ℹ️",
}


def render(report: Report, out: TextIO) -> None:
    """Write the report: the counts, each failure with its reason, proof, fix and ladder, and a line for the rest."""
    verdicts = verdict_findings(report)
    blocks = build_blocks(report.negotiations, verdicts)
    several = has_several_devices(report)
    peers = {negotiation.id: wording.peer(negotiation) for negotiation in report.negotiations}
    _write(out, _head(report))
    for block in filter(is_told_in_full, blocks):
        _write(out, _failure(block, several))
    findings = other_findings(report, verdicts)
    for finding in (found for severity in ("error", "warning") for found in findings if found.severity == severity):
        _write(out, _finding(finding, peers))
    brief = [_brief(block, several) for block in blocks if not is_told_in_full(block)]
    _write(out, _list(brief))
    _write(out, _list(_infos(findings, peers)))


def render_timeline(report: Report, out: TextIO) -> None:
    """Write the ladder of every negotiation, each in a block of its own."""
    verdicts = verdict_findings(report)
    several = has_several_devices(report)
    _write(out, _head(report))
    for negotiation in report.negotiations:
        (block,) = build_blocks([negotiation], verdicts)
        found = verdict_finding(negotiation, verdicts)
        _write(out, [f"### {_title(block, several)}", _ladder(negotiation, found, compact=False)])


def _write(out: TextIO, parts: Sequence[str]) -> None:
    """Write parts of Markdown, each set apart by an empty line."""
    out.writelines(f"{part}\n\n" for part in parts)


def _head(report: Report) -> list[str]:
    summary = report.summary
    parts = [wording.none_found(report.left_out)]
    if summary.negotiations:
        peers = f" with {wording.count(len(summary.peers), 'peer')}" if summary.peers else ""
        parts = [wording.count(summary.negotiations, "negotiation") + peers]
    parts += [f"{number:,} {what}" for number, what, _ in wording.outcomes(summary)]
    sources = (inline(f"{source.name}, {wording.count(source.lines, 'line')}") for source in report.sources)
    notes = (inline(f"{source.name}: {note}") for source in report.sources for note in source.notes)
    return [f"## {' · '.join(parts)}", "; ".join(sources), *notes]


def _title(block: Block, several: bool) -> str:
    first, number = block.negotiations[0], len(block.negotiations)
    who = (
        wording.peer(first),
        wording.role(first),
        f"on {first.device}" if several and first.device else "",
        f"{number:,} times" if number > 1 else "",
    )
    verdict = f": {first.verdict} {block.finding.name if block.finding else ''}".rstrip() if first.verdict else ""
    return f"{_MARKS[block.status]} {block.status} {inline(', '.join(filter(None, who)) + verdict)}"


def _failure(block: Block, several: bool) -> list[str]:
    first, last = block.negotiations[0], block.negotiations[-1]
    when = [f"First {wording.beginning(first)}, last {wording.beginning(last)}"] if first is not last else []
    told = list(_told(block.finding)) if block.finding else []
    ladder = _ladder(first, block.finding, compact=True)
    return [f"### {_title(block, several)}", *map(inline, when), *told, ladder]


def _finding(finding: Finding, peers: Mapping[str, str]) -> list[str]:
    status = finding.severity.upper()
    return [f"### {_MARKS[status]} {inline(f'{_named(finding, peers)}{finding.code} {finding.name}')}", *_told(finding)]


def _named(finding: Finding, peers: Mapping[str, str]) -> str:
    """Return the peers that a finding is about, the first few by name."""
    named = wording.some_of(peers[number] for number in finding.negotiations if number in peers)
    return f"{named}: " if named else ""


def _told(finding: Finding) -> Iterator[str]:
    yield f"{inline(finding.explanation or finding.title)} ({wording.certainty_and_side(finding)})"
    if finding.evidence:
        yield fenced(evidence_lines(finding.evidence, _EVIDENCE))
    yield from map(_table, (finding.comparison or ())[:_COMPARISONS])
    for fix in finding.fix:
        yield from _fix(fix)
    for alternative in finding.alternatives:
        yield f"Or it is {alternative.code}: {inline(alternative.why)}"


def _table(comparison: Comparison) -> str:
    rows = [("", f"here: {comparison.own}", f"peer: {comparison.peer}"), None]
    for found in comparison.attributes:
        mark = "" if found.equal else "≠ "
        rows.append((mark + found.attribute, ", ".join(found.local) or "-", ", ".join(found.remote) or "-"))
    lines = ["| --- | --- | --- |" if row is None else f"| {' | '.join(map(inline, row))} |" for row in rows]
    return "\n".join(lines)


def _fix(fix: Fix) -> Iterator[str]:
    """Yield what is typed, then why, as they stand on a screen: the reason may lead over to the next fix."""
    place = f"**Fix, {inline(wording.fix_place(fix.platform))}:**"
    if not fix.commands:
        yield f"{place} {inline(fix.why)}".rstrip()
        return
    yield place
    yield fenced([visible(command) for command in fix.commands])
    if fix.why:
        yield inline(fix.why)


def _ladder(negotiation: Negotiation, finding: Finding | None, *, compact: bool) -> str:
    lines = ladder_lines(negotiation, build_page(0, colour=False), finding=finding, compact=compact)
    return fenced([plain_text(parts).rstrip()[2:] for parts in lines])


def _brief(block: Block, several: bool) -> str:
    first = block.negotiations[0]
    return f"{_title(block, several)}, {inline(wording.beginning(first))}"


def _infos(findings: Sequence[Finding], peers: Mapping[str, str]) -> list[str]:
    same = Counter(
        inline(f"{_named(finding, peers)}{finding.code} {finding.name}: {finding.explanation or finding.title}")
        for finding in findings
        if finding.severity == "info"
    )
    return [f"{_MARKS['INFO']} {text}" + (f" (×{number})" if number > 1 else "") for text, number in same.items()]


def _list(items: Sequence[str]) -> list[str]:
    more = [f"{len(items) - SHOWN:,} more"] if len(items) > SHOWN else []
    return ["\n".join(f"- {item}" for item in [*items[:SHOWN], *more])] if items else []
