"""The verdict cards of the HTML report: what the first screen tells, as values for its template."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Comparison, Evidence, Finding
from ikelog.record import record, replaced
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import Block, build_blocks, is_told_in_full, other_findings, verdict_findings
from ikelog.reporting.heading import has_several_devices

# So many cards stand open at first where there are no more than `FEW`; else the first alone, and a list of the causes.
OPEN = 3
FEW = 6
# So many negotiations of a card are named, and so many lines of evidence shown.
NAMED = 24
EVIDENCE = 12

TONES = {"FAILED": "bad", "CHILD SA FAILED": "bad", "UP, THEN FAILED": "bad", "UNFINISHED": "odd", "IKE SA ONLY": "odd"}
_SEVERITY_TONES = {"error": "bad", "warning": "odd", "info": "note"}
_PLACES = {"ios": "here (IOS)", "asa": "here (ASA)", "peer": "on the peer", "path": "on the path"}


@record
class Cell:
    """What a reader may click to see a line: its source's number in the report, its line number, and what it says."""

    source: int
    name: str
    line: int
    text: str


@record
class FixView:
    """A fix as shown: where it is typed, what, and why."""

    place: str
    commands: tuple[str, ...]
    why: str


@record
class FindingView:
    """A finding as shown below a card's heading."""

    code: str
    name: str
    title: str
    explanation: str
    sure: str
    evidence: tuple[Cell, ...]
    more_evidence: int
    comparisons: tuple[Comparison, ...]
    fixes: tuple[FixView, ...]
    alternatives: tuple[tuple[str, str], ...]
    references: tuple[str, ...]


@record
class Card:
    """One card: negotiations that read alike, or a finding that is the verdict of none."""

    status: str
    tone: str
    who: str
    how: tuple[str, ...]
    verdict: str
    finding: FindingView | None
    negotiations: tuple[str, ...]
    more: int
    open: bool


@record
class Cause:
    """A verdict that several cards share: the first of them, and how many negotiations and peers it concerns."""

    verdict: str
    card: int
    times: int
    peers: int


def build_cards(report: Report) -> tuple[list[Card], list[Card]]:
    """Return the cards told in full, failures first, and those that are a line each."""
    verdicts = verdict_findings(report)
    blocks = build_blocks(report.negotiations, verdicts)
    several = has_several_devices(report)
    sources = {source.name: number for number, source in enumerate(report.sources)}
    peers = {negotiation.id: wording.peer(negotiation) for negotiation in report.negotiations}
    full = [_block_card(block, sources, several) for block in blocks if is_told_in_full(block)]
    brief = [_block_card(block, sources, several) for block in blocks if not is_told_in_full(block)]
    others = [_finding_card(finding, sources, peers) for finding in other_findings(report, verdicts)]
    full = [*full, *(card for card in others if card.tone == "bad"), *(card for card in others if card.tone == "odd")]
    opened = [replaced(card, open=n < (OPEN if len(full) <= FEW else 1)) for n, card in enumerate(full)]
    return opened, [*brief, *(card for card in others if card.tone == "note")]


def build_causes(cards: Sequence[Card]) -> list[Cause]:
    """Return what many cards have in common, the most frequent first; nothing where there are few."""
    if len(cards) <= FEW:
        return []
    causes: dict[str, Cause] = {}
    for n, card in enumerate(cards, 1):
        known = causes.get(card.verdict) or Cause(card.verdict or card.status.lower(), n, 0, 0)
        times = known.times + max(len(card.negotiations) + card.more, 1)
        causes[card.verdict] = replaced(known, times=times, peers=known.peers + 1)
    return sorted(causes.values(), key=lambda cause: -cause.times)


def tone(negotiation: Negotiation) -> str:
    """Return whether an outcome is `good`, `odd` or `bad`."""
    return TONES.get(wording.status(negotiation), "good")


def _block_card(block: Block, sources: Mapping[str, int], several: bool) -> Card:
    first, number = block.negotiations[0], len(block.negotiations)
    finding = block.finding
    how = [wording.role(first), f"on {first.device}" if several and first.device else ""]
    how += [f"{number:,} times", *_first_and_last(block)] if number > 1 else [_began(first)]
    return Card(
        block.status,
        TONES.get(block.status, "good"),
        wording.peer(first),
        tuple(filter(None, how)),
        f"{first.verdict or ''} {finding.name if finding else ''}".strip(),
        _finding(finding, sources) if finding else None,
        tuple(negotiation.id for negotiation in block.negotiations[:NAMED]),
        max(number - NAMED, 0),
        False,
    )


def _began(negotiation: Negotiation) -> str:
    return wording.moment(negotiation.started_at) if negotiation.started_at else ""


def _first_and_last(block: Block) -> Iterator[str]:
    for word, negotiation in zip(("first", "last"), (block.negotiations[0], block.negotiations[-1]), strict=True):
        yield f"{word} {_began(negotiation) or wording.place(negotiation)}"


def _finding_card(finding: Finding, sources: Mapping[str, int], peers: Mapping[str, str]) -> Card:
    named = list(dict.fromkeys(peers[found] for found in finding.negotiations if found in peers))
    who = ", ".join(named[:3]) + (f", {len(named) - 3} more" if len(named) > 3 else "")
    ids = finding.negotiations
    return Card(
        finding.severity.upper(),
        _SEVERITY_TONES[finding.severity],
        who,
        (),
        f"{finding.code} {finding.name}",
        _finding(finding, sources),
        tuple(ids[:NAMED]),
        max(len(ids) - NAMED, 0),
        False,
    )


def _finding(finding: Finding, sources: Mapping[str, int]) -> FindingView:
    cells = list(_cells(finding.evidence, sources))
    return FindingView(
        finding.code,
        finding.name,
        finding.title,
        finding.explanation or finding.title,
        wording.certainty_and_side(finding),
        tuple(cells[:EVIDENCE]),
        max(len(cells) - EVIDENCE, 0),
        tuple((finding.comparison or ())[:3]),
        tuple(FixView(_PLACES.get(fix.platform, fix.platform), fix.commands, fix.why) for fix in finding.fix),
        tuple((alternative.code, alternative.why) for alternative in finding.alternatives),
        finding.references,
    )


def _cells(evidence: Iterable[Evidence], sources: Mapping[str, int]) -> Iterator[Cell]:
    for piece in evidence:
        lines: Sequence[str] = piece.text.split("\n")
        for number, text in enumerate(lines, piece.line):
            if text.strip():
                yield Cell(sources.get(piece.source, 0), piece.source, number, text.rstrip(" \t\r"))
