"""Write down what a good capture shows as expectations of the next ones, to be looked over by people."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from glob import escape

from ikelog.check.meeting import carried
from ikelog.check.observed import observe
from ikelog.check.tunnels import Tunnel, build_tunnels, child_sas, peer
from ikelog.correlation.types import Negotiation
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.safe import BEYOND_C0

_HEAD = """\
# Written by `ikelog check --init` from {sources}: what that capture shows, to look over before it is relied on.
# Take out what may change, and name all that may be: dh_group = [19, 20]. `ikelog schema --config` lists the keys.

[check]
fail_on = "error"
"""
_LIMITS = ("ike_version", "encryption", "integrity", "prf", "dh_group", "child_encryption", "child_integrity", "nat")
_NUMBERS = ("ike_version", "dh_group")
_ENDED_BADLY = ("failed", "child_failed")
# The next capture may take longer, but not much: at least so many times as long, and so many seconds.
_SLOWER = 3
_SLOWEST_S = 5
_UNSAFE = re.compile(f"[{BEYOND_C0}]")


def expectations_text(report: Report) -> str:
    """Return the text of an `ikelog.toml` that a report's own logs meet."""
    groups: dict[tuple[str, str], list[Tunnel]] = {}
    for tunnel in build_tunnels(report.negotiations):
        groups.setdefault((tunnel.root.device or "", peer(tunnel.root)), []).append(tunnel)
    several = len({device for device, _ in groups}) > 1
    sources = " ".join(" ".join(source.name for source in report.sources).split())
    parts = [_HEAD.format(sources=_text(sources)[1:-1])]
    for (device, address), tunnels in groups.items():
        lines = [*_selection(device, address, tunnels, several=several), *_expected(tunnels, report)]
        parts.append("\n".join(["[[check.expect]]", *lines, ""]))
    codes = _codes_of_none(report)
    if codes:
        parts.append(f"[[check.expect]]\nallowed_codes = {_list(codes)}\n")
    return "\n".join(parts)


def _selection(device: str, address: str, tunnels: Sequence[Tunnel], *, several: bool) -> Iterator[str]:
    badly = [n for tunnel in tunnels for n in tunnel.members if n.outcome != "established"]
    for negotiation in badly[:1]:
        yield f"# {wording.status(negotiation)}: not a good capture to start from."
    yield f"peer = {_text(escape(address))}"
    if device or several:
        yield f"device = {_text(escape(device))}"


def _expected(tunnels: Sequence[Tunnel], report: Report) -> Iterator[str]:
    members = [n for tunnel in tunnels for n in tunnel.members]
    yield f"negotiations = {len(tunnels)}"
    yield f"outcome = {_one_or_list(sorted({n.outcome for n in members}))}"
    for key in _LIMITS:
        yield from _limit(key, tunnels)
    yield from _authentication(tunnels)
    yield f"min_child_sas = {min(_children(tunnel) for tunnel in tunnels)}"
    yield from _selectors(tunnels)
    if all(any(n.messages for n in tunnel.members) for tunnel in tunnels):
        yield f"max_retransmissions = {max(map(_repeats, tunnels))}"
    took = [tunnel.root.duration_ms for tunnel in tunnels]
    if all(took) and max(filter(None, took), default=0):
        longest = max(filter(None, took)) / 1000
        yield f'max_duration = "{max(round(_SLOWER * longest + 0.5), _SLOWEST_S)}s"'
    codes = _codes(members, report)
    if codes:
        yield f"allowed_codes = {_list(codes)}"


def _limit(key: str, tunnels: Sequence[Tunnel]) -> Iterator[str]:
    values = _values(key, tunnels)
    if values:
        yield f"{key} = {_one_or_list(values, bare=key in _NUMBERS)}"


def _values(key: str, tunnels: Sequence[Tunnel]) -> list[str]:
    """Return the values that every tunnel shows; none where one does not, or does not show which was chosen."""
    observed = [observe(tunnel, key) for tunnel in tunnels if tunnel.root.outcome not in _ENDED_BADLY]
    asked = [one for one in observed if not one.needless]
    if not asked or any(not one.values or (not one.sure and len(one.values) > 1) for one in asked):
        return []
    return list(dict.fromkeys(value for one in asked for value in one.values))


def _authentication(tunnels: Sequence[Tunnel]) -> Iterator[str]:
    ends = {end: _values(f"authentication.{end}", tunnels) for end in ("local", "remote")}
    known = [f"{end} = {_one_or_list(values)}" for end, values in ends.items() if values]
    if known:
        yield f"authentication = {{ {', '.join(known)} }}"


def _children(tunnel: Tunnel) -> int:
    return sum(child.rekeyed_from is None for _, child in child_sas(tunnel))


def _selectors(tunnels: Sequence[Tunnel]) -> Iterator[str]:
    """Yield the networks that every tunnel carries: one that is no network in CIDR notation cannot be named."""
    pairs = [pair for pair in carried(tunnels[0]) if all("/" in network for network in pair)]
    shared = [pair for pair in pairs if all(pair in carried(tunnel) for tunnel in tunnels[1:])]
    if shared:
        yield "selectors = ["
        yield from (f"  {{ local = {_text(local)}, remote = {_text(remote)} }}," for local, remote in shared)
        yield "]"


def _repeats(tunnel: Tunnel) -> int:
    return sum(len(message.repeats) for member in tunnel.members for message in member.messages)


def _codes(members: Sequence[Negotiation], report: Report) -> list[str]:
    """Return the codes of errors that are there beside the failures that the outcome allows."""
    ids = {n.id for n in members}
    allowed = {(n.id, n.verdict) for n in members if n.outcome in _ENDED_BADLY}
    errors = [f for f in report.findings if f.severity == "error" and ids.intersection(f.negotiations)]
    return sorted({f.code for f in errors if not any((id, f.code) in allowed for id in f.negotiations)})


def _codes_of_none(report: Report) -> list[str]:
    return sorted({f.code for f in report.findings if f.severity == "error" and not f.negotiations})


def _one_or_list(values: Sequence[str], *, bare: bool = False) -> str:
    write: Callable[[str], str] = str if bare else _text
    return write(values[0]) if len(values) == 1 else f"[{', '.join(map(write, values))}]"


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    """Return a text as TOML writes it: as JSON does, and nothing in it that no file should hold."""
    return _UNSAFE.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    # TOML knows no lone surrogate, which stands for a byte that could not be decoded
    return "\\ufffd" if "\ud800" <= found[0] <= "\udfff" else f"\\u{ord(found[0]):04x}"
