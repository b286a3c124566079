"""Check logs: what they show against a threshold, expectations, a profile and what is known."""

from collections.abc import Iterable, Mapping, Sequence

from ikelog.check import codes, known, meeting
from ikelog.check.expectation import Limit, Policy
from ikelog.check.known import Known
from ikelog.check.limits import applies, unmet_limits
from ikelog.check.showing import TextOf
from ikelog.check.tunnels import Tunnel, build_tunnels, peer
from ikelog.check.types import LEVELS, Checked, Unmet
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Evidence, Finding, Severity
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import SourceText
from ikelog.record import record, replaced
from ikelog.report import Report

INTERRUPTED, UNREAD, NOTHING_RECOGNISED, FOUND, GOOD = 130, 2, 3, 1, 0
NOTHING_KNOWN = Known("", frozenset())
_ENDED_BADLY = ("failed", "child_failed")
_PLACES_KEPT = 4


@record
class Against:
    """All that counts against the logs: findings, negotiations that ended badly, expectations that are not met."""

    findings: tuple[Finding, ...]
    failed: tuple[Negotiation, ...]
    unmet: tuple[Unmet, ...]

    def all(self) -> tuple[Finding | Negotiation | Unmet, ...]:
        """Return it as one list, in no order that matters."""
        return (*self.findings, *self.failed, *self.unmet)


def analyze_all(sources: Sequence[SourceText], options: Options) -> Report:
    """Analyse logs with the rules about weak algorithms, and keep every finding: expectations are about all."""
    return analyze(sources, replaced(options, select=(), ignore=(), audit=True))


def check(
    report: Report,
    sources: Sequence[SourceText],
    policy: Policy,
    *,
    baseline: Known = NOTHING_KNOWN,
    unread: bool = False,
) -> Checked:
    """Check an analysis that kept every finding; `unread` tells that a further source could not be read."""
    texts = {source.name: source for source in sources}
    asked = _asked(report, policy, lambda name, line, end: "\n".join(texts[name].lines_from(line, end)))
    unmet = [one for one in asked.unmet if not (one.unknown and policy.allow_unknown)]
    against = Against(asked.findings, asked.failed, _counting(unmet, policy.fail_on))
    of = known.entries_of(report)
    used: set[str] = set()
    left = Against(
        known.unknown(against.findings, of, baseline, used),
        known.unknown(against.failed, of, baseline, used),
        known.unknown(against.unmet, of, baseline, used),
    )
    shown = codes.selected(report.findings, policy.select, policy.ignore)
    return Checked(
        report=_with_findings(report, shown),
        findings=left.findings,
        failed=left.failed,
        unmet=left.unmet,
        accepted=asked.accepted + len(against.all()) - len(left.all()),
        status=_status(report, left, policy, unread=unread),
        below=len(unmet) - len(against.unmet) + sum(not _counts(f.severity, policy.fail_on) for f in shown),
        stale=() if policy.narrowed else known.stale(baseline, used),
    )


@record
class _Asked:
    findings: tuple[Finding, ...]
    failed: tuple[Negotiation, ...]
    unmet: tuple[Unmet, ...]
    accepted: int


def _asked(report: Report, policy: Policy, text_of: TextOf) -> _Asked:
    """Hold the report against the policy, and leave out what expectations accept."""
    tunnels = build_tunnels(report.negotiations)
    asked = [meeting.ask(e, tunnels, report, text_of, narrowed=policy.narrowed) for e in policy.expectations]
    unmet = [one for question in asked for one in meeting.unmet(question)]
    unmet += [one for tunnel in tunnels for one in _of_profile(tunnel, policy.limits, text_of)]
    accepted = [meeting.accepted(question) for question in asked]
    fine = {id for one in accepted for id in one.negotiations}
    allowed = {id for one in accepted for id in one.findings}
    ended = [n for n in report.negotiations if n.outcome in _ENDED_BADLY]
    counting = [
        f for f in codes.selected(report.findings, policy.select, policy.ignore) if _counts(f.severity, policy.fail_on)
    ]
    failed = tuple(n for n in ended if n.id not in fine)
    findings = tuple(f for f in counting if f.id not in allowed)
    left_out = len(ended) - len(failed) + len(counting) - len(findings)
    return _Asked(findings, failed, tuple(_merged(unmet, report)), left_out)


def _of_profile(tunnel: Tunnel, limits: Sequence[Limit], text_of: TextOf) -> Iterable[Unmet]:
    return unmet_limits(tunnel, [limit for limit in limits if applies(limit, tunnel)], text_of)


def _merged(unmet: Iterable[Unmet], report: Report) -> Iterable[Unmet]:
    """Make one of those that read the same of one device and peer."""
    ends: Mapping[str, tuple[str | None, str]] = {n.id: (n.device, peer(n)) for n in report.negotiations}
    groups: dict[tuple[object, ...], list[Unmet]] = {}
    for one in unmet:
        who = frozenset(ends.get(id) for id in one.negotiations)
        groups.setdefault((one.where, one.key, one.wanted, one.found, one.unknown, who), []).append(one)
    for group in groups.values():
        ids = dict.fromkeys(id for one in group for id in one.negotiations)
        evidence: dict[Evidence, None] = dict.fromkeys(place for one in group for place in one.evidence)
        yield replaced(group[0], negotiations=tuple(ids), evidence=tuple(evidence)[:_PLACES_KEPT])


def _counts(severity: Severity, fail_on: Severity) -> bool:
    return LEVELS.index(severity) <= LEVELS.index(fail_on)


def _counting(unmet: Sequence[Unmet], fail_on: Severity) -> tuple[Unmet, ...]:
    return tuple(one for one in unmet if _counts(one.severity, fail_on))


def _with_findings(report: Report, findings: tuple[Finding, ...]) -> Report:
    summary = replaced(
        report.summary,
        errors=sum(f.severity == "error" for f in findings),
        warnings=sum(f.severity == "warning" for f in findings),
    )
    return replaced(report, findings=findings, summary=summary)


def _status(report: Report, left: Against, policy: Policy, *, unread: bool) -> int:
    if report.interrupted:
        return INTERRUPTED
    if unread:
        return UNREAD
    if not all(source.ike_lines for source in report.sources):
        return NOTHING_RECOGNISED
    return FOUND if left.all() and not policy.exit_zero else GOOD


def against(checked: Checked) -> tuple[Finding | Negotiation | Unmet, ...]:
    """Return all that counts against the logs, for a baseline."""
    return Against(checked.findings, checked.failed, checked.unmet).all()
