"""`ikelog batch` as it is used: what it prints, in which form, for which filters, and its exit statuses."""

import gzip
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ikelog.batch.rows import device_name, timestamp_of
from ikelog.cli import commands
from tests.batches import NAMES, SAMPLES, ask, batch, ikelog, lay_out

Run = Callable[..., tuple[int, str, str]]
BLOCKED = "import sys; sys.modules['duckdb'] = None"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with logs and a store of them; nobody writes into it."""
    folder = tmp_path_factory.mktemp("fleet")
    batch(folder / "fleet.duckdb", lay_out(folder / "logs"))
    return folder


@pytest.fixture
def run(fleet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ikelog batch beside the store: status, standard output, standard error."""
    monkeypatch.chdir(fleet)
    for name in [name for name in os.environ if name.startswith("IKELOG_")]:
        monkeypatch.delenv(name)

    def run_in_process(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ikelog", "batch", *map(str, args)])
        status = commands.run_command()
        said = capsys.readouterr()
        return status, said.out, said.err

    return run_in_process


def summary(run: Run, *args: object) -> dict[str, Any]:
    status, out, _ = run("--format", "json", *args)
    assert status == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_summary_counts_what_the_store_has(run: Run) -> None:
    found = summary(run)
    totals = found["totals"]
    assert totals["logs"] == len(NAMES)
    assert totals["negotiations"] == sum(totals[key] for key in OUTCOMES)
    assert totals["negotiations"] == sum(device["negotiations"] for device in found["devices"])
    failures = totals["failed"] + totals["child_failed"] + totals["failed_later"]
    assert failures == sum(row["failures"] for row in found["failing"]) == sum(c["failures"] for c in found["causes"])
    assert all(c["failures"] == sum(day["failures"] for day in c["days"]) for c in found["causes"])
    assert failures > 5


OUTCOMES = ("established", "failed", "child_failed", "ike_only", "incomplete")


def test_a_failing_peer_has_its_verdict_a_line_of_its_log_and_the_way_to_the_rest(run: Run, fleet: Path) -> None:
    row = next(row for row in summary(run)["failing"] if row["code"] == "IKE201" and "asa" in row["device"])
    assert (row["peer"], row["name"], row["failures"]) == ("203.0.113.113", "psk-mismatch", 1)
    assert row["line"] == 289
    assert row["text"] == (SAMPLES / NAMES[0]).read_text().splitlines()[288]
    status, text, _ = run()
    assert status == 0
    command = re.search(rf"ikelog batch -o fleet.duckdb --show {row['example']}\n", text)
    assert command
    status, detail, _ = run("-o", "fleet.duckdb", "--show", row["example"])
    assert status == 0
    assert "IKE201 psk-mismatch" in detail
    assert "tunnel-group 203.0.113.113 ipsec-attributes" in detail
    assert detail.count("\nmessage ") == 4


FILTERS = [
    (["--peer", "203.0.113.113"], {"203.0.113.113"}),
    (["--peer", "203.0.113.150"], {"203.0.113.150"}),
    (["--device", "10.12.0.1"], {"198.51.100.121"}),
    (["--since", "2025-03-04T10:20", "--peer", "203.0.113.150"], {"203.0.113.150"}),
    (["--since", "2025-07-01", "--peer", "203.0.113.150"], set()),
    (["--until", "2025-03-03", "--peer", "203.0.113.150"], set()),
    (["--since", "Feb 19 06:04", "--until", "Feb 19 07:00"], {"198.51.100.250"}),
    (["--since", "2024-02-20", "--until", "2024-06-01"], set()),
    (["--spi", "06905b63"], {"203.0.113.113"}),
]


@pytest.mark.parametrize(("args", "peers"), FILTERS, ids=lambda value: " ".join(value))
def test_filters_keep_what_analyze_keeps(run: Run, args: list[str], peers: set[str]) -> None:
    found = summary(run, *args)
    shown = {row["peer"] for row in found["failing"] if row["peer"]}
    assert shown <= peers
    assert found["totals"]["peers"] == len(peers)


def test_codes_keep_failures_of_a_cause(run: Run) -> None:
    every = {row["code"] for row in summary(run)["failing"]}
    assert {row["code"] for row in summary(run, "--select", "IKE2")["failing"]} == {c for c in every if c[3] == "2"}
    assert {row["code"] for row in summary(run, "--select", "psk-mismatch")["failing"]} == {"IKE201"}
    assert {row["code"] for row in summary(run, "--ignore", "IKE2")["failing"]} == {c for c in every if c[3] != "2"}


def test_markdown_has_every_part_and_no_markup_of_a_log(run: Run) -> None:
    status, text, _ = run("--format", "markdown")
    assert status == 0
    assert text.startswith("## ikelog batch\n")
    assert "### IKE201 psk-mismatch: 203.0.113.113 at " in text
    for title in ("Causes", "Devices"):
        assert f"\n### {title}\n" in text


@pytest.mark.parametrize("format_name", ["text", "json", "markdown"])
def test_nothing_of_a_log_reaches_a_terminal_raw(run: Run, tmp_path: Path, format_name: str) -> None:
    log = tmp_path / "a\x1b[31m`|x`.log"
    text = (SAMPLES / NAMES[0]).read_text().replace("Failed to authenticate", "Failed to \x1b]0;owned\x07authenticate")
    log.write_text(text, encoding="utf-8")
    status, out, err = run(log, "-o", tmp_path / "x.duckdb", "--format", format_name)
    assert status == 0, err
    assert "IKE201" in out
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", out + err)
    assert not [row for row in ask(tmp_path / "x.duckdb", "SELECT text FROM evidence") if "\x1b" in row[0]]


def test_a_damaged_input_is_told_and_strict_makes_it_a_failure(run: Run, tmp_path: Path) -> None:
    packed = gzip.compress((SAMPLES / NAMES[0]).read_bytes())
    (tmp_path / "whole.log").write_bytes((SAMPLES / NAMES[1]).read_bytes())
    (tmp_path / "cut.log.gz").write_bytes(packed[:-2000])
    args = (tmp_path, "-o", tmp_path / "x.duckdb", "--format", "json")
    status, out, err = run(*args)
    assert status == 0
    found = json.loads(out)
    assert [row["name"] for row in found["skipped"]] == [str(tmp_path / "cut.log.gz")]
    assert found["totals"]["logs"] == 2  # what could be read of it was
    assert "1 skipped or damaged" in err
    assert run(*args, "--strict")[0] == 2


def test_limits_can_be_set(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(b"x\n" * 500_000))
    status, out, _ = run(tmp_path, "-o", tmp_path / "x.duckdb", "--max-member", "64k", "--format", "json")
    assert status in (0, 3)
    assert [row["reason"] for row in json.loads(out)["skipped"]] == ["too_large"]
    assert run(tmp_path, "--max-depth", "many")[0] == 2


def test_what_cannot_be_read_is_said_in_a_line_and_the_rest_is_analysed(run: Run, tmp_path: Path) -> None:
    status, out, err = run(tmp_path / "none.log", SAMPLES / NAMES[0], "-o", tmp_path / "x.duckdb")
    assert status == 2
    assert f"ikelog: {tmp_path / 'none.log'}: no such file" in err
    assert "IKE201" in out


def test_statuses_of_what_can_be_wrong(run: Run, tmp_path: Path) -> None:
    foreign = SAMPLES / "foreign-strongswan.log"
    assert run(foreign, "-o", tmp_path / "f.duckdb")[0] == 3
    status, _, err = run("-o", tmp_path / "none.duckdb")
    assert (status, err) == (2, f"ikelog: {tmp_path / 'none.duckdb'}: no such database; name what to analyse\n")
    (tmp_path / "text.duckdb").write_text("no database\n" * 100)
    assert run(SAMPLES / NAMES[0], "-o", tmp_path / "text.duckdb")[0] == 2
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("CREATE TABLE people (name TEXT)")
    status, _, err = run(SAMPLES / NAMES[0], "-o", tmp_path / "other.duckdb")
    assert (status, err) == (2, f"ikelog: {tmp_path / 'other.duckdb'}: is a database of something else\n")
    assert run("--show", "nothing-N1")[0] == 2
    assert run("-", "-o", tmp_path / "y.duckdb")[0] == 2
    assert run("--show", "x", SAMPLES / NAMES[0])[0] == 2


def test_a_store_that_somebody_else_writes_is_told(run: Run, fleet: Path, tmp_path: Path) -> None:
    done = ikelog("batch", "-o", fleet / "fleet.duckdb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(tmp_path / "held.duckdb")):
        status = ikelog("batch", SAMPLES / NAMES[0], "-o", "held.duckdb", cwd=tmp_path)
    assert status.returncode == 2
    assert status.stderr.startswith("ikelog: held.duckdb: ")
    assert status.stderr.count("\n") == 1


def test_without_the_extra_a_line_says_what_to_install(tmp_path: Path) -> None:
    done = ikelog("batch", SAMPLES / NAMES[0], cwd=tmp_path, before=BLOCKED)
    assert done.returncode == 2
    assert done.stderr == "ikelog: batch needs duckdb, which is not installed: pip install 'ikelog[batch]'\n"
    assert ikelog(SAMPLES / NAMES[0], cwd=tmp_path, before=BLOCKED).returncode == 0


def test_the_same_summary_whatever_the_number_of_workers(tmp_path: Path) -> None:
    logs = lay_out(tmp_path / "logs")
    printed = []
    for workers in (1, 3):
        (tmp_path / str(workers)).mkdir()
        done = ikelog("batch", logs, "--workers", workers, "--format", "json", cwd=tmp_path / str(workers))
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]


TIMES = [
    ("2024-11-30T11:16:56.461Z", "2024-11-30T11:16:56.461"),
    ("2024-11-30T11:16:56.461789+02:00", "2024-11-30T11:16:56.461"),
    ("2010-06-10T17:36:05", "2010-06-10T17:36:05.000"),
    ("2010-06-10T17:36", "2010-06-10T17:36:00.000"),
    ("2010-06-10T17:36:05.5", "2010-06-10T17:36:05.500"),
    ("--04-29T16:57:40.944", None),
    ("2023-02-29T00:00:00", None),
    (None, None),
]


@pytest.mark.parametrize(("time", "expected"), TIMES)
def test_a_timestamp_is_what_the_clock_showed_or_nothing(time: str | None, expected: str | None) -> None:
    moment = timestamp_of(time)
    assert (moment and moment.isoformat(timespec="milliseconds")) == expected


def test_names_of_devices_fit_into_names_of_folders() -> None:
    assert device_name("edge1") == "edge1"
    long = [device_name("bundle.tgz!" + "ü" * 4000 + end) for end in ("a", "b")]
    assert long[0] != long[1]
    assert all(len(name.encode()) * 3 < 200 for name in long)
