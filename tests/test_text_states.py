"""A line is read whatever state its text is in: wrapped in any envelope, pasted, cut, scanned."""

import html
import json
import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ikelog.events.reader import read_events
from ikelog.events.types import Endpoint, Event
from ikelog.grammar import tables
from ikelog.grammar.texts import source as grammar
from ikelog.pipeline import Options, analyze, events_of
from ikelog.reading import envelope
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import text_source

SAMPLES = Path(__file__).parent.parent / "samples"
CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "cases" / "envelopes.toml").read_text(encoding="utf-8")
)["envelope"]
BODY = "Local:198.51.100.1:500 Remote:203.0.113.9:500 Username:Unknown IKEv2 Received a IKE_INIT_SA request"
TEXTS = {
    "ikev2": ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert SA", "sa_inserted"),
    "asa": (f"%ASA-5-750002: {BODY}", "connection_requested"),
    "asa_body": (BODY, "connection_requested"),
    "asa_debug": ("IKEv2-PLAT-3: (11): PSH cleanup", "session_cleaned"),
    "ios": ("%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is ON", "ike_switched"),
    "json": (f"%ASA-5-750002: {BODY}", "connection_requested"),
    "csv": (f"%ASA-5-750002: {BODY}", "connection_requested"),
}
ROWS = [(case, line) for case in CASES for line in case["lines"]]
# What the walk along a header looks at without going over it, and pieces that stand for others.
NO_PIECES = {"MONTH"}


def read(text: str) -> tuple[list[Event], Reading]:
    state = Reading(ClockState())
    return list(read_events(text_source("x", f"{text}\n".encode()), state)), state


def only(text: str) -> Event:
    (event,) = read(text)[0]
    return event


@pytest.mark.parametrize(("case", "line"), ROWS, ids=[f"{case['name']}: {line!r}" for case, line in ROWS])
def test_envelope(case: dict[str, Any], line: str) -> None:
    text, kind = TEXTS[case["text"]]
    event = only(line.replace("{}", text))
    assert (event.kind, event.time, event.device) == (kind, case.get("time"), case.get("device"))
    if case["text"].startswith("asa") and kind == "connection_requested":
        assert event.fields == only(f"%ASA-5-750002: {BODY}").fields


def test_every_envelope_has_five_spellings() -> None:
    assert [case["name"] for case in CASES if len(set(case["lines"])) < 5] == []


class Noting:
    """A piece of the envelope that notes its name, and those of its groups, where it matches."""

    def __init__(self, name: str, seen: set[str]) -> None:
        self._name, self._seen, self._pattern = name, seen, tables.envelope(name)
        self.pattern = self._pattern.pattern

    def _noted(self, found: "re.Match[str] | None") -> "re.Match[str] | None":
        if found is not None:
            self._seen.add(self._name)
            self._seen.update(f"{self._name}: {name}" for name, value in found.groupdict().items() if value)
        return found

    def match(self, *args: Any) -> "re.Match[str] | None":
        return self._noted(self._pattern.match(*args))

    def search(self, *args: Any) -> "re.Match[str] | None":
        return self._noted(self._pattern.search(*args))


def test_every_piece_of_the_envelope_has_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    from ikelog.reading import lines, templates

    for module, name in ((envelope, "pattern"), (lines, "pattern"), (templates, "envelope")):
        monkeypatch.setattr(module, name, lambda piece: Noting(piece, seen))
    for case, line in ROWS:
        read(line.replace("{}", TEXTS[case["text"]][0]))
    read("%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel1, changed state to up")
    pieces = dict(re.findall(r"^([A-Z_]+): /(.*)/$", grammar("envelope"), re.MULTILINE))
    wanted = {name for name in pieces if name not in NO_PIECES}
    wanted |= {f"{name}: {group}" for name in wanted for group in re.findall(r"\(\?P<(\w+)>", pieces[name])}
    assert sorted(wanted - seen) == []


# Text.

INSERTED = "IKEv2:(SESSION ID = 7,SA ID = 2):Insert SA"
CLOCK = "*Apr 29 16:57:40.944: "
WHOLE = [
    # the typography of pages and other keyboards
    ("IKEv2\uff1a(SESSION ID = 7,SA ID = 2)\uff1aInsert SA", "sa_inserted"),
    ("\uff29\uff2bEv2:(SESSION ID = 7,SA ID = 2):Insert SA", "sa_inserted"),
    ("IK\u200bEv2:(SESSION ID = 7,SA ID = 2):Ins\u00adert SA", "sa_inserted"),
    ("IKEv2:(SESSION\u00a0ID\u00a0=\u00a07,SA ID = 2):Insert\u2009SA", "sa_inserted"),
    ("IKEv2:[IKEv2 -&gt; Crypto Engine] Computing DH public key, DH Group 5", "dh_requested"),
    ("IKEv2:[IKEv2 –> Crypto Engine] Computing DH public key, DH Group 5", "dh_requested"),
    ("IKEv2:[IKEv2 → Crypto Engine] Computing DH public key, DH Group 5", "dh_requested"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Verify peer&#39;s policy", "peer_policy_checked"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Verify peer&#x27;s policy", "peer_policy_checked"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Verify peer’s policy", "peer_policy_checked"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Verify peer`s policy", "peer_policy_checked"),
    # console output inside
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert Hub#SA", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert Hub#sho SA", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert Hub(config-if)# SA", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert SA Hub#show crypto ikev2 sa", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert.!!!! SA", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert SA.!!!!", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert --More-- SA", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert **SA**", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert\r SA\r", "sa_inserted"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insertx\b SA", "sa_inserted"),
]


@pytest.mark.parametrize(("text", "kind"), WHOLE, ids=[repr(text) for text, _ in WHOLE])
@pytest.mark.parametrize("clock", ["", CLOCK])
def test_a_text_that_lost_nothing(text: str, kind: str, clock: str) -> None:
    events, state = read(clock + text)
    assert [(event.kind, event.damage) for event in events] == [(kind, None)]
    assert state.damaged == []
    assert events[0].time == ("--04-29T16:57:40.944" if clock else None)


IKEV1 = "Group = 192.0.2.1, IP = 192.0.2.1, processing SA payload"
LOST = [
    *(
        (f"{left}(SESSION ID = 7,SA ID = 2):Insert SA", "sa_inserted")
        for left in ("KEv2:", "Ev2:", "v2:", "2:", ":", "")
    ),
    *(
        (f"{left}: (11): PSH cleanup", "session_cleaned")
        for left in ("KEv2-PLAT-3", "Ev2-PLAT-3", "2-PLAT-3", "-PLAT-3")
    ),
    *((f"{left}: (11): PSH cleanup", "session_cleaned") for left in ("PLAT-3", "LAT-3", "AT-3")),
    *((f"{left}:(1001):Old State = IKE_I_MM3  New State = IKE_I_MM4", "state_changed") for left in ("SAKMP", "KMP")),
    *((f"{left}]: {IKEV1}", "payload_processed") for left in ("IKEv1 DEBUG", "v1 DEBUG", "EBUG", "BUG")),
    ("PSEC(sa_request): ,", "child_sa_wanted"),
    ("CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is ON", "ike_switched"),
    ("RYPTO-6-ISAKMP_ON_OFF: ISAKMP is ON", "ike_switched"),
    (f"ASA-5-750002: {BODY}", "connection_requested"),
    (f"SA-5-750002: {BODY}", "connection_requested"),
    (f"FTD-vpn-5-750002: {BODY}", "connection_requested"),
    ("ASA-5-713119: Group = 192.0.2.1, IP = 192.0.2.1, PHASE 1 COMPLETED", "ike_sa_created"),
]


@pytest.mark.parametrize(("text", "kind"), LOST, ids=[text for text, _ in LOST])
def test_lost_first_characters(text: str, kind: str) -> None:
    events, state = read(text)
    assert [event.kind for event in events] == [kind]
    assert events[0].damage is not None
    assert "lost" in events[0].damage
    assert [(damage.line, damage.repaired) for damage in state.damaged] == [(1, True)]


@pytest.mark.parametrize(
    "text",
    ["2: Insert SA", "SA ID = 2 is mine", "EC: (1)", "2001:db8::1", "A-5-1", "MP: yes", "v2: a new release", "-7-: x"],
)
def test_text_that_only_looks_cut(text: str) -> None:
    assert read(text)[0] == []


DAMAGED = [
    ("ISAKMP:(0):beginning Main Mode ex change", "exchange_started", "a blank inside 'exchange'"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Ins ert SA", "sa_inserted", "a blank inside 'Insert'"),
    ("lKEv2:(SESSION ID = 7,SA ID = 2):Insert SA", "sa_inserted", "the tag is misread"),
    ("IKEvZ:(SESSION ID = 7,SA ID = 2):Insert SA", "sa_inserted", "the tag is misread"),
    ("IKEv2:{SESSIGH ID = 7,5A ID = 2):Insert SA", "sa_inserted", "the tag is misread"),
    ("15AKMP:(0):beginning Main Mode exchange", "exchange_started", "the tag is misread"),
    ("1PSEC(sa_request): ,", "child_sa_wanted", "the tag is misread"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):lnsert SA", "sa_inserted", "misread: 'lnsert' for 'Insert'"),
    ("IKEv2:(SESSION ID = 7,SA ID = 2):Insert \ufffd SA", "unrecognised", "bytes that are no characters"),
]


@pytest.mark.parametrize(("text", "kind", "damage"), DAMAGED, ids=[text for text, _, _ in DAMAGED])
def test_damage_is_told(text: str, kind: str, damage: str) -> None:
    events, state = read(CLOCK + text)
    assert [(event.kind, event.damage) for event in events] == [(kind, damage)]
    assert [(d.line, d.what, d.repaired) for d in state.damaged] == [(1, damage, kind != "unrecognised")]


@pytest.mark.parametrize(
    "text",
    [
        "IKEv2:(SESSION ID = 7,SA ID = 2):Found Policy my policy",
        "IKEv2:(SESSION ID = 7,SA ID = 2):Insert SAs",
        "IKEv2:(SESSION ID = 7,SA ID = 2):Inserted SA",
        "IKEv2:(SESSION ID = 7,SA ID = 2):Received Policies: none",
        "ISAKMP:(0):a thing that nobody knows, with an @ in it",
    ],
)
def test_what_nobody_knows_is_not_mended(text: str) -> None:
    event = only(CLOCK + text)
    assert (event.kind, event.damage, event.text) == ("unrecognised", None, CLOCK + text)


def message(spi: str, other: str = "0000000000000000", tag: str = "IKEv2") -> str:
    return (
        f"{CLOCK}{tag}:Received Packet [From 192.0.2.7:500/To 198.51.100.8:500/VRF i0:f0] \n"
        f"Initiator SPI : {spi} - Responder SPI : {other} Message id: 0\n"
        "IKEv2 IKE_SA_INIT Exchange REQUEST \nPayload contents: \n SA KE N NOTIFY(NAT_DETECTION_SOURCE_IP)\n"
    )


SCANNED = message("A1B2C3D4E5FO7180", "OOOOOO0QOOOO00DO").replace("Initiator", "Initiater").replace("id: 0", "id: @")
SCANNED = SCANNED.replace("NOTIFY(NAT", "MOTIFY(MAT").replace("IKEv2 IKE", "IKEvZ IKE").replace("f0]", "f0)")


def test_an_identifier_that_cannot_be_read_is_none() -> None:
    (event,), state = read(SCANNED)
    assert "initiator_spi" not in event.fields
    assert "responder_spi" not in event.fields
    assert event.fields["initiator_spi_as_read"] == "A1B2C3D4E5FO7180"
    assert event.fields["responder_spi_as_read"] == "OOOOOO0QOOOO00DO"
    assert event.fields["notifies"] == ("NAT_DETECTION_SOURCE_IP",)
    assert (event.fields["exchange"], event.fields["message_id"], event.end_line) == ("IKE_SA_INIT", 0, 5)
    assert {damage.line: damage.repaired for damage in state.damaged} == {1: True, 2: False, 3: True, 5: True}
    assert event.damage is not None


def test_a_scanned_log_invents_no_negotiation() -> None:
    whole = message("A1B2C3D4E5F07180") + SCANNED
    report = analyze([text_source("x", whole.encode())], Options())
    assert {n.initiator_spi for n in report.negotiations} <= {"a1b2c3d4e5f07180", None}
    assert "IKE906" in {finding.code for finding in report.findings}


def test_a_sound_log_has_no_damage() -> None:
    report = analyze([text_source("x", message("A1B2C3D4E5F07180").encode())], Options())
    assert "IKE906" not in {finding.code for finding in report.findings}


MASKS = [
    "x.x.x.x",
    "86.183.x.y",
    "91.a.b.101",
    "<ip>",
    "<My public IP>",
    "A.B.C.D",
    "XX.XX.XX.XX",
    "PEER-IP",
    "1.1.1.x",
]


@pytest.mark.parametrize("mask", MASKS)
def test_a_masked_address_is_text(mask: str) -> None:
    event = read(message("A1B2C3D4E5F07180").replace("192.0.2.7", mask))[0][0]
    assert event.fields["remote"] == Endpoint(mask, 500)
    event = only(f"%ASA-5-750002: {BODY}".replace("203.0.113.9", mask))
    assert event.fields["remote"] == Endpoint(mask, 500)
    event = only(f"[IKEv1]: Group = {mask}, IP = {mask}, PHASE 1 COMPLETED")
    assert (event.fields["group"], event.fields["remote"]) == (mask, Endpoint(mask))
    assert event.damage is None


def test_numbered_lines_of_a_record() -> None:
    lines = message("A1B2C3D4E5F07180").splitlines()
    expected = read("\n".join(lines))[0]
    for form in ("{:>4}  {}", "{}: {}", "{}| {}", "{}) {}", "{:>3}. {}", "{} {}"):
        numbered = "\n".join(form.format(number, line) for number, line in enumerate(lines, 41))
        assert read(numbered)[0] == expected, form


# Devices.


def test_one_prompt_names_the_device_of_the_whole_log() -> None:
    text = f"{CLOCK}{INSERTED}\nHub-RTR(config)#no shut\n{CLOCK}{INSERTED}\nHub-RTR#\n{CLOCK}{INSERTED}"
    assert [event.device for event in read(text)[0]] == ["Hub-RTR"] * 3


def test_two_prompts_tell_two_devices_apart() -> None:
    text = f"R1#debug crypto ikev2\n{CLOCK}{INSERTED}\nR1#u all\n\nR2#sh log\n{CLOCK}{INSERTED}\nciscoasa# {INSERTED}"
    assert [event.device for event in read(text)[0]] == ["R1", "R2", "ciscoasa"]


def test_a_header_names_the_device_before_a_prompt_does() -> None:
    text = f"R1#term mon\nNov 21 10:00:00 192.0.2.9 {INSERTED}\n{INSERTED}"
    assert [event.device for event in read(text)[0]] == ["192.0.2.9", "R1"]


def test_a_device_that_was_renamed_is_one() -> None:
    text = f"Router(config)#hostname R1\n{INSERTED}\nR1(config)#end\n{INSERTED}"
    assert [event.device for event in read(text)[0]] == ["Router", "Router"]


@pytest.mark.parametrize("line", ["Note# this is prose", "a> b", "SPI#12 is old", "Transform#1"])
def test_prose_is_no_prompt(line: str) -> None:
    assert [event.device for event in read(f"{line}\n{INSERTED}")[0]] == [None]


# Whole logs: what is done to all of its lines changes nothing that is said of its negotiations.

LOGS = sorted(path.name for path in SAMPLES.glob("*.log") if path.name != "foreign-strongswan.log")
NOISE = [
    "*Apr 29 16:57:43.000: %LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel46, changed state to up",
    "<166>Jun 26 2024 01:35:42: %ASA-6-302014: Teardown TCP connection 12 for outside:198.51.100.9/443",
    "000812: Jan  6 2022 21:01:34.964 UTC: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.50)",
]


def at_80_columns(lines: list[str]) -> list[str]:
    return [line[place : place + 80] for line in lines for place in range(0, max(len(line), 1), 80)]


def with_noise(lines: list[str]) -> list[str]:
    return [text for n, line in enumerate(lines) for text in ([NOISE[n % 3], line] if n % 4 == 3 else [line])]


def collected(line: str) -> str:
    return json.dumps({"@timestamp": "2024-06-26T01:35:42Z", "host": "fw1", "message": line})


def cells(line: str) -> str:
    return f'2024-06-26T01:35:42Z,fw1,"{line.replace(chr(34), chr(34) * 2)}"'


STATES: dict[str, Callable[[list[str]], list[str]]] = {
    "wrapped at 80 columns": at_80_columns,
    "wrapped at 80 columns, blanks at the ends lost": lambda lines: [line.rstrip() for line in at_80_columns(lines)],
    "no indentation": lambda lines: [" ".join(line.split()) for line in lines],
    "carriage returns": lambda lines: [f"{line}\r" for line in lines],
    "quoted twice": lambda lines: [f"> > {line}" for line in lines],
    "entities": lambda lines: [html.escape(line) for line in lines],
    "numbered": lambda lines: [f"{number:>4}  {line}" for number, line in enumerate(lines, 1)],
    "hard blanks": lambda lines: [line.replace("  ", "\u00a0 ") for line in lines],
    "typography": lambda lines: [line.replace("'", "’").replace("->", "–>") for line in lines],
    "JSON": lambda lines: [collected(line) for line in lines],
    "CSV": lambda lines: [cells(line) for line in lines],
    "noise between": with_noise,
    "at a prompt": lambda lines: ["Hub-RTR#terminal monitor", *lines, "Hub-RTR#"],
}


def said_of(lines: list[str]) -> list[object]:
    """Who negotiated, in which role, what came of it and why, and how many messages there were."""
    report = analyze([text_source("x", "\n".join(lines).encode())], Options())
    found = [
        (n.initiator_spi, n.responder_spi, n.remote.address, n.role, n.outcome, n.verdict, len(n.messages))
        for n in report.negotiations
    ]
    return sorted(found, key=repr)


@cache
def sample(name: str) -> tuple[list[str], list[object]]:
    lines = (SAMPLES / name).read_text(encoding="utf-8").replace("\r", "").splitlines()
    return lines, said_of(lines)


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_the_state_of_a_text_changes_nothing(state: Callable[[list[str]], list[str]]) -> None:
    for name in LOGS:
        lines, expected = sample(name)
        assert said_of(state(lines)) == expected, name


def test_lines_keep_their_numbers_in_a_wrapped_log() -> None:
    lines, _ = sample("iosxe-healthy-initiator.log")
    wrapped = at_80_columns(lines)
    events, state = read("\n".join(wrapped))
    whole = read("\n".join(lines))[0]
    assert [event.kind for event in events] == [event.kind for event in whole]
    for event, original in zip(events, whole, strict=True):
        assert "".join(wrapped[event.line - 1 : event.end_line]) == "".join(
            lines[original.line - 1 : original.end_line]
        )
    assert {damage.what for damage in state.damaged} == {"wrapped by a terminal"}
    assert {event.damage for event in events} == {"wrapped by a terminal", None}


def test_bytes_of_no_encoding_are_damage() -> None:
    state = Reading(ClockState())
    events = list(read_events(text_source("x", f"{INSERTED}\n".encode() + b"\xfc\n"), state))
    assert [event.kind for event in events] == ["sa_inserted"]
    assert [(damage.line, damage.repaired) for damage in state.damaged] == [(2, False)]


def test_an_spi_that_cannot_be_read_is_none_where_its_line_stands_alone() -> None:
    """What is put in the place of the SPI to read its line leaves no trace where the record's head is lost."""
    text = (
        "Initiator SPI : 4D1B0A6F93E27C58 - Responder SPI : 0000000000000000 Message id: 0\n"
        "IKEv2 IKE_SA_INIT Exchange REQUEST\n\n"
        "*Mar  4 09:12:01.190: Received Packet\n"
        "Initiator SPI : 4D1B[A6F93E27C58 - Responder SPI : B8E05C12F7A94D36 Message id: 0\n"
        "IKEv2 IKE_SA_INIT Exchange RESPONSE\n"
    )
    source = text_source("x.log", text.encode())
    assert {n.initiator_spi for n in analyze([source]).negotiations} <= {"4d1b0a6f93e27c58", None}
    read = [event.fields for event, _ in events_of([source]) if event.kind == "message_spis"]
    assert [fields.get("initiator_spi_as_read") for fields in read] == [None, "4D1B[A6F93E27C58"]


def test_a_server_s_clock_is_not_taken_for_that_of_a_device_which_prints_one() -> None:
    """Lines that go on have the server's clock alone: the time between the two clocks is no duration."""
    text = (SAMPLES / "iosxe-healthy-responder.log").read_text(encoding="utf-8")
    plain = analyze([text_source("x.log", text.encode())]).negotiations
    for copies in (1, 40):
        served = "".join(f"<166>Nov 21 10:00:00 edge1 {line}\n" for line in text.splitlines() * copies)
        report = analyze([text_source("x.log", served.encode())])
        assert report.negotiations[0].duration_ms == plain[0].duration_ms
        assert report.negotiations[0].started_at == plain[0].started_at


def test_a_proposal_is_no_host() -> None:
    text = (SAMPLES / "iosxe-ike-proposal-mismatch.log").read_text(encoding="utf-8")
    served = "".join(f"2024-06-26T01:35:00Z {line}\n" for line in text.splitlines())
    (plain,), (wrapped,) = (analyze([text_source("x.log", t.encode())]).negotiations for t in (text, served))
    assert len(wrapped.proposals) == len(plain.proposals)
