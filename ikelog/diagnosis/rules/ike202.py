"""IKE202: no pre-shared key for the peer."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import MAYBE_ANOTHERS, seen
from ikelog.diagnosis.facts import errors_reported, events, failures, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.ikev1_keys import key_missing, lone_missing_keys
from ikelog.diagnosis.order import before, next_behind
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.terms import errors

_NO_KEY_FOUND = ("preshared_key_missing", "own_credential_missing")
_OWN_UNSET = ("own_authentication_unset", "own_method_unset")
_WHY_METHOD = "if the peer is to use a certificate, it is `ikev2 remote-authentication certificate` that is missing"


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations that failed because no key was configured for the peer."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from key_missing(negotiation)
            continue
        match = _missing(negotiation) or _unset(negotiation) or _looked_up(negotiation)
        if match:
            yield match
    yield from lone_missing_keys(log)


def _missing(negotiation: Negotiation) -> Match | None:
    """Match the lines that say in so many words that there is no key, or no method to verify the peer."""
    lines, certainty = seen(negotiation, *_NO_KEY_FOUND)
    if lines:
        others = () if certainty == "observed" else (MAYBE_ANOTHERS,)
        who = lines[0].fields.get("identity_name") or lines[0].fields.get("tunnel_group") or peer(negotiation, "it")
        text = f"No pre-shared key is configured here for {who}."
        return Match((negotiation,), lines[:2], text, certainty, alternatives=others, fix=_fix(negotiation))
    lines, _ = seen(negotiation, "peer_method_missing")
    if lines:
        text = (
            f"Tunnel group {lines[0].fields['tunnel_group']} says nothing of how the peer authenticates: no key for it."
        )
        other = (Alternative("IKE203", _WHY_METHOD),)
        return Match((negotiation,), lines[:1], text, "inferred", alternatives=other, fix=_fix(negotiation))
    return None


def _unset(negotiation: Negotiation) -> Match | None:
    """Match an ASA that found its tunnel group and no credential in it."""
    lines, certainty = seen(negotiation, *_OWN_UNSET)
    group, _ = seen(negotiation, "tunnel_group_found") if lines else ([], certainty)
    if not group or seen(negotiation, "tunnel_group_missing")[0]:
        return None
    name = group[-1].fields["tunnel_group"]
    text = f"Tunnel group {name} has no pre-shared key (nor a trustpoint): this device cannot authenticate itself."
    others = () if certainty == "observed" else (MAYBE_ANOTHERS,)
    return Match((negotiation,), [group[-1], lines[0]], text, certainty, alternatives=others, fix=_fix(negotiation))


def _looked_up(negotiation: Negotiation) -> Match | None:
    """Match a key that was looked for, and a search that found nothing before the key was used."""
    absent = errors_reported(negotiation, errors.NOT_IN_DATABASE)
    used = events(negotiation, "preshared_key_used")
    for wanted in events(negotiation, "peer_preshared_key_requested") if absent else ():
        missed, found = (next_behind(negotiation, wanted, places) for places in (absent, used))
        if missed and not (found and before(negotiation, found, missed)):
            text = f"The search for the pre-shared key of {wanted.fields['identity_name']} found none."
            other = (Alternative("IKE204", "it may be the profile of that identity that was not found"),)
            evidence = [wanted, missed]
            return Match((negotiation,), evidence, text, "inferred", alternatives=other, fix=_fix(negotiation))
    return None


def _fix(negotiation: Negotiation | None = None) -> tuple[Fix, ...]:
    address = peer(negotiation) if negotiation else "<peer-address>"
    used = negotiation.configuration if negotiation else None
    keyring = (used and used.keyring) or "<keyring>"
    group = (used and used.tunnel_group) or address
    ios = (f"crypto ikev2 keyring {keyring}", " peer <name>", f"  address {address}", "  pre-shared-key <key>")
    asa = (
        f"tunnel-group {group} ipsec-attributes",
        " ikev2 local-authentication pre-shared-key <key>",
        " ikev2 remote-authentication pre-shared-key <key that the peer uses as its own>",
    )
    return for_device(
        negotiation,
        Fix("ios", ios, "in the keyring that the peer's IKEv2 profile names (keyring local)"),
        Fix("asa", asa, "both are needed: one to prove who this device is, one to verify the peer"),
        Fix("peer", (), "the same key there, for this device's address or identity"),
    )


RULE = Rule(
    code="IKE202",
    name="psk-missing",
    severity="error",
    title="No pre-shared key for this peer",
    side="local",
    rank=Rank.CAUSE,
    meaning=(
        "This device looked for the pre-shared key under the peer's address, identity or tunnel group, and there is "
        "none. An ASA then cannot even send its first message; IOS fails when it has to compute or verify AUTH."
    ),
    find=find,
    needs=(*_NO_KEY_FOUND, *_OWN_UNSET, "peer_method_missing", errors.NOT_IN_DATABASE, "ikev1 failed"),
    fix=_fix(),
    looks_like=(
        "IKEv2-PLAT-2: mapped to tunnel group 192.0.2.9 using peer IP",
        "IKEv2-PLAT-1: Failed to set P1 auth to build policy",
    ),
    mistaken_for="IKE201, a key that is there and differs; IKE218, no tunnel group at all.",
    references=("RFC 7296 section 2.15",),
)
