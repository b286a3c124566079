"""Run the rules, choose each negotiation's verdict, and leave out what only follows from it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.diagnosis.registry import rules
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Evidence, Finding, Severity

TextOf = Callable[[str, int, int], str]
# The family of what happens to an SA that had come up.
_LIFE_OF_AN_SA = "IKE4"
_WORST_FIRST = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class _Found:
    rule: Rule
    match: Match
    order: Mapping[str, int]

    @property
    def severity(self) -> Severity:
        return self.match.severity or self.rule.severity

    def first_place(self) -> tuple[int, int]:
        return min((self.order.get(place.source, 0), place.line) for place in self.match.evidence)

    def weight(self) -> tuple[int, int, tuple[int, int], str]:
        """Order the candidates for a verdict: nearest to the cause, seen rather than inferred, first in the log."""
        inferred = self.match.certainty == "inferred"
        return self.rule.rank, inferred, self.first_place(), self.rule.code


def diagnose(log: Log, text_of: TextOf) -> tuple[tuple[Negotiation, ...], tuple[Finding, ...]]:
    """Return the negotiations with their verdicts, and the findings, worst first.

    `text_of(source, line, end_line)` gives the raw lines for the evidence.
    """
    order = {source.name: place for place, source in enumerate(log.sources)}
    found = [_Found(rule, match, order) for rule in rules() for match in rule.find(log)]
    about: dict[str, list[_Found]] = {n.id: [] for n in log.negotiations}
    for one in found:
        for negotiation in one.match.negotiations:
            about[negotiation.id].append(one)
    verdicts = {n.id: _verdict(n, about[n.id]) for n in log.negotiations}
    kept = [f for f in found if _stands(f, verdicts)]
    kept.sort(key=lambda f: (_WORST_FIRST[f.severity], f.first_place(), f.rule.code))
    findings = tuple(_finding(f"F{i}", f, text_of) for i, f in enumerate(kept, 1))
    return tuple(_with_verdict(n, verdicts[n.id], about[n.id]) for n in log.negotiations), findings


def _verdict(negotiation: Negotiation, own: list[_Found]) -> _Found | None:
    """Choose the finding that explains a negotiation's outcome, or None for one that went well.

    What befalls a later Child SA of an IKE SA that works is that Child SA's, not the negotiation's.
    """
    explaining = [f for f in own if f.rule.rank < Rank.NOTE and f.severity == "error"]
    if negotiation.outcome == "established":
        explaining = [f for f in explaining if f.rule.code.startswith(_LIFE_OF_AN_SA) or _shows_end(f, negotiation)]
    if explaining:
        return min(explaining, key=_Found.weight)
    if negotiation.outcome == "incomplete":
        return next((f for f in own if f.rule.code == "IKE114"), None)
    return None


def _shows_end(found: _Found, negotiation: Negotiation) -> bool:
    """Tell whether a finding's evidence holds the line that closed an SA which had come up."""
    closed = negotiation.closed
    return closed is not None and any(place.line <= closed.line <= place.end_line for place in found.match.evidence)


def _stands(found: _Found, verdicts: dict[str, _Found | None]) -> bool:
    """Tell whether a finding is more than an echo of the verdict of every negotiation that it is about."""
    if found.rule.rank == Rank.NOTE or found.rule.stays or found.severity != "error":
        return True
    told = [verdicts[n.id] for n in found.match.negotiations]
    return not told or any(verdict is found or verdict is None for verdict in told)


def _with_verdict(negotiation: Negotiation, found: _Found | None, own: list[_Found]) -> Negotiation:
    """Set the verdict of a negotiation and of each Child SA of it that failed."""
    errors = [f for f in own if f.severity == "error" and f.rule.rank < Rank.NOTE]
    children = tuple(
        replace(child, verdict=_child_verdict(child, found, errors)) if child.state == "failed" else child
        for child in negotiation.child_sas
    )
    return replace(negotiation, verdict=found.rule.code if found else None, child_sas=children)


def _child_verdict(child: ChildSa, found: _Found | None, errors: list[_Found]) -> str | None:
    """Return the code of the finding that shows this Child SA's failure: the first behind its request."""
    behind = [f for f in errors if any(place.end_line >= child.line for place in f.match.evidence)]
    chosen = found or min(behind, key=_Found.weight, default=None)
    return chosen.rule.code if chosen else None


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
        evidence=_evidence(match.evidence, text_of, found.order),
        alternatives=match.alternatives,
        comparison=match.comparison,
        fix=rule.fix if match.fix is None else match.fix,
        references=rule.references,
    )


# Evidence is to be read: of a record that runs over many lines its head is enough.
_LONGEST_EVIDENCE = 4


def _evidence(places: Iterable[Lined], text_of: TextOf, order: Mapping[str, int]) -> tuple[Evidence, ...]:
    evidence = {}
    for place in places:
        end = min(place.end_line, place.line + _LONGEST_EVIDENCE)
        text = text_of(place.source, place.line, end)
        if text.strip():
            evidence[place.source, place.line] = Evidence(place.source, place.line, end, text)
    return tuple(evidence[key] for key in sorted(evidence, key=lambda key: (order.get(key[0], 0), key[1])))
