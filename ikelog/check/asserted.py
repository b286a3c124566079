"""A report that a test asks things of: a question with a bad answer fails with the ladder of who is concerned."""

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from typing import NoReturn

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.registry import rule
from ikelog.diagnosis.types import Finding
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import SourceText, UnreadableSource, read_source, text_source
from ikelog.record import record, replaced
from ikelog.report import Report
from ikelog.reporting import finding_lines, ladder, terminal, wording
from ikelog.reporting.layout import build_page, plain_text
from ikelog.reporting.safe import visible

_BAD = ("failed", "child_failed")
_CAME_UP = ("up", "rekeyed", "deleted")
# A failure that prints more than these is read by nobody.
_LADDERS = 5
_FINDINGS = 5
_TEXT = "<text>"


@record
class AssertedReport:
    """The report of some logs, and assertions about it. All raise AssertionError; addresses are written as in the log.

    What concerns a `peer` is also wrong when there is no negotiation with it. Codes are names as well: `psk-mismatch`.
    """

    report: Report

    def __str__(self) -> str:
        """Return the report as `ikelog analyze` prints it."""
        out = StringIO()
        terminal.render(self.report, out, width=0, colour=False, verbose=0, quiet=False)
        return out.getvalue()

    def negotiations(self, peer: str | None = None) -> tuple[Negotiation, ...]:
        """Return the negotiations with a peer, or all; there must be one."""
        __tracebackhide__ = True
        found = tuple(n for n in self.report.negotiations if peer is None or _is_with(n, peer))
        if not found:
            peers = ", ".join(dict.fromkeys(map(wording.peer, self.report.negotiations))) or "none"
            self._fail("no negotiation" + (f" with {peer}; peers in the log: {peers}" if peer else ""), ())
        return found

    def negotiation(self, peer: str | None = None) -> Negotiation:
        """Return the one negotiation with a peer, or the only one."""
        __tracebackhide__ = True
        found = self.negotiations(peer)
        if len(found) > 1:
            self._fail(f"{len(found)} negotiations{f' with {peer}' if peer else ''}, not one", found)
        return found[0]

    def established(self, peer: str | None = None, *, count: int | None = None) -> tuple[Negotiation, ...]:
        """Check that every negotiation came up, with a Child SA, and did not fail later; `count`: so many of them."""
        __tracebackhide__ = True
        found = self.negotiations(peer)
        bad = [n for n in found if n.outcome != "established" or n.verdict]
        if bad:
            self._fail(f"not established: {_hows(bad)}", bad)
        if count is not None and len(found) != count:
            self._fail(f"{wording.count(len(found), 'negotiation')} established, not {count}", found)
        return found

    def failed(self, peer: str | None = None, code: str | None = None) -> tuple[Negotiation, ...]:
        """Check that a negotiation failed, for the reason `code` if that is given; return those that did."""
        __tracebackhide__ = True
        verdict = _code(code) if code else None
        found = self.negotiations(peer)
        bad = tuple(n for n in found if n.outcome in _BAD and verdict in (None, n.verdict))
        if not bad:
            self._fail(f"none failed{f' with {verdict}' if verdict else ''}: {_hows(found)}", found)
        return bad

    def child_sas(self, peer: str | None = None, *, at_least: int = 1) -> tuple[Negotiation, ...]:
        """Check that so many Child SAs came up with each negotiation, none of them refused."""
        __tracebackhide__ = True
        found = self.negotiations(peer)
        for negotiation in found:
            refused = sum(child.state == "failed" for child in negotiation.child_sas)
            came_up = sum(child.state in _CAME_UP for child in negotiation.child_sas)
            if refused or came_up < at_least:
                counted = f"{wording.count(came_up, 'Child SA')} up and {refused} refused, not {at_least} or more up"
                self._fail(f"{_how(negotiation)}: {counted}", (negotiation,))
        return found

    def findings(self, code: str | None = None, peer: str | None = None) -> tuple[Finding, ...]:
        """Return the findings of a code, of negotiations with a peer, or all."""
        wanted = _code(code) if code else None
        concerned = {n.id for n in self.report.negotiations if peer and _is_with(n, peer)}
        return tuple(
            finding
            for finding in self.report.findings
            if wanted in (None, finding.code) and (peer is None or concerned.intersection(finding.negotiations))
        )

    def has(self, code: str, peer: str | None = None) -> tuple[Finding, ...]:
        """Check that there is a finding of the code."""
        __tracebackhide__ = True
        found = self.findings(code, peer)
        if not found:
            others = ", ".join(dict.fromkeys(finding.code for finding in self.findings(peer=peer))) or "none"
            concerned = self.negotiations(peer) if peer else self.report.negotiations
            self._fail(f"no {_code(code)}{f' with {peer}' if peer else ''}; findings: {others}", concerned)
        return found

    def has_not(self, code: str, peer: str | None = None) -> None:
        """Check that there is no finding of the code."""
        __tracebackhide__ = True
        self._none_of(self.findings(code, peer))

    def no_errors(self, peer: str | None = None) -> None:
        """Check that nothing failed, and that no finding is an error."""
        __tracebackhide__ = True
        bad = [n for n in self.report.negotiations if n.outcome in _BAD and (peer is None or _is_with(n, peer))]
        errors = tuple(finding for finding in self.findings(peer=peer) if finding.severity == "error")
        told = {id for finding in errors for id in finding.negotiations}
        untold = [n for n in bad if n.id not in told]
        if untold:
            self._fail(_hows(untold), bad)
        self._none_of(errors)

    def ladder(self, peer: str | None = None) -> str:
        """Return the ladders of the negotiations with a peer, or of all, as `ikelog timeline` prints them."""
        return _ladders(self.report, self.negotiations(peer))

    def _none_of(self, findings: Sequence[Finding]) -> None:
        __tracebackhide__ = True
        if findings:
            concerned = {id for finding in findings for id in finding.negotiations}
            named = ", ".join(f"{code} {_name(code)}" for code in dict.fromkeys(f.code for f in findings))
            told = [f"{finding.code}\n{_text(finding)}" for finding in findings[:_FINDINGS]]
            more = [f"... {len(findings) - _FINDINGS} more findings"] if len(findings) > _FINDINGS else []
            negotiations = [n for n in self.report.negotiations if n.id in concerned]
            self._fail("\n\n".join((f"found {named}", *told, *more)), negotiations)

    def _fail(self, what: str, negotiations: Sequence[Negotiation]) -> NoReturn:
        """Raise AssertionError: what is wrong in which logs, and the ladders."""
        __tracebackhide__ = True
        logs = ", ".join(source.name for source in self.report.sources)
        told = "\n".join(map(visible, f"{logs}: {what}".split("\n")))
        raise AssertionError(f"{told}\n\n{_ladders(self.report, negotiations[:_LADDERS])}".rstrip())


def read_asserted(logs: Sequence[str], text: str | bytes | None, options: Options) -> AssertedReport:
    """Analyse logs for a test; raises AssertionError for a log that says nothing, ValueError without any."""
    __tracebackhide__ = True
    if not logs and text is None:
        raise ValueError("name a log, or give its text")
    sources = [_read(log) for log in dict.fromkeys(logs)]
    if text is not None:
        data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
        sources.append(text_source(_TEXT, data))
    report = analyze(sources, options)
    for source in report.sources:
        if not source.ike_lines:
            lines = wording.count(source.lines, "line")
            raise AssertionError(f"{visible(source.name)}: no IKE or IPsec line recognised in {lines}")
    return AssertedReport(report)


def _read(log: str) -> SourceText:
    __tracebackhide__ = True
    try:
        return read_source(log)
    except UnreadableSource as error:
        raise AssertionError(visible(str(error))) from None


def _is_with(negotiation: Negotiation, peer: str) -> bool:
    end = negotiation.remote
    return peer.lower() in [name.lower() for name in (end.address, end.identity) if name]


def _how(negotiation: Negotiation) -> str:
    """Return how a negotiation went, in a line."""
    verdict = negotiation.verdict and f"{negotiation.verdict} {_name(negotiation.verdict)}"
    return ", ".join(filter(None, (wording.peer(negotiation), wording.status(negotiation).lower(), verdict)))


def _hows(negotiations: Sequence[Negotiation]) -> str:
    """Return how negotiations went, alike ones once."""
    counted = Counter(map(_how, negotiations))
    return "; ".join(f"{how}{f' ({number} times)' if number > 1 else ''}" for how, number in counted.items())


def _code(code_or_name: str) -> str:
    """Return the code of a diagnosis; raises ValueError where there is none, so that no misspelt one is never found."""
    found = rule(code_or_name)
    if found is None:
        raise ValueError(f"{code_or_name}: no such diagnosis; `ikelog rules` lists them")
    return found.code


def _name(code: str) -> str:
    found = rule(code)
    return found.name if found else ""


def _text(finding: Finding) -> str:
    return "\n".join(map(plain_text, finding_lines.finding_lines(finding, build_page(0, colour=False))))


def _ladders(report: Report, negotiations: Sequence[Negotiation]) -> str:
    if not negotiations:
        return ""
    out = StringIO()
    ladder.render(replaced(report, negotiations=tuple(negotiations)), out)
    return out.getvalue()
