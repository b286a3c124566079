"""Run the rules, choose each negotiation's verdict, and leave out what only follows from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.registry import rules
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Evidence, Finding, Severity

TextOf = Callable[[str, int, int], str]
_WORST_FIRST = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class _Found:
    rule: Rule
    match: Match

    @property
    def severity(self) -> Severity:
        return self.match.severity or self.rule.severity

    def first_line(self) -> int:
        return min(place.line for place in self.match.evidence)

    def weight(self) -> tuple[int, int, int, str]:
        """Order the candidates for a verdict: nearest to the cause, seen rather than inferred, first in the log."""
        inferred = self.match.certainty == "inferred"
        return self.rule.rank, inferred, self.first_line(), self.rule.code


def diagnose(log: Log, text_of: TextOf) -> tuple[tuple[Negotiation, ...], tuple[Finding, ...]]:
    """Return the negotiations with their verdicts, and the findings, worst first.

    `text_of(source, line, end_line)` gives the raw lines for the evidence.
    """
    found = [_Found(rule, match) for rule in rules() for match in rule.find(log)]
    verdicts = {n.id: _verdict(n, found) for n in log.negotiations}
    kept = [f for f in found if _stands(f, verdicts)]
    kept.sort(key=lambda f: (_WORST_FIRST[f.severity], f.first_line(), f.rule.code))
    findings = tuple(_finding(f"F{i}", f, text_of) for i, f in enumerate(kept, 1))
    return tuple(_with_verdict(n, verdicts[n.id]) for n in log.negotiations), findings


def _verdict(negotiation: Negotiation, found: Iterable[_Found]) -> _Found | None:
    """Choose the finding that explains a negotiation's outcome, or None for one that went well."""
    own = [f for f in found if any(n.id == negotiation.id for n in f.match.negotiations)]
    explaining = [f for f in own if f.rule.rank < Rank.NOTE and f.severity == "error"]
    if explaining:
        return min(explaining, key=_Found.weight)
    if negotiation.outcome == "incomplete":
        return next((f for f in own if f.rule.code == "IKE114"), None)
    return None


def _stands(found: _Found, verdicts: dict[str, _Found | None]) -> bool:
    """Tell whether a finding is more than an echo of the verdict of every negotiation that it is about."""
    if found.rule.rank == Rank.NOTE or found.rule.stays or found.severity != "error":
        return True
    return not found.match.negotiations or any(verdicts[n.id] is found for n in found.match.negotiations)


def _with_verdict(negotiation: Negotiation, found: _Found | None) -> Negotiation:
    if found is None:
        return negotiation
    children = tuple(
        replace(child, verdict=found.rule.code) if child.state == "failed" and child.verdict is None else child
        for child in negotiation.child_sas
    )
    return replace(negotiation, verdict=found.rule.code, child_sas=children)


def _finding(number: str, found: _Found, text_of: TextOf) -> Finding:
    rule, match = found.rule, found.match
    return Finding(
        id=number,
        code=rule.code,
        name=rule.name,
        severity=found.severity,
        title=rule.title,
        negotiations=tuple(n.id for n in match.negotiations),
        side=match.side or rule.side,
        explanation=match.explanation,
        certainty=match.certainty,
        evidence=_evidence(match.evidence, text_of),
        alternatives=match.alternatives,
        comparison=match.comparison,
        fix=rule.fix if match.fix is None else match.fix,
        references=rule.references,
    )


# Evidence is to be read: of a record that runs over many lines its head is enough.
_LONGEST_EVIDENCE = 4


def _evidence(places: Iterable[Lined], text_of: TextOf) -> tuple[Evidence, ...]:
    evidence = {}
    for place in places:
        end = min(place.end_line, place.line + _LONGEST_EVIDENCE)
        text = text_of(place.source, place.line, end)
        if text.strip():
            evidence[place.source, place.line] = Evidence(place.source, place.line, end, text)
    return tuple(evidence[key] for key in sorted(evidence))
