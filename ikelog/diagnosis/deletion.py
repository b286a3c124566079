"""Who ended an SA, and which DELETEs took away a Child SA for good, not the old one behind a rekey."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from ikelog.correlation.ikev1.particulars import ended_by
from ikelog.correlation.ikev1.subject import remote_of
from ikelog.correlation.types import ClosedBy, Negotiation
from ikelog.diagnosis.facts import events, tells
from ikelog.diagnosis.rule import Log
from ikelog.events.types import Event


def child_deletes(negotiation: Negotiation, kind: Literal["child_delete_sent", "child_delete_received"]) -> list[Event]:
    """Return the DELETEs of Child SAs that nothing replaced."""
    deletes = events(negotiation, kind)
    if not deletes:
        return []
    children = negotiation.child_sas
    # a later Child SA that came up, or was still being made, may be the replacement
    last = max((i for i, child in enumerate(children) if child.state != "failed"), default=0)
    gone = [child for child in children[last:] if child.state == "deleted"]
    spis = {spi for child in gone for spi in (child.inbound_spi, child.outbound_spi) if spi}
    return [event for event in deletes if event.fields.get("esp_spi") in spis]


# The lines of IKEv1 and of ASA's sessions that tell of an end, most with a reason.
ENDS = (
    "sa_deleted",
    "session_torn_down",
    "connection_terminated",
    "session_disconnected",
    "peer_lost",
    "peer_not_responding",
)
# What a log shows, one of them, for such a line to be IKEv1's or of no negotiation (`Rule.needs`).
IKEV1_ENDS = tuple(f"ikev1 {kind}" for kind in ENDS)
# A failure's own words: it is told by what failed.
_FAILURES = ("phase 2", "crypto map", "mismatch", "unknown", "ike delete", "retransmission p1", "not accepted")


def ikev1_end(negotiation: Negotiation, by: ClosedBy) -> Event | None:
    """Return the line that says that one side, or silence, ended an ISAKMP SA at work; None where none does."""
    if negotiation.ike_version != 1 or negotiation.ike_up is None or not tells(negotiation, *ENDS):
        return None
    closed = negotiation.closed
    if closed is None or closed.by != by:
        return None
    return next((e for e in events(negotiation, *ENDS) if e.line == closed.line and not is_refusal(e)), None)


def lone_ends(log: Log, by: ClosedBy) -> dict[str, list[Event]]:
    """Return the lines of no negotiation that tell of an end by one side, or by silence, for each peer."""
    return _by_peer(e for e in log.of_none.of(*ENDS) if _told_by(e) == by and not is_refusal(e))


def _told_by(event: Event) -> ClosedBy | None:
    """Tell who ended an SA where the line itself says so: some name no reason."""
    return ended_by(event) if event.fields.get("reason") or event.kind.startswith("peer_") else None


def is_refusal(event: Event) -> bool:
    """Tell whether the reason of an end is that nothing had come up."""
    reason = str(event.fields.get("reason", "")).lower()
    return any(word in reason for word in _FAILURES)


def _by_peer(found: Iterable[Event]) -> dict[str, list[Event]]:
    peers: defaultdict[str, list[Event]] = defaultdict(list)
    for event in found:
        remote = remote_of(event)
        peers[remote.address if remote else ""].append(event)
    return peers
