"""The ladder, alone as `ikelog timeline` prints it and compact as the report does."""

import pytest
from reports import (
    healthy,
    message,
    psk_finding,
    psk_negotiation,
    report,
    source,
    step,
    text,
    timed_negotiation,
    timeline,
)

from ikelog.correlation.types import End, Fragments, Message, Repeat, Span
from ikelog.diagnosis.types import Evidence
from ikelog.reporting import wording
from ikelog.reporting.ladder_rows import contents

AS_RESPONDER = """\
FAILED  20.20.20.1  we responded                                     IKE201 psk-mismatch
  N1  D7307E13C686A26E / 1FDBEBAAE40753CF
             20.20.20.1:500                 30.30.30.1:500 (here)
    line 1    IKE_SA_INIT 0  ────────────▶  SA KE N VID×4 NAT_DETECTION×2
    line 188  IKE_SA_INIT 0  ◀────────────  SA KE N VID×4 NAT_DETECTION×2 CERTREQ
    line 190                                · DH secret computed, group 14
    line 197  IKE_AUTH 1     ────────────▶  IDi AUTH SA TSi TSr
    line 289                                ✗ AUTH does not verify
    line 314  IKE_AUTH 1     ◀────────────  AUTHENTICATION_FAILED
"""

AS_INITIATOR = """\
UP  2001:db8::1  we initiated
  N7  00000000000000AB / (unknown)  rekeyed from N3  at the same time as N4, N5  started 2024-11-30 11:16:56.461Z
             30.30.30.1:500 then 4500 (here)                 [2001:db8::1]:500
     8  11:16:56.460  +0.000s  · Policy default found
     9  11:16:56.461  +0.001s  IKE_SA_INIT 0  ────────────▶  SA KE N · again ×3, 2s 4s 8s
    30  11:16:56.473  +0.013s  IKE_SA_INIT 0  ◀────────────  SA KE N COOKIE · round trip 0.012s
    Child SA C1  ESP  inbound 00ABCDEF  outbound 12345678  local 10.1.0.0/24  remote 10.2.0.0-10.2.0.9 protocol 6 \
port 443  up
    closed by the peer: idle  line 60  11:16:59.000
"""


def test_responder_stands_on_the_right_and_the_step_that_proves_is_marked() -> None:
    assert timeline(report([psk_negotiation()], [psk_finding()])) == AS_RESPONDER


def test_initiator_stands_on_the_left_with_clock_repeats_children_and_end() -> None:
    assert timeline(report([timed_negotiation()])) == AS_INITIATOR


def test_without_a_role_this_device_is_on_the_left() -> None:
    lines = timeline(report([psk_negotiation(role=None)])).splitlines()
    assert lines[2].split() == ["30.30.30.1:500", "(here)", "20.20.20.1:500"]
    assert "◀──" in lines[3]  # received


def test_links_are_named() -> None:
    linked = healthy(1, other_view="N9", same_request_as=("N2", "N3"))
    assert "the other end's view is N9  same request as N2, N3" in timeline(report([linked]))


def test_compact_ladder_has_messages_and_proof_alone() -> None:
    shown = text(report([psk_negotiation()], [psk_finding()]))
    assert "✗ AUTH does not verify" in shown
    assert "DH secret computed" not in shown


def test_step_that_proves_a_warning_is_no_failure() -> None:
    shown = timeline(report([psk_negotiation()], [psk_finding(severity="warning")]))
    assert "· AUTH does not verify" in shown


def test_long_compact_ladder_keeps_both_ends_and_the_proof() -> None:
    many = tuple(message(n, 10 * n, "INFORMATIONAL", n, "sent", "") for n in range(1, 61))
    evidence = (Evidence("edge1.log", 305, 305, "DPD failed"),)
    failed = report([psk_negotiation(messages=many, steps=(step(305, "no answer"),))], [psk_finding(evidence=evidence)])
    shown = text(failed)
    assert [f"INFORMATIONAL {n} " in shown for n in (1, 10, 11, 50, 51, 52, 60)] == [
        True, True, False, False, True, True, True,
    ]  # fmt: skip
    assert "✗ no answer" in shown
    assert shown.count("… 20 more rows (-v or ikelog timeline shows all)") == 2
    assert "INFORMATIONAL 11 " in text(failed, verbose=1)


def test_rows_of_several_logs_name_the_log_and_follow_its_order() -> None:
    rotated = psk_negotiation(
        spans=(Span("b.log", 900, 950), Span("a.log", 1, 20)),
        messages=(
            message(1, 3, "IKE_AUTH", 1, "sent", "AUTH", source="a.log", offset_ms=70),
            message(2, 900, "IKE_SA_INIT", 0, "sent", "SA", source="b.log", offset_ms=50_000),
        ),
        steps=(),
    )
    rows = timeline(report([rotated], sources=(source(name="b.log"), source(name="a.log")))).splitlines()[3:]
    # an offset counts from its own log's first clock: none can be given for the second log
    assert [row.split()[:2] for row in rows] == [["b.log:900", "+0.000s"], ["a.log:3", "IKE_AUTH"]]


@pytest.mark.parametrize("width", [40, 50, 60, 80, 100, 140])
def test_terminal_never_breaks_a_word(width: int) -> None:
    made = report([psk_negotiation(), timed_negotiation()], [psk_finding()])
    whole, wrapped = timeline(made), timeline(made, width=width)
    short = str.maketrans({"─": ""})
    assert wrapped.translate(short).split() == whole.translate(short).split()
    assert [line for line in wrapped.splitlines() if len(line) > width] == []


def test_long_heads_stand_on_two_lines_of_a_narrow_terminal() -> None:
    address = "2001:db8:1111:2222:3333:4444:5555:{}"
    wide = psk_negotiation(local=End(address.format(1), 500, 4500), remote=End(address.format(2), 500, 4500))
    lines = timeline(report([wide]), width=80).splitlines()
    assert lines[2].strip() == "[2001:db8:1111:2222:3333:4444:5555:2]:500 then 4500"
    assert lines[3] == "[2001:db8:1111:2222:3333:4444:5555:1]:500 then 4500 (here)".rjust(80)


def test_nothing_to_show_is_said() -> None:
    assert timeline(report()) == "No negotiation found.\n"


def made(**more: object) -> Message:
    return message(1, 1, "IKE_AUTH", 1, "sent", **{"payloads": "", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (made(payloads="SA KE N VID VID CERTREQ VID"), "SA KE N VID×3 CERTREQ"),
        (made(payloads="NOTIFY(NAT_DETECTION_SOURCE_IP)"), "NAT_DETECTION"),
        (made(payloads="SA", notifies=("NO_PROPOSAL_CHOSEN",)), "SA NO_PROPOSAL_CHOSEN"),
        (made(payloads="NOTIFY(AUTH_FAILED)", notifies=("AUTHENTICATION_FAILED",)), "AUTHENTICATION_FAILED"),
        (made(payloads="NOTIFY NOTIFY", notifies=("COOKIE", "COOKIE")), "COOKIE×2"),
        (made(payloads="NOTIFY"), "NOTIFY"),
        (made(), ""),
    ],
)
def test_contents_of_a_message(sent: Message, expected: str) -> None:
    assert contents(sent) == expected


def test_unknown_notify_keeps_its_number() -> None:
    spaced = Message(1, "IKE_AUTH", 1, "sent", None, "a", 1, 1, payloads=("NOTIFY(Unknown - 40960)",))
    assert contents(spaced) == "NOTIFY_40960"


def row_of(only: Message) -> str:
    return timeline(report([psk_negotiation(messages=(only,), steps=())])).splitlines()[-1]


def test_retransmissions_without_a_clock_give_their_lines() -> None:
    repeats = (Repeat("edge1.log", 7, None, None), Repeat("edge1.log", 9, None, None))
    assert row_of(made(repeats=repeats)).endswith("again ×2, line 7 9")


def test_many_retransmissions_are_not_all_told() -> None:
    repeats = tuple(Repeat("x.log", line, None, None) for line in range(10, 1010))
    told = row_of(made(repeats=repeats))
    assert told.endswith("again ×1000, line 10 11 12 13 14 15 16 17 18 19 20 21 …")


def test_fragments_are_counted() -> None:
    assert row_of(made(payloads="AUTH", fragments=Fragments(2, 3))).endswith("AUTH · 2 of 3 fragments")


@pytest.mark.parametrize(
    ("message_id", "step_name", "label"),
    [(0, "MM1", "MM1"), (2711, "QM2", "QM2 2711"), (5, None, "IKE_AUTH 5"), (None, None, "IKE_AUTH")],
)
def test_label_of_a_row(message_id: int | None, step_name: str | None, label: str) -> None:
    row = row_of(labelled(message_id, step_name))
    assert row.removeprefix("    line 1  ").rpartition("◀")[0].strip() == label


def labelled(message_id: int | None, step_name: str | None) -> Message:
    return Message(1, "IKE_AUTH", message_id, "sent", None, "edge1.log", 1, 1, step=step_name)


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [(12, "+0.012s"), (-1500, "-1.500s"), (899_999, "+899.999s"), (3_725_000, "+1h02m05s"), (-3_725_000, "-1h02m05s")],
)
def test_elapsed_time(milliseconds: int, expected: str) -> None:
    assert wording.elapsed(milliseconds) == expected


@pytest.mark.parametrize(("milliseconds", "expected"), [(2003, "2s"), (480, "0.5s"), (31_960, "32s"), (9_960, "10s")])
def test_interval(milliseconds: int, expected: str) -> None:
    assert wording.interval(milliseconds) == expected


@pytest.mark.parametrize(
    ("time", "day_and_time", "clock"),
    [
        ("2024-11-30T11:16:56.461Z", "2024-11-30 11:16:56.461Z", "11:16:56.461"),
        ("2024-11-30T11:16:56+07:30", "2024-11-30 11:16:56+07:30", "11:16:56"),
        ("--04-29T16:57:40.944", "04-29 16:57:40.944", "16:57:40.944"),
    ],
)
def test_times_for_people(time: str, day_and_time: str, clock: str) -> None:
    assert (wording.moment(time), wording.clock(time)) == (day_and_time, clock)
