"""The ends of SAs that were up, peer by peer: what a tunnel that flaps is made of."""

from collections import defaultdict

from ikelog.correlation.ikev1.subject import remote_of
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.deletion import is_refusal
from ikelog.diagnosis.rule import Log
from ikelog.events.types import Event
from ikelog.record import record

OFTEN = 3
LONE = ("session_disconnected", "session_torn_down")
_ON_DEMAND = "idle"


@record
class Fall:
    """The line that tells of an end, whose it was, and the reason as far as it is known."""

    event: Event
    negotiation: Negotiation | None
    reason: str


def falls_of(log: Log) -> dict[tuple[str | None, str, str], list[Fall]]:
    """Return the ends by device, source and peer: of negotiations where there are, else those that stand alone."""
    by_peer: defaultdict[tuple[str | None, str | None], list[Negotiation]] = defaultdict(list)
    for negotiation in log.negotiations:
        if negotiation.outcome == "established" and negotiation.remote.address:
            by_peer[negotiation.device, negotiation.remote.address].append(negotiation)
    found: defaultdict[tuple[str | None, str, str], list[Fall]] = defaultdict(list)
    for (device, address), negotiations in by_peer.items():
        for negotiation in negotiations if len(negotiations) >= OFTEN else ():
            fall = _fall(negotiation)
            if fall:
                found[device, fall.event.source, str(address)].append(fall)
    alone = {kind: _alone(log, kind) for kind in LONE}
    for key, falls in (alone[LONE[0]] or alone[LONE[1]]).items():
        found.setdefault(key, falls)
    return found


def _fall(negotiation: Negotiation) -> Fall | None:
    """Return how an SA ended; a rekey, a user who hangs up and a tunnel that idles are no fall."""
    closed = negotiation.closed
    if closed is None or closed.by in ("rekey", "replaced") or negotiation.remote_access:
        return None
    event = next((e for e in negotiation.events if e.line == closed.line), None)
    reason = closed.reason or {"peer": "deleted by the peer", "timeout": "no answer"}.get(closed.by, "deleted here")
    return None if event is None or _ON_DEMAND in reason.lower() else Fall(event, negotiation, reason)


def _alone(log: Log, kind: str) -> dict[tuple[str | None, str, str], list[Fall]]:
    found: defaultdict[tuple[str | None, str, str], list[Fall]] = defaultdict(list)
    for event in log.of_none.of(kind):
        remote, reason = remote_of(event), str(event.fields.get("reason", "unknown"))
        between_networks = event.fields.get("session_type", "LAN-to-LAN") == "LAN-to-LAN"
        if remote and between_networks and _ON_DEMAND not in reason.lower() and not is_refusal(event):
            found[event.device, event.source, remote.address].append(Fall(event, None, reason))
    return found
