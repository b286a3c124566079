"""IKE210: this device has nothing to sign with."""

from collections.abc import Iterator

from ikelog.diagnosis.facts import events, failures
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, told
from ikelog.diagnosis.types import Fix

_KINDS = ("certificate_missing", "signing_key_missing", "key_pair_missing", "certificate_key_unsupported")
_WHAT = {
    "certificate_missing": "certificate",
    "signing_key_missing": "key pair",
    "key_pair_missing": "key pair",
    "certificate_key_unsupported": "certificate with a key that IKE can use",
    "own_credential_missing": "trustpoint in its tunnel group",
    "signature_made": "usable key: what it tried to sign failed",
    "pki_answered": "certificate or key in its trustpoint",
}
_OWN = ("Getting of cert chain for the trustpoint", "Getting of private key")


def find(log: Log) -> Iterator[Match]:
    """Find a certificate or key of its own that this device does not have."""
    for said in told(log, *_KINDS):
        if not said.negotiations or said.failed:
            yield _match(said)
    for negotiation in failures(log.negotiations):
        lines = events(negotiation, "own_credential_missing") if negotiation.ike_version == 1 else []
        answered = [e for e in events(negotiation, "pki_answered") if e.fields.get("pki_answer") in _OWN]
        lines += [e for e in (*answered, *events(negotiation, "signature_made")) if e.fields.get("result") == "failed"]
        if lines:
            yield _match(Told((negotiation,), tuple(lines), "observed"))


def _match(said: Told) -> Match:
    lacking = _WHAT[said.lines[0].kind]
    trustpoint = said.value("trustpoint", "key_name")
    of = f" ({trustpoint})" if trustpoint else ""
    return Match(
        said.negotiations,
        said.lines[:2],
        f"This device is to authenticate itself with a certificate and has no {lacking}{of}.",
        said.certainty,
        severity=said.severity,
        alternatives=said.others,
        fix=said.fixes(*_fixes(said)),
    )


def _fixes(said: Told | None = None) -> tuple[Fix, ...]:
    name = (said and said.value("trustpoint")) or "<name>"
    group = (said and said.value("tunnel_group")) or (said.address if said else "<peer-address>")
    return (
        Fix(
            "ios",
            ("show crypto pki certificates", "show crypto key mypubkey all", f"crypto pki enroll {name}"),
            "the trustpoint that the profile names needs a key pair and a certificate of this device",
        ),
        Fix(
            "asa",
            (
                "show crypto ca certificates",
                f"crypto ca enroll {name}",
                f"tunnel-group {group} ipsec-attributes",
                f" ikev1 trust-point {name}",
            ),
            "the tunnel group (IKEv2: `ikev2 local-authentication certificate`) names an enrolled trustpoint",
        ),
    )


RULE = Rule(
    code="IKE210",
    name="no-local-credential",
    severity="error",
    title="This device has no certificate or key to sign with",
    side="local",
    rank=Rank.CAUSE,
    meaning="The configuration has this device prove itself with a certificate, and the certificate, the trustpoint or "
    "the key pair that belongs to it is not there: never enrolled, deleted, or lost with a new chassis.",
    find=find,
    needs=(*_KINDS, "own_credential_missing", "signature_made", "pki_answered"),
    fix=_fixes(),
    looks_like=(
        "%PKI-3-QUERY_KEY: Querying key pair failed.",
        "[IKEv1]: IP = 192.0.2.9, Connection failed with peer '192.0.2.9', no trust-point defined in tunnel-group 'x'",
    ),
    mistaken_for="IKE202, where it is a pre-shared key that is missing. It has not been seen in a real log yet",
    references=("RFC 7296 section 2.15", "RFC 7296 section 3.6"),
    sample="iosxe-ikev1-no-local-credential.log",
)
