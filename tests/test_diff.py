"""What changed between two captures: nothing where only SPIs, times, ports and envelopes did, else what was edited."""

import io
import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ikelog.correlation.types import ChildSa, End, Span
from ikelog.diff import json_diff, markdown, text
from ikelog.diff.aspects import child_aspects, negotiation_aspects
from ikelog.diff.build import diff_reports
from ikelog.diff.edits import LONGEST, list_edits
from ikelog.diff.types import Diff, PeerDiff, Tolerance
from ikelog.events.types import TrafficSelector
from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.report import Report
from tests.reports import healthy, message, psk_finding, psk_negotiation, report

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
NAMES = sorted(path.name for path in SAMPLES.glob("*.log") if not path.name.startswith("foreign"))
CASES = tomllib.loads((ROOT / "tests/cases/diff/edited_samples.toml").read_text(encoding="utf-8"))["case"]
SCHEMA = jsonschema.Draft202012Validator(json.loads(json_diff.schema()))
# Of each kind one: headers with a host and a clock of either form, sequence numbers, another end of line.
ENVELOPES = [
    "<166>Nov 21 10:00:{second:02} edge1 {line}",
    "2024-06-26T01:35:{second:02}+02:00 edge1 {line}",
    "<189>{number}: edge-7: {line}",
    "{line}\r",
]


@cache
def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


@cache
def analyzed(log: str, name: str = "capture.log") -> Report:
    return analyze([text_source(name, log.encode())])


def differences(before: str, after: str) -> Diff:
    return diff_reports(analyzed(before), analyzed(after))


def what_changed(diff: Diff) -> list[object]:
    """All that keeps a diff from being empty, so that a failing test shows it."""
    changes = [change for peer in diff.peers for pair in peer.pairs for change in pair.changes]
    return [*changes, *diff.gone, *diff.come, *(peer for peer in diff.peers if peer.status != "unchanged")]


def as_text(diff: Diff, **options: Any) -> str:
    out = io.StringIO()
    text.render(diff, out, **{"width": 0, "colour": False, "verbose": 0, "quiet": False, **options})
    return out.getvalue()


def as_markdown(diff: Diff) -> str:
    out = io.StringIO()
    markdown.render(diff, out, quiet=False)
    return out.getvalue()


def as_json(diff: Diff) -> dict[str, Any]:
    out = io.StringIO()
    json_diff.render(diff, out)
    told: dict[str, Any] = json.loads(out.getvalue())
    SCHEMA.validate(told)
    return told


# -- the same negotiation again


def other_hex(found: re.Match[str]) -> str:
    """Another SPI, of the same length and case, the same one each time; zeros and IKEv2's message IDs stay."""
    if int(found[1], 16) < 0x10000:
        return found[0]
    turned = found[1].translate(str.maketrans("0123456789abcdefABCDEF", "1234567890bcdefaBCDEFA"))
    return found[0].replace(found[1], turned)


def other_number(found: re.Match[str]) -> str:
    return str(int(found[0]) + 1) if int(found[0]) else found[0]


# Ports that a NAT chose, device handles, connection ids; the long ones are message IDs of IKEv1, some with a sign.
NUMBERS = (
    r"(?<=SESSION ID = )\d+|(?<=SA ID = )\d+|(?<=\()\d{1,4}(?=\)(?::| tg_name| tunn| ))|(?<=conn_id= )\d{4}\b"
    r"|(?<=port )(?:49|5\d|6[0-4])\d{3}\b|(?<=\d:)(?:49|5\d|6[0-4])\d{3}\b|-?\b\d{9,10}\b"
)


def captured_again(log: str) -> str:
    """The log as another day gives it: other SPIs, clocks, ports behind a NAT, handles and message IDs of IKEv1."""
    hours = [int(hour) for hour in re.findall(r"\b(\d\d):\d\d:\d\d", log)]
    later = 1 if max(hours, default=0) < 23 else 0
    log = re.sub(r"\b(\d\d):(?=\d\d:\d\d)", lambda m: f"{int(m[1]) + later:02}:", log)
    log = re.sub(r"\b(?:0x)?([0-9a-fA-F]{16}|[0-9a-fA-F]{8})\b", other_hex, log)
    return re.sub(NUMBERS, other_number, log)


@pytest.mark.parametrize("name", NAMES)
def test_a_log_and_itself_differ_in_nothing(name: str) -> None:
    diff = differences(sample(name), sample(name))
    assert what_changed(diff) == []
    assert not diff.changed
    assert all(not pair.untold for peer in diff.peers for pair in peer.pairs)
    assert as_text(diff).startswith("Nothing changed")


@pytest.mark.parametrize("name", NAMES)
def test_other_spis_clocks_ports_handles_and_envelopes_are_no_change(name: str) -> None:
    envelope = ENVELOPES[NAMES.index(name) % len(ENVELOPES)]
    lines = captured_again(sample(name)).split("\n")
    again = [envelope.format(line=line, second=i % 60, number=1000 + i) for i, line in enumerate(lines)]
    assert what_changed(differences(sample(name), "\n".join(again))) == []


def test_a_log_captured_again_is_another() -> None:
    again = captured_again(sample("ios-ikev1-healthy-responder.log"))
    assert re.search(
        r"12:20:41\.176: ISAKMP \(1013\): received packet from 203\.0\.113\.72 dport 4500 sport 61300", again
    )
    assert "AB09FF540B5BB50C" not in captured_again(sample("iosxe-healthy-initiator.log"))


# -- each kind of change


def edited(case: dict[str, Any]) -> str:
    log = sample(case["sample"])
    for pattern, replacement in [*([gone, ""] for gone in case.get("drop", [])), *case.get("replace", [])]:
        log, number = re.subn(pattern, replacement, log, flags=re.MULTILINE)
        assert number, f"{case['name']}: {pattern} is not in {case['sample']}"
    return log


def told(peer: PeerDiff) -> list[list[object]]:
    """The changes as the cases write them."""
    return [
        [change.aspect, *([f"{e.op} {e.text}" for e in change.edits] or (change.before or "", change.after or ""))]
        for pair in peer.pairs
        for change in pair.changes
    ]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_an_edited_sample_differs_in_what_was_edited(case: dict[str, Any]) -> None:
    diff = differences(sample(case["sample"]), edited(case))
    peers = [peer for peer in diff.peers if peer.peer == case.get("peer", peer.peer)]
    changes = [change for peer in peers for change in told(peer)]
    if case.get("at_least"):
        assert [change for change in case["changes"] if change not in changes] == []
    else:
        assert changes == case["changes"]
    assert [code.code for peer in peers for code in peer.gone] == case.get("gone", [])
    assert [code.code for peer in peers for code in peer.come] == case.get("come", [])
    assert [peer.status for peer in peers] == case.get("status", ["changed" if changes else "unchanged"])
    assert [peer.trend for peer in peers if peer.trend] == ([case["trend"]] if "trend" in case else [])


SWAPPED = {"before": "after", "only_before": "only_after", "gone": "come", "better": "worse", "-": "+"}
SWAPPED |= {value: key for key, value in SWAPPED.items()}


def mirrored(value: Any) -> Any:
    """A JSON diff seen from the other side; what is a list of records is put in one order."""
    if isinstance(value, dict):
        return {
            SWAPPED.get(key, key): mirrored(SWAPPED.get(item, item) if key in SIDED else item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [mirrored(item) for item in value]
    return value


SIDED = ("status", "trend", "op")


def in_one_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_one_order(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((in_one_order(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def assert_mirrors(before: Report, after: Report) -> None:
    there, back = as_json(diff_reports(before, after)), as_json(diff_reports(after, before))
    assert in_one_order(mirrored(there)) == in_one_order(back)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_seen_from_the_other_side_it_is_mirrored(case: dict[str, Any]) -> None:
    assert_mirrors(analyzed(sample(case["sample"])), analyzed(edited(case)))


def test_samples_of_anything_mirror_each_other() -> None:
    reports = [analyzed(re.sub(r"\b(?:198|203|192)\.\d+\.\d+\.\d+", "192.0.2.1", sample(name))) for name in NAMES]
    for before, after in zip(reports, [*reports[1:], reports[0]], strict=True):
        assert_mirrors(before, after)


# -- which negotiations belong together


def peers_of(before: list[Any], after: list[Any], **tolerance: Any) -> tuple[PeerDiff, ...]:
    return diff_reports(report(before), report(after), Tolerance(**tolerance)).peers


def test_healthy_ones_are_paired_with_healthy_ones() -> None:
    failed = psk_negotiation("N1", remote=End("10.0.0.1"), role="initiator")
    (peer,) = peers_of([failed, healthy(2, "10.0.0.1")], [healthy(1, "10.0.0.1")])
    assert [(pair.before.id, pair.after.id) for pair in peer.pairs] == [("N2", "N1")]
    assert [n.id for n in peer.only_before] == ["N1"]
    assert (peer.status, peer.trend, peer.only_after) == ("changed", "better", ())


def test_fewer_failures_are_better_only_where_none_is_left() -> None:
    def failed(number: int) -> Any:
        return psk_negotiation(f"N{number}", remote=End("10.0.0.1"))

    (peer,) = peers_of([failed(1), failed(2)], [failed(1)])
    assert (peer.status, peer.trend, len(peer.only_before)) == ("changed", None, 1)
    up = healthy(3, "10.0.0.1", role="responder")
    (peer,) = peers_of([up], [failed(1), up])
    assert (peer.trend, len(peer.only_after)) == ("worse", 1)


def test_each_role_has_its_own_partners() -> None:
    ours, theirs = healthy(1, "10.0.0.1"), healthy(2, "10.0.0.1", role="responder")
    (peer,) = peers_of([ours, theirs], [healthy(1, "10.0.0.1", role="responder"), healthy(2, "10.0.0.1")])
    assert [(pair.before.id, pair.after.id) for pair in peer.pairs] == [("N1", "N2"), ("N2", "N1")]
    assert peer.status == "unchanged"
    (peer,) = peers_of([ours, ours], [healthy(1, "10.0.0.1"), theirs])
    assert (len(peer.pairs), len(peer.only_before), len(peer.only_after)) == (1, 1, 1)
    (peer,) = peers_of([ours], [theirs])
    assert told(peer) == [["role", "initiator", "responder"]]


def test_a_device_matters_where_both_captures_have_several() -> None:
    pair = [healthy(1, "10.0.0.1", device="edge1"), healthy(2, "10.0.0.1", device="edge2", ike_version=1)]
    peers = peers_of(
        pair, [healthy(1, "10.0.0.1", device="edge2", ike_version=1), healthy(2, "10.0.0.1", device="edge1")]
    )
    assert [(peer.device, peer.status) for peer in peers] == [("edge1", "unchanged"), ("edge2", "unchanged")]
    (peer,) = peers_of(pair[:1], [healthy(1, "10.0.0.1")])
    assert (peer.device, peer.status) == (None, "unchanged")


def test_without_host_names_a_log_is_a_device_where_both_have_the_same() -> None:
    def side(folder: str, *names: str) -> list[Any]:
        spans = [(Span(f"{folder}/{name}", 1, 9),) for name in names]
        return [healthy(n, "10.0.0.1", ike_version=n, spans=span) for n, span in enumerate(spans, 1)]

    peers = peers_of(side("before", "a.log", "b.log"), side("after", "a.log.1", "b.log"))
    assert [(peer.device, peer.status) for peer in peers] == [("a.log", "unchanged"), ("b.log", "unchanged")]
    (peer,) = peers_of(side("before", "day1.log", "day2.log"), side("after", "day2.log", "day3.log"))
    assert (peer.device, peer.status) == (None, "unchanged")


def test_a_peer_with_another_address_is_known_by_its_name() -> None:
    here, there = (
        healthy(1, remote=End(address, identity="branch.example.net")) for address in ("10.0.0.1", "10.0.0.9")
    )
    (peer,) = peers_of([here], [there])
    assert told(peer) == [["remote.address", "10.0.0.1", "10.0.0.9"]]
    assert peer.peer == "10.0.0.1 → 10.0.0.9"
    numbered = [healthy(1, remote=End(address, identity="192.168.1.1")) for address in ("10.0.0.1", "10.0.0.9")]
    assert [peer.status for peer in peers_of(numbered[:1], numbered[1:])] == ["only_before", "only_after"]


def test_the_tolerance_is_a_share_and_a_floor() -> None:
    def with_duration(milliseconds: int) -> Any:
        return healthy(1, duration_ms=milliseconds, started_at="2024-11-30T11:16:56.461Z")

    def changed(before: int, after: int, **tolerance: Any) -> bool:
        (peer,) = peers_of([with_duration(before)], [with_duration(after)], **tolerance)
        return peer.status == "changed"

    assert not changed(100, 599)
    assert changed(100, 601)
    assert changed(100, 111, relative=0.1, floor_ms=5)
    assert not changed(10_000, 11_900)
    assert changed(10_000, 12_100)
    assert not changed(100, 10_000_000)  # the clock was set


def test_liveness_checks_and_what_one_log_does_not_tell_are_no_change() -> None:
    init = message(1, 1, "IKE_SA_INIT", 0, "sent", "SA KE N")
    alive = message(2, 9, "INFORMATIONAL", 2, "sent", "")
    (peer,) = peers_of([healthy(1, messages=(init,))], [healthy(1, messages=(init, alive, alive))])
    assert peer.status == "unchanged"
    unknown = message(1, 1, "IKE_SA_INIT", 0, "sent", "ENCR")
    (peer,) = peers_of([healthy(1, messages=(init,))], [healthy(1, messages=(unknown,))])
    assert peer.status == "unchanged"


def test_child_sas_are_paired_by_their_networks() -> None:
    def child(number: int, network: str, **more: Any) -> ChildSa:
        known = {"local_selectors": (TrafficSelector(network, network),), "protocol": "esp", "state": "up"}
        return ChildSa(f"N1.C{number}", 1, **{**known, **more})

    before = healthy(1, child_sas=(child(1, "10.0.1.0"), child(2, "10.0.2.0", pfs_group=14)))
    after = healthy(1, child_sas=(child(1, "10.0.2.0", pfs_group=19), child(2, "10.0.1.0"), child(3, "10.0.3.0")))
    (peer,) = peers_of([before], [after])
    assert told(peer) == [["pfs_group", 14, 19], ["child_sas", "+ 10.0.3.0/32 ⇄ ?, up"]]
    assert peer.pairs[0].changes[0].child_sa == "10.0.2.0/32 ⇄ ?"


def test_a_message_that_changed_places_went_and_came() -> None:
    edits = list_edits(["a", "b", "c"], ["b", "c", "a"])
    assert [(edit.op, edit.text) for edit in edits] == [("-", "a"), ("+", "a")]
    many = [str(number) for number in range(LONGEST + 1)]
    assert [(edit.op, edit.text) for edit in list_edits(many, [*many[1:], "x", "x"])] == [("-", "0"), ("+", "x ×2")]


# -- what is printed

HOSTILE = "a\x1b[31m|`b`<script>\u202e@team\udcff\x9b"


def hostile_diff() -> Diff:
    first = psk_negotiation("N1", remote=End("10.0.0.1", identity=HOSTILE))
    other = healthy(1, "10.0.0.1", role="responder")
    second = healthy(
        2,
        remote=End("10.0.0.1", identity="b"),
        role="responder",
        messages=(message(1, 1, HOSTILE, 0, "sent", HOSTILE),),
    )
    return diff_reports(report([first, other], [psk_finding("N1", code="IKE201")]), report([second, other]))


def test_nothing_that_a_log_holds_acts_on_a_terminal_or_a_page() -> None:
    diff = hostile_diff()
    for printed in (as_text(diff, verbose=1), as_markdown(diff), as_text(diff, width=60)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", printed)
    assert r"``a\x1b[31m\|`b`<script>\u202e@team\udcff\x9b``" in as_markdown(diff)
    assert as_json(diff)["changed"]


def test_the_text_names_what_changed() -> None:
    case = next(case for case in CASES if case["name"] == "the DH group")
    lines = as_text(differences(sample(case["sample"]), edited(case))).splitlines()
    assert [re.sub("   +", " | ", line) for line in lines] == [
        "1 of 1 peer changed · 1 negotiation | capture.log → capture.log",
        "",
        "CHANGED  203.0.113.5  we initiated | capture.log:1 → capture.log:1",
        "  DH group | 19 → 20",
        "  sent proposals for IKE  ike / AES-CBC / SHA256 / SHA256 / 19 → ike / AES-CBC / SHA256 / SHA256 / 20",
    ]


def test_unchanged_peers_are_counted_and_with_v_named() -> None:
    diff = diff_reports(report([healthy(1), healthy(2)]), report([healthy(1), psk_negotiation(remote=End("10.0.0.2"))]))
    assert "1 of 2 peers unchanged" in as_text(diff)
    assert "UNCHANGED  10.0.0.1" in as_text(diff, verbose=1)
    assert as_text(diff, quiet=True) == "1 of 2 peers changed · 1 worse · 2 negotiations\n"
    assert "\x1b[" in as_text(diff, colour=True)


# -- the command


def ikelog(*args: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "ikelog", "diff", *map(str, args)],
        input=stdin,
        capture_output=True,
        timeout=120,
        env={**environment, "PYTHONIOENCODING": "utf-8"},
    )


HEALTHY = SAMPLES / "iosxe-healthy-initiator.log"
PEERS = SAMPLES / "iosxe-three-peers.log"


def test_the_exit_status_tells_of_a_change_only_when_asked() -> None:
    assert ikelog(HEALTHY, PEERS).returncode == 0
    assert ikelog("--exit-code", HEALTHY, PEERS).returncode == 1
    same = ikelog("--exit-code", "-", HEALTHY, stdin=HEALTHY.read_bytes())
    assert (same.returncode, same.stderr) == (0, b"")
    assert same.stdout.startswith(b"Nothing changed: 1 peer, 1 negotiation")


def test_folders_are_read_whole(tmp_path: Path) -> None:
    for side, names in (("before", [HEALTHY, PEERS]), ("after", [PEERS, HEALTHY])):
        (tmp_path / side / "deep").mkdir(parents=True)
        for name, place in zip(names, ("a.log", "deep/b.log"), strict=True):
            (tmp_path / side / place).write_bytes(name.read_bytes())
    (tmp_path / "after" / "notes.txt").write_text("nothing of ours\n")
    (tmp_path / "after" / ".hidden.log").write_bytes((SAMPLES / "asa-psk-mismatch.log").read_bytes())
    done = ikelog("--exit-code", "--format", "json", tmp_path / "before", tmp_path / "after")
    assert done.returncode == 0, done.stdout
    assert done.stderr.decode() == f"ikelog: {tmp_path / 'after'}: no IKE or IPsec line recognised in 1 file\n"
    assert json.loads(done.stdout)["summary"]["unchanged"] == 4
    more = ikelog("--exit-code", "--before", HEALTHY, "--before", PEERS, "--after", tmp_path / "before")
    assert more.returncode == 0, more.stdout


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["-", "-"], 2, "standard input can be only one"),
        ([HEALTHY], 2, "name two logs or folders"),
        ([HEALTHY, HEALTHY, HEALTHY], 2, "name two logs or folders"),
        ([HEALTHY, "no-such.log"], 2, "no-such.log: no such file"),
        (["--tolerance", "much", HEALTHY, HEALTHY], 2, "--tolerance much: write it as 20%"),
        (["--floor", "5", HEALTHY, HEALTHY], 2, "--floor 5: write it as 500ms"),
        (["--spi", "xyz", HEALTHY, HEALTHY], 2, "--spi xyz"),
        ([HEALTHY, SAMPLES / "foreign-strongswan.log"], 3, "no IKE or IPsec line recognised"),
        ([HEALTHY, "-"], 3, "<stdin>: is empty"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(args: list[object], status: int, says: str) -> None:
    done = ikelog(*args)
    assert (done.returncode, done.stdout) == (status, b"")
    assert says in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_filters_keep_one_peer() -> None:
    done = ikelog("--peer", "203.0.113.22", "-q", PEERS, PEERS)
    assert done.stdout == b"Nothing changed: 1 peer, 1 negotiation\n"


def test_the_schema_can_be_printed() -> None:
    done = subprocess.run([sys.executable, "-m", "ikelog", "schema", "--diff"], capture_output=True, check=True)
    assert json.loads(done.stdout)["title"] == "ikelog diff"


def test_the_page_shows_what_is_printed() -> None:
    page = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\$ (ikelog diff [^\n]*)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert shown
    for line, output in shown:
        done = subprocess.run([sys.executable, "-m", *line.split()], capture_output=True, cwd=ROOT, encoding="utf-8")
        assert done.stdout == output, line


def test_the_page_names_every_aspect() -> None:
    page = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")
    names = {*negotiation_aspects(healthy(1)), *child_aspects(ChildSa("C1", 1))}
    assert {name for name in names if f"`{name}`" not in page} == set()
