"""The command line as a user meets it: whole processes, their output and exit status."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.reporting import json_report

SAMPLES = Path(__file__).parent.parent / "samples"
PSK = SAMPLES / "asa-psk-mismatch.log"
PEERS = SAMPLES / "iosxe-three-peers.log"


def ikelog(*args, stdin=b"", env=None, cwd=None) -> subprocess.CompletedProcess[bytes]:
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "ikelog", *map(str, args)],
        input=stdin,
        capture_output=True,
        timeout=120,
        env={**environment, "PYTHONIOENCODING": "utf-8", **(env or {})},
        cwd=cwd,
    )


def one_line(stderr: bytes) -> str:
    text = stderr.decode().strip()
    assert "\n" not in text, text
    assert "Traceback" not in text
    return text


def report(*args, stdin=b"") -> dict:
    done = ikelog("--format", "json", *args, stdin=stdin)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def test_a_file_standard_input_and_a_dash_say_the_same():
    text = PSK.read_bytes()
    named = ikelog(PSK)
    assert named.returncode == 0
    assert b"IKE201" in named.stdout
    piped, dash = ikelog(stdin=text), ikelog("-", stdin=text)
    assert piped.stdout == dash.stdout
    assert piped.stdout.replace(b"<stdin>", str(PSK).encode()).split() == named.stdout.split()
    assert ikelog("analyze", PSK).stdout == named.stdout


def test_several_files_are_one_report():
    both = report(PSK, PEERS)
    assert [s["name"] for s in both["sources"]] == [str(PSK), str(PEERS)]
    assert both["summary"]["negotiations"] == 4
    assert {n["id"] for n in both["negotiations"]} == {"N1", "N2", "N3", "N4"}


def test_every_sample_is_a_valid_report():
    validator = jsonschema.Draft202012Validator(json.loads(ikelog("schema").stdout))
    for path in sorted(SAMPLES.glob("*.log")):
        out = io.StringIO()
        json_report.render(analyze([text_source(path.name, path.read_bytes())]), out)
        validator.validate(json.loads(out.getvalue()))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"Jun  1 10:00:00 gw %LINK-3-UPDOWN: Interface Tunnel1, changed state to up\n", "no IKE or IPsec line"),
        (bytes(range(256)) * 64, "no IKE or IPsec line"),
        ((SAMPLES / "foreign-strongswan.log").read_bytes(), "no IKE or IPsec line"),
    ],
)
def test_nothing_recognised_is_status_3(data, says):
    for command in ("analyze", "timeline", "events"):
        done = ikelog(command, stdin=data)
        assert done.returncode == 3, (command, done.stderr)
        assert says in done.stderr.decode() or command == "events"
        assert b"Traceback" not in done.stderr


def test_what_cannot_be_read_is_named_and_the_rest_analysed(tmp_path):
    done = ikelog("nosuch")
    assert done.returncode == 2
    assert one_line(done.stderr) == "ikelog: nosuch: no such file"
    assert ikelog(tmp_path).returncode == 2
    both = ikelog("nosuch", PSK)
    assert both.returncode == 2
    assert b"IKE201" in both.stdout


@pytest.mark.parametrize(
    "args",
    [
        ["--spi", "xyz"],
        ["--since", "neverday"],
        ["--tz", "Nowhere/Land"],
        ["--select", "IKE999"],
        ["--format", "yaml"],
        ["--no-such-option"],
        ["explain", "IKE999"],
        ["completion"],
        ["schema", "--diff", "--config"],
        ["--tz", ""],
        ["no\nsuch\x1b[31m"],
        ["-o", "/no/such/folder/report.txt", str(PSK)],
    ],
)
def test_usage_errors_are_one_line_and_status_2(args):
    done = ikelog(*args, stdin=PSK.read_bytes())
    assert done.returncode == 2
    assert one_line(done.stderr).startswith("ikelog: ")


def test_a_truncated_log_is_analysed_as_far_as_it_goes():
    text = PSK.read_bytes()
    cut = report(stdin=text[: len(text) // 2])
    (negotiation,) = cut["negotiations"]
    assert negotiation["outcome"] == "incomplete"
    assert negotiation["verdict"] == "IKE114"


def test_encodings_line_ends_and_broken_bytes():
    text = PSK.read_bytes()
    wanted = [(n["initiator_spi"], n["verdict"]) for n in report(stdin=text)["negotiations"]]
    variants = {
        "utf-16": b"\xff\xfe" + text.decode().encode("utf-16-le"),
        "utf-16 of a part of a file": text.decode().encode("utf-16-le"),
        "utf-16 of another order": text.decode().encode("utf-16-be"),
        "utf-8": b"\xef\xbb\xbf" + text,
        "latin-1": text + b"caf\xe9\n",
    }
    for encoding, data in variants.items():
        told = report(stdin=data)
        assert [(n["initiator_spi"], n["verdict"]) for n in told["negotiations"]] == wanted
        assert told["sources"][0]["encoding"] == encoding.partition(" ")[0]
    for data in (text.replace(b"\n", b"\r\n"), b"\0" + text.replace(b"\n", b"\0\n")):
        assert [(n["initiator_spi"], n["verdict"]) for n in report(stdin=data)["negotiations"]] == wanted


def test_a_line_of_five_megabytes_costs_nothing_else():
    text = PSK.read_bytes()
    told = report(stdin=b"IKEv2-PROTO-2: (9): " + b"x" * 5_000_000 + b"\n" + text)
    assert [n["verdict"] for n in told["negotiations"] if n["initiator_spi"]] == ["IKE201"]


def test_escapes_and_markup_from_a_log_never_reach_the_output():
    hostile = (
        PEERS.read_text().replace("HEADEND", "\x1b]0;owned\x07\x1b[2J").replace("203.0.113.22", "\x1b[31m<script>")
    )
    for args in ([], ["timeline"], ["-v"], ["--color", "never"]):
        done = ikelog(*args, stdin=hostile.encode())
        assert done.returncode == 0
        assert b"\x1b" not in done.stdout
        assert b"\x07" not in done.stdout


def test_filters_keep_what_they_name():
    whole = report(PEERS)["negotiations"]
    spi = whole[1]["initiator_spi"]
    for args in (["--spi", spi], ["--spi", spi[:6].upper()], ["--spi", "0x" + whole[1]["responder_spi"]]):
        assert [n["initiator_spi"] for n in report(*args, PEERS)["negotiations"]] == [spi]
    peer = whole[2]["remote"]["address"]
    assert [n["remote"]["address"] for n in report("--peer", peer, PEERS)["negotiations"]] == [peer]
    assert report("--since", "1 August", PEERS)["negotiations"] == []
    assert len(report("--until", "Jul 8 05:00", PEERS)["negotiations"]) == len(whole)
    assert {f["code"] for f in report("--select", "IKE2", PEERS)["findings"]} == {"IKE201"}
    assert "IKE201" not in {f["code"] for f in report("--ignore", "psk-mismatch", PEERS)["findings"]}


def test_year_and_zone_complete_the_clock():
    plain = report(PEERS)["negotiations"][0]["started_at"]
    assert plain.startswith("--07-08T04:55:12")
    full = report("--year", "2024", "--tz", "Europe/Berlin", PEERS)["negotiations"][0]["started_at"]
    assert full == "2024" + plain[1:] + "+02:00"


def test_the_environment_selects_and_the_flag_wins():
    def codes(*args, **env):
        return {f["code"] for f in json.loads(ikelog("--format", "json", PSK, *args, env=env).stdout)["findings"]}

    assert codes(IKELOG_SELECT="IKE1 IKE201,IKE3") == {"IKE201"}
    assert codes(IKELOG_IGNORE="IKE201") == codes() - {"IKE201"}
    assert codes("--ignore", "IKE902", IKELOG_IGNORE="IKE201") == codes() - {"IKE902"}
    assert ikelog("-q", PSK, env={"IKELOG_SPI": "ffff"}).stdout.startswith(b"No negotiation fits")


def test_colour_by_flag_and_environment():
    assert b"\x1b[" not in ikelog(PSK).stdout
    assert b"\x1b[" in ikelog("--color", "always", PSK).stdout
    assert b"\x1b[" in ikelog(PSK, env={"FORCE_COLOR": "1"}).stdout
    assert b"\x1b[" not in ikelog("--color", "never", PSK, env={"FORCE_COLOR": "1"}).stdout
    assert b"\x1b[" not in ikelog(PSK, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


def test_events_are_json_in_the_order_of_their_lines():
    done = ikelog("events", PEERS)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    lines = [event["line"] for event in events]
    assert lines == sorted(lines)
    assert {"N1", "N2", "N3"} <= {event["negotiation"] for event in events}
    envelope = ["kind", "source", "line", "end_line", "time", "offset_ms", "device", "platform", "negotiation"]
    assert all(list(event)[:9] == envelope for event in events)


def test_rotated_logs_of_one_device_are_one_stream(tmp_path):
    lines = PEERS.read_bytes().splitlines(keepends=True)
    (tmp_path / "edge.log.1.gz").write_bytes(gzip.compress(b"".join(lines[:120])))
    (tmp_path / "edge.log").write_bytes(b"".join(lines[120:]))
    told = report(tmp_path / "edge.log", tmp_path / "edge.log.1.gz")
    whole = report(PEERS)
    key = [(n["initiator_spi"], n["outcome"], n["verdict"], len(n["messages"])) for n in whole["negotiations"]]
    assert [(n["initiator_spi"], n["outcome"], n["verdict"], len(n["messages"])) for n in told["negotiations"]] == key


def test_pages_tables_and_completion():
    assert b"pre-shared" in ikelog("explain", "psk-mismatch").stdout
    assert ikelog("explain", "ike201").stdout == ikelog("explain", "IKE201").stdout
    table = ikelog("rules").stdout.decode().splitlines()
    assert table[0].startswith("IKE101  no-response")
    assert len(json.loads(ikelog("rules", "--format", "json").stdout)) == len(table)
    assert b"_IKELOG_COMPLETE" in ikelog("completion", "zsh").stdout


def test_an_output_file_holds_what_would_be_printed(tmp_path):
    path = tmp_path / "report.txt"
    done = ikelog("-o", path, PSK)
    assert done.returncode == 0
    assert done.stdout == b""
    assert path.read_bytes() == ikelog(PSK).stdout


def test_a_closed_pipe_ends_it_quietly():
    command = f"{sys.executable} -m ikelog events {PEERS} | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr == b""


def test_a_closed_pipe_does_not_pass_the_gate(tmp_path):
    beside = tmp_path / "junit.xml"
    command = f"{sys.executable} -m ikelog check {PSK} --junit-output {beside} | true"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == b""
    assert "<testsuites" in beside.read_text()


@pytest.mark.parametrize(
    "redirect", [f"{PSK} >&-", "- <&-", f"{PSK} >/dev/full", "rules >/dev/full", "--help >/dev/full"]
)
def test_streams_that_are_closed_or_full_are_told_with_status_2(redirect):
    done = subprocess.run(["bash", "-c", f"{sys.executable} -m ikelog {redirect}"], capture_output=True, timeout=60)
    assert done.returncode == 2
    assert one_line(done.stderr).startswith("ikelog: standard ")


def test_a_closed_standard_error_leaves_the_output_alone():
    done = subprocess.run(["bash", "-c", f"{sys.executable} -m ikelog nosuch 2>&-"], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")


def test_markdown_is_utf_8_wherever_it_goes():
    for args in (
        ("check", "--format", "markdown", PSK),
        ("diff", "--format", "markdown", PEERS, PSK),
        ("--format", "markdown", PSK),
        ("timeline", "--format", "markdown", PSK),
        ("timeline", "--format", "mermaid", PSK),
        ("timeline", "--format", "svg", PSK),
        ("--format", "html", PSK),
    ):
        done = ikelog(*args, env={"PYTHONIOENCODING": "ascii"})
        assert done.returncode in (0, 1), done.stderr
        assert not done.stdout.decode().isascii()


@pytest.mark.parametrize(
    ("args", "begins"),
    [
        (["--format", "html"], "<!doctype html>\n"),
        (["--format", "markdown"], "## 1 negotiation with 1 peer · 1 failed\n"),
        (["timeline", "--format", "svg"], "<svg "),
        (["timeline", "--format", "svg", "--axis", "scale"], "<svg "),
        (["timeline", "--format", "mermaid"], "sequenceDiagram\n"),
        (["timeline", "--format", "markdown"], "## 1 negotiation with 1 peer · 1 failed\n"),
    ],
)
def test_each_format_says_the_same_on_standard_output_and_in_a_file(args, begins, tmp_path):
    printed = ikelog(*args, PSK)
    assert (printed.returncode, printed.stderr) == (0, b"")
    text = printed.stdout.decode()
    assert text.startswith(begins)
    assert "IKE201 psk-mismatch" in text
    assert ikelog(*args, PSK, "-o", str(tmp_path / "out")).returncode == 0
    assert (tmp_path / "out").read_bytes() == printed.stdout
    foreign = ikelog(*args, stdin=b"nothing of ours\n")
    assert foreign.returncode == 3
    assert b"No negotiation found" in foreign.stdout
    assert ikelog(*args, "--peer", "192.0.2.99", PSK).returncode == 0


def test_filters_that_keep_nothing_say_so():
    assert ikelog("--peer", "192.0.2.99", PSK).stdout.startswith(b"No negotiation fits the filters: 1 left out")
    assert ikelog("timeline", "--peer", "192.0.2.99", PSK).stdout == b"No negotiation fits the filters: 1 left out.\n"
    checked = ikelog("check", "--peer", "192.0.2.99", PSK).stdout.decode()
    assert checked == "0 negotiations checked · 1 left out by the filters\n"


@pytest.mark.parametrize("args", [[], ["events"], ["events", "--unrecognised"], ["check"], ["--format", "json"]])
def test_an_interrupt_ends_the_reading_of_all_files(args):
    """The user stops it in the first of two files: neither is said to hold nothing, and the second is not begun."""
    stops = (
        "import ikelog.pipeline as p\nread = p.read_runs\n"
        "def stopped(source, reading, shown_by):\n"
        "    for number, event in enumerate(read(source, reading, shown_by)):\n"
        "        if number == 20:\n            raise KeyboardInterrupt\n"
        "        yield event\n"
        "p.read_runs = stopped\nfrom ikelog.cli.main import run\nrun()"
    )
    command = [sys.executable, "-c", stops, *args, str(PSK), str(PEERS)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 130
    assert b"recognised" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert PEERS.name.encode() not in done.stdout
    assert done.stdout or "--unrecognised" in args


def test_an_interrupt_prints_what_was_found_so_far():
    process = subprocess.Popen(
        [sys.executable, "-m", "ikelog"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(PSK.read_bytes())
    process.stdin.flush()
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"IKE201" in out
    assert b"Traceback" not in err


def test_an_internal_error_is_a_short_message(tmp_path):
    breaks = "import ikelog.pipeline as p\np.analyze = lambda *a: 1 / 0\nfrom ikelog.cli.main import run\nrun()"
    done = subprocess.run([sys.executable, "-c", breaks, str(PSK)], capture_output=True, timeout=60)
    assert done.returncode == 70
    assert "internal error: ZeroDivisionError" in one_line(done.stderr)
    loud = subprocess.run([sys.executable, "-c", breaks, "-vv", str(PSK)], capture_output=True, timeout=60)
    assert loud.returncode == 70
    assert b"Traceback" in loud.stderr


def test_the_grammar_command_tells_what_was_compiled():
    done = ikelog("grammar", "ikev2_message", "--patterns")
    assert done.returncode == 0
    for told in (b"ikev2_message part: ", b"all compiled", b"Initiator"):
        assert told in done.stdout
    assert b"grammar" not in ikelog("--help").stdout.lower().replace(b"grammars", b"")
