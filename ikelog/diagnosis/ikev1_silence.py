"""Messages of Main or Aggressive Mode (IKEv1) that nobody answered: findings of IKE101, IKE102, IKE214, IKE215."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.exchange_names import first_exchange
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.ikev1_keys import key_fixes
from ikelog.diagnosis.ikev1_waiting import Waited, waited
from ikelog.diagnosis.rule import Lined, Match
from ikelog.diagnosis.types import Alternative, Fix

_KEY = Alternative("IKE201", "the two pre-shared keys differ, and the peer cannot read the message: its log says so")
_PATH = Alternative(
    "IKE215", "the path drops it (UDP 4500 once NAT is found, fragments): the peer's log has no such message"
)
_CERTIFICATE = Alternative("IKE206", "the peer does not accept this device's certificate, or has no CA for it")
_IDENTITY = Alternative("IKE204", "nothing is configured on the peer for the identity that this device sends")


def nothing_came(negotiation: Negotiation) -> bool:
    """Tell whether no message of the peer is in the log."""
    return not any(m.direction == "received" for m in negotiation.messages) and not events(
        negotiation, "payload_processed", "notify_received", "notify_rejected"
    )


def waited_for(negotiation: Negotiation, *steps: str) -> Waited | None:
    """Return what an end gave up to wait for, if it is one of some messages."""
    gone = negotiation.ike_version == 1 and negotiation.outcome == "failed" and not negotiation.ike_up
    found = waited(negotiation) if gone else None
    return found if found and found.step in steps else None


def auth_unanswered(negotiation: Negotiation) -> Iterator[Match]:
    """Find the initiator's first encrypted message that was never answered."""
    found = waited_for(negotiation, "MM6")
    if negotiation.role == "responder" or found is None:
        return
    if events(negotiation, "key_mismatch_suspected", "id_payload_malformed"):
        return
    moved = bool(negotiation.nat.port_floated) and negotiation.nat.detected in ("local", "remote", "both")
    yield Match(
        (negotiation,),
        _lines(negotiation, found, "MM5"),
        _unanswered(negotiation, moved=moved),
        "inferred",
        side="path" if moved else "unknown",
        alternatives=_others(negotiation, moved=moved),
        fix=_fixes(negotiation, keys=not moved and not _certificates(negotiation)),
    )


def _fixes(negotiation: Negotiation, *, keys: bool) -> tuple[Fix, ...]:
    """Return what to check, the likelier first: the keys, or the path."""
    address = peer(negotiation)
    path = Fix("path", (), f"let UDP 4500 and 500 to and from {address} through, and IP fragments of both")
    log = Fix("peer", (), "see in its log which message came last: that tells the path from the key")
    if not keys:
        return path, log
    return *key_fixes(negotiation.platform, address, negotiation.configuration.tunnel_group)[:-1], log, path


def _lines(negotiation: Negotiation, found: Waited, sent: str) -> list[Lined]:
    first = [head(m) for m in negotiation.messages if m.step == sent and m.direction == "sent"][:1]
    return [*first, *found.resent[:1], *([found.end] if found.end else [])]


def _unanswered(negotiation: Negotiation, *, moved: bool) -> str:
    sent = [m for m in negotiation.messages if m.step == "MM5" and m.direction == "sent"]
    who, times = peer(negotiation, "The peer"), len(sent[0].repeats) if sent else 0
    again = f", sent again {times} times," if times > 1 else ""
    text = f"{who} never answered our first encrypted message (MM5){again} after the keys had been made."
    if moved:
        return f"{text} NAT was found and IKE moved to UDP 4500: most likely that port is blocked on the way."
    if _certificates(negotiation):
        return f"{text} It carries a certificate: the peer refuses it, or its IP fragments are dropped on the way."
    return (
        f"{text} Most likely the two pre-shared keys differ, so that the peer cannot read it; else the path drops it."
    )


def _certificates(negotiation: Negotiation) -> bool:
    return negotiation.authentication.local in ("rsa-sig", "ecdsa-sig") or bool(
        events(negotiation, "authentication_by_certificate")
    )


def _others(negotiation: Negotiation, *, moved: bool) -> tuple[Alternative, ...]:
    if _certificates(negotiation):
        return _CERTIFICATE, _IDENTITY
    return (_KEY, _IDENTITY) if moved else (_KEY, _PATH, _IDENTITY)


def auth_not_received(negotiation: Negotiation) -> Iterator[Match]:
    """Find the responder that waited for the first encrypted message, which never came."""
    found = waited_for(negotiation, "MM5", "AM3")
    if negotiation.role == "initiator" or found is None or found.end is None:
        return
    came = any(m.step == found.step and m.direction == "received" for m in negotiation.messages)
    if came or events(negotiation, "key_mismatch_suspected", "id_payload_malformed", "message_not_decrypted"):
        return
    text = (
        f"This device answered in {first_exchange(negotiation)}, and the peer's next message ({found.step}) never came"
    )
    nat = negotiation.nat.detected in ("local", "remote", "both")
    why = "it is lost on the way, or our answer never reached the peer"
    why = "NAT was found, so it comes on UDP 4500, and that port may be blocked" if nat else why
    evidence = _lines(negotiation, found, "MM4" if found.step == "MM5" else "AM2")
    yield Match(
        (negotiation,), evidence, f"{text} from {peer(negotiation, 'it')}: {why}.", fix=_fixes(negotiation, keys=False)
    )


def answer_lost(negotiation: Negotiation) -> Iterator[Match]:
    """Find the responder to whom the peer says again what was answered already."""
    again = events(negotiation, "message_repeated")
    if negotiation.outcome != "failed" or negotiation.role != "responder" or not again:
        return
    found = waited_for(negotiation, "MM3")
    later = [m for m in negotiation.messages if m.direction == "received" and m.step not in ("MM1", "AM1", None)]
    if later or (found is None and not any(m.direction == "sent" for m in negotiation.messages)):
        return
    who = peer(negotiation, "The peer")
    sent = [head(m) for m in negotiation.messages if m.direction == "sent" and m.step in ("MM2", "AM2")][:1]
    own = negotiation.local.address or "<local-address>"
    yield Match(
        (negotiation,),
        [*sent, *again[:2], *([found.end] if found and found.end else [])],
        f"{who} sent its first message {_times(len(again))} although this device had answered it: the answer does not "
        "arrive there, or comes from an address that the peer does not expect.",
        fix=(
            Fix(
                "path",
                (),
                f"let UDP 500 and 4500 from {own} to {peer(negotiation)} through; look for a second way back",
            ),
            Fix("peer", (), f"its configured peer address must be {own}, the one that the answers come from"),
        ),
    )


def _times(count: int) -> str:
    return "once more" if count == 1 else f"{count} more times"
