"""How counts, times, peers and outcomes read."""

from collections.abc import Iterable
from typing import Literal

from ikelog.correlation.types import ChildSa, Closed, End, Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.report import Summary

_STATUS = {
    "failed": "FAILED",
    "child_failed": "CHILD SA FAILED",
    "incomplete": "UNFINISHED",
    "ike_only": "IKE SA ONLY",
    "established": "UP",
}
_ROLE = {"initiator": "we initiated", "responder": "we responded"}
_SIDE = {
    "local": "this side",
    "peer": "the peer's side",
    "both": "both sides",
    "path": "the path between",
    "unknown": "side not known",
}
_CERTAINTY = {"observed": "observed", "inferred": "likely"}
_PLACES = {"ios": "here (IOS)", "asa": "here (ASA)", "peer": "on the peer", "path": "on the path"}
_CLOSED_BY = {
    "local": "closed here",
    "peer": "closed by the peer",
    "rekey": "closed after its rekey",
    "timeout": "closed by a timeout",
    "replaced": "closed, replaced by another",
}


def count(number: int, noun: str) -> str:
    """Return `1 peer`, `1,200 peers`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def none_found(left_out: int) -> str:
    """Say that there is no negotiation; where the filters keep none of those there are, that is told."""
    return f"No negotiation fits the filters: {left_out:,} left out" if left_out else "No negotiation found"


def outcomes(summary: Summary) -> list[tuple[int, str, Literal["good", "odd", "bad"]]]:
    """Return how many negotiations ended how, in words, and whether that is good; what there is none of is left out."""
    counts: list[tuple[int, str, Literal["good", "odd", "bad"]]] = [
        (summary.established, "up", "good"),
        (summary.failed, "failed", "bad"),
        (summary.child_failed, "with a failed Child SA", "bad"),
        (summary.ike_only, "IKE SA only", "odd"),
        (summary.incomplete, "unfinished", "odd"),
    ]
    return [count for count in counts if count[0]]


def fix_place(platform: str) -> str:
    """Return where a fix is typed: `here (IOS)`, `on the peer`."""
    return _PLACES.get(platform, platform)


def some_of(names: Iterable[str], most: int = 3) -> str:
    """Return the first few of some names, each once, and how many more there are."""
    found = list(dict.fromkeys(names))
    return ", ".join([*found[:most], *([f"{len(found) - most} more"] if len(found) > most else [])])


def status(negotiation: Negotiation) -> str:
    """Return the outcome as a heading; an established one with a verdict ended in an error later."""
    if negotiation.outcome == "established" and negotiation.verdict:
        return "UP, THEN FAILED"
    return _STATUS[negotiation.outcome]


def peer(negotiation: Negotiation) -> str:
    """Return the peer's address, else its identity."""
    return negotiation.remote.address or negotiation.remote.identity or "(unknown peer)"


def role(negotiation: Negotiation) -> str:
    """Return who began, seen from the logging device; empty while unknown."""
    return _ROLE.get(negotiation.role or "", "")


def certainty_and_side(finding: Finding) -> str:
    """Return how sure a finding is, and who must change something."""
    return f"{_CERTAINTY[finding.certainty]} · {_SIDE[finding.side]}"


def ike_sa(negotiation: Negotiation) -> str:
    """Return what an IKE SA can be searched for in its log: both SPIs in capitals, as Cisco prints them.

    IKEv1 debugs print none: there it is the mode and the connection id, as far as they are known.
    """
    pair = negotiation.initiator_spi, negotiation.responder_spi
    spis = " / ".join(spi.upper() if spi else "(unknown)" for spi in pair)
    if negotiation.ike_version == 2:
        return spis
    mode = f" {negotiation.mode.capitalize()} Mode" if negotiation.mode else ""
    known = [f"IKEv1{mode}"]
    if negotiation.connection_id is not None:
        known.append(f"connection id {negotiation.connection_id}")
    return "  ".join([*known, *([spis] if any(pair) else [])])


def endpoint(end: End) -> str:
    """Return `address:port`, with the port after NAT was found; IPv6 in brackets."""
    if end.address is None:
        return "(unknown)"
    address = f"[{end.address}]" if ":" in end.address and end.port is not None else end.address
    text = address if end.port is None else f"{address}:{end.port}"
    floated = end.port_after_float
    return text if floated in (None, end.port) else f"{text} then {floated}"


def closing(closed: Closed) -> str:
    """Return who closed an IKE SA, and why."""
    return _CLOSED_BY[closed.by] + (f": {closed.reason}" if closed.reason else "")


def child_spis(child: ChildSa) -> str:
    """Return a Child SA's SPIs in capitals, each with its direction."""
    spis = {"inbound": child.inbound_spi, "outbound": child.outbound_spi}
    return "  ".join(f"{way} {spi.upper() if spi else '(unknown)'}" for way, spi in spis.items())


def place(negotiation: Negotiation) -> str:
    """Return where a negotiation begins: `edge1.log:12`; empty where that is not known."""
    return next((f"{span.source}:{span.first_line}" for span in negotiation.spans), "")


def beginning(negotiation: Negotiation) -> str:
    """Return where and when a negotiation begins."""
    when = moment(negotiation.started_at) if negotiation.started_at else ""
    return f"{place(negotiation)} {when}".strip() or "(unknown)"


def moment(time: str) -> str:
    """Return an ISO time for people: `2024-11-30 11:16:56.461Z`, `04-29 16:57:40.944`."""
    return time.removeprefix("--").replace("T", " ")


def clock(time: str | None) -> str:
    """Return the time of day of an ISO time; empty where there is none."""
    behind_date = (time or "").partition("T")[2]
    return behind_date[: len(behind_date) - len(behind_date.lstrip("0123456789:."))]


def elapsed(milliseconds: int) -> str:
    """Return `+0.012s`; from a quarter of an hour on `+1h02m05s`."""
    seconds = milliseconds / 1000
    if abs(seconds) < 900:
        return f"{seconds:+.3f}s"
    minutes, rest = divmod(abs(milliseconds) // 1000, 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60}h{minutes % 60:02d}m{rest:02d}s"


def interval(milliseconds: int) -> str:
    """Return a retransmission's delay, as exact as it is of use: `0.5s`, `2s`, `32s`."""
    seconds = round(milliseconds / 1000, 1)
    return f"{seconds:.0f}s" if seconds >= 10 or seconds == int(seconds) else f"{seconds}s"
