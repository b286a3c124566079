"""Records of more lines than one: what belongs to them, what does not, and where they end."""

import pytest

from ikelog.events.reader import read_events
from ikelog.events.types import Event, Handle, Proposal, TrafficSelector
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import text_source


def events_of(text: str) -> list[Event]:
    return list(read_events(text_source("x", text.encode()), Reading(ClockState())))


def kinds_of(text: str) -> list[str]:
    return [event.kind for event in events_of(text)]


HEAD = "IKEv2:(SESSION ID = 7,SA ID = 1):Sending Packet [To 203.0.113.9:500/From 198.51.100.1:500/VRF i0:f0] "
SPIS = "Initiator SPI : 1D3A5C7E9F0B2D4F - Responder SPI : 6B8D0F2143658709 Message id: 1"
EXCHANGE = "IKEv2 IKE_AUTH Exchange REQUEST "
PAYLOADS = "Payload contents: \n VID IDi AUTH SA TSi TSr NOTIFY(INITIAL_CONTACT) "
MESSAGE = "\n".join([HEAD, SPIS, EXCHANGE, PAYLOADS])


def assert_whole(event: Event) -> None:
    assert event.kind == "message_sent"
    assert event.fields["initiator_spi"] == "1d3a5c7e9f0b2d4f"
    assert event.fields["exchange"] == "IKE_AUTH"
    assert event.fields["response"] is False
    assert event.fields["payloads"] == ("VID", "IDi", "AUTH", "SA", "TSi", "TSr")
    assert event.fields["notifies"] == ("INITIAL_CONTACT",)


def test_a_message_on_ios() -> None:
    (event,) = events_of(f"{MESSAGE}\n\n")
    assert_whole(event)
    assert (event.line, event.end_line, event.handle) == (1, 5, Handle(1, 7))


@pytest.mark.parametrize(
    "noise",
    [
        "*May  2 16:05:39.439: %LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel46, changed state to down",
        "%SYS-5-CONFIG_I: Configured from console by vty0",
        "<134>Jun 22 13:29:11 fw1 : %ASA-6-302013: Built outbound TCP connection 12 for outside:198.51.100.9/443",
        "XE-R4(config-if)#",
        "XE-R4(config-if)#show ip interface brief",
        "!!!!!",
        "Success rate is 100 percent (5/5), round-trip min/avg/max = 1/2/4 ms",
        "Type escape sequence to abort.",
        " --More-- ",
        "",
        "   ",
        "some words of somebody",
    ],
)
@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_noise_inside_a_message(noise: str, place: int) -> None:
    lines = MESSAGE.split("\n")
    lines.insert(place, noise)
    (event,) = events_of("\n".join(lines))
    assert_whole(event)
    assert event.end_line == 6


def test_a_message_with_a_header_on_every_line() -> None:
    text = "".join(
        f"Nov 21 10:00:00 edge {n}: *Nov 21 09:59:59.997: {line}\n" for n, line in enumerate(MESSAGE.split("\n"), 100)
    )
    (event,) = events_of(text)
    assert_whole(event)
    assert (event.device, event.time) == ("edge", "--11-21T09:59:59.997")


@pytest.mark.parametrize("end", [1, 2, 3, 4])
def test_a_message_that_the_end_of_the_file_cuts_off(end: int) -> None:
    (event,) = events_of("\n".join(MESSAGE.split("\n")[:end]))
    assert (event.kind, event.end_line) == ("message_sent", end)
    assert event.fields["payloads"] == ()
    assert ("initiator_spi" in event.fields) is (end > 1)
    assert ("exchange" in event.fields) is (end > 2)


def test_a_message_ends_where_another_record_begins() -> None:
    text = f"{MESSAGE}\nIKEv2:(SESSION ID = 7,SA ID = 1):Insert SA\n{SPIS}\n SA KE N\n"
    sent, inserted, alone = events_of(text)
    assert_whole(sent)
    assert inserted.kind == "sa_inserted"
    assert (alone.kind, alone.fields["payloads"]) == ("message_spis", ("SA", "KE", "N"))


def test_a_message_whose_first_line_is_lost() -> None:
    event, *rest = events_of(f"{SPIS}\n{EXCHANGE}\n{PAYLOADS}\n")
    assert (event.kind, event.fields["exchange"], rest) == ("message_spis", "IKE_AUTH", [])
    assert event.fields["notifies"] == ("INITIAL_CONTACT",)


def test_prose_is_no_part_of_anything() -> None:
    assert events_of("SA\nN\nfa ce\nDES\nIKEv2 works like this.\n") == []


@pytest.mark.parametrize("text", ["Section (12): Detected an invalid IKE SPI", "see (12): SA KE N", "IKE(1): DES"])
def test_a_number_in_brackets_in_some_prose_is_no_handle(text: str) -> None:
    assert events_of(f"{text}\n") == []


def test_two_messages_one_behind_the_other() -> None:
    first, second = events_of(f"{MESSAGE}\n{MESSAGE.replace('Message id: 1', 'Message id: 2')}\n")
    assert (first.fields["message_id"], second.fields["message_id"]) == (1, 2)
    assert_whole(second)


# ASA: handles on every line, several messages on one physical line.


def asa(handle: int, spi: str) -> list[str]:
    return [
        f"IKEv2-PROTO-2: ({handle}): Sending Packet [To 203.0.113.{handle}:500/From 198.51.100.1:500/VRF i0:f0] ",
        f"({handle}): Initiator SPI : {spi} - Responder SPI : 0000000000000000 Message id: 0",
        f"({handle}): IKEv2 IKE_SA_INIT Exchange REQUESTIKEv2-PROTO-3: ({handle}): Next payload: SA, version: 2.0 "
        f"({handle}): Exchange type: IKE_SA_INIT, flags: INITIATOR ({handle}): Message id: 0, length: 574({handle}):  ",
        "Payload contents: ",
        f"({handle}):  SA({handle}):   Next payload: KE, reserved: 0x0, length: 48",
        f"({handle}):   last proposal: 0x0, reserved: 0x0, length: 44",
        f"  Proposal: 1, Protocol id: IKE, SPI size: 0, #trans: 4({handle}):     last transform: 0x3, reserved: 0x0: "
        "length: 12",
        "    type: 1, reserved: 0x0, id: AES-CBC",
        f"({handle}):     last transform: 0x3, reserved: 0x0: length: 8",
        "    type: 2, reserved: 0x0, id: SHA256",
        f"({handle}):  KE({handle}):   Next payload: N, reserved: 0x0, length: 264",
        f"({handle}):     DH group: 14, Reserved: 0x0",
        f"({handle}): ",
        f"({handle}):      be 63 cd 74 8a 72 b7 ab 6f bb b7 fd ed 0a cf 3a",
        f"({handle}):  NOTIFY(NAT_DETECTION_SOURCE_IP)({handle}):   Next payload: NONE, reserved: 0x0, length: 28",
        f"({handle}):  ",
    ]


def assert_asa(event: Event, handle: int, spi: str) -> None:
    assert (event.kind, event.handle) == ("message_sent", Handle(handle))
    assert event.fields["initiator_spi"] == spi.lower()
    assert event.fields["payloads"] == ("SA", "KE")
    assert event.fields["notifies"] == ("NAT_DETECTION_SOURCE_IP",)
    assert (event.fields["group"], event.fields["length"]) == (14, 574)
    (proposal,) = proposals_of(event)
    assert (proposal.encryption, proposal.prf) == (("AES-CBC",), ("SHA256",))


def test_a_message_on_an_asa() -> None:
    (event,) = events_of("\n".join(asa(9, "1D3A5C7E9F0B2D4F")))
    assert_asa(event, 9, "1D3A5C7E9F0B2D4F")
    assert (event.line, event.end_line) == (1, 15)


def test_messages_of_two_handles_one_behind_the_other() -> None:
    first, second = events_of("\n".join([*asa(9, "1D3A5C7E9F0B2D4F"), *asa(8, "00000000000000AA")]))
    assert_asa(first, 9, "1D3A5C7E9F0B2D4F")
    assert_asa(second, 8, "00000000000000AA")


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 6, 11, 14])
def test_messages_of_two_handles_one_inside_the_other(cut: int) -> None:
    """A burst ends before a line that names its handle: the bare lines of the tree stay with what is above them."""
    lines = asa(9, "1D3A5C7E9F0B2D4F")
    first, second = events_of("\n".join([*lines[:cut], *asa(8, "00000000000000AA"), *lines[cut:]]))
    assert_asa(second, 8, "00000000000000AA")
    assert_asa(first, 9, "1D3A5C7E9F0B2D4F")


def test_events_keep_the_order_of_their_lines() -> None:
    lines = asa(9, "1D3A5C7E9F0B2D4F")
    middle = ["IKEv2-PROTO-5: (8): Insert SA", *asa(8, "00000000000000AA"), "IKEv2-PROTO-5: (8): Action: Action_Null"]
    events = events_of("\n".join([*lines[:5], *middle, *lines[5:], "IKEv2-PLAT-3: (9): PSH cleanup"]))
    assert [e.kind for e in events] == [
        "message_sent",
        "sa_inserted",
        "message_sent",
        "action_taken",
        "session_cleaned",
    ]
    assert [e.line for e in events] == sorted(e.line for e in events)


def test_a_record_that_pauses_too_long_has_ended() -> None:
    lines = asa(9, "1D3A5C7E9F0B2D4F")
    other = [f"IKEv2-PROTO-5: (8): Request has mess_id {n}; expected {n} through {n}" for n in range(100)]
    events = events_of(
        "\n".join(
            [*lines[:3], *other, "(9):  NOTIFY(NO_PROPOSAL_CHOSEN)(9):   Next payload: NONE, reserved: 0x0, length: 8"]
        )
    )
    assert events[0].fields["notifies"] == ()
    assert {e.kind for e in events[1:101]} == {"message_id_checked"}


def test_messages_glued_to_a_list_of_transforms() -> None:
    text = (
        "IKEv2-PROTO-2: (2): IKE Proposal: 1, SPI size: 0 (initial negotiation), \nNum. transforms: 4\n"
        "(2):    AES-CBC(2):    SHA256(2):    SHA256(2):    DH_GROUP_2048_MODP/Group 14IKEv2-PROTO-5: Construct Vendor "
        "Specific Payload: DELETE-REASONIKEv2-PROTO-5: Construct Notify Payload: NAT_DETECTION_SOURCE_IP(2):  \n"
    )
    listed, vendor, notify = events_of(text)
    (proposal,) = proposals_of(listed)
    assert proposal == Proposal(1, "ike", ("AES-CBC",), ("SHA256",), ("SHA256",), ("14",), (), 1)
    assert (vendor.fields["vendor_id"], notify.fields["notify"]) == ("DELETE-REASON", "NAT_DETECTION_SOURCE_IP")


def test_parts_with_a_tag_of_their_own_are_events_and_parts() -> None:
    text = (
        "IKEv2-PROTO-2: (9): Received Packet [From 203.0.113.9:500/To 198.51.100.1:500/VRF i0:f0] \n"
        "(9): Initiator SPI : 1D3A5C7E9F0B2D4F - Responder SPI : 6B8D0F2143658709 Message id: 0\n"
        "IKEv2-PROTO-5: Parse Notify Payload: NAT_DETECTION_SOURCE_IP(9):  NOTIFY(NAT_DETECTION_SOURCE_IP)(9):   "
        "Next payload: NONE, reserved: 0x0, length: 28\n"
    )
    message, parsed = events_of(text)
    assert message.fields["notifies"] == ("NAT_DETECTION_SOURCE_IP",)
    assert (message.end_line, parsed.kind, parsed.line) == (3, "notify_parsed", 3)


def test_encrypted_then_decrypted() -> None:
    text = """IKEv2-PROTO-2: (9): Received Packet [From 203.0.113.9:500/To 198.51.100.1:500/VRF i0:f0]
(9): Initiator SPI : 1D3A5C7E9F0B2D4F - Responder SPI : 6B8D0F2143658709 Message id: 1
(9): IKEv2 IKE_AUTH Exchange RESPONSEIKEv2-PROTO-3: (9): Next payload: ENCR, version: 2.0 \
(9): Exchange type: IKE_AUTH, flags: RESPONDER MSG-RESPONSE (9): Message id: 1, length: 256(9):
Payload contents:
IKEv2-PROTO-1: decrypt queued(9):
(9): Decrypted packet:(9): Data: 256 bytes
IKEv2-PROTO-1: Asynchronous request queued
IKEv2-PROTO-1:
IKEv2-PLAT-2: (9): Decrypt success status returned via ipc 1
(9): REAL Decrypted packet:(9): Data: 180 bytes
IKEv2-PROTO-5: Parse Vendor Specific Payload: (CUSTOM) VID  Next payload: IDr, reserved: 0x0, length: 20

     df f0 f7 e5 10 ce d9 7a
 IDr  Next payload: TSi, reserved: 0x0, length: 12
    Id type: FQDN, Reserved: 0x0 0x0
 TSi  Next payload: TSr, reserved: 0x0, length: 24
    Num of TSs: 2, reserved 0x0, reserved 0x0
    TS type: TS_IPV4_ADDR_RANGE, proto id: 17, length: 16
    start port: 53, end port: 53
    start addr: 10.1.0.0, end addr: 10.1.0.255
    TS type: TS_IPV4_ADDR_RANGE, proto id: 0, length: 16
    start port: 0, end port: 65535
    start addr: 10.3.0.0, end addr: 10.3.0.255
IKEv2-PROTO-5: (9): Action: Action_Null
"""
    events = events_of(text)
    assert [e.kind for e in events] == [
        "message_received",
        "decryption_queued",
        "decrypted_packet",
        "request_queued",
        "empty",
        "decryption_done",
        "message_decrypted",
        "vendor_id_parsed",
        "action_taken",
    ]
    assert events[2].fields == {"length": 256}
    decrypted = events[6]
    assert (decrypted.handle, decrypted.fields["payloads"]) == (Handle(9), ("VID", "IDr", "TSi"))
    assert decrypted.fields["idr_type"] == "FQDN"
    assert decrypted.fields["tsi"] == (
        TrafficSelector("10.1.0.0", "10.1.0.255", 17, 53, 53),
        TrafficSelector("10.3.0.0", "10.3.0.255", 0, 0, 65535),
    )


# Lines that a page or a terminal wrapped.


def test_a_state_over_three_lines() -> None:
    text = """Nov 30 22:49:14.464: IKEv2:(SESSION ID = 172,SA ID = 1):SM Trace-> SA:
I_SPI=1D3A5C7E9F0B2D4F R_SPI=6B8D0F2143658709 (R) MsgID = 1 CurState:
R_WAIT_AUTH Event: EV_GET_POLICY_BY_PEERID
Nov 30 22:49:14.465: IKEv2:(SESSION ID = 172,SA ID = 1):Insert SA
"""
    state, inserted = events_of(text)
    assert (state.kind, state.line, state.end_line) == ("state_changed", 1, 3)
    assert (state.fields["state"], state.fields["state_event"]) == ("R_WAIT_AUTH", "EV_GET_POLICY_BY_PEERID")
    assert inserted.kind == "sa_inserted"


@pytest.mark.parametrize(
    "text",
    [
        "IKEv2:(SA ID = 1):Searching policy\nbased on peer's identity 'hostname=gw' of type 'DER ASN1 DN'\n",
        "IKEv2:(SESSION ID = 7,SA ID = 1):: Failed to\nlocate an item in the database\n",
        "IKEv2:(SESSION ID = 7,SA ID = 1)\n:Verification of peer's authentication data FAILED\n",
        "IKEv2:(SA ID = 1):IKEV2 SA created; inserting SA into database.\nSA lifetime timer (86400 sec) started\n",
        "CRYPTO_PKI: No trust point for cert issuer,\nlooking up cert chain\n",
        "IKEv2-PLAT-2: \nIKEv2 received all requested SPIs from CTM to initiate tunnel.\n",
        "IKEv2-PLAT-3: CONNECTION STATUS: UP... peer: 203.0.113.9:500, phase1_id:\n203.0.113.9\n",
    ],
)
def test_a_wrapped_sentence(text: str) -> None:
    (event,) = events_of(text)
    assert event.kind not in ("unrecognised", "empty")
    assert (event.line, event.end_line) == (1, 2)


@pytest.mark.parametrize("width", range(76, 100))
def test_a_terminal_wraps_in_the_middle_of_a_word(width: int) -> None:
    line = (
        "*Apr 29 16:57:40.944: IKEv2:(SESSION ID = 27621,SA ID = 1):Sending Packet "
        "[To 203.0.113.129:4500/From 198.51.100.129:4500/VRF i0:f0] "
    )
    spis = "Initiator SPI : 1D3A5C7E9F0B2D4F - Responder SPI : 6B8D0F2143658709 Message id: 1"
    wrapped = "\n".join(text[i : i + width] for text in (line, spis) for i in range(0, len(text), width))
    (event,) = events_of(f"{wrapped}\nIKEv2 IKE_AUTH Exchange REQUEST \n")
    assert (event.kind, event.fields["responder_spi"]) == ("message_sent", "6b8d0f2143658709")
    assert (str(event.fields["vrf"]), event.fields["message_id"], event.fields["exchange"]) == ("i0:f0", 1, "IKE_AUTH")
    assert event.end_line == wrapped.count("\n") + 2


def test_an_unknown_line_does_not_swallow_what_is_below_it() -> None:
    text = f"IKEv2:Nobody knows this\n{SPIS}\n{EXCHANGE}\n"
    unknown, message = events_of(text)
    assert (unknown.kind, unknown.text) == ("unrecognised", "IKEv2:Nobody knows this")
    assert (message.kind, message.fields["exchange"]) == ("message_spis", "IKE_AUTH")


def test_an_empty_line_does_not_swallow_what_is_below_it() -> None:
    text = f"IKEv2-ERROR:(SESSION ID = 31,SA ID = 1):\n{SPIS}\n"
    assert kinds_of(text) == ["empty", "message_spis"]


# Proposals.


def proposals_of(event: Event) -> list[Proposal]:
    value = event.fields["proposals"]
    assert isinstance(value, tuple)
    return [item for item in value if isinstance(item, Proposal)]


def test_policies_received_and_expected() -> None:
    text = """IKEv2-PROTO-1: (16): Failed to find a matching policy
IKEv2-PROTO-1: (16): Received Policies:
Proposal 1:  AES-CBC-256 SHA1 SHA96 DH_GROUP_1024_MODP/Group 2

Proposal 2:  AES-GCM-256 SHA384 DH_GROUP_384_ECP/Group 20

IKEv2-PROTO-1: (16): Failed to find a matching policy
IKEv2-PROTO-1: (16): Expected Policies:
Proposal 1:  AES-CBC-256 SHA384 SHA384 DH_GROUP_2048_MODP/Group 14

IKEv2-PROTO-1: (16): Failed to find a matching policy
"""
    _, received, _, expected, _ = events_of(text)
    assert proposals_of(received) == [
        Proposal(1, "ike", ("AES-CBC-256",), ("SHA1",), ("SHA96",), ("2",), (), 3),
        Proposal(2, "ike", ("AES-GCM-256",), ("SHA384",), (), ("20",), (), 5),
    ]
    assert proposals_of(expected) == [Proposal(1, "ike", ("AES-CBC-256",), ("SHA384",), ("SHA384",), ("14",), (), 9)]


def test_the_policies_of_a_child_sa() -> None:
    text = "IKEv2-PROTO-1: (16): Received Policies:\nESP: Proposal 1:  AES-CBC-256 SHA256 Don't use ESN\n"
    (received,) = events_of(text)
    assert proposals_of(received) == [Proposal(1, "esp", ("AES-CBC-256",), (), ("SHA256",), (), ("Don't use ESN",), 2)]


def test_policies_glued_to_their_error_with_more_below() -> None:
    text = """IKEv2-ERROR:(SESSION ID = 89,SA ID = 1):Expected Policies: : Failed to find a matching policy\
Proposal 1:  AES-CBC-256 SHA512 SHA512 DH_GROUP_384_ECP/Group 20
Proposal 2:  ENCRYPTION: AES-GCM-256 PRF: SHA384 DH GROUP: DH_GROUP_256_ECP/Group 19 DH_GROUP_2048_MODP/Group 14
Proposal 3: AES-CBC-128 SHA1 SHA96 DH_GROUP_1536_MODP/Group 5

IKEv2-ERROR:(SESSION ID = 89,SA ID = 1):: Failed to find a matching policy
"""
    expected, error = events_of(text)
    assert error.kind == "error_reported"
    assert proposals_of(expected) == [
        Proposal(1, "ike", ("AES-CBC-256",), ("SHA512",), ("SHA512",), ("20",), (), 1),
        Proposal(2, "ike", ("AES-GCM-256",), ("SHA384",), (), ("19", "14"), (), 2),
        Proposal(3, "ike", ("AES-CBC-128",), ("SHA1",), ("SHA96",), ("5",), (), 3),
    ]


def test_an_empty_list_of_policies() -> None:
    text = "IKEv2-PROTO-1: (16): Expected Policies: \nIKEv2-PROTO-5: (16): Failed to verify the proposed policies\n"
    expected, _ = events_of(text)
    assert "proposals" not in expected.fields


def test_two_proposals_in_one_message() -> None:
    text = """IKEv2-PAK:(SESSION ID = 7,SA ID = 1):Next payload: SA, version: 2.0 Exchange type: IKE_SA_INIT, \
flags: INITIATOR Message id: 0, length: 344
Payload contents:
 SA  Next payload: KE, reserved: 0x0, length: 92
  last proposal: 0x2, reserved: 0x0, length: 44
  Proposal: 1, Protocol id: IKE, SPI size: 0, #trans: 2    last transform: 0x3, reserved: 0x0: length: 12
    type: 1, reserved: 0x0, id: AES-CBC
    last transform: 0x0, reserved: 0x0: length: 8
    type: 4, reserved: 0x0, id: DH_GROUP_2048_MODP/Group 14
  last proposal: 0x0, reserved: 0x0, length: 44
  Proposal: 2, Protocol id: IKE, SPI size: 0, #trans: 2    last transform: 0x3, reserved: 0x0: length: 12
    type: 1, reserved: 0x0, id: AES-GCM
    last transform: 0x0, reserved: 0x0: length: 8
    type: 4, reserved: 0x0, id: Unknown - 36
"""
    (event,) = events_of(text)
    assert proposals_of(event) == [
        Proposal(1, "ike", ("AES-CBC",), key_exchange=("14",), line=5),
        Proposal(2, "ike", ("AES-GCM",), key_exchange=("36",), line=10),
    ]


# IPSEC.


def test_ipsec_records_between_those_of_ike() -> None:
    text = f"""{HEAD}
*Apr 29 16:57:42.200: IPSEC(sa_request): ,
  (key eng. msg.) OUTBOUND local= 198.51.100.1:500, remote= 203.0.113.9:500,
    local_proxy= 10.1.0.0/255.255.0.0/256/0,
%SYS-5-CONFIG_I: Configured from console by vty0
    remote_proxy= 10.2.0.0/255.255.0.0/256/0,
IKEv2:Insert SA
    lifedur= 28800s and 4294967295kb,
"""
    message, wanted, inserted, *rest = events_of(text)
    assert (message.kind, message.end_line) == ("message_sent", 1)
    assert (wanted.kind, wanted.end_line) == ("child_sa_wanted", 6)
    assert wanted.fields["remote_proxy"] == TrafficSelector("10.2.0.0", "10.2.255.255")
    assert "seconds" not in wanted.fields
    assert (inserted.kind, rest) == ("sa_inserted", [])


def test_two_ipsec_sas_are_two_records() -> None:
    text = """IPSEC(create_sa): sa created,
  (sa) sa_dest= 198.51.100.1, sa_proto= 50,
    sa_spi= 0x5AD1C0DE(1523695838),
IPSEC(create_sa): sa created,
  (sa) sa_dest= 203.0.113.9, sa_proto= 50,
    sa_spi= 0x8E1CB77A(2384246650),
"""
    inbound, outbound = events_of(text)
    assert (inbound.fields["address"], inbound.fields["esp_spi"]) == ("198.51.100.1", "5ad1c0de")
    assert (outbound.fields["address"], outbound.fields["esp_spi"]) == ("203.0.113.9", "8e1cb77a")


def test_a_message_that_goes_on_below() -> None:
    text = (
        "%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed\n   connection id=29, sequence number=219\nInsert SA\n"
    )
    (event,) = events_of(text)
    assert (event.end_line, event.fields) == (2, {"connection": 29, "number": 219})
