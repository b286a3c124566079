"""Logs of others' devices: told by whose they are, and never taken for one where a line is ours."""

import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from ikelog.pipeline import analyze
from ikelog.reading.foreign import whose_log
from ikelog.reading.sources import text_source

CASES = Path(__file__).parent / "cases" / "foreign"
OURS = "Mar  1 10:04:11 gw: IKEv2:(SESSION ID = 3,SA ID = 1):Verification of peer's authentication data FAILED\n"


def cases(name: str) -> list[dict[str, str]]:
    return tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))["case"]


def ikelog(*args: str, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ikelog", *args], input=text, capture_output=True, encoding="utf-8", timeout=120
    )


@pytest.mark.parametrize("case", cases("vendors"), ids=lambda case: case["whose"])
def test_a_log_is_known_by_whose_it_is(case):
    for text in (case["log"], case["log"].lstrip("\n"), case["log"].replace("\n", "\r\n"), "\ufeff" + case["log"]):
        assert whose_log(text) == case["whose"]
    report = analyze([text_source("case.log", case["log"].encode())])
    assert report.sources[0].ike_lines == 0


@pytest.mark.parametrize("line", [line for case in cases("vendors")[:-1] for line in case["log"].strip().split("\n")])
def test_no_line_of_theirs_is_another_vendors(line):
    assert whose_log(line) in (None, *(case["whose"] for case in cases("vendors") if line in case["log"]))


@pytest.mark.parametrize("case", cases("near_misses"), ids=lambda case: case["name"])
def test_what_only_names_one_is_nobodys(case):
    assert whose_log(case["log"]) is None


@pytest.mark.parametrize("command", ["analyze", "timeline", "events"])
def test_it_is_said_in_one_line_with_status_3(command):
    done = ikelog(command, text=cases("vendors")[0]["log"])
    assert done.returncode == 3
    said = "ikelog: <stdin>: no IKE or IPsec line recognised in 4 lines; it looks like a log of FortiGate (Fortinet)\n"
    assert done.stderr == said


def test_a_log_with_any_line_of_ours_is_ours():
    theirs = cases("vendors")[0]["log"]
    done = ikelog("events", text=theirs * 500 + OURS + theirs * 500)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_one_foreign_file_among_ours_is_named(tmp_path):
    (tmp_path / "ours.log").write_text(OURS)
    (tmp_path / "theirs.log").write_text(cases("vendors")[0]["log"])
    for command in ("analyze", "timeline", "events"):
        done = ikelog(command, str(tmp_path / "ours.log"), str(tmp_path / "theirs.log"), text="")
        assert done.returncode == 0
        assert "theirs.log: no IKE" in done.stderr
        assert "FortiGate" in done.stderr
        assert "ours.log" not in done.stderr


@pytest.mark.parametrize("line", ["x" * 99, '{"a":1} ' * 40, "10:00:00 " * 30, "a " * 200, "[" * 50, '"a"' * 50, "\n"])
def test_it_costs_little_and_only_the_beginning(line):
    start = time.process_time()
    assert whose_log(f"{line}\n" * (20_000_000 // (len(line) + 1))) is None
    assert whose_log(line * (5_000_000 // len(line))) is None
    assert time.process_time() - start < 3


def test_nothing_of_it_is_loaded_for_a_log_of_ours():
    code = (
        "import sys; from ikelog.cli.analysis import analyze_files; analyze_files([]);"
        "sys.exit('ikelog.reading.foreign' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=OURS, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
