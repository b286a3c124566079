"""Who began a negotiation of which only syslog tells, and whose commands a finding without one gives."""

import pytest

from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.report import Report

WHO = "Local:192.0.2.1:500 Remote:203.0.113.9:500 Username:"
PEER_ASKS = f"%ASA-5-750002: {WHO}Unknown IKEv2 Received a IKE_INIT_SA request"
SELECTOR = "Address Range: 10.{}.1.5-10.{}.1.5 Protocol: 0 Port Range: 0-65535"
WE_ASK = (
    f"%ASA-5-750001: {WHO}Unknown IKEv2 Received request to establish an IPsec tunnel; local traffic selector = "
    f"{SELECTOR.format(1, 1)}; remote traffic selector = {SELECTOR.format(2, 2)}"
)
UP = f"%ASA-5-750006: {WHO}203.0.113.9 IKEv2 SA UP. Reason: New Connection Established"
ABORTED = f"%ASA-4-750003: {WHO}Unknown IKEv2 Negotiation aborted due to ERROR: Failed to find a matching policy"
IDLE = f"%ASA-5-750007: {WHO}203.0.113.9 IKEv2 SA DOWN. Reason: idle timeout"
LOST = (
    "%ASA-3-713123: Group = g, IP = 203.0.113.9, IKE lost contact with remote peer, deleting connection "
    "(keepalive type: DPD)"
)
SESSION = (
    "%ASA-4-113019: Group = g, Username = u, IP = 203.0.113.9, Session disconnected. Session Type: LAN-to-LAN, "
    "Duration: 0h:05m:05s, Bytes xmt: 1, Bytes rcv: 2, Reason: Idle Timeout"
)


def read(*lines: str) -> Report:
    return analyze([text_source("asa.log", "\n".join(lines).encode())])


@pytest.mark.parametrize(
    ("lines", "role"),
    [
        ((PEER_ASKS, UP), "responder"),
        ((PEER_ASKS, ABORTED), "responder"),
        ((WE_ASK, UP), "initiator"),
        ((UP, WE_ASK), None),  # for another Child SA
        ((WE_ASK,), None),  # maybe likewise
        ((WE_ASK, PEER_ASKS, UP), None),  # both at once
        ((UP,), None),
    ],
)
def test_who_asked_is_who_began(lines: tuple[str, ...], role: str | None) -> None:
    assert [negotiation.role for negotiation in read(*lines).negotiations] == [role]


def test_a_finding_without_a_negotiation_has_the_commands_of_its_device_and_peer() -> None:
    (finding,) = [finding for finding in read(LOST).findings if finding.code == "IKE401"]
    assert {fix.platform for fix in finding.fix} == {"asa", "path", "peer"}
    assert any("203.0.113.9" in command for fix in finding.fix for command in fix.commands)


def test_the_line_of_the_session_repeats_the_end_of_its_sa() -> None:
    assert len([finding for finding in read(UP, IDLE, SESSION).findings if finding.code == "IKE405"]) == 1
    assert len([finding for finding in read(SESSION).findings if finding.code == "IKE405"]) == 1
