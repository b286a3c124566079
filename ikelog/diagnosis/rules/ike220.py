"""IKE220: the identity that was sent is not in the certificate."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import MAYBE_ANOTHERS, seen
from ikelog.diagnosis.facts import errors_reported, events, peer, tells
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.order import before, ordered
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event
from ikelog.terms import errors

_FAILED = "peer_id_check_failed"


def find(log: Log) -> Iterator[Match]:
    """Yield the failed checks of an identity against a certificate: errors where the negotiation failed there."""
    some_are_near = log.of_none.has(_FAILED)  # what is near a negotiation is of none
    for negotiation in log.negotiations:
        near = some_are_near and any(event.kind == _FAILED for event in negotiation.nearby)
        if near or tells(negotiation, _FAILED):
            yield from _failed(negotiation)
        for event in events(negotiation, "certificate_address_differs")[:1]:
            yield Match((negotiation,), [event], _address(event), fix=for_device(negotiation, *_fixes(negotiation)))
    for event in log.of_none.of("certificate_address_differs"):
        yield Match((), [event], _address(event), fix=_fixes(platform="ios"))


def _failed(negotiation: Negotiation) -> Iterator[Match]:
    failed, certainty = seen(negotiation, _FAILED)
    if failed:
        enforced = negotiation.outcome == "failed" and not _went_on(negotiation, failed[0])
        yield Match(
            (negotiation,),
            [failed[0], *(_refused(negotiation, failed[0]) if enforced else [])],
            _checked(negotiation),
            certainty,
            severity="error" if enforced else "warning",
            alternatives=() if certainty == "observed" else (MAYBE_ANOTHERS,),
            fix=for_device(negotiation, *_fixes(negotiation)),
        )


def _went_on(negotiation: Negotiation, failed: Event) -> bool:
    """Tell whether the peer was authenticated all the same, behind the failed check."""
    verified = events(negotiation, "peer_authentication_verified")
    return any(before(negotiation, failed, e) and e.fields.get("result") == "passed" for e in verified)


def _refused(negotiation: Negotiation, failed: Event) -> list[Event]:
    """Return the line with which the device refuses the peer behind the failed check."""
    refused = events(negotiation, "authentication_refused", "authentication_failure_sent")
    refused += errors_reported(negotiation, errors.NOT_IN_DATABASE, errors.AUTH_EXCHANGE_FAILED)
    return ordered(negotiation, (e for e in refused if before(negotiation, failed, e)))[:1]


def _checked(negotiation: Negotiation) -> str:
    sent = events(negotiation, "peer_identity_received")
    identity = str(sent[-1].fields["identity"]) if sent else peer(negotiation, "the identity that it sent")
    looked_for = [str(e.fields["san_field"]) for e in seen(negotiation, "peer_id_field_missing")[0]]
    absent = f" (no {', '.join(dict.fromkeys(looked_for))} in its SAN)" if looked_for else ""
    return f"The peer called itself {identity}, and its certificate does not name that{absent}."


def _address(event: Event) -> str:
    sent, certified = event.fields.get("identity_name"), event.fields.get("certificate_address")
    return (
        f"The peer called itself {sent}; the address in its certificate is {certified}. The check is not enforced here."
    )


def _fixes(negotiation: Negotiation | None = None, platform: str | None = None) -> tuple[Fix, ...]:
    group = negotiation.configuration.tunnel_group or peer(negotiation) if negotiation else "<peer-address>"
    profile = (negotiation and negotiation.configuration.profile) or "<profile>"
    fixes = (
        Fix(
            "peer", (), "let it send an identity that its certificate holds (its DN), or issue one with that name in it"
        ),
        Fix(
            "asa",
            (f"tunnel-group {group} ipsec-attributes", " peer-id-validate cert"),
            "checks only names that a certificate holds; with `nocheck` any certificate of that CA would do",
        ),
        Fix(
            "ios", (f"crypto ikev2 profile {profile}", " match certificate <map>"), "match the peer by its certificate"
        ),
    )
    return tuple(fix for fix in fixes if platform is None or fix.platform in (platform, "peer"))


RULE = Rule(
    code="IKE220",
    name="certificate-identity-mismatch",
    severity="warning",
    title="The identity is not in the certificate",
    side="both",
    rank=Rank.CAUSE,
    meaning=(
        "The peer sent one identity and a certificate that is made out to another: usually an address that the "
        "certificate does not hold. An ASA refuses by default (peer-id-validate req); IOS only warns."
    ),
    find=find,
    needs=(_FAILED, "certificate_address_differs"),
    fix=_fixes(),
    looks_like=(
        "IKEv2-PLAT-2: Peer ID check: failed to retreive IP from SAN",
        "IKEv2-PLAT-1: Peer ID check failed",
        "%CRYPTO-6-IKMP_NO_ID_CERT_ADDR_MATCH: ID of 192.0.2.9 (type 1) and certificate addr with 198.51.100.9",
    ),
    mistaken_for=(
        "IKE204: `Failed to locate an item in the database` follows here too; IKE206: the certificate itself is valid."
    ),
    references=("RFC 7296 section 3.5", "RFC 7296 section 3.6"),
    sample="asa-certificate-identity-mismatch.log",
)
