"""The rows of the tables that a report becomes: its own JSON, and the ids that join the tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote

from ikelog.batch.types import Counts, Piece, Settings, Unit
from ikelog.correlation.types import ChildSa, Message, Negotiation
from ikelog.diagnosis.types import Evidence, Finding
from ikelog.record import record
from ikelog.report import Report, Source
from ikelog.reporting.json_report import KEYS, plain
from ikelog.reporting.safe import visible

Row = dict[str, object]

UNKNOWN = "unknown"
# A folder of the data set is named after a device, and no file system takes longer names than 255 bytes.
_LONGEST_DEVICE = 200
_KEPT = 14  # characters, of which none becomes more than twelve bytes

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d+)?(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)?")
_DAY = re.compile(r"(?:\d{4}|-)-\d\d-\d\d")
# Tables of their own.
_APART = ("messages", "child_sas", "steps")
_FAILED = ("failed", "child_failed")


@record
class _Context:
    """What rows of a unit have in common; `devices` has what divides the rows of each negotiation, by its id."""

    unit: Unit
    device: str
    devices: Mapping[str, tuple[str, str]]


def build_rows(report: Report, unit: Unit, settings: Settings) -> dict[str, Iterator[Row]]:
    """Return the rows of each table, made one by one."""
    context = _context(report, unit)
    days = {source.name: day_of(source.first_time) for source in report.sources}
    return {
        "sources": _sources(report, unit, settings),
        "negotiations": (_negotiation(n, context) for n in report.negotiations),
        "messages": (row for n in report.negotiations for row in _messages(n, context)),
        "child_sas": (row for n in report.negotiations for row in _child_sas(n, context)),
        "findings": (_finding(f, context, days) for f in report.findings),
        "evidence": (row for f in report.findings for row in _evidence(f, context, days)),
    }


def count(report: Report) -> Counts:
    """Count what a report holds."""
    return Counts(
        len(report.negotiations),
        sum(n.outcome in _FAILED for n in report.negotiations),
    )


def timestamp_of(time: str | None) -> datetime | None:
    """Return what the device's clock showed, without its zone; None for a clock without year, or an impossible one."""
    found = _TIME.fullmatch(time or "")
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}{found[2] or ':00'}{(found[3] or '')[:4]:0<{4 if found[3] else 0}}")
    except ValueError:
        return None


def day_of(time: str | None) -> str:
    """Return the day of a time as far as it is known: `2024-11-30`, `--11-30` without a year, else `unknown`."""
    found = _DAY.match(time or "")
    return found[0] if found else UNKNOWN


def device_name(name: str) -> str:
    """Return the name of a device, cut where it is too long for a folder's, with a digest to tell it from others."""
    if len(quote(name, safe="")) <= _LONGEST_DEVICE:
        return name
    return f"{name[:_KEPT]}~{sha256(name.encode()).hexdigest()[:12]}"


def _context(report: Report, unit: Unit) -> _Context:
    """A log without any host name is a device of its own name."""
    stream = device_name(visible(unit.stream))
    hosts = {n.device for n in report.negotiations}
    only = next(iter(hosts)) if len(hosts) == 1 else None
    devices = {
        n.id: (device_name(visible(n.device)) if n.device else stream, day_of(n.started_at))
        for n in report.negotiations
    }
    return _Context(unit, device_name(visible(only)) if only else stream, devices)


def _sources(report: Report, unit: Unit, settings: Settings) -> Iterator[Row]:
    pieces = {piece.name: piece for piece in unit.pieces}
    starts = [_start(n)[0] for n in report.negotiations]
    for source in report.sources:
        yield _source(source, unit, pieces[source.name], settings, starts.count(source.name), report.version)


def _source(source: Source, unit: Unit, piece: Piece, settings: Settings, started: int, version: str) -> Row:
    return {
        **_own(source, Source),
        "unit": unit.key,
        "stream": unit.stream,
        "address": piece.address,
        "sha256": piece.sha256,
        "bytes": piece.size,
        "first_timestamp": timestamp_of(source.first_time),
        "last_timestamp": timestamp_of(source.last_time),
        "negotiations": started,
        "ikelog_version": version,
        "options": settings.label,
    }


def _own(value: object, kind: type, *left_out: str) -> Row:
    """Return what the JSON report says of a value."""
    return {key: plain(getattr(value, key)) for key in KEYS[kind] if key not in left_out}


def _start(negotiation: Negotiation) -> tuple[str | None, int | None]:
    span = next(iter(negotiation.spans), None)
    return (span.source, span.first_line) if span else (None, None)


def _id(unit: Unit, own: str | None) -> str | None:
    return None if own is None else f"{unit.prefix}-{own}"


def _divided(context: _Context, negotiation: Negotiation) -> Row:
    device, day = context.devices[negotiation.id]
    return {"unit": context.unit.key, "device": device, "day": day}


def _peer(negotiation: Negotiation) -> str | None:
    return negotiation.remote.address or negotiation.remote.identity


def _negotiation(negotiation: Negotiation, context: _Context) -> Row:
    unit = context.unit
    source, line = _start(negotiation)
    return {
        **_own(negotiation, Negotiation, *_APART),
        **_divided(context, negotiation),
        "id": _id(unit, negotiation.id),
        "host_name": negotiation.device,
        "peer": _peer(negotiation),
        "source": source,
        "line": line,
        "started_timestamp": timestamp_of(negotiation.started_at),
        "ended_timestamp": timestamp_of(negotiation.ended_at),
        "rekeyed_from": _id(unit, negotiation.rekeyed_from),
        "other_view": _id(unit, negotiation.other_view),
        "simultaneous_with": [_id(unit, other) for other in negotiation.simultaneous_with],
        "same_request_as": [_id(unit, other) for other in negotiation.same_request_as],
    }


def _messages(negotiation: Negotiation, context: _Context) -> Iterator[Row]:
    of = {
        **_divided(context, negotiation),
        "negotiation": _id(context.unit, negotiation.id),
        "peer": _peer(negotiation),
    }
    for message in negotiation.messages:
        yield {
            **_own(message, Message),
            **of,
            "timestamp": timestamp_of(message.time),
            "retransmissions": len(message.repeats),
        }


def _child_sas(negotiation: Negotiation, context: _Context) -> Iterator[Row]:
    of = {
        **_divided(context, negotiation),
        "negotiation": _id(context.unit, negotiation.id),
        "peer": _peer(negotiation),
    }
    for child in negotiation.child_sas:
        yield {
            **_own(child, ChildSa),
            **of,
            "id": _id(context.unit, child.id),
            "rekeyed_from": _id(context.unit, child.rekeyed_from),
            "started_timestamp": timestamp_of(child.started_at),
            "ended_timestamp": timestamp_of(child.ended_at),
        }


def _of_finding(finding: Finding, context: _Context, days: Mapping[str, str]) -> Row:
    """Return what divides a finding: what divides its first negotiation; without any, its device and its log's day."""
    first = next((context.devices[id] for id in finding.negotiations if id in context.devices), None)
    device, day = first or (context.device, days.get(finding.evidence[0].source, UNKNOWN))
    return {"unit": context.unit.key, "device": device, "day": day}


def _finding(finding: Finding, context: _Context, days: Mapping[str, str]) -> Row:
    about: Sequence[str | None] = [_id(context.unit, negotiation) for negotiation in finding.negotiations]
    return {
        **_own(finding, Finding, "evidence"),
        **_of_finding(finding, context, days),
        "id": _id(context.unit, finding.id),
        "negotiations": about,
    }


def _evidence(finding: Finding, context: _Context, days: Mapping[str, str]) -> Iterator[Row]:
    of = {**_of_finding(finding, context, days), "finding": _id(context.unit, finding.id)}
    for n, place in enumerate(finding.evidence, 1):
        yield {**_own(place, Evidence), **of, "n": n}
