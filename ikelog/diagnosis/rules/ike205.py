"""IKE205: the peer refused our authentication and says no more."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.authentication import Method, own_method
from ikelog.diagnosis.facts import errors_reported, events, notified, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.terms import errors

_KEY = Alternative(
    "IKE201",
    "the keys differ: its log says that authenticating the IKE SA failed",
)
_CERTIFICATE = Alternative(
    "IKE206", "it does not accept our certificate or signature: its log names chain, trustpoint or EKU"
)
_IDENTITY = Alternative(
    "IKE204", "nothing is configured there for our identity: its log says that no profile or tunnel group was found"
)
_METHOD = Alternative("IKE203", "it asks another authentication method of us: its log says that the methods do not fit")
_NO_KEY = Alternative("IKE202", "it has no key for us: its log says that no pre-shared key was found")


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations in which an AUTHENTICATION_FAILED was received."""
    for negotiation in log.negotiations:
        refusals = notified(negotiation, "AUTHENTICATION_FAILED", "received")
        if refusals:
            failed = errors_reported(negotiation, errors.AUTH_EXCHANGE_FAILED)
            after = [e for e in failed if before(negotiation, refusals[0], e)]
            yield Match(
                (negotiation,),
                [refusals[0], *after[:1]],
                _explanation(negotiation, refusals[0]),
                alternatives=_alternatives(own_method(negotiation)),
                fix=_fixes(negotiation),
            )


def _explanation(negotiation: Negotiation, refusal: Message) -> str:
    sent = [e for e in events(negotiation, "identity_constructed") if before(negotiation, e, refusal)]
    named = f" as '{sent[-1].fields['identity']}'" if sent else ""
    where = "IKE_AUTH" if refusal.exchange == "IKE_AUTH" else f"an {refusal.exchange} message"
    return (
        f"{peer(negotiation, 'The peer')} refused our authentication{named} with AUTHENTICATION_FAILED in {where}. "
        "The notify gives no reason: that stands in the peer's own log."
    )


def _alternatives(method: Method | None) -> tuple[Alternative, ...]:
    if method == "psk":
        return _KEY, _IDENTITY, _METHOD, _NO_KEY
    if method == "certificate":
        return _CERTIFICATE, _IDENTITY, _METHOD
    return _KEY, _CERTIFICATE, _IDENTITY, _METHOD


def _fixes(negotiation: Negotiation | None = None) -> tuple[Fix, ...]:
    address = peer(negotiation) if negotiation else "<peer-address>"
    configured = negotiation.configuration if negotiation else None
    profile = (configured and configured.profile) or "<profile>"
    keyring = (configured and configured.keyring) or "<keyring>"
    group = (configured and configured.tunnel_group) or address
    ios = (
        f"show running-config | section crypto ikev2 profile {profile}",
        f"show running-config | section crypto ikev2 keyring {keyring}",
    )
    if negotiation and negotiation.ike_version == 1:
        ios = ("show running-config | section crypto isakmp", "show running-config | section crypto keyring")
    return for_device(
        negotiation,
        Fix(
            "peer",
            (),
            "read its IKE log of that moment: the line before it sends AUTHENTICATION_FAILED names the reason",
        ),
        Fix(
            "ios",
            ios,
            "compare with the peer: identity local, authentication local, the local key",
        ),
        Fix(
            "asa",
            (f"show running-config tunnel-group {group}", "show running-config crypto isakmp"),
            "compare with the peer: local-authentication, its key or trustpoint, crypto isakmp identity",
        ),
    )


RULE = Rule(
    code="IKE205",
    name="authentication-rejected-by-peer",
    severity="error",
    title="The peer rejected our authentication",
    side="unknown",
    rank=Rank.ECHO,
    meaning=(
        "The peer answered with AUTHENTICATION_FAILED. RFC 7296 has it say no more, so as not to help an attacker: "
        "whether the key, the certificate, the identity or the method displeased it, only its own log tells."
    ),
    find=find,
    needs=("AUTHENTICATION_FAILED",),
    fix=_fixes(),
    looks_like=(
        "IKEv2:(SESSION ID = 5,SA ID = 1):Received Packet [From 192.0.2.9:500/To 192.0.2.1:500/VRF i0:f0]",
        "IKEv2 IKE_AUTH Exchange RESPONSE",
        " NOTIFY(AUTHENTICATION_FAILED)",
    ),
    mistaken_for="IKE201: the notify is no proof that the keys differ.",
    references=("RFC 7296 section 2.21.2", "RFC 7296 section 2.15"),
    sample="iosxe-authentication-rejected.log",
)
