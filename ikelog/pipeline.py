"""The order of the stages: sources in, a report out."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo

from ikelog import __version__
from ikelog.correlation.build import build_negotiations
from ikelog.correlation.correlator import Correlated, correlate_events
from ikelog.correlation.quiet import shown_but
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.engine import diagnose
from ikelog.diagnosis.registry import kinds_needed
from ikelog.diagnosis.rule import Log, SourceFacts
from ikelog.diagnosis.types import Finding
from ikelog.events.reader import read_runs
from ikelog.events.runs import Run, ShownBy
from ikelog.events.types import Event
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.lost import lost_lines
from ikelog.reading.sources import SourceText, rotation, stream_name
from ikelog.record import record, replaced
from ikelog.report import Report, Source, SourceClock, Summary


@record
class Options:
    """What a user may ask of an analysis. `year` and `zone` complete clocks that do not print theirs.

    `platform` (`ios` or `asa`) overrules what the lines' own form tells. `peer`, `spi` (lower-case hex, a prefix will
    do), `device`, `since` and `until` (ISO 8601 as far as known) keep the negotiations that fit; `device` is also the
    name of the device in logs without any host name. `select` and `ignore` name codes or families. `audit` adds the
    findings about weak algorithms.
    """

    year: int | None = None
    zone: tzinfo | None = None
    platform: str | None = None
    peer: str | None = None
    spi: str | None = None
    device: str | None = None
    since: str | None = None
    until: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    audit: bool = False


NO_OPTIONS = Options()


@record
class _Read:
    source: SourceText
    reading: Reading
    events: tuple[Event, ...]
    interrupted: bool


def analyze(sources: Sequence[SourceText], options: Options = NO_OPTIONS) -> Report:
    """Analyse logs and return the report: rotated files of one device are one stream, in the order of their clocks."""
    with _uncollected():
        return _analyze(sources, options)


def _analyze(sources: Sequence[SourceText], options: Options) -> Report:
    read = _read_all(sources, options, shown_but(kinds_needed()) if options.platform is None else None)
    correlated = _correlate(read, options)
    negotiations = build_negotiations(correlated.states)
    wanted = tuple(n for n in negotiations if _wanted(n, options))
    log = Log(
        wanted,
        tuple(e for e in correlated.loose if e.kind != "unrecognised"),
        tuple(e for part in read for e in part.events if e.kind == "unrecognised"),
        tuple(_facts(part) for part in read),
        options.audit,
    )
    texts = {source.name: source for source in sources}
    diagnosed, findings = diagnose(log, lambda name, line, end: "\n".join(texts[name].lines_from(line, end)))
    kept = tuple(f for f in findings if _selected(f, options))
    return Report(
        __version__,
        tuple(_source(part) for part in read),
        diagnosed,
        kept,
        _summary(diagnosed, kept),
        any(part.interrupted for part in read),
        len(negotiations) - len(wanted),
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let no search for reference cycles run: an analysis makes millions of objects, and next to no cycle."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def events_of(sources: Sequence[SourceText], options: Options = NO_OPTIONS) -> Iterator[tuple[Event, str | None]]:
    """Yield every event in the order of its lines, with the id of the negotiation that it belongs to, or None.

    Raises KeyboardInterrupt behind the last one where the user stopped the reading.
    """
    with _uncollected():
        read = _read_all(sources, options)
        owner = _owners(_correlate(read, options))
        nameless = _nameless(read, options)
    for part in read:
        for event in part.events:
            named = event._replace(device=options.device) if part.source.name in nameless else event
            yield named, owner.get(id(event))
    _end_of(read)


def events_alone(sources: Sequence[SourceText], options: Options = NO_OPTIONS) -> Iterator[Event]:
    """Yield every event in the order of its lines, without sorting them into negotiations; raises as `events_of`."""
    with _uncollected():
        read = _read_all(sources, options)
        nameless = _nameless(read, options)
    for part in read:
        for event in part.events:
            yield event._replace(device=options.device) if part.source.name in nameless else event
    _end_of(read)


def _end_of(read: Sequence[_Read]) -> None:
    if any(part.interrupted for part in read):
        raise KeyboardInterrupt


def _owners(correlated: Correlated) -> dict[int, str]:
    return {id(event): f"N{n}" for n, state in enumerate(correlated.states, 1) for event in state.events}


def _read_all(sources: Sequence[SourceText], options: Options, shown: ShownBy | None = None) -> list[_Read]:
    """Read the sources up to where the user stops it; what wrote them is what the user says, if anything."""
    parts: list[_Read] = []
    for source in sources:
        parts.append(_read(source, options, shown))
        if parts[-1].interrupted and not source.interrupted:  # a paste that was ended so is whole
            break
    read = _in_order(parts)
    if options.platform is None:
        return read
    return [
        replaced(part, events=tuple(event._replace(platform=options.platform) for event in part.events))
        for part in read
    ]


def _correlate(read: list[_Read], options: Options) -> Correlated:
    """Sort the events into negotiations; those of logs without any host name get the device that the user names.

    It is named behind the sorting: logs that the user did not mean are at worst named wrong, and never mixed.
    """
    correlated = correlate_events(event for part in read for event in part.events)
    nameless = _nameless(read, options)
    for state in correlated.states:
        if state.device is None and state.source in nameless:
            state.device = options.device
    return correlated


def _nameless(read: list[_Read], options: Options) -> set[str]:
    """Return the sources whose device the user names: those of streams in which no line has a host name."""
    if options.device is None:
        return set()
    named = {stream_name(part.source.name) for part in read if any(event.device for event in part.events)}
    return {part.source.name for part in read if stream_name(part.source.name) not in named}


def _read(source: SourceText, options: Options, shown: ShownBy | None) -> _Read:
    reading = Reading(ClockState(options.year, options.zone))
    events: list[Event] = []
    interrupted = source.interrupted
    try:
        events.extend(read_runs(source, reading, shown))
    except KeyboardInterrupt:
        interrupted = True
    return _Read(source, reading, tuple(events), interrupted)


def _in_order(read: list[_Read]) -> list[_Read]:
    """Put rotated logs of one device in the order of their clocks and names; others stay as named."""
    streams: dict[str, list[_Read]] = {}
    for part in read:
        streams.setdefault(stream_name(part.source.name), []).append(part)
    for parts in streams.values():
        parts.sort(key=_age)
    return [part for parts in streams.values() for part in parts]


def _age(part: _Read) -> tuple[str, int]:
    """Order the rotated logs of one device; clocks without a year cannot tell December from January, names can."""
    first = part.reading.clock.first
    known = first is not None and part.reading.clock.year is not None
    return first.isoformat() if known and first else "", -rotation(part.source.name)


def _wanted(negotiation: Negotiation, options: Options) -> bool:
    return (
        (options.peer is None or options.peer.lower() in _addresses(negotiation))
        and (options.spi is None or _has_spi(negotiation, options.spi))
        and options.device in (None, negotiation.device)
        and (options.since is None or any(not _before(t, options.since) for t in _times(negotiation)))
        and (options.until is None or any(not _before(options.until, t) for t in _times(negotiation)))
    )


def _addresses(negotiation: Negotiation) -> list[str]:
    return [end.address.lower() for end in (negotiation.remote, negotiation.local) if end.address]


def _has_spi(negotiation: Negotiation, prefix: str) -> bool:
    return any(spi and spi.startswith(prefix) for spi in (negotiation.initiator_spi, negotiation.responder_spi))


def _times(negotiation: Negotiation) -> Iterator[str]:
    return (time for event in negotiation.events if (time := event.time))


def _before(first: str, second: str) -> bool:
    """Compare two times by what both of them give: year and date, the date alone, or the clock alone."""
    if "T" in (first[0], second[0]):
        first, second = (time[time.index("T") :] for time in (first, second))
    elif "-" in (first[0], second[0]):
        first, second = (time.lstrip("-") if time[0] == "-" else time[5:] for time in (first, second))
    return first[: len(second)] < second[: len(first)]


def _selected(finding: Finding, options: Options) -> bool:
    def named(patterns: tuple[str, ...]) -> bool:
        return any(finding.code.startswith(p.upper()) or finding.name == p.lower() for p in patterns)

    return (not options.select or named(options.select)) and not named(options.ignore)


def _facts(part: _Read) -> SourceFacts:
    known = sum(_count(e) for e in part.events if e.kind != "empty")
    clocked = sum(_count(e) for e in part.events if e.kind != "empty" and e.moment is not None)
    lost = lost_lines(part.source) if known else ()
    damaged = tuple(part.reading.damaged) if known else ()
    return SourceFacts(part.source.name, _platform(part.events), part.source.count, known, clocked, lost, damaged)


def _count(event: Event) -> int:
    return event.size if isinstance(event, Run) else 1


def _platform(events: Sequence[Event]) -> str | None:
    return next((event.platform for event in events if event.platform), None)


def _source(part: _Read) -> Source:
    first = next((event for event in part.events if event.moment is not None), None)
    last = next((event for event in reversed(part.events) if event.moment is not None), None)
    clock = part.reading.clock
    return Source(
        name=part.source.name,
        platform=_platform(part.events),
        lines=part.source.count,
        ike_lines=_lines_covered(part.events),
        unrecognised_lines=len({e.line for e in part.events if e.kind == "unrecognised"}),
        encoding=part.source.encoding,
        first_time=first.time if first else None,
        last_time=(last.events[-1] if isinstance(last, Run) else last).time if last else None,
        clock=SourceClock(clock.year or clock.given_year, clock.zone, clock.marks),
        notes=part.source.notes,
    )


def _lines_covered(events: Sequence[Event]) -> int:
    """Count the lines that events in the order of their lines are made of, each once."""
    count = covered = 0
    for event in events:
        if isinstance(event, Run):
            count += event.size
            covered = event.end_line
        elif event.end_line > covered:
            count += event.end_line - max(covered, event.line - 1)
            covered = event.end_line
    return count


def _summary(negotiations: tuple[Negotiation, ...], findings: tuple[Finding, ...]) -> Summary:
    def count(outcome: str) -> int:
        return sum(n.outcome == outcome for n in negotiations)

    return Summary(
        negotiations=len(negotiations),
        established=count("established"),
        child_failed=count("child_failed"),
        failed=count("failed"),
        ike_only=count("ike_only"),
        incomplete=count("incomplete"),
        child_sas_failed=sum(c.state == "failed" for n in negotiations for c in n.child_sas),
        errors=sum(f.severity == "error" for f in findings),
        warnings=sum(f.severity == "warning" for f in findings),
        peers=tuple(dict.fromkeys(n.remote.address for n in negotiations if n.remote.address)),
    )
