"""IKE215: this device answered IKE_SA_INIT, and IKE_AUTH never came."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import IKEV1_FAILED, errors_reported, events, failures, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.ikev1_silence import auth_not_received
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.terms import errors

_ALTERNATIVES = (
    Alternative(
        "IKE102", "the answer to IKE_SA_INIT did not arrive there: the peer then sends its first request again"
    ),
    Alternative(
        "IKE214", "it is the same failure as the initiator logs it: its log tells whether it sent IKE_AUTH at all"
    ),
)


def find(log: Log) -> Iterator[Match]:
    """Yield the responders whose timer for IKE_AUTH ran out."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from auth_not_received(negotiation)
        expired = errors_reported(negotiation, errors.AUTH_TIMER_EXPIRED)
        if expired:
            yield Match(
                (negotiation,),
                [*_answer(negotiation), expired[0]],
                _explanation(negotiation),
                alternatives=_ALTERNATIVES,
                fix=_fixes(negotiation),
            )


def _answer(negotiation: Negotiation) -> list[Message]:
    sent = [m for m in negotiation.messages if m.exchange == "IKE_SA_INIT" and m.direction == "sent" and m.response]
    return sent[-1:]


def _explanation(negotiation: Negotiation) -> str:
    timers = events(negotiation, "timer_started")
    waits = [e.fields["seconds"] for e in timers if "auth" in str(e.fields.get("purpose")) and "seconds" in e.fields]
    within = f" within {waits[-1]} seconds" if waits else ""
    text = f"This device answered IKE_SA_INIT, but no IKE_AUTH came from {peer(negotiation, 'the peer')}{within}"
    if negotiation.nat.detected in ("local", "remote", "both") or negotiation.nat.port_floated:
        return f"{text}: NAT was found, so it comes on UDP 4500, and that port may be blocked."
    return f"{text}: it was lost on the way (blocked, or dropped as fragments), or our answer never reached the peer."


def _fixes(negotiation: Negotiation | None = None) -> tuple[Fix, ...]:
    address = peer(negotiation) if negotiation else "<peer-address>"
    return for_device(
        negotiation,
        Fix("path", (), f"let UDP 4500 and 500 from and to {address} through, and IP fragments of both"),
        Fix("ios", ("crypto ikev2 fragmentation mtu <mtu>",), "on both ends, where certificates make IKE_AUTH large"),
        Fix("asa", ("crypto ikev2 fragmentation mtu <mtu>",), "on both ends, where certificates make IKE_AUTH large"),
        Fix("peer", (), "see in its log whether the answer to IKE_SA_INIT arrived, and whether it sent IKE_AUTH"),
    )


RULE = Rule(
    code="IKE215",
    name="ike-auth-not-received",
    severity="error",
    title="IKE_AUTH (IKEv1: MM5) never came",
    side="path",
    rank=Rank.ECHO,
    meaning=(
        "As responder, this device answered the first request and waited for IKE_AUTH until its timer ran out. Either "
        "IKE_AUTH is lost (UDP 4500 blocked, large fragments dropped), or the answer to the first request is."
    ),
    find=find,
    needs=(errors.AUTH_TIMER_EXPIRED, *IKEV1_FAILED),
    fix=_fixes(),
    looks_like=(
        "IKEv2-PROTO-2: (46): Starting timer (30 sec) to wait for auth message",
        "IKEv2-PROTO-1: (46): Failed to receive the AUTH msg before the timer expired",
    ),
    mistaken_for="a wrong key: `Auth exchange failed` follows, and nothing was authenticated at all.",
    references=("RFC 7296 section 2.1", "RFC 7296 section 2.4", "RFC 7383"),
)
