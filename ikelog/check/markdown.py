"""The check as Markdown, for the summary of a job or a comment on a merge request."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from ikelog.check.problems import Problem, problems, told_once
from ikelog.check.types import Checked
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Fix
from ikelog.reporting import wording
from ikelog.reporting.evidence_lines import evidence_lines
from ikelog.reporting.markup import fenced, inline
from ikelog.reporting.safe import visible

NEGOTIATIONS = 200
PROBLEMS = 100
# GitHub refuses a summary of more than 1 MiB: beyond this many bytes nothing more is told.
BYTES = 900_000
_EVIDENCE = 10
_LONGEST_CELL = 200

_MARKS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}
_HEAD = ("", "| | peer | who began | outcome | verdict | took | log |", "|" + " --- |" * 7)


def render(checked: Checked, out: TextIO) -> None:
    """Write the counts, a table of the negotiations, and each problem with the lines that show it."""
    found = told_once(problems(checked))
    out.write(f"## ikelog check: {_verdict(checked, found)}\n\n{_counts(checked)}\n")
    if checked.report.negotiations:
        out.writelines(f"{line}\n" for line in _table(checked, found))
    told = _told(found[:PROBLEMS])
    out.writelines(told)
    if len(told) < len(found):
        out.write(f"\n{wording.count(len(found) - len(told), 'more problem')}: the report has all.\n")


def _told(found: Sequence[Problem]) -> list[str]:
    """Return the problems, as many as there is room for."""
    texts: list[str] = []
    room = BYTES
    for problem in found:
        text = "".join(f"{line}\n" for line in _problem(problem))
        room -= len(text.encode("utf-8"))
        if room < 0:
            break
        texts.append(text)
    return texts


def _verdict(checked: Checked, found: Sequence[Problem]) -> str:
    if not found:
        return "passed"
    count = wording.count(len(found), "problem")
    return f"failed, {count}" if checked.status else f"{count}, the exit status is 0 all the same"


def _counts(checked: Checked) -> str:
    summary = checked.report.summary
    parts = [wording.count(summary.negotiations, "negotiation") + f" with {wording.count(len(summary.peers), 'peer')}"]
    counted = {
        "up": summary.established,
        "failed": summary.failed,
        "Child SA failed": summary.child_failed,
        "without a Child SA": summary.ike_only,
        "unfinished": summary.incomplete,
        "accepted as known": checked.accepted,
        "below the threshold": checked.below,
    }
    return " · ".join([*parts, *(f"{number:,} {what}" for what, number in counted.items() if number)])


def _table(checked: Checked, found: Sequence[Problem]) -> Iterator[str]:
    """Yield the table of the negotiations, those with problems first."""
    marks: dict[str, str] = {}
    for problem in found:
        for negotiation in problem.negotiations:
            marks.setdefault(negotiation.id, _MARKS[problem.severity])
    order = sorted(checked.report.negotiations, key=lambda n: n.id not in marks)
    yield from (
        "",
        "| | peer | who began | outcome | verdict | took | log |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    )
    for negotiation in order[:NEGOTIATIONS]:
        cells = _cells(negotiation, marks.get(negotiation.id, ""))
        yield f"| {' | '.join(inline(cell, _LONGEST_CELL) for cell in cells)} |"
    if len(order) > NEGOTIATIONS:
        yield f"\n{wording.count(len(order) - NEGOTIATIONS, 'more negotiation')}"


def _cells(negotiation: Negotiation, mark: str) -> tuple[str, ...]:
    took = negotiation.duration_ms
    return (
        mark or ("✅" if negotiation.outcome == "established" and not negotiation.verdict else "·"),
        wording.peer(negotiation),
        " ".join(filter(None, (wording.role(negotiation), negotiation.device and f"on {negotiation.device}"))),
        wording.status(negotiation).lower(),
        negotiation.verdict or "",
        "" if took is None else wording.elapsed(took).lstrip("+"),
        wording.place(negotiation),
    )


def _problem(problem: Problem) -> Iterator[str]:
    name = f" {problem.finding.name}" if problem.finding else ""
    times = f" ({problem.times} times)" if problem.times > 1 else ""
    yield f"\n### {_MARKS[problem.severity]} {inline(problem.code + name)}: {inline(problem.title)}{times}"
    yield f"\n{inline(problem.text)}"
    if problem.evidence:
        yield "\n" + fenced(evidence_lines(problem.evidence, _EVIDENCE))
    for fix in problem.finding.fix if problem.finding else ():
        yield from _fix(fix)


def _fix(fix: Fix) -> Iterator[str]:
    yield f"\nFix, {inline(wording.fix_place(fix.platform))}: {inline(fix.why)}".rstrip()
    if fix.commands:
        yield "\n" + fenced([visible(command) for command in fix.commands])
