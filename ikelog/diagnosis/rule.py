"""The shape of a rule, and what it looks at."""

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from functools import cached_property
from typing import Protocol

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Alternative, Certainty, Comparison, Fix, Severity, Side
from ikelog.events.types import Event, Events
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
    """What a rule may ask of a source as a whole; `clocked` counts the IKE events that carry a clock."""

    name: str
    platform: str | None
    lines: int
    events: int
    clocked: int


@open_record
class Log:
    """All that was correlated: the negotiations, the events of none, and the lines that no grammar knows."""

    negotiations: tuple[Negotiation, ...]
    loose: tuple[Event, ...] = ()
    unrecognised: tuple[Event, ...] = ()
    sources: tuple[SourceFacts, ...] = ()

    @cached_property
    def matches(self) -> dict[str, tuple["Match", ...]]:
        """What the rules have found here so far, by their codes."""
        return {}

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
    what other ones are in the log.
    """

    code: str
    name: str
    severity: Severity
    title: str
    side: Side
    rank: Rank
    meaning: str
    find: Callable[[Log], Iterator[Match]]
    fix: tuple[Fix, ...] = ()
    looks_like: tuple[str, ...] = ()
    mistaken_for: str = ""
    references: tuple[str, ...] = ()
    sample: str | None = None
    stays: bool = False
    together: bool = False


def matches(rule: Rule, log: Log) -> tuple[Match, ...]:
    """Return what a rule finds in a log; it is looked for only once."""
    if rule.code not in log.matches:
        log.matches[rule.code] = tuple(rule.find(log))
    return log.matches[rule.code]
