"""What a check has against the logs, as one list: what every output format prints, each in its own form."""

import json
from collections.abc import Iterable, Iterator

from ikelog.check.known import Entries, entries_of, entry
from ikelog.check.types import Checked, Unmet
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.registry import rule
from ikelog.diagnosis.types import Evidence, Finding, Severity
from ikelog.record import record, replaced
from ikelog.report import Report, Source
from ikelog.reporting import wording

NOT_RECOGNISED = "no-ike-lines"
NOT_READ = "input-not-read"
EXPECTATION = "expect-"

_RANKS = ("error", "warning", "info")


@record
class Place:
    """Lines of a file, from 1, both inclusive."""

    source: str
    line: int
    end_line: int


@record
class Problem:
    """One thing that counts against a check.

    `code` is the diagnosis's, `EXPECTATION` and its key, or one of those above. `title` is a line, `text` the whole
    story without the lines of the log. `place` is where to look: where no file is to blame, the first log. `stable`
    tells the same problem in the next capture, as a baseline does: nothing in it is a line number, an SPI or a time.
    `where` is the place of an expectation, empty for all else. The texts are as they came from the log: who prints them
    makes them harmless. `times`: so many alike in one log, told once.
    """

    code: str
    severity: Severity
    title: str
    text: str
    place: Place
    stable: str
    evidence: tuple[Evidence, ...] = ()
    negotiations: tuple[Negotiation, ...] = ()
    finding: Finding | None = None
    where: str = ""
    times: int = 1


def problems(checked: Checked) -> list[Problem]:
    """Return everything that counts against the check, worst first; nothing when all is well.

    At the same severity: logs that could not be read, negotiations that failed, expectations, then other findings.
    """
    of = entries_of(checked.report)
    failed = {negotiation.id: negotiation for negotiation in checked.failed}
    why = [finding for finding in checked.findings if _explains(finding, failed)]
    told = {(negotiation, finding.code) for finding in why for negotiation in finding.negotiations}
    found = [
        *_not_read(checked),
        *(_of_finding(finding, of) for finding in why),
        *(_of_failed(n, of) for n in checked.failed if (n.id, n.verdict) not in told),
        *(_of_unmet(unmet, of) for unmet in checked.unmet),
        *(_of_finding(finding, of) for finding in checked.findings if not _explains(finding, failed)),
    ]
    return sorted(found, key=lambda problem: _RANKS.index(problem.severity))


def told_once(found: Iterable[Problem]) -> list[Problem]:
    """Return each problem once a log, with the lines of its first time: a peer tries again and again."""
    alike: dict[tuple[str, ...], list[Problem]] = {}
    for problem in found:
        alike.setdefault((problem.stable, problem.text, problem.where, problem.place.source), []).append(problem)
    return [
        replaced(same[0], times=len(same), negotiations=tuple(n for problem in same for n in problem.negotiations))
        for same in alike.values()
    ]


def _explains(finding: Finding, failed: dict[str, Negotiation]) -> bool:
    return any(id in failed and failed[id].verdict == finding.code for id in finding.negotiations)


def not_recognised(checked: Checked) -> tuple[Source, ...]:
    """Return the logs without any line of ours."""
    return tuple(source for source in checked.report.sources if not source.ike_lines)


def _not_read(checked: Checked) -> Iterator[Problem]:
    for source in not_recognised(checked):
        text = f"No IKE or IPsec line is recognised in {wording.count(source.lines, 'line')} of {source.name}."
        stable = f"{NOT_RECOGNISED} {source.name}"
        yield Problem(NOT_RECOGNISED, "error", "Nothing to check in a log", text, Place(source.name, 1, 1), stable)
    if checked.status == 2:
        text = "A log could not be read; standard error says which, and why."
        yield Problem(NOT_READ, "error", "A log could not be read", text, _nowhere(checked.report), NOT_READ)


def _of_finding(finding: Finding, of: Entries) -> Problem:
    concerned = tuple(of.negotiations[id] for id in finding.negotiations if id in of.negotiations)
    return Problem(
        code=finding.code,
        severity=finding.severity,
        title=finding.title,
        text=finding.explanation or finding.title,
        place=_first_place(finding.evidence, concerned) or _nowhere(of.report),
        stable=_stable(finding, of),
        evidence=finding.evidence,
        negotiations=concerned,
        finding=finding,
    )


def _of_failed(negotiation: Negotiation, of: Entries) -> Problem:
    """Return a failure whose own finding is not asked for."""
    code = negotiation.verdict or "IKE119"
    diagnosis = rule(code)
    title = diagnosis.title if diagnosis else "The negotiation failed"
    return Problem(
        code=code,
        severity="error",
        title=title,
        text=f"{_described(negotiation)}: {wording.status(negotiation).lower()}. {title}.",
        place=_first_place((), (negotiation,)) or _nowhere(of.report),
        stable=_stable(negotiation, of),
        negotiations=(negotiation,),
    )


def _of_unmet(unmet: Unmet, of: Entries) -> Problem:
    concerned = tuple(of.negotiations[id] for id in unmet.negotiations if id in of.negotiations)
    who = "; ".join(dict.fromkeys(map(_described, concerned)))
    place = _first_place(unmet.evidence, concerned) or _written_at(unmet.where) or _nowhere(of.report)
    return Problem(
        code=EXPECTATION + unmet.key,
        severity=unmet.severity,
        title=f"Expectation not met: {unmet.key}",
        text=f"{who}{': ' if who else ''}{unmet.where} wants {unmet.wanted}; found: {unmet.found}.",
        place=place,
        stable=_stable(unmet, of),
        evidence=unmet.evidence,
        negotiations=concerned,
        where=unmet.where,
    )


def _stable(item: Finding | Negotiation | Unmet, of: Entries) -> str:
    return json.dumps(entry(item, of), sort_keys=True)


def _described(negotiation: Negotiation) -> str:
    """Return with whom a negotiation was, and who began it."""
    return ", ".join(filter(None, (wording.peer(negotiation), wording.role(negotiation))))


def _nowhere(report: Report) -> Place:
    return Place(next((source.name for source in report.sources), "ikelog.toml"), 1, 1)


def _first_place(evidence: tuple[Evidence, ...], negotiations: tuple[Negotiation, ...]) -> Place | None:
    """Return the first line of evidence; without any, the line that shows the failure, or the first of all."""
    if evidence:
        return Place(evidence[0].source, evidence[0].line, evidence[0].end_line)
    for negotiation in negotiations:
        if negotiation.failure:
            return Place(negotiation.failure.source, negotiation.failure.line, negotiation.failure.end_line)
        for span in negotiation.spans:
            return Place(span.source, span.first_line, span.first_line)
    return None


def _written_at(where: str) -> Place | None:
    """Return the place that `ikelog.toml:12` names."""
    source, _, line = where.rpartition(":")
    return Place(source, int(line), int(line)) if source and line.isdigit() and int(line) else None
