"""What IKEv1 logs of pre-shared keys that differ or are missing: the findings of IKE201 and IKE202."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.ikev1_commands import key_commands
from ikelog.diagnosis.ikev1_policies import lacks_key, may_be_keyed, refused_transforms
from ikelog.diagnosis.ikev1_refusals import notify_name
from ikelog.diagnosis.rule import Log, Match
from ikelog.diagnosis.told import told
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event

_DECRYPTED_WRONG = ("id_payload_malformed", "key_mismatch_suspected", "message_not_decrypted")
_MAYBE_WRONG = ("payload_malformed", "message_malformed")
DAMAGED = Alternative("IKE117", "the message may have been damaged on the way, or made wrong by the peer")
_METHOD = Alternative("IKE203", "the peer may be meant to use a certificate: then it is the policy that does not fit")
_BY_CERTIFICATE = ("rsa-sig", "ecdsa-sig", "rsa-encr")


def key_differs(negotiation: Negotiation) -> Iterator[Match]:
    """Find a first encrypted message that makes no sense once decrypted: it was made with another key."""
    if negotiation.outcome != "failed" or negotiation.stage != "auth" or not may_be_keyed(negotiation):
        return
    if _by_certificate(negotiation):
        return
    surely, maybe = events(negotiation, *_DECRYPTED_WRONG), events(negotiation, *_MAYBE_WRONG)
    told = [e for e in events(negotiation, "notify_received") if notify_name(e) == "PAYLOAD_MALFORMED"]
    initiator = negotiation.role == "initiator"
    if not surely and not maybe and not (told and initiator):
        return
    evidence = [*surely, *maybe, *told]
    observed = bool(surely) and not initiator
    yield Match(
        (negotiation,),
        evidence[:3],
        _explanation(negotiation, observed=observed),
        "observed" if observed else "inferred",
        alternatives=() if observed else (DAMAGED,),
        fix=key_fixes(negotiation.platform, peer(negotiation), negotiation.configuration.tunnel_group),
    )


def _by_certificate(negotiation: Negotiation) -> bool:
    return negotiation.authentication.remote in _BY_CERTIFICATE or bool(
        events(negotiation, "authentication_by_certificate", "authentication_by_encrypted_nonces")
    )


def _explanation(negotiation: Negotiation, *, observed: bool) -> str:
    who = peer(negotiation, "the peer")
    if observed:
        return (
            f"The first encrypted message of {who} makes no sense when decrypted here: the two pre-shared keys differ."
        )
    if negotiation.role == "initiator" and not events(negotiation, *_MAYBE_WRONG, "id_payload_malformed"):
        return f"{who} could not read our first encrypted message: most likely the two pre-shared keys differ."
    return f"An encrypted message of {who} could not be read: most likely the two pre-shared keys differ."


def key_fixes(platform: str | None, address: str, group: str | None = None) -> tuple[Fix, ...]:
    """Return what to type where two pre-shared keys differ, or one is missing."""
    why = "type it anew on both ends: a blank at its end is part of the key; or else:"
    here = tuple(Fix(name, key_commands(name, address, group), why) for name in platforms(platform))
    return (*here, Fix("peer", (), "set the pre-shared key for this device to the same text there"))


def lone_bad_messages(lines: list[Event]) -> Iterator[Match]:
    """Find messages that failed the sanity check, of no negotiation; those of one peer are one finding."""
    by_peer: dict[tuple[str, str], list[Event]] = {}
    for event in lines:
        by_peer.setdefault((event.source, str(event.fields.get("remote_address", "a peer"))), []).append(event)
    for (_, who), found in by_peer.items():
        yield Match(
            (),
            found[:3],
            f"A message of {who} makes no sense when decrypted: most likely the two pre-shared keys differ (IKEv1).",
            "inferred",
            severity="warning",
            alternatives=(DAMAGED,),
            fix=key_fixes("ios", who if who != "a peer" else "<peer-address>"),
        )


def lone_missing_keys(log: Log) -> Iterator[Match]:
    """Find peers without a key of which only syslog tells, apart from any negotiation."""
    for said in told(log, "preshared_key_missing", stages=()):
        if not said.negotiations:
            text = f"No pre-shared key is configured here for {said.who}."
            here = tuple(
                Fix(name, key_commands(name, said.address), "for that peer") for name in platforms(said.platform)
            )
            yield Match((), said.lines[:2], text, severity="warning", fix=here)


def key_missing(negotiation: Negotiation) -> Iterator[Match]:
    """Find a peer for which no pre-shared key was found; the refusal of its transforms behind it only follows."""
    if negotiation.outcome != "failed" or negotiation.ike_up:
        return
    if events(negotiation, "attributes_accepted", "ike_proposal_accepted"):
        return  # it went on without a key: by certificate
    missing = events(negotiation, "preshared_key_missing")
    echoes = [line for one in refused_transforms(negotiation) if lacks_key(one) for line in one.lines]
    if not missing and not echoes:
        return
    who = peer(negotiation, "the peer")
    yield Match(
        (negotiation,),
        [*missing[:1], *echoes[:1]],
        f"{'No' if missing else 'Most likely no'} pre-shared key is configured here for {who}.",
        "observed" if missing else "inferred",
        alternatives=() if missing else (_METHOD,),
        fix=_missing_fixes(negotiation, who if negotiation.remote.address else "<peer-address>"),
    )


def _missing_fixes(negotiation: Negotiation, address: str) -> tuple[Fix, ...]:
    why = "in the VRF, keyring and profile that the peer is to use; or else:"
    here = tuple(Fix(name, key_commands(name, address), why) for name in platforms(negotiation.platform))
    return (*here, Fix("peer", (), "let it come from the address that has a key here"))
