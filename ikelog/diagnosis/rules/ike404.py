"""IKE404: the peer deleted the SA."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.deletion import IKEV1_ENDS, child_deletes, ikev1_end, lone_ends
from ikelog.diagnosis.facts import events, peer, tells
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_DELETED = ("ike_delete_received", "ike_sa_down", "child_delete_received")
_CONSEQUENCE = ("failed", "child_failed")


def find(log: Log) -> Iterator[Match]:
    """Yield the SAs that were at work and that the peer deleted, rekeyed ones left out."""
    replaced = {negotiation.rekeyed_from for negotiation in log.negotiations}
    for address, ends in lone_ends(log, "peer").items():
        yield Match((), ends[:3], _told(address or "The peer", ends))
    for negotiation in log.negotiations:
        end = ikev1_end(negotiation, "peer")
        if end and negotiation.outcome not in _CONSEQUENCE:
            yield Match((negotiation,), [end], _told(peer(negotiation, "The peer"), [end]))
        if negotiation.ike_up is None or not tells(negotiation, *_DELETED):
            continue
        if negotiation.outcome in _CONSEQUENCE or negotiation.id in replaced:
            continue
        deleted = _ike_sa(negotiation)
        what = "IKE SA, and every Child SA with it" if deleted else "Child SA"
        deleted = deleted or child_deletes(negotiation, "child_delete_received")
        if deleted:
            yield Match(
                (negotiation,),
                deleted[:1],
                f"{peer(negotiation, 'The peer')} deleted the {what}{_reason(negotiation, deleted[0])}.",
            )


def _told(who: str, ends: list[Event]) -> str:
    """Say what the lines of IKEv1, and those of an ASA's sessions, tell of ends by the peer."""
    reasons = dict.fromkeys(str(e.fields["reason"]) for e in ends if e.fields.get("reason"))
    named = [reason for reason in reasons if not reason.lower().startswith("no ")]
    times = "" if len(ends) == 1 else f" {len(ends)} times"
    return f"{who} ended the SA{times}{': ' + ', '.join(named) if named else '; it gives no reason'}."


def _ike_sa(negotiation: Negotiation) -> list[Event]:
    """Return the lines that say that the peer deleted the IKE SA, unless this device asked for it first."""
    own = events(negotiation, "ike_delete_sent")
    received = events(negotiation, "ike_delete_received")
    down = [e for e in events(negotiation, "ike_sa_down") if _by_peer(str(e.fields.get("reason", "")))]
    return [e for e in received + down if not own or before(negotiation, e, own[0])]


def _by_peer(reason: str) -> bool:
    return "peer" in reason.lower() and "lost" not in reason.lower()


def _reason(negotiation: Negotiation, deleted: Event) -> str:
    later = [e for e in events(negotiation, "session_killed", "ike_sa_down") if not before(negotiation, e, deleted)]
    told = [str(e.fields["reason"]) for e in later if not str(e.fields.get("reason", "0")).isdigit()]
    return f": {told[0]}" if told else "; it gives no reason"


RULE = Rule(
    code="IKE404",
    name="deleted-by-peer",
    severity="info",
    title="The peer deleted the SA",
    side="peer",
    rank=Rank.NOTE,
    meaning="The peer sent a DELETE: somebody cleared the SA there, it was idle, its lifetime ended, or its "
    "configuration changed. That is no fault by itself; its log says why.",
    find=find,
    needs=(*IKEV1_ENDS, *_DELETED),
    fix=(
        Fix("peer", (), "look in its log for the reason: clear command, idle timeout, lifetime, changed configuration"),
    ),
    looks_like=(
        "IKEv2-PROTO-5: (27): Process delete request from peer",
        "IKEv2-PROTO-5: (27): Processing DELETE INFO message for IKEv2 SA [ISPI: 0x1111111111111111 RSPI: "
        "0x2222222222222222]",
        "Connection terminated for peer 198.51.100.7.  Reason: Peer Terminate",
    ),
    mistaken_for="the DELETE of the old SA right after a rekey, which is how a rekey ends",
    references=("RFC 7296 section 1.4.1", "RFC 2408"),
)
