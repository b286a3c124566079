"""IKE206: the peer's certificate or its signature was not accepted."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import MAYBE_ANOTHERS, named_elsewhere, peer_method, seen, unverified
from ikelog.diagnosis.facts import FAILED, events, failures, nearby, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_KINDS = ("certificate_rejected", "trustpoint_missing", "signature_verified", "pki_answered", "state_changed")
# What says more than that a certificate was refused: IKE220, IKE207, IKE208.
_NAMED_ELSEWHERE = ("peer_id_check_failed", "certificate_not_in_date", "certificate_revoked")


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations that failed over the peer's certificate, or over what it signed with it."""
    for negotiation in failures(log.negotiations):
        if seen(negotiation, *_NAMED_ELSEWHERE)[0]:
            continue
        own = [e for e in events(negotiation, *_KINDS) if _is_refusal(e)]
        if not own and peer_method(negotiation) == "certificate" and not named_elsewhere(negotiation):
            own = unverified(negotiation)
        near = [e for e in nearby(negotiation, *_KINDS) if _is_refusal(e)]
        if own or near:
            yield _match(negotiation, own or near, inferred=not own)


def _is_refusal(event: Event) -> bool:
    """Tell whether an event says that a certificate, its chain or a signature did not pass."""
    if event.kind in ("certificate_rejected", "trustpoint_missing"):
        return True
    if event.kind == "state_changed":
        return event.fields.get("state_event") == "EV_CERT_FAIL"
    if event.fields.get("result") != "failed":
        return False
    # What PKI answers about this device's own certificate or about issuer hashes refuses no peer.
    return event.kind == "signature_verified" or "alidat" in str(event.fields.get("pki_answer"))


def _match(negotiation: Negotiation, lines: list[Event], *, inferred: bool) -> Match:
    untrusted = any(e.kind == "trustpoint_missing" for e in lines)
    return Match(
        (negotiation,),
        lines[:3],
        _explanation(negotiation, lines, untrusted=untrusted),
        "inferred" if inferred else "observed",
        side="both" if untrusted else None,
        alternatives=(MAYBE_ANOTHERS,) if inferred else (),
        fix=for_device(negotiation, *_FIXES),
    )


def _explanation(negotiation: Negotiation, lines: list[Event], *, untrusted: bool) -> str:
    who = peer(negotiation, "the peer")
    if untrusted:
        return (
            f"The certificate of {who} was refused: no trustpoint here holds the CA that issued it. "
            "Either that CA is not installed here, or the peer did not send its intermediate CA along."
        )
    reasons = [str(e.fields["reason"]) for e in lines if "reason" in e.fields]
    if reasons:
        return f"The certificate of {who} was refused: {reasons[0]}."
    kinds = {e.kind for e in lines}
    if kinds <= {"signature_verified", "peer_authentication_verified", "error_reported", "negotiation_aborted"}:
        return f"The signature of {who} does not verify with the certificate that it uses."
    return f"The certificate of {who} was refused here: its chain did not validate."


_FIXES = (
    Fix(
        "ios",
        ("crypto pki trustpoint <name>", " enrollment terminal", "crypto pki authenticate <name>"),
        "install the CA that issued the peer's certificate, and let the profile verify with it (pki trustpoint)",
    ),
    Fix(
        "asa",
        ("crypto ca trustpoint <name>", " enrollment terminal", "crypto ca authenticate <name>"),
        "install the CA that issued the peer's certificate",
    ),
    Fix("peer", (), "let it send its whole chain, intermediate CA included; check its certificate's key usage"),
)

RULE = Rule(
    code="IKE206",
    name="certificate-invalid",
    severity="error",
    title="The peer's certificate was not accepted",
    side="peer",
    rank=Rank.CAUSE,
    meaning=(
        "The peer authenticates with a certificate, and this device cannot build a chain from it to a CA that it "
        "trusts, does not accept its key usage, or finds the signature wrong. `debug crypto pki` (IOS: messages, "
        "transactions and validation; ASA: debug crypto ca) says which."
    ),
    find=find,
    needs=FAILED,
    fix=_FIXES,
    looks_like=(
        "CRYPTO_PKI: (A16B) No suitable trustpoints found",
        "IKEv2:(SA ID = 2):[PKI -> IKEv2] Validation of certificate chain FAILED",
        "IKEv2:(SESSION ID = 7,SA ID = 2):Verify cert failed",
    ),
    mistaken_for=(
        "IKE201: `Verification of peer's authentication data FAILED` follows here as well. `Failed to retrieve trusted "
        "issuers hashes or none available` and a failed retrieval of public key hashes stand in healthy logs."
    ),
    references=("RFC 7296 section 3.6", "RFC 7296 section 2.15", "RFC 7427"),
    sample="iosxe-certificate-invalid.log",
)
