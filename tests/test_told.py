"""What the user knows better than the log: `--platform`, and `--device` where no line names one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "samples"
ASA = SAMPLES / "asa-psk-mismatch.log"  # without any host name
PEERS = SAMPLES / "iosxe-three-peers.log"
NAMED = SAMPLES / "iosxe-syslog.log"
HOST = "10.12.0.1"


def ikelog(*args: object, status: int = 0, **env: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IKELOG")}
    command = [sys.executable, "-m", "ikelog", *map(str, args)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={**environment, **env}, timeout=120)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def report(*args: object, **env: str) -> dict:
    return json.loads(ikelog("--format", "json", *args, **env))


def events(*args: object, **env: str) -> list[dict]:
    return [json.loads(line) for line in ikelog("events", *args, **env).splitlines()]


def fixed(told: dict) -> set[str]:
    return {fix["platform"] for finding in told["findings"] for fix in finding["fix"] or ()}


def test_the_platform_told_overrules_the_one_detected():
    assert report(ASA)["sources"][0]["platform"] == "asa"
    assert "asa" in fixed(report(ASA))
    told = report("--platform", "ios", ASA)
    assert told["sources"][0]["platform"] == "ios"
    assert "ios" in fixed(told)
    assert "asa" not in fixed(told)
    assert {event["platform"] for event in events("--platform", "ios", ASA)} == {"ios"}
    assert ikelog("timeline", "--platform", "ios", ASA) == ikelog("timeline", ASA)


@pytest.mark.parametrize(("name", "platform"), [("ftd", "asa"), ("IOS-XE", "ios"), ("iosxe", "ios"), ("ASA", "asa")])
def test_platforms_as_users_spell_them(name, platform):
    assert report("--platform", name, NAMED)["sources"][0]["platform"] == platform
    assert report(NAMED, IKELOG_PLATFORM=name)["sources"][0]["platform"] == platform


def test_a_flag_overrules_the_environment_and_what_is_no_platform_is_a_usage_error():
    assert report("--platform", "asa", ASA, IKELOG_PLATFORM="ios")["sources"][0]["platform"] == "asa"
    said = ikelog("--platform", "junos", ASA, status=2)
    assert said.startswith("ikelog: --platform junos: no such platform")
    assert said.count("\n") == 1


def test_the_device_told_names_that_of_a_log_without_host_names():
    plain, told = report(ASA), report("--device", "edge1", ASA)
    assert [n["device"] for n in plain["negotiations"]] == [None]
    assert [n["device"] for n in told["negotiations"]] == ["edge1"]
    assert [f["code"] for f in told["findings"]] == [f["code"] for f in plain["findings"]]
    assert {event["device"] for event in events("--device", "edge1", ASA)} == {"edge1"}
    assert len(events("--device", "edge1", ASA)) == len(events(ASA))


def test_a_log_with_host_names_is_filtered_by_them():
    assert [n["device"] for n in report("--device", HOST, NAMED)["negotiations"]] == [HOST] * 4
    assert report("--device", "edge1", NAMED)["negotiations"] == []
    assert events("--device", "edge1", NAMED) == []
    assert {event["device"] for event in events("--device", HOST, NAMED)} == {HOST}


def test_of_several_logs_each_is_named_or_filtered_by_its_own_lines():
    assert [n["device"] for n in report("--device", "edge1", PEERS, NAMED)["negotiations"]] == ["edge1"] * 3
    assert [n["device"] for n in report(ASA, NAMED, IKELOG_DEVICE=HOST)["negotiations"]] == [HOST] * 5


def test_naming_a_device_mixes_no_logs():
    """A log that the user did not mean is at worst named wrong: its lines stay apart from those of the device."""
    plain, told = report(ASA, PEERS, NAMED), report("--device", HOST, ASA, PEERS, NAMED)
    assert [n["device"] for n in plain["negotiations"]] == [None] * 4 + [HOST] * 4
    assert [n["device"] for n in told["negotiations"]] == [HOST] * 8
    for one, other in zip(plain["negotiations"], told["negotiations"], strict=True):
        assert {**one, "device": HOST} == other


def test_a_rotated_log_has_a_host_name_where_any_part_has(tmp_path):
    (tmp_path / "edge.log.1").write_bytes(PEERS.read_bytes())
    (tmp_path / "edge.log").write_bytes(NAMED.read_bytes())
    parts = (tmp_path / "edge.log", tmp_path / "edge.log.1")
    assert report("--device", "edge1", *parts)["negotiations"] == []
    assert [n["device"] for n in report("--device", HOST, *parts)["negotiations"]] == [HOST] * 4
