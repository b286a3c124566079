"""Run the rules, choose each negotiation's verdict, and leave out what only follows from it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from math import inf

from ikelog.correlation.types import ChildSa, Negotiation, changed
from ikelog.diagnosis.by_line import ByLine
from ikelog.diagnosis.registry import rules_for
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule, matches
from ikelog.diagnosis.types import Evidence, Finding, Fix, Severity
from ikelog.record import record

TextOf = Callable[[str, int, int], str]
# The family of what happens to an SA that had come up.
_LIFE_OF_AN_SA = "IKE4"
# What is said of a negotiation that the log leaves under way, where nothing explains an end.
_UNFINISHED = "IKE114"
_WORST_FIRST = {"error": 0, "warning": 1, "info": 2}


@record
class _Found:
    rule: Rule
    match: Match
    order: Mapping[str, int]

    @property
    def severity(self) -> Severity:
        return self.match.severity or self.rule.severity

    def first_place(self) -> tuple[int, int]:
        return min((self.order.get(place.source, 0), place.line) for place in self.match.evidence)

    def explains(self) -> bool:
        """Tell whether this can be the reason of a failure."""
        return self.rule.rank < Rank.NOTE and self.severity == "error"

    def weight(self) -> tuple[int, int, tuple[int, int], str]:
        """Order the candidates for a verdict: nearest to the cause, seen rather than inferred, first in the log."""
        inferred = self.match.certainty == "inferred"
        return self.rule.rank, inferred, self.first_place(), self.rule.code


@record
class _Explained:
    """What explains a negotiation, and its Child SAs by id; `told` are, by identity, the errors worth saying."""

    verdict: _Found | None
    children: Mapping[str, _Found]
    told: frozenset[int]


@record
class _Shown:
    """Lines that are evidence of a finding."""

    line: int
    end_line: int
    found: _Found


def diagnose(log: Log, text_of: TextOf) -> tuple[tuple[Negotiation, ...], tuple[Finding, ...]]:
    """Return the negotiations with their verdicts, and the findings, worst first.

    `text_of(source, line, end_line)` gives the raw lines for the evidence.
    """
    order = {source.name: place for place, source in enumerate(log.sources)}
    found = [_Found(rule, match, order) for rule in rules_for(log) for match in matches(rule, log)]
    about: defaultdict[str, list[_Found]] = defaultdict(list)
    for one in found:
        if one.explains() or one.rule.code == _UNFINISHED:
            for negotiation in one.match.negotiations:
                about[negotiation.id].append(one)
    explained = {n.id: _explain(n, about[n.id]) for n in log.negotiations if n.id in about}
    kept = [f for f in found if _stands(f, explained)]
    kept.sort(key=lambda f: (_WORST_FIRST[f.severity], f.first_place(), f.rule.code))
    findings = tuple(_finding(f"F{i}", f, text_of) for i, f in enumerate(kept, 1))
    judged = (_with_verdicts(n, explained[n.id]) if n.id in explained else n for n in log.negotiations)
    return tuple(judged), findings


def _explain(negotiation: Negotiation, own: list[_Found]) -> _Explained:
    """Choose what explains a negotiation's outcome and each Child SA that failed; the rest only repeats it.

    What befalls a later Child SA of an IKE SA that works is that Child SA's, not the negotiation's.
    """
    verdict = _verdict(negotiation, own)
    errors = [f for f in own if f.explains()]
    failed = _failed_children(negotiation)
    if negotiation.outcome == "established":
        children, elsewhere = _explain_children(failed, errors)
    else:
        children, elsewhere = {child.id: verdict for child, _ in failed if verdict is not None}, set()
    chosen = {id(f) for f in (verdict, *children.values()) if f is not None}
    return _Explained(verdict, children, frozenset(elsewhere | chosen))


def _explain_children(failed: list[tuple[ChildSa, float]], errors: list[_Found]) -> tuple[dict[str, _Found], set[int]]:
    """Choose what explains each later Child SA; return with it, by identity, the errors that are of none of them."""
    shown = ByLine([_Shown(place.line, place.end_line, f) for f in errors for place in f.match.evidence])
    longest = max((place.end_line - place.line for place in shown.places), default=0)
    children: dict[str, _Found] = {}
    inside: set[int] = set()
    for child, end in failed:
        near = shown.between(child.line - longest, end)
        found = {id(place.found): place.found for place in near if place.end_line >= child.line}
        if found:
            children[child.id] = min(found.values(), key=_Found.weight)
            inside.update(found.keys())
    return children, {id(f) for f in errors if id(f) not in inside}


def _failed_children(negotiation: Negotiation) -> list[tuple[ChildSa, float]]:
    """Return the Child SAs that failed, each with the line before which what is said of it stands."""
    ends = [*(child.line for child in negotiation.child_sas[1:]), inf]
    pairs = zip(negotiation.child_sas, ends, strict=False)  # no Child SA has one end, the open one
    return [(child, end) for child, end in pairs if child.state == "failed"]


def _verdict(negotiation: Negotiation, own: list[_Found]) -> _Found | None:
    """Choose the finding that explains a negotiation's outcome, or None for one that went well."""
    explaining = [f for f in own if f.explains()]
    if negotiation.outcome == "established":
        explaining = [f for f in explaining if f.rule.code.startswith(_LIFE_OF_AN_SA) or _shows_end(f, negotiation)]
    if explaining:
        return min(explaining, key=_Found.weight)
    if negotiation.outcome == "incomplete":
        return next((f for f in own if f.rule.code == _UNFINISHED), None)
    return None


def _shows_end(found: _Found, negotiation: Negotiation) -> bool:
    """Tell whether a finding's evidence holds the line that closed an SA which had come up."""
    closed = negotiation.closed
    return closed is not None and any(place.line <= closed.line <= place.end_line for place in found.match.evidence)


def _stands(found: _Found, explained: Mapping[str, _Explained]) -> bool:
    """Tell whether a finding is more than an echo of what explains every negotiation that it is about."""
    if not found.explains() or found.rule.stays:
        return True
    about = [explained[n.id] for n in found.match.negotiations]
    return not about or any(id(found) in one.told or (one.verdict is None and not one.told) for one in about)


def _with_verdicts(negotiation: Negotiation, explained: _Explained) -> Negotiation:
    """Set the verdict of a negotiation and of each Child SA of it that failed."""
    if explained.verdict is None and not explained.children:
        return negotiation
    children = tuple(
        changed(child, verdict=explained.children[child.id].rule.code) if child.id in explained.children else child
        for child in negotiation.child_sas
    )
    verdict = explained.verdict.rule.code if explained.verdict else None
    return changed(negotiation, verdict=verdict, child_sas=children)


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
        fix=_fixes_here(rule.fix if match.fix is None else match.fix, match),
        references=rule.references,
    )


def _fixes_here(fixes: tuple[Fix, ...], match: Match) -> tuple[Fix, ...]:
    """Leave out the commands of the other platform where it is known which one logged the evidence."""
    logged = {place.platform for place in (*match.negotiations, *match.evidence) if hasattr(place, "platform")}
    others = {"ios", "asa"} - logged
    if None in logged or len(others) != 1:
        return fixes
    kept = tuple(fix for fix in fixes if fix.platform not in others)
    return kept or fixes


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
