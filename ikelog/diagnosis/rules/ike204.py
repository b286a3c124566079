"""IKE204: nothing is configured for the identity that the peer sent."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import MAYBE_ANOTHERS, seen, tunnel_group_by_identity
from ikelog.diagnosis.facts import errors_reported, events, failures, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.ikev1_identities import unknown_name
from ikelog.diagnosis.order import before, ordered
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Certainty, Fix
from ikelog.events.types import Event
from ikelog.terms import errors

_FOUND = ("profile_found", "tunnel_group_found")
_OTHER_CAUSE = ("peer_id_check_failed", "peer_preshared_key_requested", "certificate_rejected", "trustpoint_missing")
_WHAT_ELSE = Alternative("IKE202", "the line does not say what was looked for: it may be the key for that identity")
# The word of `match identity remote` for the type that a device prints.
_MATCH = {"fqdn": "fqdn", "mail": "email", "rfc822": "email", "key": "key-id", " dn": "certificate"}


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations in which the search by the peer's identity found nothing."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from unknown_name(negotiation)
            continue
        sent = events(negotiation, "peer_identity_received")
        missing, certainty = _not_found(negotiation, sent[-1] if sent else None)
        if not missing or not (sent or negotiation.stage == "auth"):
            continue
        others = _others(missing, certainty)
        yield Match(
            (negotiation,),
            [*sent[-1:], *missing[:3]],
            _explanation(negotiation, sent),
            "inferred" if others else "observed",
            alternatives=others,
            fix=for_device(negotiation, *_fixes(negotiation, *_identity(sent))),
        )


def _not_found(negotiation: Negotiation, sent: Event | None) -> tuple[list[Event], Certainty]:
    """Return the lines behind `sent` that say that the search found nothing; none where another cause is named."""
    others = seen(negotiation, *_FOUND)[0] + seen(negotiation, *_OTHER_CAUSE)[0]
    if any(sent is None or before(negotiation, sent, e) for e in others):
        return [], "observed"
    searched, certainty = seen(negotiation, "profile_not_found", "tunnel_group_missing")
    named = [e for e in searched if e.kind == "profile_not_found" or tunnel_group_by_identity(negotiation, e)]
    lookups = errors_reported(negotiation, errors.NOT_IN_DATABASE) if sent else []
    lines = [e for e in named + lookups if sent is None or before(negotiation, sent, e)]
    return ordered(negotiation, lines), "observed" if lookups else certainty


def _others(missing: list[Event], certainty: Certainty) -> tuple[Alternative, ...]:
    if all(e.kind == "error_reported" for e in missing):
        return (_WHAT_ELSE,)
    return () if certainty == "observed" else (MAYBE_ANOTHERS,)


def _identity(sent: list[Event]) -> tuple[str, str]:
    fields = sent[-1].fields if sent else {}
    return str(fields.get("identity", "<identity>")), str(fields.get("identity_type", ""))


def _explanation(negotiation: Negotiation, sent: list[Event]) -> str:
    identity, kind = _identity(sent)
    named = f"'{identity}' ({kind})" if sent else "the identity that it sent"
    what = "tunnel group" if negotiation.platform == "asa" else "IKEv2 profile"
    return f"No {what} here matches {named}, as which {peer(negotiation, 'the peer')} introduced itself."


def _fixes(negotiation: Negotiation | None = None, identity: str = "<identity>", kind: str = "") -> tuple[Fix, ...]:
    configured = negotiation.configuration.profile if negotiation else None
    word = next((word for name, word in _MATCH.items() if name in kind.lower()), "address")
    mask = " 255.255.255.255" if word == "address" and ":" not in identity else ""
    ios: tuple[str, ...] = (f"crypto ikev2 profile {configured or '<profile>'}",)
    asa: tuple[str, ...] = (f"tunnel-group {identity} type ipsec-l2l",)
    if word == "certificate":
        head = ("crypto pki certificate map <map> 10", " subject-name co <part of its DN>")
        ios = (*head, *ios, " match certificate <map>")
        asa = (
            "crypto ca certificate map <map> 10",
            " subject-name attr cn eq <CN>",
            "tunnel-group-map <map> 10 <group>",
        )
    else:
        ios = (*ios, f" match identity remote {word} {identity}{mask}")
    return (
        Fix("ios", ios, "the profile must name what the peer sends, by the same type, or else:"),
        Fix("asa", asa, "a tunnel group is found by identity, by certificate map or by the peer's address, or else:"),
        Fix("peer", (), "let it send, as its own IKE identity, the one that is configured here"),
    )


RULE = Rule(
    code="IKE204",
    name="peer-identity-unmatched",
    severity="error",
    title="Nothing is configured for the identity that the peer sent",
    side="both",
    rank=Rank.CAUSE,
    meaning="In IKE_AUTH the peer says who it is: an address, a name, a distinguished name. The device looks for the "
    "profile or tunnel group of that identity, and there is none; keys and certificates were not looked at. A peer "
    "behind NAT sends its inside address, another vendor may send a name, a certificate brings its DN.",
    find=find,
    needs=("profile_not_found", "tunnel_group_missing", errors.NOT_IN_DATABASE),
    fix=_fixes(),
    looks_like=(
        "IKEv2:(SESSION ID = 8,SA ID = 1):Searching policy based on peer's identity 'r9.example.com' of type 'FQDN'",
        "IKEv2:% IKEv2 profile not found",
        "IKEv2-ERROR:(SESSION ID = 8,SA ID = 1):: Failed to locate an item in the database",
    ),
    mistaken_for="IKE218 and IKE112, where nothing is known of the peer's address; IKE220, where the same "
    "`Failed to locate an item in the database` follows a failed peer ID check",
    references=("RFC 7296 section 3.5", "RFC 7296 section 2.21.2"),
    sample="iosxe-profile-not-found.log",
)
