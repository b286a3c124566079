"""A watch: each negotiation once as it comes up or fails, its end, and nothing kept that is over."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.logs import write_log
from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.watch.follower import MOST_LINES, Follower
from ikelog.watch.remembered import Memory
from ikelog.watch.tail import Piece, Tail
from ikelog.watch.telling import json_line
from ikelog.watch.types import Patience
from ikelog.watch.window import Window

SAMPLES = Path(__file__).parent.parent / "samples"
PSK = SAMPLES / "asa-psk-mismatch.log"
PEERS = SAMPLES / "iosxe-three-peers.log"


def follow(data: bytes, *, lines: int, seconds: float = 0.0, patience: Patience | None = None):
    """Feed a log in steps of so many lines and of so much time; return the follower and what it told."""
    follower, news, now = Follower(Window("edge.log"), patience=patience), [], 0.0
    rows = data.splitlines(keepends=True)
    for begin in range(0, len(rows), lines):
        follower.window.add(Piece("edge.log", b"".join(rows[begin : begin + lines]), begin == 0), now)
        news += follower.look(now)
        now += seconds
    return follower, [*news, *follower.look(now, is_end=True)]


@pytest.fixture(scope="module", params=["ios", "asa"])
def dense(request, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("dense") / "dense.log"
    write_log(path, request.param, 1_000_000, 7)
    return path.read_bytes()


@pytest.mark.parametrize("lines", [613, 4000])
def test_each_negotiation_is_told_once_and_ends_as_in_the_whole_log(dense, lines):
    whole = analyze([text_source("edge.log", dense)])
    follower, news = follow(dense, lines=lines)
    first = [n.negotiation for n in news if n.is_first]
    assert Counter(n["initiator_spi"] for n in first) == Counter(n.initiator_spi for n in whole.negotiations)
    assert len({n["id"] for n in first}) == len(first)
    told = {n.negotiation["id"]: n.negotiation for n in news}
    outcomes = Counter((n.outcome, n.verdict, n.closed and n.closed.by) for n in whole.negotiations)
    assert Counter((n["outcome"], n["verdict"], n["closed"] and n["closed"]["by"]) for n in told.values()) == outcomes
    assert len(follower.window) < 5000 < follower.window.end
    assert [n.event for n in news].count("closed") > 10


def test_rotations_and_a_truncation_lose_nothing_and_tell_nothing_twice(dense, tmp_path):
    log = tmp_path / "edge.log"
    tail, follower, news, now, most = Tail(str(log)), Follower(Window(str(log))), [], 0.0, 0
    rows = dense.splitlines(keepends=True)
    steps = [rows[n : n + 400] for n in range(0, len(rows), 400)]
    done = {len(steps) // 4: "rename", len(steps) // 2: "copy", 3 * len(steps) // 4: "truncate"}
    for number, step in enumerate(steps):
        with log.open("ab") as file:
            file.writelines(step)
        if (how := done.get(number)) == "rename":
            log.rename(tmp_path / "edge.log.2")
            log.touch()
        elif how == "copy":
            shutil.copy(log, tmp_path / "edge.log.1")
        nothing = 0
        while nothing < 3 and how != "copy":  # what is copied and truncated at once is read in the copy
            piece = tail.read()
            nothing = nothing + 1 if piece is None else 0
            if piece is not None:
                follower.window.add(piece, now)
        if how in ("copy", "truncate"):
            os.truncate(log, 0)
        now += 0.1
        news += follower.look(now)
        most = max(most, len(follower.window))
    news += follower.look(now, is_end=True)
    whole = analyze([text_source("edge.log", dense)])
    first = Counter(n.negotiation["initiator_spi"] for n in news if n.is_first)
    assert first == Counter(n.initiator_spi for n in whole.negotiations)
    assert follower.window.end == len(rows)
    assert most < len(rows) * 3 // 4


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.log"))[::2], ids=lambda path: path.stem)
def test_a_sample_that_comes_bit_by_bit_comes_to_what_it_is(path):
    whole = analyze([text_source("edge.log", path.read_bytes())])
    _, news = follow(path.read_bytes(), lines=40)
    last = {n.negotiation["id"]: n.negotiation for n in news}
    told = Counter((n["ike_version"], n["remote"]["address"], n["outcome"], n["verdict"]) for n in last.values())
    known = [n for n in whole.negotiations if n.remote.address or n.messages or n.outcome != "incomplete"]
    assert told == Counter((n.ike_version, n.remote.address, n.outcome, n.verdict) for n in known)


def test_the_lines_told_are_those_of_the_file(dense):
    rows = dense.decode().split("\n")
    _, news = follow(dense, lines=1500)
    evidence = [one for n in news for finding in n.findings for one in finding.evidence]
    assert len(evidence) > 5
    for one in evidence:
        assert one.text == "\n".join(rows[one.line - 1 : one.end_line])
    for message in (m for n in news for m in n.negotiation["messages"]):
        assert 0 < message["line"] <= message["end_line"] <= len(rows)


def test_a_failure_is_told_when_nothing_more_came_and_a_success_when_it_stood():
    data = PEERS.read_bytes()
    follower = Follower(Window("edge.log"))
    follower.window.add(Piece("edge.log", data, True), 0.0)
    assert follower.look(0.0) == []
    assert [n.event for n in follower.look(2.5)] == ["failed", "failed", "up"]
    assert follower.look(3.0) == []
    assert follower.look(100.0, is_end=True) == []


def test_one_that_does_not_end_is_told_after_some_quiet_and_again_when_it_does():
    rows = (SAMPLES / "iosxe-no-response.log").read_bytes().splitlines(keepends=True)
    follower = Follower(Window("edge.log"), patience=Patience(2, 10))
    follower.window.add(Piece("edge.log", b"".join(rows[:30]), True), 0.0)
    assert follower.look(5.0) == []
    (news,) = follower.look(11.0)
    assert (news.event, news.negotiation["outcome"], news.is_first) == ("unfinished", "incomplete", True)
    follower.window.add(Piece("edge.log", b"".join(rows[30:])), 12.0)
    (news,) = follower.look(20.0)
    assert (news.event, news.negotiation["verdict"], news.is_first) == ("failed", "IKE101", False)


def test_the_clock_of_the_log_counts_too():
    rows = PEERS.read_bytes().splitlines(keepends=True)
    later = b"*Jul  8 05:10:00.000: IKEv2:(SESSION ID = 900,SA ID = 9):Verify SA init message\n"
    _, news = follow(b"".join(rows) + later, lines=len(rows))
    assert [n.event for n in news[:3]] == ["failed", "failed", "up"]


def test_lines_of_a_log_without_clocks_do_not_pile_up():
    data = (SAMPLES / "asa-healthy-responder.log").read_bytes().splitlines(keepends=True)
    noise = b"%LINK-3-UPDOWN: Interface Tunnel1, changed state to up\n"
    begun = b"".join(data[: len(data) // 3])
    follower, news = follow(begun + noise * (2 * MOST_LINES), lines=20_000)
    assert [n.event for n in news] == ["unfinished"]
    assert len(follower.window) <= MOST_LINES


def test_what_is_remembered_is_bounded():
    memory = Memory(most=3)
    seen = [memory.new() for _ in range(5)]
    memory.forget({seen[0].id})
    assert len(memory) == 4  # the first is under way still
    assert memory.number == 5


def test_json_has_the_keys_of_the_report_and_the_findings():
    _, (news,) = follow(PSK.read_bytes(), lines=1000)
    told = json.loads(json_line(news))
    assert (told["event"], told["told_before"], told["verdict"]) == ("failed", False, "IKE201")
    assert told["findings"][0]["code"] == "IKE201"
    assert told["findings"][0]["negotiations"] == [told["id"]]
    assert told["spans"] == [{"source": "edge.log", "first_line": 1, "last_line": 326}]


def command(*args) -> list[str]:
    return [sys.executable, "-m", "ikelog", "watch", *map(str, args)]


def ikelog(*args, stdin=b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(*args), input=stdin, capture_output=True, timeout=60)


def test_a_pipe_ends_quietly():
    done = ikelog("-", stdin=PEERS.read_bytes())
    assert done.returncode == 0
    assert done.stderr == b""
    text = done.stdout.decode()
    assert "FAILED      N2  203.0.113.22  we responded  IKE201 psk-mismatch" in text
    assert "Fix, here (IOS):" in text
    assert "UP          N1  192.0.2.111  we initiated" in text


def test_a_line_each_when_quiet_and_only_what_is_asked_for():
    done = ikelog("-q", "--only", "failed", stdin=PEERS.read_bytes())
    assert [line.split()[2] for line in done.stdout.decode().splitlines()] == ["FAILED", "FAILED"]


@pytest.mark.parametrize(
    ("args", "stdin", "status", "says"),
    [
        (["-"], b"", 3, "<stdin>: is empty"),
        (["-"], b"nothing of ours\n", 3, "no IKE or IPsec line recognised in 1 line"),
        (["."], b"", 2, "is a directory"),
        (["no/such/folder/edge.log"], b"", 2, "no such folder"),
        (["--exec", "no-such-command-here", "-"], b"", 2, "no such command"),
        (["--exec", "'", "-"], b"", 2, "no closing quotation"),
    ],
)
def test_bad_input_is_one_line(args, stdin, status, says):
    done = ikelog(*args, stdin=stdin)
    assert done.returncode == status
    assert says in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_hook_gets_json_on_its_standard_input_and_nothing_of_the_log_in_a_shell(tmp_path):
    hook = tmp_path / "hook.py"
    hook.write_text("import sys; open(sys.argv[1], 'a').write(sys.stdin.read())")
    log = PSK.read_text().replace("203.0.113.113", "203.0.113.113").encode()
    done = ikelog("--exec", f"{sys.executable} {hook} {tmp_path}/got$(touch {tmp_path}/shell)", "-", stdin=log)
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir())[0].startswith("got$(touch")
    assert not (tmp_path / "shell").exists()
    got = next(path for path in tmp_path.iterdir() if path.name.startswith("got"))
    assert json.loads(got.read_text())["verdict"] == "IKE201"


def test_a_hook_that_fails_or_hangs_is_said_and_the_watch_goes_on():
    done = ikelog("--exec", "false", stdin=PSK.read_bytes())
    assert done.returncode == 0
    assert done.stderr == b"ikelog: --exec false: exit status 1\n"
    done = ikelog("--exec", "sleep 60", "--exec-timeout", "0.2", stdin=PSK.read_bytes())
    assert done.stderr == b"ikelog: --exec sleep: stopped after 0.2 seconds\n"


def test_a_configuration_file_runs_no_command(tmp_path):
    (tmp_path / "ikelog.toml").write_text('[watch]\nexec = "touch ran"\n')
    done = subprocess.run(command("-"), input=PSK.read_bytes(), capture_output=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 2
    assert not (tmp_path / "ran").exists()


def test_control_characters_of_a_log_do_not_reach_the_output():
    log = PSK.read_bytes().replace(b"203.0.113.113", b"203.0.113.113\x1b[31m\xe2\x80\xae")
    for args in (["-v"], ["--json"]):
        done = ikelog(*args, stdin=log)
        assert b"\x1b" not in done.stdout
        assert "\u202e" not in done.stdout.decode()


def begun() -> bytes:
    """The beginning of a negotiation, a day after the three of PEERS: by then they have come to what they are."""
    rows = (SAMPLES / "iosxe-no-response.log").read_bytes().splitlines(keepends=True)[:30]
    return b"".join(rows).replace(b"Feb 19", b"Jul  9")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_with_what_was_found(number, status, tmp_path):
    log = tmp_path / "edge.log"
    with subprocess.Popen(command("--json", log), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert b"not there yet" in process.stderr.readline()
        log.write_bytes(PEERS.read_bytes() + begun())
        told = [json.loads(process.stdout.readline())["id"] for _ in range(3)]
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert sorted(told) == ["N1", "N2", "N3"]
    assert [(json.loads(line)["id"], json.loads(line)["event"]) for line in out.splitlines()] == [("N4", "unfinished")]
    assert err == b""


def test_a_log_that_is_rotated_under_a_running_watch(tmp_path):
    log = tmp_path / "edge.log"
    rows = (SAMPLES / "iosxe-no-response.log").read_bytes().replace(b"Feb 19", b"Jul  9").splitlines(keepends=True)
    log.write_bytes(PEERS.read_bytes() + b"".join(rows[:30]))
    with subprocess.Popen(command("--json", log), stdout=subprocess.PIPE) as process:
        for _ in range(3):  # what is told shows that all was read
            process.stdout.readline()
        log.rename(tmp_path / "edge.log.1")
        log.write_bytes(b"".join(rows[30:]))
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == b""
    assert (told["id"], told["verdict"]) == ("N4", "IKE101")
    assert [os.path.basename(span["source"]) for span in told["spans"]] == ["edge.log.1", "edge.log"]
