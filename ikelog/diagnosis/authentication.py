"""How the ends of a negotiation prove who they are, as far as its log tells."""

from typing import Literal

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import errors_reported, events, nearby
from ikelog.diagnosis.order import before, ordered
from ikelog.diagnosis.types import Alternative, Certainty
from ikelog.events.types import Event
from ikelog.terms import errors

Method = Literal["psk", "certificate", "eap"]

MAYBE_ANOTHERS = Alternative(
    "IKE221", "the line names no SA and another negotiation was open at the time: it may belong to that one"
)

# IANA, IKEv2 authentication methods: an ASA prints the number.
_NUMBERS: dict[int, Method] = {
    1: "certificate",
    2: "psk",
    3: "certificate",
    9: "certificate",
    10: "certificate",
    11: "certificate",
    14: "certificate",
}
_PEER_PSK = ("peer_preshared_key_requested", "authentication_differs")
_PEER_CERTIFICATE = ("certificates_received", "signature_verification_requested", "signature_verified")
_PEER_CERTIFICATE_STATES = ("EV_CHK_CERT_ENC", "EV_VERIFY_X509_CERTS", "EV_CERT_FAIL")
_OWN_PSK = ("preshared_key_used", "preshared_key_requested")

# Lines that say that something else than a key or a certificate was wrong before either could be checked.
_NAMED_ELSEWHERE = ("profile_not_found", "peer_id_check_failed", "preshared_key_missing", "tunnel_group_missing")
_NAMED_ELSEWHERE_ERRORS = (errors.AUTH_METHOD_MISMATCH, errors.HTTP_URL_CERTIFICATE, errors.NOT_IN_DATABASE)


def seen(negotiation: Negotiation, *kinds: str) -> tuple[list[Event], Certainty]:
    """Return a negotiation's own events of the given kinds, or those near it, which are inferred to be its."""
    own = events(negotiation, *kinds)
    return (own, "observed") if own else (nearby(negotiation, *kinds), "inferred")


def method_class(printed: str) -> Method:
    """Return the kind of an authentication method as a device prints it: `PSK`, `RSA`, `ecdsa-sig`, `EAP`."""
    name = printed.lower()
    if "psk" in name or "pre-share" in name or "shared" in name:
        return "psk"
    return "eap" if "eap" in name else "certificate"


def peer_method(negotiation: Negotiation) -> Method | None:
    """Return how the peer authenticated itself; None where the log does not say."""
    said = [method_class(str(e.fields["method"])) for e in events(negotiation, "peer_method")]
    said = said or _numbered(negotiation, "peer_method_configured")
    if said:
        return said[-1]
    if events(negotiation, *_PEER_PSK):
        return "psk"
    if events(negotiation, *_PEER_CERTIFICATE) or _certificate_received(negotiation):
        return "certificate"
    remote = negotiation.authentication.remote
    return method_class(remote) if remote else None


def own_method(negotiation: Negotiation) -> Method | None:
    """Return how this device authenticates itself; None where the log does not say."""
    said = [method_class(str(e.fields["method"])) for e in events(negotiation, "own_method")]
    said = said or _numbered(negotiation, "own_method_configured")
    if said:
        return said[-1]
    if negotiation.authentication.local:
        return method_class(negotiation.authentication.local)
    if events(negotiation, "signature_requested", "signature_made") or certificate_sent(negotiation):
        return "certificate"
    return "psk" if events(negotiation, *_OWN_PSK) else None


def certificate_sent(negotiation: Negotiation) -> bool:
    """Tell whether this device put a certificate in its IKE_AUTH."""
    return any("CERT" in m.payloads for m in negotiation.messages if m.direction == "sent")


def unverified(negotiation: Negotiation) -> list[Event]:
    """Return the events that say that the peer's AUTH payload (RFC 7296 section 2.15) did not verify."""
    verified = events(negotiation, "authentication_differs", "peer_authentication_verified")
    refused = [e for e in verified if e.kind == "authentication_differs" or e.fields.get("result") == "failed"]
    return ordered(negotiation, refused + errors_reported(negotiation, errors.AUTHENTICATION_FAILED))


def named_elsewhere(negotiation: Negotiation) -> bool:
    """Tell whether a line names another cause than the key or the certificate for which verification failed."""
    if errors_reported(negotiation, *_NAMED_ELSEWHERE_ERRORS):
        return True
    return bool(events(negotiation, *_NAMED_ELSEWHERE) or nearby(negotiation, *_NAMED_ELSEWHERE))


def _numbered(negotiation: Negotiation, kind: str) -> list[Method]:
    numbers = [e.fields.get("number") for e in events(negotiation, kind)]
    return [_NUMBERS[n] for n in numbers if isinstance(n, int) and n in _NUMBERS]


def _certificate_received(negotiation: Negotiation) -> bool:
    if any(e.fields.get("state_event") in _PEER_CERTIFICATE_STATES for e in events(negotiation, "state_changed")):
        return True
    return any("CERT" in m.payloads for m in negotiation.messages if m.direction == "received")


def tunnel_group_by_identity(negotiation: Negotiation, missing: Event) -> bool:
    """Tell whether a missing tunnel group was looked for by the identity of IKE_AUTH, not by the peer's address."""
    searches = [e for e in seen(negotiation, "tunnel_group_searched")[0] if before(negotiation, e, missing)]
    return bool(searches) and "identity_name" in searches[-1].fields
