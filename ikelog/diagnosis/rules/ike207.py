"""IKE207: a certificate is expired, or not yet valid."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, of_certificates, told
from ikelog.diagnosis.types import Fix

_PEERS, _OWN = "certificate_not_in_date", "trustpoint_certificate_expired"


def find(log: Log) -> Iterator[Match]:
    """Find certificates out of date, in a negotiation or of none."""
    for said in map(of_certificates, told(log, _PEERS, _OWN)):
        yield Match(
            said.negotiations,
            said.lines[:3],
            _explanation(said),
            said.certainty,
            severity=said.severity,
            side="local" if _is_own(said) else None if said.negotiations else "unknown",
            alternatives=said.others,
            fix=said.fixes(*_FIXES),
        )


def _is_own(said: Told) -> bool:
    return all(line.kind == _OWN for line in said.lines)


def _explanation(said: Told) -> str:
    if _is_own(said):
        expiry = said.value("expiry")
        ended = f" on {expiry}" if expiry else ""
        return f"A certificate of this device (trustpoint {said.value('trustpoint') or 'not named'}) expired{ended}."
    serial, until = said.value("serial"), said.value("validity")
    named = f" with serial number {serial}" if serial else ""
    dated = f" The date in it is {until}." if until else ""
    where = "" if said.negotiations else " Nothing ties it to a negotiation: it may be one of HTTPS or another service."
    whose = f"The certificate of {said.who}" if said.negotiations else "A certificate"
    return f"{whose}{named} was refused: it is expired or not yet valid by this device's clock.{dated}{where}"


_FIXES = (
    Fix("ios", ("show clock detail", "show ntp status"), "first see whether this device's clock is right; then:"),
    Fix("asa", ("show clock detail", "show ntp status"), "first see whether this device's clock is right; then:"),
    Fix("peer", (), "renew the certificate there, or set the clock of the end that is wrong by NTP"),
)

RULE = Rule(
    code="IKE207",
    name="certificate-not-in-date",
    severity="error",
    title="A certificate is expired or not yet valid",
    side="both",
    rank=Rank.CAUSE,
    meaning="The date of today, as this device's clock has it, is outside the validity of a certificate. Either the "
    "certificate has run out, or the clock is wrong: a router without NTP begins in the past after a reload. A lone "
    "line far from any negotiation may speak of a certificate that IKE never sees.",
    find=find,
    needs=(_PEERS, _OWN),
    fix=_FIXES,
    looks_like=(
        "%PKI-3-CERTIFICATE_INVALID_EXPIRED: Certificate chain validation has failed.",
        "%ASA-3-717009: Certificate validation failed. Certificate date is out-of-range, serial number: 1A2B",
    ),
    mistaken_for="IKE206: chain and signature may be right, only the date is not",
    references=("RFC 7296 section 3.6",),
    sample="iosxe-syslog-certificates.log",
)
