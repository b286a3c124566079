"""The shape of a rule, and what it looks at."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from functools import cached_property
from itertools import chain
from typing import Protocol

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import begun, errors_among
from ikelog.diagnosis.types import Alternative, Certainty, Comparison, Fix, Severity, Side
from ikelog.events.sequence import Events
from ikelog.events.types import Event
from ikelog.reading.damage import Damage
from ikelog.reading.lost import Loss
from ikelog.record import open_record, record


class Rank(IntEnum):
    """How near to the cause a rule's finding is; the lowest of a negotiation's findings is its verdict."""

    CAUSE = 0  # a line names what is wrong
    ECHO = 1  # something was refused or did not come; the cause is elsewhere
    UNEXPLAINED = 2  # it failed, and no line says why
    NOTE = 3  # never explains an outcome


class Lined(Protocol):
    """Anything that knows its lines."""

    @property
    def source(self) -> str:
        """The source that the lines are of."""

    @property
    def line(self) -> int:
        """The first line, from 1."""

    @property
    def end_line(self) -> int:
        """The last line, inclusive."""


@record
class SourceFacts:
    """What a rule may ask of a source as a whole.

    `clocked` counts the IKE events that carry a clock, `lost` tells where lines are missing, `damaged` which lines are
    not as the device wrote them.
    """

    name: str
    platform: str | None
    lines: int
    events: int
    clocked: int
    lost: tuple[Loss, ...] = ()
    damaged: tuple[Damage, ...] = ()


@open_record
class Log:
    """All that was correlated: the negotiations, the events of none, and the lines that no grammar knows.

    `audit` asks for the rules about weak algorithms too.
    """

    negotiations: tuple[Negotiation, ...]
    loose: tuple[Event, ...] = ()
    unrecognised: tuple[Event, ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    audit: bool = False

    @cached_property
    def matches(self) -> dict[str, tuple["Match", ...]]:
        """What the rules have found here so far, by their codes."""
        return {}

    @cached_property
    def shows(self) -> frozenset[str]:
        """What a rule can need of a log (`Rule.needs`)."""
        return frozenset(chain.from_iterable(_shown(self)))

    @cached_property
    def of_none(self) -> Events:
        """The events of no negotiation, by kind."""
        return Events(self.loose)


@record
class Match:
    """A rule's find: what it is about, which lines show it, and what differs from the rule's own words.

    Raises ValueError without evidence.
    """

    negotiations: tuple[Negotiation, ...]
    evidence: Sequence[Lined]
    explanation: str
    certainty: Certainty = "observed"
    severity: Severity | None = None
    side: Side | None = None
    alternatives: tuple[Alternative, ...] = ()
    comparison: tuple[Comparison, ...] | None = None
    fix: tuple[Fix, ...] | None = None

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError("a finding needs evidence")


@record
class Rule:
    """One diagnosis of the catalogue, and the function that finds it.

    `meaning` is what a reader of the manual page wants first; `looks_like` are short made-up example lines;
    `mistaken_for` says what it is often taken for; `references` name an RFC section each. `stays` keeps a finding
    beside another one that explains the negotiation. `together` says that what is found of a negotiation depends on
    what other ones are in the log. `audit`: only for those who ask for an audit.

    `needs` are what a log may show, one of which it must for the rule to find anything; with none any log will do:
    kinds of events, and as `ikev1 sa_deleted` those of no IKEv2 negotiation; error sentences, exchanges and notifies of
    messages; of a negotiation `failed`, `failed in auth`, `ikev1`, `ikev1 failed` and so on by outcome, stage and
    version, `late` where its beginning is missing, `disordered` where a message stands above its first one,
    `repeated` for a retransmission, `same request`, `simultaneous`; of its Child SAs `child failed` and so on by state,
    `child came up`, `later child`; of sources `no clock`, `lost`, `damaged`, and `unrecognised`.
    """

    code: str
    name: str
    severity: Severity
    title: str
    side: Side
    rank: Rank
    meaning: str
    find: Callable[[Log], Iterator[Match]]
    needs: tuple[str, ...] = ()
    fix: tuple[Fix, ...] = ()
    looks_like: tuple[str, ...] = ()
    mistaken_for: str = ""
    references: tuple[str, ...] = ()
    sample: str | None = None
    stays: bool = False
    together: bool = False
    audit: bool = False


def _shown(log: Log) -> Iterator[Iterable[str]]:
    yield log.of_none.kinds
    yield _of_ikev1(log.of_none)
    yield _sentences(log.of_none)
    yield from _shown_by_ends(log.negotiations)
    yield from map(_shown_by, log.negotiations)
    yield from map(_shown_by_source, log.sources)
    if log.unrecognised:
        yield ("unrecognised",)


def _shown_by_ends(negotiations: Iterable[Negotiation]) -> Iterator[tuple[str, ...]]:
    """Yield how negotiations ended and where; of thousands there are a few such ends."""
    for outcome, stage, version in {(n.outcome, n.stage, n.ike_version) for n in negotiations}:
        yield outcome, f"{outcome} in {stage or 'init'}", f"ikev{version}", f"ikev{version} {outcome}"


def _shown_by(negotiation: Negotiation) -> set[str]:
    """Return what a negotiation shows beside its end."""
    shown = set(negotiation.events.kinds)
    if negotiation.ike_version == 1:
        shown.update(_of_ikev1(negotiation.events))
    if negotiation.nearby:
        shown.update(negotiation.nearby.kinds, _sentences(negotiation.nearby))
    if "error_reported" in shown or "negotiation_aborted" in shown:
        shown.update(_sentences(negotiation.events))
    for message in negotiation.messages:
        shown.add(message.exchange)
        if message.notifies:
            shown.update(message.notifies)
        if message.repeats:
            shown.add("repeated")
    for child in negotiation.child_sas:
        shown.add(_CHILD[child.state])
    shown.update(name for name, is_shown in _OTHERS.items() if is_shown(negotiation))
    return shown


_CHILD = {state: f"child {state}" for state in ("up", "failed", "rekeyed", "deleted", None)}
_OTHERS: dict[str, Callable[[Negotiation], object]] = {
    "late": lambda n: n.rekeyed_from is None and not begun(n),
    "disordered": lambda n: any(m.line < n.messages[0].line and m.source == n.messages[0].source for m in n.messages),
    "same request": lambda n: n.same_request_as,
    "simultaneous": lambda n: n.simultaneous_with,
    "child came up": lambda n: n.child_up,
    "later child": lambda n: len(n.child_sas) > 1,
}


def _of_ikev1(events: Events) -> Iterator[str]:
    """Yield the kinds of events that are no IKEv2 negotiation's, for rules that look for them in others alone."""
    return (f"ikev1 {kind}" for kind in events.kinds)


def _sentences(events: Events) -> set[str]:
    """Return the error sentences that events give."""
    return {str(e.fields[name]) for e in errors_among(events) for name in ("error", "detail") if name in e.fields}


def _shown_by_source(source: SourceFacts) -> Iterator[str]:
    if source.events and not source.clocked:
        yield "no clock"
    if source.lost:
        yield "lost"
    if source.damaged:
        yield "damaged"


def matches(rule: Rule, log: Log) -> tuple[Match, ...]:
    """Return what a rule finds in a log; it is looked for only once."""
    if rule.code not in log.matches:
        log.matches[rule.code] = tuple(rule.find(log))
    return log.matches[rule.code]
