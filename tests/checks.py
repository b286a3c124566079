"""Checks for the tests of the output formats: of the samples, of one hostile log, of far too much."""

import importlib
import re
from collections.abc import Iterable
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from ikelog.check.types import Checked, Unmet
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Alternative, Evidence, Fix
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import read_source, text_source
from ikelog.record import replaced
from ikelog.report import Report
from tests import reports

SAMPLES = Path(__file__).parent.parent / "samples"
# What breaks out of markup, of workflow commands, of terminals and of encodings.
HOSTILE = (
    "<script>alert(1)</script> <b>]]></b> &amp; \"q\" 's' ::error::boo %0A::warning::x ##[error]y `` ``` ~~~ | a | b "
    "a,b=c [link](http://evil.example) [l\\](http://evil.example) "
    "![i](x) www.evil.example @all **bold** _it_ $x$ {0} {{1}} \\n \x1b[31m \x07 \x9b "
    "\u202e \u2066 \u2028 \ufffe \ud800"
)
UNMET = Unmet("max_duration", "at most 5s", "7.2s", "ikelog.toml:12", ("N1",))


def checked(report: Report, unmet: Iterable[Unmet] = (), severities: tuple[str, ...] = ("error", "warning")) -> Checked:
    """Check a report as the command does without expectations, with some that are not met."""
    findings = tuple(finding for finding in report.findings if finding.severity in severities)
    failed = tuple(n for n in report.negotiations if n.outcome in ("failed", "child_failed"))
    status = 1 if findings or failed or tuple(unmet) else 0
    if not all(source.ike_lines for source in report.sources):
        status = 3
    return Checked(report, findings, failed, tuple(unmet), 0, status)


def sample_report(*names: str) -> Report:
    paths = [SAMPLES / name for name in names] or sorted(SAMPLES.glob("*.log"))
    return analyze([read_source(str(path)) for path in paths], Options(audit=True))


def hostile_check(hostile: str = HOSTILE) -> Checked:
    """A failure, one of no negotiation, an expectation, and every text that a log can bring full of what breaks out."""
    bad = f"a {hostile} z"
    failed = reports.psk_negotiation(remote=reports.End(bad, 500), device=bad, spans=(reports.Span(bad, 1, 9),))
    evidence = (Evidence(bad, 2, 4, f"{bad}\r\n```\n{bad}"), Evidence(bad, 9, 9, bad))
    fixes = (Fix("ios", (bad, "```"), bad), Fix("peer", (), bad))
    finding = reports.psk_finding(
        explanation=bad, evidence=evidence, fix=fixes, alternatives=(Alternative("IKE202", bad),)
    )
    unmet = Unmet("outcome", bad, bad, "ikelog.toml:3", ("N1",), evidence=(Evidence(bad, 7, 7, bad),))
    alone = reports.psk_finding("N9", id="F2", code="IKE904", explanation=bad, evidence=evidence, fix=())
    report = reports.report([failed], [finding, alone], [reports.source(name=bad)])
    return Checked(report, report.findings, (failed,), (unmet,), 1, 1)


def hostile_log() -> Checked:
    """A log of a device whose peer has a hostile identity."""
    text = (SAMPLES / "iosxe-three-peers.log").read_text(encoding="utf-8").replace("spoke22.example.org", HOSTILE)
    return checked(analyze([text_source("a.log", text.encode("utf-8", "replace"))]), [UNMET])


def rendered(form: str, check: Checked) -> str:
    """What the format's renderer writes, to a stream of UTF-8 as `-o` opens it."""
    out = StringIO()
    importlib.import_module(f"ikelog.check.{form}").render(check, out)
    out.getvalue().encode("utf-8")
    return out.getvalue()


@cache
def every_sample() -> Checked:
    return checked(sample_report(), [UNMET])


@cache
def three_peers() -> Checked:
    return checked(sample_report("iosxe-three-peers.log"), [UNMET], ("error",))


@cache
def healthy() -> Checked:
    return checked(sample_report("iosxe-healthy-initiator.log"), (), ("error",))


@cache
def nothing() -> Checked:
    return checked(sample_report("foreign-strongswan.log"))


def failures(number: int) -> list[Negotiation]:
    """So many failed negotiations, each with a peer of its own."""
    return [
        reports.psk_negotiation(f"N{n}", remote=reports.End(f"10.0.{n // 250}.{n % 250}", 500)) for n in range(number)
    ]


def many(number: int) -> Checked:
    """So many failed negotiations, and as many warnings."""
    warnings = [reports.psk_finding(f"N{n}", code="IKE411", severity="warning") for n in range(number)]
    errors = [reports.psk_finding(f"N{n}") for n in range(number)]
    return checked(reports.report(failures(number), [*warnings, *errors]))


CHECKS = {
    "samples": every_sample,
    "peers": three_peers,
    "healthy": healthy,
    "nothing": nothing,
    "hostile": hostile_check,
    "hostile-log": hostile_log,
    "unread": lambda: replaced(healthy(), status=2),
    "no-log": lambda: Checked(reports.report([], [], []), (), (), (), 0, 2),
}
each_check = pytest.mark.parametrize("name", CHECKS)


def at_the_top_of_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be where paths of the samples are short, and in no job of a CI system."""
    monkeypatch.chdir(SAMPLES.parent)
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(variable, raising=False)


def plain_message(message: str) -> str:
    """Read a SARIF message: no link is in it, and its braces and brackets are escaped."""
    links = re.findall(r"(\\*)\]\(", message)
    assert all(len(backslashes) % 2 for backslashes in links)
    unlinked = re.sub(r"(\\*)\\\]\(", lambda found: found[1][::2] + "](", message)
    return unlinked.replace("{{", "{").replace("}}", "}")
