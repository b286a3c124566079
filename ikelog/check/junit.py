"""The check as JUnit XML, in the dialect that Jenkins, GitLab and others read: a test case for each negotiation."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO
from xml.etree import ElementTree as ET

from ikelog.check.problems import NOT_READ, NOT_RECOGNISED, Problem, problems
from ikelog.check.types import Checked
from ikelog.correlation.types import Negotiation
from ikelog.record import record
from ikelog.reporting import wording
from ikelog.reporting.evidence_lines import evidence_lines
from ikelog.reporting.safe import visible

# A negotiation's case keeps its name from run to run, so that its history is one: no SPI, no id, no time in it.
_SUITE = "ikelog check"
_NO_PEER = "ikelog"
_UNDECIDED = {"incomplete": "the log ends before the negotiation does", "ike_only": "no Child SA was asked for"}
# Characters that XML 1.0 cannot hold, not even escaped, and that `visible` leaves.
_NOT_XML = re.compile("[\ufffe\uffff]")


@record
class _Case:
    peer: str
    name: str
    log: str
    problems: tuple[Problem, ...] = ()
    skipped: str = ""
    milliseconds: int | None = None


def render(checked: Checked, out: TextIO) -> None:
    """Write a test suite for each log, and one for what is no log's."""
    against = problems(checked)
    cases = list(_numbered([*_of_negotiations(checked, against), *_of_the_rest(against)]))
    suites = ET.Element("testsuites", {"name": _SUITE, **_counts(cases)})
    devices = {span.source: n.device for n in checked.report.negotiations for span in n.spans if n.device}
    for log in dict.fromkeys([*(source.name for source in checked.report.sources), *(case.log for case in cases)]):
        own = [case for case in cases if case.log == log]
        if own:
            suite = ET.SubElement(suites, "testsuite", {"name": _xml(log), **_counts(own)})
            suite.set("skipped", str(sum(bool(case.skipped) for case in own)))
            suite.set("time", _seconds(sum(case.milliseconds or 0 for case in own)))
            if devices.get(log):
                suite.set("hostname", _xml(devices[log] or ""))
            for case in own:
                _add(suite, case)
    ET.indent(suites)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    # ASCII: whatever encoding `out` has, it is also UTF-8
    out.write(ET.tostring(suites, encoding="us-ascii").decode("ascii") + "\n")


def _of_negotiations(checked: Checked, against: Sequence[Problem]) -> Iterator[_Case]:
    owned: dict[str, list[Problem]] = defaultdict(list)
    for problem in against:
        for negotiation in problem.negotiations if not problem.where else ():
            owned[negotiation.id].append(problem)
    for negotiation in checked.report.negotiations:
        own = tuple(owned[negotiation.id])
        yield _Case(
            peer=wording.peer(negotiation),
            name=_name(negotiation),
            log=negotiation.spans[0].source if negotiation.spans else _SUITE,
            problems=own,
            skipped="" if own else _undecided(negotiation),
            milliseconds=negotiation.duration_ms,
        )


def _of_the_rest(against: Iterable[Problem]) -> Iterator[_Case]:
    """Yield a case for each expectation that is not met, and for what is no negotiation's."""
    for problem in against:
        if problem.negotiations and not problem.where:
            continue
        peers = {wording.peer(negotiation) for negotiation in problem.negotiations}
        log = _SUITE if problem.where or problem.code == NOT_READ else problem.place.source
        peer = peers.pop() if len(peers) == 1 else _NO_PEER
        yield _Case(peer=peer, name=f"{problem.code} {problem.where}".rstrip(), log=log, problems=(problem,))


def _numbered(cases: Iterable[_Case]) -> Iterator[_Case]:
    """Tell apart what else has the same name: the second negotiation with a peer gets `(2)`."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for case in cases:
        seen[case.log, case.peer, case.name] += 1
        number = seen[case.log, case.peer, case.name]
        name = f"{case.name} ({number})" if number > 1 else case.name
        yield _Case(case.peer, name, case.log, case.problems, case.skipped, case.milliseconds)


def _name(negotiation: Negotiation) -> str:
    """Return who began, and with which exchange."""
    first = next((message.exchange for message in negotiation.messages), f"IKEv{negotiation.ike_version}")
    exchange = "rekey" if negotiation.rekeyed_from else first
    return f"{wording.role(negotiation) or 'role not known'}, {exchange}"


def _undecided(negotiation: Negotiation) -> str:
    """Return why a negotiation that nothing counts against did not pass either; empty for one that came up."""
    status = wording.status(negotiation)
    if negotiation.outcome in ("failed", "child_failed") or status == "UP, THEN FAILED":
        return f"accepted: {status.lower()}, {negotiation.verdict}"
    return _UNDECIDED.get(negotiation.outcome, "")


def _add(suite: ET.Element, case: _Case) -> None:
    element = ET.SubElement(suite, "testcase", classname=_xml(case.peer), name=_xml(case.name))
    if case.milliseconds is not None:
        element.set("time", _seconds(case.milliseconds))
    if case.problems:
        first = case.problems[0]
        message = f"{first.title}: {first.text}" if first.finding else first.text
        kind = "error" if _is_error(case) else "failure"
        found = ET.SubElement(element, kind, type=_xml(first.code), message=_xml(message))
        found.text = "\n\n".join("\n".join(map(_xml, _told(problem))) for problem in case.problems)
    elif case.skipped:
        ET.SubElement(element, "skipped", message=_xml(case.skipped))


def _told(problem: Problem) -> Iterator[str]:
    """Yield the lines that tell a problem: what it is, what shows it, what to type."""
    yield f"{problem.code} {problem.finding.name if problem.finding else ''}".rstrip()
    yield problem.text
    yield from (f"  {line}" for line in evidence_lines(problem.evidence))
    for fix in problem.finding.fix if problem.finding else ():
        yield f"Fix ({fix.platform}):"
        yield from (f"  {command}" for command in fix.commands)
        if fix.why:
            yield f"  {fix.why}"


def _counts(cases: Sequence[_Case]) -> dict[str, str]:
    errors = sum(map(_is_error, cases))
    failures = sum(bool(case.problems) for case in cases) - errors
    return {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors)}


def _is_error(case: _Case) -> bool:
    """Tell whether something could not be checked at all, rather than being found bad."""
    return any(problem.code in (NOT_READ, NOT_RECOGNISED) for problem in case.problems)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"


def _xml(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", visible(text))
