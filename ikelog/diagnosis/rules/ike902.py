"""IKE902: the log has no clock."""

from collections.abc import Iterator
from itertools import chain

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.rule import Log, Match, Rank, Rule, SourceFacts
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_COMMANDS = {
    "ios": (
        "service timestamps debug datetime msec show-timezone",
        "service timestamps log datetime msec show-timezone",
    ),
    "asa": ("logging timestamp", "logging debug-trace"),
}


def find(log: Log) -> Iterator[Match]:
    """Find sources whose IKE lines carry no clock at all; uptime is none."""
    clockless = {source.name for source in log.sources if source.events and not source.clocked}
    found = _first_events(log, clockless) if clockless else {}
    for source in log.sources:
        first = found.get(source.name)
        if first:
            yield Match(
                (),
                [first],
                f"No IKE or IPsec line of {source.name} has a clock: the order is kept, no duration can be given.",
                fix=_fix(source),
            )


def _first_events(log: Log, names: set[str]) -> dict[str, Event]:
    """Return the first event of each of the named sources."""
    found: dict[str, Event] = {}
    begun = (n.events[0] for n in log.negotiations if n.events)
    for event in chain(begun, log.loose, log.unrecognised):
        if event.source in names and event.kind != "empty":
            known = found.setdefault(event.source, event)
            found[event.source] = event if event.line < known.line else known
    return found


def _fix(source: SourceFacts | None) -> tuple[Fix, ...]:
    names = platforms(source.platform if source else None)
    return tuple(Fix(name, _COMMANDS[name], "then take the log again") for name in names)


RULE = Rule(
    code="IKE902",
    name="no-timestamps",
    severity="info",
    title="The log has no clock",
    side="local",
    rank=Rank.NOTE,
    meaning="No line carries the time of day. The order of the lines is known; how long anything took, and whether two "
    "things happened together, is not.",
    find=find,
    needs=("no clock",),
    fix=_fix(None),
    looks_like=("IKEv2-PROTO-5: (16): SM Trace-> SA: I_SPI=1111111111111111 R_SPI=0000000000000000 (I) ...",),
    mistaken_for="a clock that is not set: `*` and `.` before a time only say that it may be wrong",
)
