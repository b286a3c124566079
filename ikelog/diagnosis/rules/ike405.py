"""IKE405: this device deleted the SA."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.deletion import IKEV1_ENDS, child_deletes, ikev1_end, lone_ends
from ikelog.diagnosis.facts import events, gave_up, peer, tells
from ikelog.diagnosis.order import before, ordered
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_SAID = ("ike_delete_sent", "delete_queued", "session_killed")
_FROM_PEER = ("ike_delete_received", "delete_received")
_UNTOLD = ("", "unknown", "no reason", "no error")


def find(log: Log) -> Iterator[Match]:
    """Yield the SAs that this device deleted of its own accord, and the negotiations that it broke off."""
    replaced = {negotiation.rekeyed_from for negotiation in log.negotiations}
    closed = {peer(n) for n in log.negotiations if n.ike_version == 2 and n.closed and n.closed.by == "local"}
    for address, ends in lone_ends(log, "local").items():
        if len(ends) == 1 and address in closed:  # 113019 only repeats 750007
            continue
        text = f"This device ended the SA with {address or 'a peer'}{_times(ends)}"
        yield Match((), ends[:3], f"{text}{_reason(ends)}.")
    for negotiation in log.negotiations:
        end = None if negotiation.outcome == "child_failed" else ikev1_end(negotiation, "local")
        if end:
            text = f"This device ended the ISAKMP SA with {peer(negotiation, 'the peer')}"
            yield Match((negotiation,), [end], f"{text}{_reason([end])}.")
        if not tells(negotiation, *_SAID, "ike_sa_down", "child_delete_sent"):
            continue
        if negotiation.id in replaced or negotiation.outcome == "child_failed" or gave_up(negotiation):
            continue
        if negotiation.ike_up is None:
            deleted = _broken_off(negotiation)
            text = f"The negotiation with {peer(negotiation, 'the peer')} was deleted here before it was done"
        else:
            deleted = _ike_sa(negotiation)
            what = "the IKE SA, and every Child SA with it" if deleted else "a Child SA"
            deleted = deleted or child_deletes(negotiation, "child_delete_sent")
            text = f"This device deleted {what}, to {peer(negotiation, 'the peer')}"
        if deleted:
            yield Match((negotiation,), deleted[:1], f"{text}{_reason(deleted)}.")


def _times(ends: list[Event]) -> str:
    return "" if len(ends) == 1 else f" {len(ends)} times"


def _broken_off(negotiation: Negotiation) -> list[Event]:
    """Return what says delete before anything says that the negotiation failed."""
    end = negotiation.failure
    return [e for e in events(negotiation, *_SAID) if end is None or before(negotiation, e, end)]


def _ike_sa(negotiation: Negotiation) -> list[Event]:
    down = [e for e in events(negotiation, "ike_sa_down") if "reason" in e.fields and not _elsewhere(e)]
    own = ordered(negotiation, events(negotiation, *_SAID) + down)
    asked = events(negotiation, *_FROM_PEER)
    return [e for e in own if not asked or before(negotiation, e, asked[0])]


def _elsewhere(event: Event) -> bool:
    """Tell whether a reason speaks of the peer: its request (IKE404) or its silence (IKE401)."""
    return "peer" in str(event.fields["reason"]).lower()


def _reason(deleted: list[Event]) -> str:
    reasons = [str(e.fields.get("reason", "")) for e in deleted]
    told = [reason for reason in reasons if reason.lower() not in _UNTOLD]
    return f": {told[0]}" if told else "; the log gives no reason"


RULE = Rule(
    code="IKE405",
    name="deleted-locally",
    severity="info",
    title="This device deleted the SA",
    side="local",
    rank=Rank.NOTE,
    meaning="This device sent the DELETE itself: a clear command, an idle timeout, the end of a lifetime, an interface "
    "or configuration that changed. That is no fault by itself.",
    find=find,
    needs=(*IKEV1_ENDS, *_SAID, "ike_sa_down", "child_delete_sent"),
    fix=(Fix("ios", ("show logging | include CONFIG_I|clear",), "who changed or cleared something at that moment?"),),
    looks_like=(
        "IKEv2:(SESSION ID = 9,SA ID = 2):Queuing IKE SA delete request reason: unknown",
        "IKEv2:(SESSION ID = 9,SA ID = 2):Sending DELETE INFO message for IKEv2 SA "
        "[ISPI: 0x1111111111111111 RSPI: 0x2222222222222222]",
        "Connection terminated for peer 198.51.100.7.  Reason: IPSec SA Idle Timeout  Remote Proxy 10.7.4.0, "
        "Local Proxy 10.30.4.0",
    ),
    mistaken_for="a refused Child SA, after which the IKE SA is deleted as well: then the refusal is the finding",
    references=("RFC 7296 section 1.4.1", "RFC 2408"),
)
