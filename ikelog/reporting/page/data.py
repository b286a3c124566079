"""What the page's scripts work on: the negotiations, whose line each is, and how bad it is, as JSON's own types."""

from collections.abc import Iterable, Iterator, Sequence

from ikelog.correlation.types import Negotiation, Transforms
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.drawing.marks import child_title
from ikelog.reporting.page.cards import tone

Run = tuple[int, int, int]

_SEVERITIES = {"info": 1, "warning": 2, "error": 3}


def page_data(report: Report) -> dict[str, object]:
    """Return the report as the scripts need it.

    `owners` and `severities` hold for each source runs of lines, `[first, last, value, first, …]`: the number of the
    negotiation that they belong to, and how bad they are (1 informs, 2 warns, 3 is an error). A line that stands in
    several runs belongs to the last one.
    """
    names = [source.name for source in report.sources]
    starts = _starts(report)
    return {
        "sources": [{"name": source.name, "lines": source.lines} for source in report.sources],
        "owners": [list(_flat(_owned(report, name))) for name in names],
        "severities": [list(_flat(_told(report, name))) for name in names],
        "clock": starts is not None,
        "negotiations": [
            _negotiation(negotiation, names, starts[number] if starts else None)
            for number, negotiation in enumerate(report.negotiations)
        ],
    }


def _flat(runs: Iterable[Run]) -> Iterator[int]:
    return (number for run in runs for number in run)


def _owned(report: Report, source: str) -> Iterator[Run]:
    for number, negotiation in enumerate(report.negotiations):
        run: Run | None = None
        for event in negotiation.events:
            if event.source != source:
                continue
            if run is not None and event.line <= run[1] + 1:
                run = run[0], max(run[1], event.end_line), number
                continue
            if run is not None:
                yield run
            run = event.line, event.end_line, number
        if run is not None:
            yield run


def _told(report: Report, source: str) -> list[Run]:
    runs = [
        (piece.line, piece.end_line, _SEVERITIES[finding.severity])
        for finding in report.findings
        for piece in finding.evidence
        if piece.source == source
    ]
    return sorted(runs, key=lambda run: run[2])


def _starts(report: Report) -> list[tuple[float, float, float]] | None:
    """Return from when to when each negotiation was and until when the log tells of its SA, in seconds.

    None where the clocks of the log do not tell that of all.
    """
    times = [_times(negotiation) for negotiation in report.negotiations]
    forms = {(time.startswith("--"), time.endswith("Z")) for found in times for time in found}
    if not all(times) or len(forms) != 1:
        return None
    try:
        return [_seconds(found) for found in times]
    except ValueError:
        return None


def _times(negotiation: Negotiation) -> tuple[str, ...]:
    """Return when a negotiation began, when it ended, and the last time that the log tells of it."""
    if negotiation.started_at is None:
        return ()
    last = next((event.time for event in reversed(negotiation.events) if event.time), None)
    ended = negotiation.ended_at or negotiation.started_at
    return negotiation.started_at, ended, last or ended


def _seconds(times: Iterable[str]) -> tuple[float, float, float]:
    from datetime import datetime  # slow to import

    first, ended, last = (datetime.fromisoformat(_dated(time)).timestamp() for time in times)
    return first, max(first, ended), max(first, ended, last)


def _dated(time: str) -> str:
    """Return a time with the zone and the year that it may lack."""
    whole = f"2000-{time[2:]}" if time.startswith("--") else time
    return whole if whole.endswith("Z") else f"{whole}Z"


def _negotiation(
    negotiation: Negotiation, sources: Sequence[str], when: tuple[float, float, float] | None
) -> dict[str, object]:
    return {
        "id": negotiation.id,
        "status": wording.status(negotiation),
        "tone": tone(negotiation),
        "peer": wording.peer(negotiation),
        "device": negotiation.device,
        "role": wording.role(negotiation),
        "verdict": negotiation.verdict,
        "began": wording.moment(negotiation.started_at) if negotiation.started_at else None,
        "took": negotiation.duration_ms,
        "when": when,
        "spans": [
            (sources.index(span.source), span.first_line, span.last_line)
            for span in negotiation.spans
            if span.source in sources
        ],
        "messages": len(negotiation.messages),
        "rekeyed": negotiation.rekeyed_from,
        "facts": [fact for fact in _facts(negotiation) if fact[1]],
        "children": [(child.state or "unknown", child_title(child)) for child in negotiation.child_sas],
    }


def _facts(negotiation: Negotiation) -> Iterator[tuple[str, str]]:
    proved = negotiation.authentication
    access = negotiation.remote_access
    yield "IKE SA", wording.ike_sa(negotiation)
    yield "Ends", f"here {wording.endpoint(negotiation.local)}, peer {wording.endpoint(negotiation.remote)}"
    yield "Algorithms", _algorithms(negotiation.transforms) if negotiation.transforms else ""
    yield "Authentication", _pair("here", proved.local, "peer", proved.remote)
    yield "Identities", _pair("here", negotiation.local.identity, "peer", negotiation.remote.identity)
    yield "NAT", (negotiation.nat.detected or "").replace("none", "none found")
    yield "User", _pair("", access.user, "address", access.assigned_address) if access else ""
    yield "Rekeyed from", negotiation.rekeyed_from or ""
    yield "At the same time as", ", ".join(negotiation.simultaneous_with)
    yield "The other end's view", negotiation.other_view or ""
    yield "Same request as", ", ".join(negotiation.same_request_as)
    yield "Afterwards", wording.closing(negotiation.closed) if negotiation.closed else ""


def _pair(first: str, one: str | None, second: str, other: str | None) -> str:
    pairs = ((first, one), (second, other))
    return ", ".join(f"{name} {value}".strip() for name, value in pairs if value)


def _algorithms(transforms: Transforms) -> str:
    key = f"-{transforms.key_bits}" if transforms.key_bits and transforms.encryption else ""
    names = [
        f"{transforms.encryption}{key}" if transforms.encryption else "",
        transforms.integrity or "",
        f"PRF {transforms.prf}" if transforms.prf else "",
        f"DH group {transforms.dh_group}" if transforms.dh_group else "",
        *transforms.additional_key_exchanges,
    ]
    return ", ".join(filter(None, names))
