"""`ikelog events --unrecognised`: wordings that are not understood, counted, with examples that may be posted."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ikelog.events.types import Event
from ikelog.reporting.masking import Masks
from ikelog.reporting.unrecognised import build_templates

ROOT = Path(__file__).parent.parent
LOG = """\
Mar  1 10:04:11 edge1 12: *Mar  1 10:04:10: IKEv2:(SESSION ID = 5,SA ID = 1):Frobnicating the lattice for peer 20.7.0.9
Mar  1 10:04:12 edge1 13: *Mar  1 10:04:11: IKEv2:(SESSION ID = 6,SA ID = 2):Frobnicating the lattice for peer 20.7.0.8
Mar  1 10:04:12 edge1 14: *Mar  1 10:04:11: IKEv2:(SESSION ID = 6,SA ID = 2):Group = berlin, zap 'anna' on edge1 0xd00f
Mar  1 10:04:13 edge1 15: *Mar  1 10:04:12: IKEv2:(SESSION ID = 7,SA ID = 3):Frobnicating the lattice for peer 20.7.0.9
Mar  1 10:04:14 edge1 16: *Mar  1 10:04:13: IKEv2:(SESSION ID = 7,SA ID = 3):Another wording
"""
UNDERSTOOD = "IKEv2:(SESSION ID = 3,SA ID = 1):Verification of peer's authentication data FAILED\n"


def ikelog(*args: object, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ikelog", *map(str, args)]
    return subprocess.run(command, input=text, capture_output=True, encoding="utf-8", timeout=120)


def templates(*args: object, text: str) -> list[dict[str, object]]:
    done = ikelog("events", "--unrecognised", "--format", "json", *args, text=text)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_lines_of_one_wording_are_one_template_the_most_frequent_first():
    head = "IKEv2:(SESSION ID = <number>,SA ID = <number>):"
    found = templates(text=LOG)
    assert [(t["count"], t["template"], t["line"]) for t in found] == [
        (3, f"{head}Frobnicating the lattice for peer <address>", 1),
        (1, f"{head}Group = <name>, zap '<name>' on <name> <hex>", 3),
        (1, f"{head}Another wording", 5),
    ]
    assert {(t["source"], t["platform"]) for t in found} == {("<stdin>", "ios")}


def test_the_examples_hold_made_up_values():
    first, second, third = templates(text=LOG)
    assert first["example"] == "IKEv2:(SESSION ID = 5,SA ID = 1):Frobnicating the lattice for peer 192.0.2.1"
    assert second["example"] == "IKEv2:(SESSION ID = 6,SA ID = 2):Group = name2, zap 'name3' on name1 0x0001"
    assert third["example"] == "IKEv2:(SESSION ID = 7,SA ID = 3):Another wording"


def test_text_gives_count_wording_place_and_example(tmp_path):
    path = tmp_path / "a.log"
    path.write_text(LOG)
    done = ikelog("events", "--unrecognised", path)
    assert done.returncode == 0
    assert done.stderr == ""
    first = done.stdout.split("\n\n")[0].split("\n")
    assert first[0] == "3×  IKEv2:(SESSION ID = <number>,SA ID = <number>):Frobnicating the lattice for peer <address>"
    assert f"{path}:1" in first[1]
    assert first[2].strip().endswith("for peer 192.0.2.1")
    assert not re.search(r"20\.7|berlin|anna|edge1|d00f", done.stdout.replace(str(path), ""))


def test_it_is_the_same_each_time_and_goes_to_a_file(tmp_path):
    done = ikelog("events", "--unrecognised", text=LOG)
    assert done.stdout == ikelog("events", "--unrecognised", text=LOG).stdout
    ikelog("events", "--unrecognised", "-o", tmp_path / "out", text=LOG)
    assert (tmp_path / "out").read_text(encoding="utf-8") == done.stdout


def test_where_all_is_understood_it_is_said():
    done = ikelog("events", "--unrecognised", text=UNDERSTOOD)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "ikelog: every IKE and IPsec line is understood\n"
    done = ikelog("events", "--unrecognised", text="hello\n")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "ikelog: <stdin>: no IKE or IPsec line recognised in 1 line\n"


def test_a_line_with_several_tags_counts_once():
    line = "IKEv2:(SESSION ID = 5,SA ID = 1):Frobnicating one thing"
    (found,) = templates(text=f"{line} {line}\n")
    assert found["count"] == 1


def test_control_characters_are_made_visible():
    text = "IKEv2:(SESSION ID = 5,SA ID = 1):Frobnicating \x1b]0;x\x07 \u202e one thing\n"
    for args in ([], ["--format", "json"]):
        assert not re.search("[\x1b\x07\u202e]", ikelog("events", "--unrecognised", *args, text=text).stdout)


def test_the_finding_names_the_command():
    done = ikelog("--select", "IKE904", text=LOG)
    assert "ikelog events --unrecognised" in done.stdout


@pytest.mark.parametrize(
    ("text", "template", "example"),
    [
        (
            "peer 2001:db8:1::7 and FE80::1: up",
            "peer <address> and <address>: up",
            "peer 2001:db8::1 and 2001:db8::2: up",
        ),
        ("x.x.x.x and 10.x.x.1/24", "<address> and <address>/<number>", "x.x.x.x and 192.0.2.1/24"),
        ("20.1.1.1 255.255.255.0 0.0.0.0 20.1.1.1:500", None, "192.0.2.1 255.255.255.0 0.0.0.0 192.0.2.1:500"),
        ("Group <RA USERS> User <anna> IP <20.1.1.1>", "Group <<name>> User <<name>> IP <<address>>", None),
        ("Group = RA, Username = A B, IP = 20.1.1.1, x", "Group = <name>, Username = <name>, IP = <address>, x", None),
        (
            "Group = 20.1.1.1, IP = 20.1.1.1, x",
            "Group = <name>, IP = <address>, x",
            "Group = 192.0.2.1, IP = 192.0.2.1, x",
        ),
        ("user anna gone; user not found", "user <name> gone; user not found", "user name1 gone; user not found"),
        ("from anna@acme.org at vpn.acme.org", "from <name> at <name>", "from name1@example.com at name2.example.com"),
        ("cn=gw,o=Acme Corp,c=DE", "cn=<name>,o=<name>,c=<name>", "cn=name1,o=name2,c=name3"),
        ("pre-shared-key 0 S3cret! then", "pre-shared-key 0 <key> then", "pre-shared-key 0 key1 then"),
        ("key = 12345 and key len 16", "key = <key> and key len <number>", "key = key1 and key len 16"),
        ("at 12:00:01.5 took 45ms, -3 s", "at <clock> took <number>ms, <number> s", "at 12:00:01.5 took 45ms, -3 s"),
        ("06905B63B9355A15 - FF10A63812E9A125", "<hex> - <hex>", "0000000000000001 - 0000000000000002"),
        ("data 5d 8f 6d aa bb cc", "data <hex>", "data 00 00 00 00 00 00"),
        ("0011.2233.4455 on Vlan20", "<address> on <interface>", "0000.5e00.5301 on Vlan20"),
        (
            "the peer's IKEv2 AES-CBC-256 3DES SHA256 group 14",
            None,
            "the peer's IKEv2 AES-CBC-256 3DES SHA256 group 14",
        ),
        ("%ASA-7-715046: ESP_3DES, P1 timer", "%ASA-7-715046: ESP_3DES, P1 timer", "%ASA-7-715046: ESP_3DES, P1 timer"),
    ],
)
def test_what_is_masked(text, template, example):
    if template is not None:
        assert Masks([]).template(text) == template
    if example is not None:
        assert Masks([]).example(text) == example


def test_more_addresses_than_a_documented_network_has():
    masks = Masks([])
    made = {masks.example(f"20.{n // 250}.{n % 250}.1") for n in range(2000)}
    assert len(made) == 2000
    assert all(re.match(r"192\.0\.2|198\.51\.100|203\.0\.113|198\.18", address) for address in made)


@pytest.mark.parametrize(
    "piece", ["a.", "1:", "ab ", "'", "x=y ", "group ", "Group = a ", "password 0 ", "0 ", "::", "ff "]
)
def test_masking_takes_no_long_time(piece):
    events = [Event("unrecognised", "a", n, n, text=f"IKEv2: {n} " + piece * 100_000) for n in range(50)]
    start = time.process_time()
    build_templates(events)
    assert time.process_time() - start < 3
