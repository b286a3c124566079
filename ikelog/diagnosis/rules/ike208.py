"""IKE208: a certificate is revoked, or whether it is could not be found out."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, of_certificates, told
from ikelog.diagnosis.types import Alternative, Fix

_REVOKED = "certificate_revoked"
_KINDS = (_REVOKED, "crl_fetch_failed", "crl_refused", "ocsp_failed")
_ELSE = Alternative("IKE206", "the certificate may be refused for another reason, and the check not be enforced")


def find(log: Log) -> Iterator[Match]:
    """Find checks of revocation that failed or said that a certificate is revoked."""
    for said in map(of_certificates, told(log, *_KINDS)):
        revoked = any(line.kind == _REVOKED for line in said.lines)
        yield Match(
            said.negotiations,
            said.lines[:3],
            _explanation(said, revoked=revoked),
            said.certainty if revoked else "inferred",
            severity=said.severity,
            side="peer" if revoked else None,
            alternatives=said.others if revoked else (*said.others, _ELSE),
            fix=said.fixes(*_fixes(said)),
        )


def _explanation(said: Told, *, revoked: bool) -> str:
    if revoked:
        serial = said.value("serial")
        named = f" with serial number {serial}" if serial else ""
        whose = f"The certificate of {said.who}" if said.negotiations else "A certificate"
        return f"{whose}{named} is revoked by the CA that issued it."
    trustpoint, reason = said.value("trustpoint"), said.value("reason")
    why = f" ({reason})" if reason else ""
    of = f" of trustpoint {trustpoint}" if trustpoint else ""
    return f"Whether a certificate is revoked could not be found out: the CRL or OCSP server{of} gave no answer{why}."


def _fixes(said: Told | None = None) -> tuple[Fix, ...]:
    name = (said and said.value("trustpoint")) or "<name>"
    return (
        Fix("path", (), "let this device reach the CRL or OCSP server, outside the tunnel that it is to open"),
        Fix(
            "ios",
            (f"crypto pki trustpoint {name}", " revocation-check crl none"),
            "asks the server and goes on without an answer",
        ),
        Fix(
            "asa",
            (f"crypto ca trustpoint {name}", " revocation-check crl none"),
            "asks the server and goes on without an answer",
        ),
        Fix("peer", (), "where it is revoked: have a new certificate issued"),
    )


RULE = Rule(
    code="IKE208",
    name="revocation-check-failed",
    severity="error",
    title="The revocation check failed",
    side="path",
    rank=Rank.CAUSE,
    meaning="Before it accepts a certificate this device asks whether it is revoked: it fetches a list (CRL) or asks a "
    "server (OCSP). The server was not reachable, its answer not usable, or the certificate is revoked.",
    find=find,
    needs=_KINDS,
    fix=_fixes(),
    looks_like=(
        "%PKI-3-CRL_FETCH_FAIL: CRL fetch for trustpoint CA1 failed",
        "%PKI-3-CERTIFICATE_REVOKED: Certificate chain validation has failed.",
        "%ASA-3-717032: OCSP status check failed. Reason: Server unreachable",
    ),
    mistaken_for="IKE206: chain and signature may be right. Where the check is not enforced it harms nothing",
    references=("RFC 7296 section 3.6",),
    sample="iosxe-syslog-certificates.log",
)
