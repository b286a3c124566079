"""From a line of a log to its time, device, family and body; from clocks to times and durations."""

import bz2
import gzip
import io
import lzma
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ikelog.events.reader import read_events
from ikelog.grammar import parsing
from ikelog.grammar.texts import FAMILIES
from ikelog.reading import lines, rows, sources
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading, Segment, read_line
from ikelog.reading.sources import UnreadableSource, read_source, rotation, stream_name, text_source

V2 = "IKEv2:(SESSION ID = 7,SA ID = 2):Insert SA"
ASA = "IKEv2-PLAT-3: (11): PSH cleanup"
SYSLOG = (
    "%ASA-5-750002: Local:198.51.100.1:500 Remote:203.0.113.9:500 Username:Unknown IKEv2 Received a IKE_INIT_SA request"
)
ON_OFF = "%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is ON"
BODIES = {
    V2: "Insert SA",
    ASA: "PSH cleanup",
    SYSLOG: SYSLOG[7:].replace("750002:", "750002"),
    ON_OFF: "CRYPTO-6-ISAKMP_ON_OFF ISAKMP is ON",
}


def segments(text: str, **options: Any) -> list[Segment]:
    clock = ClockState(**{f"given_{name}": value for name, value in options.items()})
    return read_each(text, Reading(clock))


def read_each(text: str, reading: Reading) -> list[Segment]:
    lines = text_source("x", text.encode()).lines
    return [segment for number, line in enumerate(lines, 1) for segment in read_line(number, line, reading)]


def _time(segment: Segment) -> str | None:
    return segment.moment.time if segment.moment else None


def _offset(segment: Segment) -> int | None:
    return segment.moment.offset_ms if segment.moment else None


# What stands before a line's own text -> time, device.
HEADERS: list[tuple[str, str, str | None, str | None]] = [
    # the device's own clock
    ("", V2, None, None),
    ("*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    (".Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("Apr  9 16:57:40: ", V2, "--04-09T16:57:40", None),
    ("Apr 9 16:57:40.5: ", V2, "--04-09T16:57:40.500", None),
    ("Apr 29 16:57:40.944 GMT: ", V2, "--04-29T16:57:40.944Z", None),
    ("Apr 29 16:57:40.944 EDT: ", V2, "--04-29T16:57:40.944", None),
    ("*Nov 30 2024 11:16:56.461 CEST: ", V2, "2024-11-30T11:16:56.461", None),
    ("Nov 30 2024 11:16:56.461 UTC: ", V2, "2024-11-30T11:16:56.461Z", None),
    ("Apr 29 2024 16:57:40 UTC+5:30: ", V2, "2024-04-29T16:57:40+05:30", None),
    ("Mon Apr 29 16:57:40 2024: ", V2, "2024-04-29T16:57:40", None),
    ("Apr 29 16:57:40 EDT 2024: ", V2, "2024-04-29T16:57:40", None),
    ("Jun 10 2010 17:36:05: ", SYSLOG, "2010-06-10T17:36:05", None),
    ("*Feb 30 10:00:00.000: ", V2, None, None),
    # uptime is no clock
    ("1w2d: ", V2, None, None),
    ("3d04h: ", V2, None, None),
    ("1y2w: ", V2, None, None),
    ("00:12:34: ", V2, None, None),
    # sequence numbers and priorities
    ("2328304: Jun  8 19:14:38.051 GMT: ", V2, "--06-08T19:14:38.051Z", None),
    ("000123: ", V2, None, None),
    ("000123: *Jun  8 19:14:38.051: ", V2, "--06-08T19:14:38.051", None),
    ("<166>", SYSLOG, None, None),
    ("<165>:2023-03-22T15:10:19Z: ", SYSLOG, "2023-03-22T15:10:19Z", None),
    ("<166>:: ", SYSLOG, None, None),
    ("<166>:Mar 22 15:10:19 UTC: ", SYSLOG, "--03-22T15:10:19Z", None),
    ("<166>Mar 22 2023 15:10:19 asa1 : ", SYSLOG, "2023-03-22T15:10:19", "asa1"),
    ("<187>2328304: Jun  8 19:14:38.051 GMT: ", V2, "--06-08T19:14:38.051Z", None),
    ("<187>2328304: edge1: Jun  8 19:14:38.051 GMT: ", V2, "--06-08T19:14:38.051Z", "edge1"),
    ("<187>edge1: 2328304: Jun  8 19:14:38.051 GMT: ", V2, "--06-08T19:14:38.051Z", "edge1"),
    ("<190>3352436: 3352457: Aug 12 2023 12:14:24.412 mdt: ", V2, "2023-08-12T12:14:24.412", None),
    ("<189>: sw01: Jan  6 2022 21:01:34.964: ", V2, "2022-01-06T21:01:34.964", "sw01"),
    ("<182>: host-1: 115649616: Jan 23 14:54:28.511 CET: ", V2, "--01-23T14:54:28.511", "host-1"),
    ("<189>387448: host-01: May 6 16:13:09.123 UTC+07:30: ", V2, "--05-06T16:13:09.123+07:30", "host-01"),
    ("<0>91: *Oct 07 03:10:04: mydevice.com ", ON_OFF, "--10-07T03:10:04", "mydevice.com"),
    # a syslog server's header in front: the device's clock is the last one
    ("Nov 21 10:00:00 10.1.1.1 101: *Nov 21 09:59:59.997: ", V2, "--11-21T09:59:59.997", "10.1.1.1"),
    ("Nov 21 10:00:00 edge 101: *Nov 21 09:59:59.997: ", V2, "--11-21T09:59:59.997", "edge"),
    ("Nov 21 10:00:00 10.1.1.1 : *Nov 21 09:59:59.997: ", V2, "--11-21T09:59:59.997", "10.1.1.1"),
    ("Nov 21 10:00:00 edge-gw *Nov 21 09:59:59.997: ", V2, "--11-21T09:59:59.997", "edge-gw"),
    ("Nov 21 10:00:00 edge1 000123: 000124: *Nov 21 09:59:59.997 UTC: ", V2, "--11-21T09:59:59.997Z", "edge1"),
    (
        "Nov 21 10:00:00.123 edge1.example.com 101: Nov 21 09:59:59.997: ",
        V2,
        "--11-21T09:59:59.997",
        "edge1.example.com",
    ),
    ("Nov 21 10:00:00 2001:db8::1 101: Nov 21 09:59:59.997: ", V2, "--11-21T09:59:59.997", "2001:db8::1"),
    ("Nov 21 10:00:00 [192.0.2.9] 101: Nov 21 09:59:59.997: ", V2, "--11-21T09:59:59.997", "192.0.2.9"),
    ("Nov 21 10:00:00 edge ", V2, "--11-21T10:00:00", "edge"),
    ("Nov 21 10:00:00 ", V2, "--11-21T10:00:00", None),
    ("Sep 25 15:47:07 host : Sep 25 15:47:07 EDT: ", V2, "--09-25T15:47:07", "host"),
    ("Sep 25 15:47:07 host: Sep 25 15:47:07 EDT: : ", ON_OFF, "--09-25T15:47:07", "host"),
    ("Sep 25 15:47:07 EDT: : ", ON_OFF, "--09-25T15:47:07", None),
    ("Oct 10 2018 12:34:56 localhost CiscoASA[999]: ", SYSLOG, "2018-10-10T12:34:56", "localhost"),
    ("Jun 10 17:36:05 192.0.2.9 Jun 10 2010 17:36:04: ", SYSLOG, "2010-06-10T17:36:04", "192.0.2.9"),
    ("Jun 10 17:36:05 192.0.2.9 Jun 10 2010 17:36:04 fw1 : ", SYSLOG, "2010-06-10T17:36:04", "fw1"),
    # ISO 8601 and RFC 5424
    ("2024-11-30T11:16:56.461+01:00 edge1 ", V2, "2024-11-30T11:16:56.461+01:00", "edge1"),
    ("2024-11-30T11:16:56.461+01:00 edge1 2328304: Nov 30 11:16:55.003: ", V2, "--11-30T11:16:55.003", "edge1"),
    ("2024-11-30T11:16:56.461123Z 10.1.1.1 ", V2, "2024-11-30T11:16:56.461Z", "10.1.1.1"),
    ("2024-11-30 11:16:56 ", V2, "2024-11-30T11:16:56", None),
    ("2024-11-30 11:16:56,461 edge1 ", V2, "2024-11-30T11:16:56.461", "edge1"),
    (
        "2024-04-29 10:00:00\tLocal7.Debug\t192.0.2.9\t101: Apr 29 16:57:40.944: ",
        V2,
        "--04-29T16:57:40.944",
        "192.0.2.9",
    ),
    ("<134>1 2024-06-26T01:35:42.003Z edge1 - - - - ", ON_OFF, "2024-06-26T01:35:42.003Z", "edge1"),
    ('<134>1 2024-06-26T01:35:42.003Z edge1 ios 77 - [x@9 a="b"] ', V2, "2024-06-26T01:35:42.003Z", "edge1"),
    ("<134>1 2024-06-26T01:35:42.003Z edge1 ios 77 - - 123: *Jun 26 01:35:41.9: ", V2, "--06-26T01:35:41.900", "edge1"),
    # ASA: debugs inside syslog
    ("%ASA-7-711001: ", ASA, None, None),
    ("%FTD-5-711001: ", ASA, None, None),
    ("Jun 10 2010 17:36:05: %ASA-7-711001: ", ASA, "2010-06-10T17:36:05", None),
    ("Jun 10 2010 17:36:05 fw1 : %ASA-7-711001: ", ASA, "2010-06-10T17:36:05", "fw1"),
    ("<167>Jun 10 17:36:05 fw1 %ASA-7-711001: ", ASA, "--06-10T17:36:05", "fw1"),
    # terminals: prompts, pagers, control characters, a logger's clock
    ("XE-R4(config-if)#", V2, None, None),
    ("Hub#*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("Hub/sec/act# ", ASA, None, None),
    (" --More-- \r          \r*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    (" --More-- " + "\b" * 9 + " " * 8 + "\b" * 9 + "*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("<--- More --->\r              \r*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("\x1b[31m*Apr 29\x1b[0m 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("\r*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("\0\0*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("*Apr 29x\b 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("\ufeff*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("[10:00:00.123] *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("[2024-04-29 10:00:00] *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    # pages and mails
    ("> *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    (">> *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("> > *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    (">*Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("| *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("- *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
    ("    *Apr 29 16:57:40.944: ", V2, "--04-29T16:57:40.944", None),
]


@pytest.mark.parametrize(("header", "text", "when", "device"), HEADERS, ids=[repr(row[0]) for row in HEADERS])
@pytest.mark.parametrize("end", ["", "\r", "  "])
def test_header(header: str, text: str, when: str | None, device: str | None, end: str) -> None:
    (found,) = segments(f"{header}{text}{end}\n")
    assert (found.body, _time(found), found.device) == (BODIES[text], when, device)
    assert (_offset(found) is not None) == (when is not None)


@pytest.mark.parametrize(
    ("text", "family", "body"),
    [
        (f"`*Apr 29 16:57:40.944: {V2}`", "ios_ikev2", "Insert SA"),
        (f"| *Apr 29 16:57:40.944: {V2} |", "ios_ikev2", "Insert SA"),
        ("IKEv2:(SESSION ID = 1,SA ID = 2):Verify peer’s policy", "ios_ikev2", "Verify peer's policy"),
        ("IKEv2:(SESSION ID = 1,SA ID = 2):Verify peer`s policy", "ios_ikev2", "Verify peer's policy"),
        ("IKEv2:My authentication method is ‘PSK’", "ios_ikev2", "My authentication method is 'PSK'"),
        ("IKEv2:Insert\u00a0SA\0 .", "ios_ikev2", "Insert SA"),
        ("IKEv2:Got a queue event…", "ios_ikev2", "Got a queue event"),
        ("KEv2-PLAT-3: (11): PSH cleanup", "asa_ikev2", "PSH cleanup"),
        ("%FTD-vpn-5-752004: x", "asa_syslog", "752004 x"),
        ("%FTD-4-750003 Local:x", "asa_syslog", "750003 Local:x"),
        ("%ASA-5-750013 - IKEv2 SA", "asa_syslog", "750013 IKEv2 SA"),
        ("4 Sep 18 2018 17:40:58 750003 Local:x", "asa_syslog", "750003 Local:x"),
        ("%ASA-4-402119: IPSEC: Received an ESP packet", "asa_syslog", "402119 IPSEC: Received an ESP packet"),
        ("(ipsec_process_proposal)Map Accepted: M, 10", "ios_ipsec", "Map Accepted: M, 10"),
        ("Crypto mapdb : proxy_match", "ios_ipsec", "proxy_match"),
        ("  (sa) sa_dest= 192.0.2.1, sa_proto= 50, ", None, "(sa) sa_dest= 192.0.2.1, sa_proto= 50"),
    ],
)
def test_family_and_body(text: str, family: str | None, body: str) -> None:
    (found,) = segments(text)
    assert (found.family, found.body) == (family, body)


@pytest.mark.parametrize(
    "text",
    [
        "*May  2 16:05:33.248: %SYS-5-CONFIG_I: Configured from console by cisco on vty1",
        "<166>2024-06-26T01:35:42Z: %ASA-6-302014: Teardown TCP connection 12 for outside:198.51.100.9/443",
        "<190>3352436: 3352457: Aug 12 2023 12:14:24.412 mdt: %IOSXE-6-PLATFORM: R0/0: cpp_cp: QFP:0.0 Thread:001",
    ],
)
def test_a_syslog_message_of_another_subject(text: str) -> None:
    (found,) = segments(text)
    assert found.family == ""


@pytest.mark.parametrize(
    ("text", "session", "sa"),
    [
        ("IKEv2:(SESSION ID = 27621,SA ID = 1):Insert SA", 27621, 1),
        ("IKEv2:(SA ID = 68):Insert SA", None, 68),
        ("IKEv2:(1): Insert SA", None, 1),
        ("IKEv2-ERROR:(SESSION ID = 1,SA ID = 2):: Insert SA", 1, 2),
        ("IKEv2-PROTO-5: (229): Insert SA", None, 229),
        ("IKEv2-PLAT-3: (172) Insert SA", None, 172),
        ("IKEv2:Insert SA", None, None),
        ("IPSEC:(SESSION ID = 5) (sa_request): ,", 5, None),
    ],
)
def test_handle(text: str, session: int | None, sa: int | None) -> None:
    (found,) = segments(text)
    assert (found.session, found.sa) == (session, sa)


def test_a_prompt_and_what_is_typed_at_it_is_no_text_of_a_record() -> None:
    assert segments("XE-R4(config-if)#shut\nHub> show clock\nHub/sec/act# \n") == []


def test_bare_lines_of_a_known_host_keep_their_text() -> None:
    text = "Nov 21 10:00:00 edge 101: *Nov 21 09:59:59.997: IKEv2:Insert SA\nNov 21 10:00:00 edge Payload contents: \n"
    assert [s.body for s in segments(text)] == ["Insert SA", "Payload contents:"]
    (alone,) = segments("2024-11-30 11:16:56 Payload contents: SA\n")
    assert alone.body == "Payload contents: SA"


def test_glued_messages_have_clocks_of_their_own() -> None:
    text = f"*Apr 29 16:57:40.944: {V2}*Apr 29 16:57:41.000: {V2}2328304: Apr 29 16:57:42.500: {V2}"
    found = segments(text)
    assert [s.body for s in found] == ["Insert SA"] * 3
    assert [_offset(s) for s in found] == [0, 56, 1556]
    assert [s.first for s in found] == [True, False, False]


def test_what_looks_like_a_tag_inside_a_syslog_message() -> None:
    (found,) = segments("%ASA-4-733201: Threat-detection: x. IKEv2: RA excessive client initiation requests\n")
    assert found.family == "asa_syslog"
    found, glued = segments(f"{ON_OFF}*Apr 29 16:57:41.000: {V2}\n")
    assert (glued.family, glued.body) == ("ios_ikev2", "Insert SA")


def test_a_line_is_cut_at_the_handles_in_it() -> None:
    found = segments("(2):    AES-CBC(2):    SHA256(3):    DH_GROUP_2048_MODP/Group 14\n")
    assert [(s.sa, s.body) for s in found] == [(2, "AES-CBC"), (2, "SHA256"), (3, "DH_GROUP_2048_MODP/Group 14")]
    found = segments("  Proposal: 1, Protocol id: IKE, SPI size: 0, #trans: 4(2):     last transform: 0x3\n")
    assert [s.sa for s in found] == [None, 2]


# Clocks: lines as (clock, its time, milliseconds since the first clock).
CLOCKS: dict[str, list[tuple[str, str | None, int | None]]] = {
    "no year": [
        ("Apr 29 16:57:40.944: ", "--04-29T16:57:40.944", 0),
        ("Apr 29 16:57:41.000: ", "--04-29T16:57:41.000", 56),
        ("Apr 30 16:57:40.944: ", "--04-30T16:57:40.944", 86_400_000),
    ],
    "the year turns": [
        ("Dec 31 23:59:59.900: ", "--12-31T23:59:59.900", 0),
        ("Jan  1 00:00:00.100: ", "--01-01T00:00:00.100", 200),
        ("Jan  1 00:00:01.100: ", "--01-01T00:00:01.100", 1_200),
    ],
    "lines change places over the new year": [
        ("Dec 31 23:59:59.900: ", "--12-31T23:59:59.900", 0),
        ("Jan  1 00:00:00.100: ", "--01-01T00:00:00.100", 200),
        ("Dec 31 23:59:59.950: ", "--12-31T23:59:59.950", 50),
        ("Jan  1 00:00:00.300: ", "--01-01T00:00:00.300", 400),
    ],
    "the clock is set back": [
        ("Apr 29 10:00:05.000: ", "--04-29T10:00:05.000", 0),
        ("Apr 29 09:59:55.000: ", "--04-29T09:59:55.000", -10_000),
    ],
    "a clock that was never set gets the time": [
        ("*Mar  1 00:00:10.000: ", "--03-01T00:00:10.000", 0),
        ("Apr  1 00:00:10.000: ", "--04-01T00:00:10.000", 31 * 86_400_000),
    ],
    "the year appears": [
        ("Apr 29 16:57:40.000: ", "--04-29T16:57:40.000", 0),
        ("Apr 29 2024 16:57:41.000: ", "2024-04-29T16:57:41.000", 1_000),
        ("Apr 29 16:57:42.000: ", "--04-29T16:57:42.000", 2_000),
    ],
    "the year appears where it turns": [
        ("Dec 31 23:59:59.000: ", "--12-31T23:59:59.000", 0),
        ("Jan  1 2025 00:00:01.000: ", "2025-01-01T00:00:01.000", 2_000),
    ],
    "the zone appears": [
        ("Apr 29 16:57:40.000: ", "--04-29T16:57:40.000", 0),
        ("Apr 29 16:57:41.000 UTC: ", "--04-29T16:57:41.000Z", 1_000),
    ],
    "summer time ends": [
        ("Oct 27 2024 02:59:59.000 CEST: ", "2024-10-27T02:59:59.000", 0),
        ("Oct 27 2024 02:00:01.000 CET: ", "2024-10-27T02:00:01.000", 2_000),
    ],
    "summer time begins": [
        ("Mar 10 2024 01:59:59.000 EST: ", "2024-03-10T01:59:59.000", 0),
        ("Mar 10 2024 03:00:01.000 EDT: ", "2024-03-10T03:00:01.000", 2_000),
    ],
    "two zones with offsets": [
        ("2024-10-27T02:59:59+02:00 edge1 ", "2024-10-27T02:59:59+02:00", 0),
        ("2024-10-27T02:00:01+01:00 edge1 ", "2024-10-27T02:00:01+01:00", 2_000),
    ],
    "29 February": [
        ("Feb 28 23:59:59.000: ", "--02-28T23:59:59.000", 0),
        ("Feb 29 00:00:01.000: ", "--02-29T00:00:01.000", 2_000),
        ("Mar  1 00:00:01.000: ", "--03-01T00:00:01.000", 86_402_000),
    ],
    "29 February first": [
        ("Feb 29 23:59:59.000: ", "--02-29T23:59:59.000", 0),
        ("Mar  1 00:00:01.000: ", "--03-01T00:00:01.000", 2_000),
    ],
    "no 29 February": [
        ("Feb 28 23:59:59.000: ", "--02-28T23:59:59.000", 0),
        ("Mar  1 00:00:01.000: ", "--03-01T00:00:01.000", 2_000),
    ],
    "29 February after the year turned": [
        ("Dec 31 00:00:00.000: ", "--12-31T00:00:00.000", 0),
        ("Feb 28 00:00:00.000: ", "--02-28T00:00:00.000", 59 * 86_400_000),
        ("Feb 29 00:00:00.000: ", "--02-29T00:00:00.000", 60 * 86_400_000),
    ],
    "29 February of a year that is printed": [
        ("Feb 28 2024 00:00:00.000: ", "2024-02-28T00:00:00.000", 0),
        ("Mar  1 2024 00:00:00.000: ", "2024-03-01T00:00:00.000", 2 * 86_400_000),
    ],
    "a date that is none": [
        ("Apr 30 10:00:00.000: ", "--04-30T10:00:00.000", 0),
        ("Apr 31 10:00:00.000: ", None, None),
        ("May  1 10:00:00.000: ", "--05-01T10:00:00.000", 86_400_000),
    ],
    "uptime between clocks": [
        ("Apr 30 10:00:00.000: ", "--04-30T10:00:00.000", 0),
        ("00:12:34: ", None, None),
        ("Apr 30 10:00:01.000: ", "--04-30T10:00:01.000", 1_000),
    ],
}


@pytest.mark.parametrize("rows", CLOCKS.values(), ids=CLOCKS.keys())
def test_clock(rows: list[tuple[str, str | None, int | None]]) -> None:
    found = segments("".join(f"{clock}{V2}\n" for clock, _, _ in rows))
    assert [(_time(s), _offset(s)) for s in found] == [(when, offset) for _, when, offset in rows]


@pytest.mark.parametrize(
    ("clocks", "options", "times"),
    [
        (["Apr 29 10:00:00: "], {"year": 2024}, ["2024-04-29T10:00:00"]),
        (["Dec 31 10:00:00: ", "Jan  1 10:00:00: "], {"year": 2024}, ["2024-12-31T10:00:00", "2025-01-01T10:00:00"]),
        (["Feb 29 10:00:00: "], {"year": 2023}, ["--02-29T10:00:00"]),
        (["Feb 29 10:00:00: "], {"year": 2024}, ["2024-02-29T10:00:00"]),
        (["Apr 29 10:00:00 UTC: "], {"year": 2024}, ["2024-04-29T10:00:00Z"]),
        (["Apr 29 10:00:00: "], {"year": 2024, "zone": UTC}, ["2024-04-29T10:00:00Z"]),
        (["Apr 29 10:00:00: "], {"zone": timezone(timedelta(hours=-3, minutes=-30))}, ["--04-29T10:00:00"]),
        (
            ["Apr 29 2023 10:00:00: "],
            {"year": 2024, "zone": timezone(timedelta(hours=-3, minutes=-30))},
            ["2023-04-29T10:00:00-03:30"],
        ),
    ],
)
def test_year_and_zone_of_the_user(clocks: list[str], options: dict[str, Any], times: list[str]) -> None:
    found = segments("".join(f"{clock}{V2}\n" for clock in clocks), **options)
    assert [_time(s) for s in found] == times


def test_what_the_clock_said_is_kept() -> None:
    reading = Reading(ClockState())
    text = f"*Apr 29 16:57:40.944: {V2}\n.Apr 29 2024 16:57:41 UTC: {V2}\nApr 29 2024 16:57:41 CEST: {V2}\n"
    read_each(text, reading)
    assert (reading.clock.year, reading.clock.zone, reading.clock.marks) == (2024, "UTC", ("*", ".", ""))


# Sources: bytes to numbered lines.


def test_a_line_ends_at_lf_alone() -> None:
    source = text_source("x", "a\rb\fc\u2028d\r\ne\x85f".encode())
    assert source.lines == ("a\rb\fc\u2028d\r", "e\x85f")


@pytest.mark.parametrize(
    ("data", "encoding", "lines", "notes"),
    [
        (b"", "utf-8", (), 0),
        (b"\xef\xbb\xbfa\n", "utf-8", ("a",), 0),
        ("é\n".encode(), "utf-8", ("é",), 0),
        (b"\xe9\n", "latin-1", ("é",), 1),
        ("é\n".encode("utf-16"), "utf-16", ("é",), 0),
        ("é\n".encode("utf-16-be").join([b"\xfe\xff", b""]), "utf-16", ("é",), 0),
        (b"a\0b\n", "utf-8", ("a\0b",), 1),
        (gzip.compress(b"a\nb\n", mtime=0), "utf-8", ("a", "b"), 0),
        (gzip.compress(b"a\nb\n" * 9000, mtime=0)[:-20], "utf-8", None, 1),
        (bz2.compress(b"a\nb\n"), "utf-8", ("a", "b"), 0),
        (bz2.compress(b"a\nb\n")[:-4], "utf-8", None, 1),
        (bz2.compress(b"a\n") + bz2.compress("é\n".encode()), "utf-8", ("a", "é"), 0),
        (lzma.compress(b"a\nb\n"), "utf-8", ("a", "b"), 0),
        (lzma.compress(bytes(range(1, 128)) * 90)[:-40], "utf-8", None, 1),
    ],
)
def test_encodings(data: bytes, encoding: str, lines: tuple[str, ...] | None, notes: int) -> None:
    source = text_source("x", data)
    assert (source.encoding, len(source.notes)) == (encoding, notes)
    assert lines is None or source.lines == lines


def tar_of(name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04\x14\0\0\0", "x: is an archive (zip), no text; `ikelog batch x` reads the logs in it"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "x: is an archive (7z), no text; `ikelog batch x` reads the logs in it"),
        (tar_of("a.log"), "x: is an archive (tar), no text; `ikelog batch x` reads the logs in it"),
        (
            gzip.compress(tar_of("a.log"), mtime=0),
            "x: is an archive (tar), no text; `ikelog batch x` reads the logs in it",
        ),
        (b"\x28\xb5\x2f\xfd\x24", "x: is compressed data (zstd), no text; `ikelog batch x` reads the logs in it"),
        (b"Rar!\x1a\x07\x01\0", "x: is an archive (RAR), no text"),
    ],
)
def test_an_archive_is_told_what_it_is(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableSource) as told:
        text_source("x", data)
    assert str(told.value) == said


def test_compressed_data_that_expand_without_end_are_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_MOST_FREE", 1000)
    source = text_source("x", bz2.compress(b"a\n" * 10_000_000))
    assert len(source.text) < 10_000_000
    assert source.notes == ("expands to more than 500 times its size; the rest was not read",)


def test_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="no such file"):
        read_source(str(tmp_path / "absent"))
    with pytest.raises(UnreadableSource, match="is a directory"):
        read_source(str(tmp_path))


def test_rotated_logs() -> None:
    names = ("a.log", "a.log.1", "a.log.2.gz", "a.log.3.bz2", "a.log.4.xz", "a.log.5.zst")
    assert [stream_name(name) for name in names] == ["a.log"] * 6
    assert [rotation(name) for name in names] == [0, 1, 2, 3, 4, 5]


# The worst that a log can hold.


def seconds(run: Callable[[], object]) -> float:
    parsing.memo.cache_clear()
    started = time.process_time()
    run()
    return time.process_time() - started


def ratio(make: Callable[[int], str], size: int) -> float:
    """How many times longer twice the text takes: about 2 where the time grows with the length, 4 with its square."""

    def read(text: str) -> Callable[[], object]:
        source = text_source("x", text.encode())
        return lambda: list(read_events(source, Reading(ClockState())))

    pairs = [(seconds(read(make(size))), seconds(read(make(2 * size)))) for _ in range(3)]
    return min(long for _, long in pairs) / max(min(short for short, _ in pairs), 0.002)


NASTY: dict[str, Callable[[int], str]] = {
    "asa_ikev2": lambda n: "IKEv2-PROTO-" + "1" * n + ": " + "(" * n,
    "asa_ikev2 handles": lambda n: "IKEv2-PROTO-1: " + "(1): " * n,
    "asa_ikev2 blanks": lambda n: "IKEv2-PLAT-1:" + " " * n + "(" + "1" * n,
    "ios_ikev2": lambda n: "IKEv2:(SESSION ID = " + "1" * n + ",SA ID = " + "1" * n + ":" * n,
    "ios_ikev2 tags": lambda n: "IKEv2:" * n,
    "ios_ikev2 blanks": lambda n: "IKEv2:" + " " * n + "%" + " " * n + "x",
    "ios_ipsec": lambda n: "IPSEC:(SESSION ID = " + "1" * n + " " * n,
    "ios_ipsec tags": lambda n: "IPSEC(" * n,
    "asa_syslog": lambda n: "%ASA-" + "a" * n + "-5-750001: " + "Local:" * n,
    "asa_syslog selectors": lambda n: (
        "%ASA-3-751022: Local:192.0.2.1:500 Remote:192.0.2.2:500 Username:x IKEv2 Tunnel "
        "rejected: Crypto Map Policy not found for remote traffic selector " + "local traffic " * n
    ),
    "asa_syslog clocks": lambda n: "10:00:00 " * n + "750003 Local:x",
    "ios_syslog": lambda n: "%CRYPTO-5-" + "A" * n + ": " + " " * n,
    "ios_syslog groups": lambda n: "%CRYPTO-5-SESSION_STATUS: Crypto tunnel is UP.  Peer " + "1:" * n,
    "ios_pki": lambda n: "CRYPTO_PKI : (" + "A" * n + " )" + "x" * n,
    "ios_ikev1": lambda n: "ISAKMP:(" + "1" * n + ":" * n,
    "asa_ikev1": lambda n: "[IKEv1 DEBUG]" + " " * n + ":" * n,
    "brackets": lambda n: "(" * n + "\n" + ")" * n,
    "priorities": lambda n: "<1>" * n + "IKEv2:x",
    "sequence numbers": lambda n: "1: " * n + "IKEv2:x",
    "clocks": lambda n: "Apr 29 16:57:40.944: " * n + "IKEv2:x",
    "quotes": lambda n: "> " * n + "IKEv2:x",
    "backspaces": lambda n: "IKEv2:x" + "a\b" * n + "\b" * n,
    "escapes": lambda n: "\x1b[" * n + "IKEv2:x",
    "prompts": lambda n: "a" * n + "#" * n,
    "hosts": lambda n: "Apr 29 16:57:40 " + "a." * n + "1 : " * n,
    "payloads": lambda n: "IKEv2:Received Packet [From 192.0.2.1:500/To 192.0.2.2:500/VRF i0:f0]\n" + "NOTIFY(" * n,
    "transforms": lambda n: "IKEv2:Received Policies:\nProposal 1: " + "AES-CBC " * n + "x",
    "labels": lambda n: "IKEv2:Received Policies:\nProposal 1: " + "PRF: x " * n + ":",
    "certificates": lambda n: "IKEv2:[PKI -> IKEv2] Retrieved trustpoint(s): " + "'a' " * n,
    "transform sets": lambda n: "IPSEC(sa_request): ,\nprotocol= ESP, transform= " + "esp-aes " * n + ")",
    "timers": lambda n: "IKEv2:Starting timer to " + "a (1 sec) " * n + "(",
    "quoted": lambda n: "IKEv2:Found Policy '" + "a" * n,
    "wrapped": lambda n: "IKEv2:SM Trace-> SA: \n" + ("x" * 80 + "\n") * (n // 40),
}


# Long enough that both lengths are read by a style: making one takes longer than reading a short text.
LONG = 24_000


@pytest.mark.parametrize("make", NASTY.values(), ids=NASTY.keys())
def test_time_grows_with_the_length(make: Callable[[int], str]) -> None:
    assert any(ratio(make, LONG) < 3 for _ in range(4))  # a busy machine may take its time once, a square always


def test_a_line_of_megabytes() -> None:
    text = f"{V2}\n*Apr 29 16:57:40.944: IKEv2:{'x' * 5_000_000}\n{'(' * 1_000_000}\n{V2}\n"
    events = list(read_events(text_source("x", text.encode()), Reading(ClockState())))
    assert [event.kind for event in events] == ["sa_inserted", "unrecognised", "sa_inserted"]


def unknown(count: int) -> Iterator[str]:
    for n in range(count):
        yield f"*Apr 29 16:57:40.944: IKEv2:(SESSION ID = {n},SA ID = {n % 9}):Unheard of thing number {n} happened"
        yield f"some text {n} below it"


def test_thousands_of_unknown_lines() -> None:
    text = "\n".join(unknown(4000))
    taken = seconds(lambda: list(read_events(text_source("x", text.encode()), Reading(ClockState()))))
    assert taken < 20
    assert len(parsing.memo("ios_ikev2", "body")) <= parsing.MEMO_LIMIT


def test_every_tag_holds_a_hint() -> None:
    """The quick look that spares most lines the search for tags must not spare one that has a tag."""
    for text in (
        V2,
        ASA,
        SYSLOG,
        ON_OFF,
        "Crypto mapdb : x",
        "(ipsec_process_proposal)Map x",
        "CRYPTO_PKI: x",
        "KEv2:x",
    ):
        assert lines.tags().search(text)
        assert lines.may_hold_tag(text)
    for family in FAMILIES:
        assert family in lines.tags().pattern


def assert_same_in_rows(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is read row by row where its block has a style, else alone: the events must be the same."""

    def events() -> list[object]:
        return list(read_events(text_source("x", text.encode()), Reading(ClockState())))

    monkeypatch.setattr(rows, "_WORTH_A_STYLE", len(text) + 1)
    alone = events()
    monkeypatch.setattr(rows, "_WORTH_A_STYLE", 0)
    assert events() == alone != []


@pytest.mark.parametrize("between", ["\0", "\0\0 ", "\t", "\r", "\x1b[0m", "\x08"])
@pytest.mark.parametrize("line", [ASA, V2])
def test_control_characters_read_the_same_in_rows_and_alone(
    line: str, between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = (f"{line[:place]}{between}{line[place:]}" for place in range(len(line) + 1))
    assert_same_in_rows("".join(f"Nov 26 05:41:07.003 UTC: {text}\n" for text in cut), monkeypatch)


@pytest.mark.parametrize("clock", ["UTC:", "UTC: ", ": ", ":", "UTC 2024: ", ".5 UTC: ", " ", " UTC ", " edge1: "])
def test_clocks_of_one_day_read_the_same_in_rows_and_alone(clock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most lines have one form of clock; what else may stand behind a time of day must not be taken for it."""
    usual = [f"Nov 26 05:41:07 UTC:{V2}", f"Nov 26 05:41:08 UTC:{V2}"] * 20
    behind = (V2, "Payload contents:", "%LINEPROTO-5-UPDOWN: x", "Nov 26 05:41:09: " + V2, "12: " + V2, "UTC: " + V2)
    for text in behind:
        other = f"Nov 26 05:41:09{'' if clock[0] in ':. ' else ' '}{clock}{text}"
        assert_same_in_rows("\n".join([*usual, other, *usual]), monkeypatch)


def test_lines_with_another_handle_stay_out_of_a_record_in_rows_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was remembered of the lines below one head must not be taken for those below another's."""
    below = "\n".join(["(2): Payload contents:", "(2):  SA KE N"])
    heads = [
        f"IKEv2:(SESSION ID = 1,SA ID = {sa}):Sending Packet [To 192.0.2.1:500/From 192.0.2.2:500/VRF i0:f0]"
        for sa in (1, 2, 3, 2)
    ]
    text = "".join(f"Nov 26 05:41:07.003 UTC: {head}\n{below}\nNov 26 05:41:07.003 UTC: {V2}\n" for head in heads)
    assert_same_in_rows(text, monkeypatch)


def test_what_is_not_understood_on_one_line_shares_its_text() -> None:
    """A hostile line of a megabyte with a tag every few characters must not be kept once for every tag."""
    found = list(read_events(text_source("x", b"IKEv2:(" * 1000), Reading(ClockState())))
    texts = {id(event.text) for event in found if event.kind == "unrecognised"}
    assert len(found) == 1000
    assert len(texts) == 1


@pytest.mark.parametrize("kept", [1200, 2000, 4000])
def test_a_short_gzip_that_breaks_off_keeps_what_came_before(kept: int) -> None:
    lines = b"".join(b"IKEv2:(SESSION ID = %d,SA ID = 2):Insert SA %d\n" % (n, n * n) for n in range(2000))
    source = text_source("x.gz", gzip.compress(lines, mtime=0)[:kept])
    assert len(source.text) > kept
    assert lines.startswith(source.text.encode())
    assert any("break off" in note for note in source.notes)
