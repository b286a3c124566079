"""IKE905: lines of the log are missing."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.rule import Log, Match, Rank, Rule, SourceFacts
from ikelog.diagnosis.types import Evidence, Fix
from ikelog.reading.lost import Loss

_SHOWN = 3
_COMMANDS = {
    "ios": ("no logging console", "no logging rate-limit", "logging buffered 10000000 debugging"),
    "asa": ("no logging console", "logging queue 8192", "logging buffer-size 1048576"),
}


def find(log: Log) -> Iterator[Match]:
    """Find the sources that say so, and those whose sequence numbers have a hole within a negotiation."""
    for source in log.sources:
        told = [loss for loss in source.lost if loss.said] if source.events else []
        if told:
            yield Match(
                (),
                told[:_SHOWN],
                f"{source.name} says itself that messages were dropped: {_sum(told)} as far as it counts them, "
                "perhaps before this log began. What is said here to be unanswered or unexplained may stand in one.",
                fix=_fix(source),
            )
        elif source.lost:
            yield from _holes(log, source)


def _holes(log: Log, source: SourceFacts) -> Iterator[Match]:
    """Yield the holes within a negotiation: elsewhere nothing is missed."""
    about = {n.id: n for n in log.negotiations for loss in source.lost if _within(n, loss)}
    holes = [loss for loss in source.lost if any(_within(n, loss) for n in about.values())]
    if holes:
        yield Match(
            tuple(about.values()),
            [place for loss in holes[:_SHOWN] for place in _ends(loss)],
            f"The sequence numbers in {source.name} leap over {_sum(holes)} within what it tells of "
            f"{', '.join(list(about)[:5])}: the log was filtered, or lines were lost.",
            severity="info",
            fix=_fix(source),
        )


def _within(negotiation: Negotiation, loss: Loss) -> bool:
    return any(
        span.source == loss.source and span.first_line <= loss.line and loss.end_line <= span.last_line
        for span in negotiation.spans
    )


def _ends(loss: Loss) -> tuple[Evidence, Evidence]:
    return tuple(Evidence(loss.source, line, line, "") for line in (loss.line, loss.end_line))  # type: ignore[return-value]


def _sum(losses: list[Loss]) -> str:
    number = sum(loss.count for loss in losses)
    return f"{number:,} lines" if number > 1 else "1 line"


def _fix(source: SourceFacts | None) -> tuple[Fix, ...]:
    why = "then take the log again, with the debug limited to one peer (`ikelog debugs`)"
    return tuple(Fix(name, _COMMANDS[name], why) for name in platforms(source.platform if source else None))


RULE = Rule(
    code="IKE905",
    name="log-lines-lost",
    severity="warning",
    title="Lines of the log are missing",
    side="local",
    rank=Rank.NOTE,
    meaning="The device or the syslog server dropped messages because there were too many, or the sequence numbers "
    "leap. A message that seems unanswered may only be missing here. A log that somebody filtered has leaps as well.",
    find=find,
    needs=("lost",),
    fix=_fix(None),
    looks_like=(
        "%SYS-3-MSGLOST: 112 messages lost because of queue overflow",
        "Syslog logging: enabled (26 messages dropped, 14 messages rate-limited, 0 flushes, 0 overruns)",
        "000123: *Mar  3 09:12:44.123: IKEv2:... and next 000131: *Mar  3 09:12:44.301: IKEv2:...",
    ),
    mistaken_for="packets lost on the way (IKE411): here only lines about them are",
    sample="iosxe-lines-lost.log",
)
