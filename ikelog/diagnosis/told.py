"""Lines that name a cause in so many words, wherever they stand: in a negotiation, near one, or of none."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import MAYBE_ANOTHERS, own_method, peer_method
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.facts import events, nearby
from ikelog.diagnosis.rule import Log
from ikelog.diagnosis.types import Alternative, Certainty, Fix, Severity
from ikelog.events.types import Endpoint, Event
from ikelog.record import record


@record
class Told:
    """What such lines say, and of which negotiation; of none where no line near them is of one."""

    negotiations: tuple[Negotiation, ...]
    lines: tuple[Event, ...]
    certainty: Certainty

    @property
    def peer(self) -> str | None:
        """The address of the peer that the lines or their negotiation name."""
        known = self.negotiations[0].remote.address if self.negotiations else None
        return known or next((found for found in map(named_peer, self.lines) if found), None)

    @property
    def who(self) -> str:
        """The peer for a sentence."""
        return self.peer or "the peer"

    @property
    def address(self) -> str:
        """The peer for a command."""
        return self.peer or "<peer-address>"

    @property
    def platform(self) -> str | None:
        """The platform that logged the lines."""
        return self.negotiations[0].platform if self.negotiations else self.lines[0].platform

    @property
    def failed(self) -> bool:
        """Whether a negotiation failed with them."""
        return any(n.outcome in ("failed", "child_failed") for n in self.negotiations)

    @property
    def severity(self) -> Severity | None:
        """A warning where no negotiation is known to have failed; None for the rule's own severity."""
        return None if self.failed else "warning"

    @property
    def others(self) -> tuple[Alternative, ...]:
        """What else may be, where the lines may be of another negotiation."""
        return (MAYBE_ANOTHERS,) if self.negotiations and self.certainty == "inferred" else ()

    def value(self, *names: str) -> str | None:
        """Return the first value that a line gives for one of some fields, as text."""
        return next((str(e.fields[name]) for e in self.lines for name in names if name in e.fields), None)

    def fixes(self, *fixes: Fix) -> tuple[Fix, ...]:
        """Keep the fixes of the platform that logged, of the peer and of the path."""
        return tuple(fix for fix in fixes if fix.platform in (*platforms(self.platform), "peer", "path"))


def told(log: Log, *kinds: str, stages: tuple[str, ...] = ("auth", "child", "up")) -> Iterator[Told]:
    """Yield what lines of some kinds say, once for each negotiation, then for each source and peer of those of none.

    A line beside a negotiation may be its only where it names no other peer, and in `stages` of a negotiation.
    """
    near: set[tuple[str, int]] = set()
    for negotiation in log.negotiations:
        own = events(negotiation, *kinds)
        beside = [e for e in nearby(negotiation, *kinds) if negotiation.stage in stages and _may_be_of(negotiation, e)]
        near.update((event.source, event.line) for event in beside)
        if own or beside:
            yield Told((negotiation,), tuple(own or beside), "observed" if own else "inferred")
    yield from _of_none(log.of_none.of(*kinds), near)


def of_certificates(said: Told) -> Told:
    """Return what lines about certificates say; of no negotiation where they stand in or beside one that uses keys."""
    methods = {method for n in said.negotiations for method in (peer_method(n), own_method(n))}
    by_key = "psk" in methods and methods <= {"psk", None}
    return Told((), said.lines, "inferred") if by_key else said


def _may_be_of(negotiation: Negotiation, event: Event) -> bool:
    named = named_peer(event)
    return named is None or negotiation.remote.address in (named, None)


def _of_none(found: list[Event], near: set[tuple[str, int]]) -> Iterator[Told]:
    groups: dict[tuple[str, str | None], list[Event]] = {}
    for event in found:
        if (event.source, event.line) not in near:
            groups.setdefault((event.source, named_peer(event)), []).append(event)
    for lines in groups.values():
        yield Told((), tuple(lines), "inferred")


def named_peer(event: Event) -> str | None:
    """Return the address of the peer that a line names, if it names one."""
    names = ("remote", "peer", "remote_address", "client_address")
    known = next((event.fields[name] for name in names if event.fields.get(name)), None)
    return known.address if isinstance(known, Endpoint) else str(known) if known else None
