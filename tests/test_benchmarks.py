"""The benchmark: its logs hold what they are said to hold, and one short round of it runs."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.logs import write_log

ROOT = Path(__file__).parent.parent
SIZE = 200_000


def run(*arguments) -> str:
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True, timeout=120).stdout


@pytest.mark.parametrize(("platform", "seed"), [("ios", 33), ("asa", 19)])
def test_a_dense_log_holds_what_was_played(platform, seed, tmp_path):
    log = tmp_path / "dense.log"
    played = write_log(log, platform, SIZE, seed)
    assert SIZE <= played.size == log.stat().st_size < SIZE * 1.5
    assert len(played.scenarios) > 2
    assert '"unrecognised"' not in run("ikelog", "events", log)
    report = json.loads(run("ikelog", "--format", "json", log))
    assert Counter((n["outcome"], n["verdict"]) for n in report["negotiations"]) == played.outcomes


@pytest.mark.parametrize("platform", ["ios", "asa"])
def test_a_seed_gives_the_same_log_again(platform, tmp_path):
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    assert write_log(one, platform, SIZE, 1) == write_log(same, platform, SIZE, 1)
    write_log(other, platform, SIZE, 2)
    assert one.read_bytes() == same.read_bytes() != other.read_bytes()


def test_a_short_round_of_the_throughput():
    options = ("--platform", "ios", "--size", "20k", "--lark-size", "10k", "--runs", 1, "--json")
    (found,) = json.loads(run("benchmarks", "--only", "throughput", *options))["throughput"]
    assert all(row["mb_per_s"] > 0 for row in found["commands"])
    assert found["ratios"]["plain Lark"] > 0
