"""How what changed reads: the name of an aspect, its values, a negotiation without a partner."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diff.types import Change, Code, Diff, Edit, Pair, PeerDiff, Sign, Value
from ikelog.record import record
from ikelog.report import Report
from ikelog.reporting import wording

_LABELS = {
    "role": "who began",
    "ike_version": "IKE version",
    "vpn_style": "style of VPN",
    "closed": "closed by",
    "vrf.front": "front VRF",
    "vrf.inside": "inside VRF",
    "authentication.local": "our authentication",
    "authentication.remote": "peer's authentication",
    "remote_access.user": "user",
    "remote_access.eap_method": "EAP method",
    "transforms.key_bits": "key length",
    "transforms.prf": "PRF",
    "transforms.dh_group": "DH group",
    "transforms.lifetime_s": "lifetime",
    "nat.detected": "NAT",
    "nat.port_floated": "UDP 4500 in use",
    "pfs_group": "PFS group",
    "lifetime_s": "lifetime",
    "lifetime_kb": "lifetime in KB",
    "child_sas": "Child SAs",
    "time_to_establish_ms": "time to come up",
    "time_to_fail_ms": "time to fail",
}
_BEFORE_FIRST_DOT = {"local": "our", "remote": "peer's", "transforms": "", "configuration": ""}
_DURATIONS = frozenset({"time_to_establish_ms", "time_to_fail_ms"})
_ROLES = {"initiator": "we", "responder": "the peer"}

Names = dict[str, str]


@record
class Row:
    """One changed aspect as text; where `edits` say it, `before` and `after` are not shown.

    `child_sa` names the Child SA that it is of, None for the IKE SA.
    """

    label: str
    before: str
    after: str
    edits: tuple[Edit, ...] = ()
    child_sa: str | None = None


@record
class Alike:
    """Pairs of one peer in which the same changed."""

    title: str
    rows: tuple[Row, ...]
    untold: tuple[Row, ...]


def names_of(diff: Diff) -> Names:
    """Return the names of the diagnoses that either report makes, by code."""
    return {finding.code: finding.name for report in (diff.before, diff.after) for finding in report.findings}


def counts(diff: Diff) -> str:
    """Return in one line how much changed."""
    statuses = Counter(peer.status for peer in diff.peers)
    trends = Counter(peer.trend for peer in diff.peers if peer.trend)
    number, total = len(diff.peers) - statuses["unchanged"], wording.count(len(diff.peers), "peer")
    if not diff.changed:
        return f"Nothing changed: {total}, {_negotiations(diff)}"
    parts = [
        f"{number:,} of {total} changed",
        *(f"{trends[trend]:,} {trend}" for trend in ("worse", "better") if trends[trend]),
        *(f"{statuses[key]:,} {key.replace('_', ' ')}" for key in ("only_before", "only_after") if statuses[key]),
        _negotiations(diff),
    ]
    return " · ".join(parts)


def captures(diff: Diff) -> str:
    """Return which logs were compared."""
    return f"{_capture(diff.before)} → {_capture(diff.after)}"


def heading(peer: PeerDiff) -> str:
    """Return the word that a peer's block begins with."""
    return (peer.trend or peer.status.replace("_", " ")).upper()


def who(peer: PeerDiff) -> list[str]:
    """Return with whom, who began where that is the same in all, on which device."""
    return [part for part in (peer.peer, _role(peer), f"on {peer.device}" if peer.device else "") if part]


def alike(peer: PeerDiff, names: Names) -> list[Alike]:
    """Return what changed in a peer's pairs, those in which the same changed as one."""
    groups: dict[tuple[tuple[Change, ...], tuple[Change, ...]], list[Pair]] = {}
    for pair in peer.pairs:
        if pair.changes or pair.untold:
            groups.setdefault((pair.changes, pair.untold), []).append(pair)
    several = len(peer.pairs) + len(peer.only_before) + len(peer.only_after) > 1
    return [
        Alike(
            _title(pairs) if several else "",
            tuple(_row(change, names) for change in changes),
            tuple(_row(change, names) for change in untold),
        )
        for (changes, untold), pairs in groups.items()
    ]


def unpaired(peer: PeerDiff, names: Names) -> tuple[Edit, ...]:
    """Return the negotiations without a partner; those of one outcome, role and verdict are one line."""
    shown = _role(peer) == ""
    return (*_edits("-", peer.only_before, names, shown), *_edits("+", peer.only_after, names, shown))


def peer_codes(peer: PeerDiff, names: Names) -> tuple[Edit, ...]:
    """Return a peer's diagnoses that went and came, but for those that its other lines name as verdicts."""
    verdicts = {
        value
        for pair in peer.pairs
        for change in pair.changes
        if change.aspect == "verdict"
        for value in (change.before, change.after)
    }
    verdicts |= {negotiation.verdict for negotiation in (*peer.only_before, *peer.only_after)}
    return code_edits(
        (code for code in peer.gone if code.code not in verdicts),
        (code for code in peer.come if code.code not in verdicts),
    )


def code_edits(gone: Iterable[Code], come: Iterable[Code]) -> tuple[Edit, ...]:
    """Return the diagnoses that went and came."""
    return (*(Edit("-", _code(code)) for code in gone), *(Edit("+", _code(code)) for code in come))


def _negotiations(diff: Diff) -> str:
    numbers = [len(report.negotiations) for report in (diff.before, diff.after)]
    if numbers[0] == numbers[1]:
        return wording.count(numbers[0], "negotiation")
    return f"{numbers[0]:,} → {wording.count(numbers[1], 'negotiation')}"


def _role(peer: PeerDiff) -> str:
    """Return who began, where that is the same in all of a peer's negotiations."""
    paired = (n for pair in peer.pairs for n in (pair.before, pair.after))
    roles = {wording.role(n) for n in (*paired, *peer.only_before, *peer.only_after)}
    return roles.pop() if len(roles) == 1 else ""


def _capture(report: Report) -> str:
    if len(report.sources) == 1:
        return report.sources[0].name
    return wording.count(len(report.sources), "log")


def _title(pairs: list[Pair]) -> str:
    first = pairs[0]
    number = f", {len(pairs):,} times" if len(pairs) > 1 else ""
    same = wording.role(first.before) if first.before.role == first.after.role else ""
    return f"{same and same + ': '}{first.before.id} → {first.after.id}{number}"


def _row(change: Change, names: Names) -> Row:
    label = _label(change)
    values = [_value(change.aspect, value, names) for value in (change.before, change.after)]
    short = change.aspect != "child_sas" and all(_is_short(value) for value in (change.before, change.after))
    return Row(label, values[0], values[1], () if short else change.edits, change.child_sa)


def _label(change: Change) -> str:
    if change.aspect.startswith("proposals."):
        _, direction, purpose = change.aspect.split(".")
        return f"{direction} proposals for {'IKE' if purpose == 'ike' else 'the Child SA'}"
    first, _, rest = change.aspect.partition(".")
    if first == "retransmissions":
        return f"retransmissions, {rest.replace('.', ' ')}"
    plain = f"{_BEFORE_FIRST_DOT.get(first, first)} {rest}".strip() if rest else first
    return _LABELS.get(change.aspect, plain.replace("_", " "))


def _is_short(value: Value) -> bool:
    return not isinstance(value, tuple) or len(value) <= 1


def _value(aspect: str, value: Value, names: Names) -> str:
    if value is None:
        return "none" if aspect == "verdict" else "not in the log"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if aspect in _DURATIONS:
        return f"{int(value) / 1000:.3f}s"
    if aspect == "role":
        return _ROLES.get(str(value), str(value))
    if aspect == "verdict":
        return f"{value} {names.get(str(value), '')}".rstrip()
    unit = {"lifetime_s": " s", "key_bits": " bits"}.get(aspect.rpartition(".")[2], "")
    return f"{value}{unit}".replace("_", " ") if aspect == "outcome" else f"{value}{unit}"


def _edits(op: Sign, negotiations: Iterable[Negotiation], names: Names, with_role: bool) -> Iterator[Edit]:
    found: dict[tuple[str, ...], list[Negotiation]] = {}
    for negotiation in negotiations:
        verdict = _value("verdict", negotiation.verdict, names) if negotiation.verdict else ""
        role = wording.role(negotiation) if with_role else ""
        found.setdefault((wording.status(negotiation), role, verdict), []).append(negotiation)
    for parts, alike in found.items():
        number = f"{len(alike):,} times" if len(alike) > 1 else ""
        text = "  ".join(part for part in (*parts, number, wording.beginning(alike[0])) if part)
        yield Edit(op, text)


def _code(code: Code) -> str:
    return f"{code.code} {code.name}: {code.title}"
