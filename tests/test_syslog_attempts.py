"""Attempts that syslog alone tells of: each begins with its request, whatever became of the one before."""

import pytest

from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source

ENDS = "Local:192.0.2.1:500 Remote:{peer}:500 Username:Unknown IKEv2"
REQUEST = f"%ASA-5-750002: {ENDS} Received a IKE_INIT_SA request"
OWN_REQUEST = (
    f"%ASA-5-750001: {ENDS} Received request to establish an IPsec tunnel; local traffic selector = Address Range: "
    "10.1.1.1-10.1.1.1 Protocol: 1 Port Range: 0-65535; remote traffic selector = Address Range: 10.2.2.2-10.2.2.2 "
    "Protocol: 1 Port Range: 0-65535"
)
WEAKER = (
    f"%ASA-4-750011: {ENDS} Tunnel Rejected: Selected IKEv2 encryption algorithm (AES-CBC-128) is not strong enough to "
    "secure proposed IPSEC encryption algorithm (AES-CBC-256)."
)
ABORTED = f"%ASA-4-750003: {ENDS} Negotiation aborted due to ERROR: Failed to find a matching policy"
UP = f"%ASA-5-750006: {ENDS} SA UP. Reason: New Connection Established"


def verdicts(*lines: str, peer: str = "198.51.100.7") -> list[tuple[str, str | None]]:
    stamped = (f"Nov 26 2024 05:{n:02}:07: {line.format(peer=peer)}\n" for n, line in enumerate(lines))
    report = analyze([text_source("x", "".join(stamped).encode())])
    return [(n.outcome, n.verdict) for n in report.negotiations]


@pytest.mark.parametrize("request_line", [REQUEST, OWN_REQUEST])
def test_each_request_behind_a_failure_is_an_attempt(request_line: str) -> None:
    told = verdicts(request_line, WEAKER, request_line, WEAKER, request_line, ABORTED)
    assert told == [("failed", "IKE116"), ("failed", "IKE116"), ("failed", "IKE103")]


def test_a_request_that_nothing_answered_yet_is_the_same_attempt() -> None:
    assert verdicts(REQUEST, REQUEST, WEAKER) == [("failed", "IKE116")]


def test_a_request_over_an_sa_that_is_up_begins_no_other() -> None:
    assert len(verdicts(OWN_REQUEST, UP, OWN_REQUEST)) == 1


def test_a_request_behind_a_failure_told_twice_is_one_more_attempt() -> None:
    assert verdicts(REQUEST, WEAKER, WEAKER, REQUEST, WEAKER) == [("failed", "IKE116")] * 2
