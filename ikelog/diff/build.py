"""Two reports in, what changed between them out: `diff_reports(before, after, tolerance) -> Diff`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address
from os.path import basename

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.diff.changes import compare
from ikelog.diff.pairing import is_healthy, pair_negotiations
from ikelog.diff.types import Code, Diff, PeerDiff, Status, Tolerance, Trend
from ikelog.reading.sources import stream_name
from ikelog.report import Report
from ikelog.reporting import wording

# Of the capture, not of the VPN: clocks that are missing, lines that were lost or not understood.
_OF_THE_LOG = "IKE9"
# Up and then down is no better than a Child SA that was refused.
_RANKS = {"established": 3, "ike_only": 2, "child_failed": 1, "failed": 0}
_HIGHEST_UNHEALTHY = 1

_Place = tuple[str | None, str]
_Side = dict[_Place, list[Negotiation]]
_DeviceOf = Callable[[Negotiation], str | None]


def diff_reports(before: Report, after: Report, tolerance: Tolerance | None = None) -> Diff:
    """Compare two captures peer by peer; those that got worse come first."""
    tolerance = tolerance or Tolerance()
    device_of = _named_devices(before, after)
    sides = _by_peer(before, device_of), _by_peer(after, device_of)
    peers = [
        _compare_peer(place, (sides[0].get(place, []), sides[1].get(other, [])), (before, after), tolerance)
        for place, other in _places(*sides)
    ]
    gone, come = _codes_apart(_loose(before), _loose(after))
    changed = bool(gone or come) or any(peer.status != "unchanged" for peer in peers)
    return Diff(before, after, tolerance, tuple(sorted(peers, key=_order)), gone, come, changed)


def _named_devices(before: Report, after: Report) -> _DeviceOf:
    """Return what names a negotiation's device, None for all where peers need not be told apart by it.

    They must where both captures have several devices and know some of them. Without any host name a log is a device,
    where both captures are logs of the same names, and some peer is in several of them.
    """
    reports = before, after
    hosts = [{n.device for n in report.negotiations} for report in reports]
    if min(map(len, hosts)) > 1 and (hosts[0] & hosts[1]) - {None}:
        return lambda negotiation: negotiation.device
    logs = [{_log(n) for n in report.negotiations} for report in reports]
    if hosts == [{None}, {None}] and logs[0] == logs[1] and all(map(_has_peer_in_several_logs, reports)):
        return _log
    return lambda negotiation: None


def _has_peer_in_several_logs(report: Report) -> bool:
    peers = [wording.peer(n) for n in report.negotiations]
    return len(set(zip(peers, map(_log, report.negotiations), strict=True))) > len(set(peers))


def _log(negotiation: Negotiation) -> str | None:
    return basename(stream_name(negotiation.spans[0].source)) if negotiation.spans else None


def _by_peer(report: Report, device_of: _DeviceOf) -> _Side:
    found: _Side = {}
    for negotiation in report.negotiations:
        place = device_of(negotiation), wording.peer(negotiation).lower()
        found.setdefault(place, []).append(negotiation)
    return found


def _places(before: _Side, after: _Side) -> Iterator[tuple[_Place, _Place]]:
    """Yield which peer of the one is which of the other: by address; a dynamic one by the name that it gives itself."""
    moved = dict(_moved(before, after))
    for place in before:
        yield place, moved.get(place, place)
    for place in after:
        if place not in before and place not in moved.values():
            yield place, place


def _moved(before: _Side, after: _Side) -> Iterator[tuple[_Place, _Place]]:
    named = _named(before, after), _named(after, before)
    for name, places in named[0].items():
        others = named[1].get(name, [])
        if len(places) == len(others) == 1:
            yield places[0], others[0]


def _named(side: _Side, other: _Side) -> dict[_Place, list[_Place]]:
    """Return the peers that only one side has, by device and identity: a name, as an address is often nobody's own."""
    found: dict[_Place, list[_Place]] = {}
    for place, negotiations in side.items():
        names = {n.remote.identity for n in negotiations if n.remote.identity} if place not in other else set()
        if len(names) == 1 and not _is_address(name := names.pop()):
            found.setdefault((place[0], name.lower()), []).append(place)
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _compare_peer(
    place: _Place,
    sides: tuple[Sequence[Negotiation], Sequence[Negotiation]],
    reports: tuple[Report, Report],
    tolerance: Tolerance,
) -> PeerDiff:
    paired, only_before, only_after = pair_negotiations(*sides)
    pairs = tuple(compare(before, after, tolerance) for before, after in paired)
    gone, come = _codes_apart(*(_of(report, side) for report, side in zip(reports, sides, strict=True)))
    status: Status = "unchanged"
    if not (sides[0] and sides[1]):
        status = "only_before" if sides[0] else "only_after"
    elif only_before or only_after or gone or come or any(pair.changes for pair in pairs):
        status = "changed"
    peer = " → ".join(sorted({wording.peer(side[0]) for side in sides if side}))
    trend = _trend(paired, *sides) if sides[0] and sides[1] else None
    return PeerDiff(peer, place[0], status, trend, pairs, tuple(only_before), tuple(only_after), gone, come)


def _trend(
    pairs: Sequence[tuple[Negotiation, Negotiation]],
    before: Iterable[Negotiation],
    after: Iterable[Negotiation],
) -> Trend | None:
    """Tell what pairs, and failures that appear or disappear altogether, say; how many there are depends on the log."""
    signs = {_sign(*pair) for pair in pairs}
    signs.add(any(map(_is_bad, before)) - any(map(_is_bad, after)))
    if len(signs - {0}) != 1:
        return None
    return "better" if 1 in signs else "worse"


def _sign(before: Negotiation, after: Negotiation) -> int:
    """Return 1 for better, -1 for worse; 0 too where a log ends early, which does not tell how it would have gone."""
    if "incomplete" in (before.outcome, after.outcome):
        return 0
    first, second = _rank(before), _rank(after)
    return (second > first) - (second < first)


def _rank(negotiation: Negotiation) -> int:
    known = _RANKS[negotiation.outcome]
    return known if is_healthy(negotiation) else min(known, _HIGHEST_UNHEALTHY)


def _is_bad(negotiation: Negotiation) -> bool:
    return not is_healthy(negotiation) and negotiation.outcome != "incomplete"


def _of(report: Report, negotiations: Iterable[Negotiation]) -> list[Finding]:
    ids = {negotiation.id for negotiation in negotiations}
    return [finding for finding in report.findings if not ids.isdisjoint(finding.negotiations)]


def _loose(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if not finding.negotiations]


def _codes_apart(before: list[Finding], after: list[Finding]) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
    """Return the diagnoses that only the first has, and that only the second has."""
    first, second = _codes(before), _codes(after)
    gone = tuple(code for name, code in first.items() if name not in second)
    return gone, tuple(code for name, code in second.items() if name not in first)


def _codes(findings: Iterable[Finding]) -> dict[str, Code]:
    found = {f.code: Code(f.code, f.name, f.severity, f.title) for f in findings if not f.code.startswith(_OF_THE_LOG)}
    return dict(sorted(found.items()))


def _order(peer: PeerDiff) -> tuple[int, int, str, str]:
    trend = {"worse": 0, None: 1, "better": 2}[peer.trend]
    status = ("changed", "only_before", "only_after", "unchanged").index(peer.status)
    return trend if status < 3 else 3, status, peer.peer, peer.device or ""
